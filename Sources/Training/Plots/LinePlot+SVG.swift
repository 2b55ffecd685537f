extension LinePlot {
  /// Returns the plot as an SVG document for light and dark backgrounds.
  public func svg(width: Double = 720, height: Double = 420) -> String {
    """
    <svg xmlns="http://www.w3.org/2000/svg" \
    viewBox="0 0 \(SVG.coordinate(width)) \(SVG.coordinate(height))" \
    width="\(SVG.coordinate(width))" height="\(SVG.coordinate(height))" role="img" \
    aria-label="\(SVG.escaped(title))">
    <title>\(SVG.escaped(title))</title>
    <style>
    \(PlotStyle.document)
    </style>
    \(drawing(width: width, height: height))
    </svg>

    """
  }

  /// Returns the plot as an image for a page whose style has ``PlotStyle/rules``.
  package func figure(width: Double = 440, height: Double = 280) -> String {
    SVG.figure(width: width, height: height, title: title, drawing(width: width, height: height))
  }

  private func drawing(width: Double, height: Double) -> String {
    let labelWidth = width * 0.42 - 26
    let labels = curves.map { curve in
      // The label of the axis is enough for a curve that has its name.
      curve.name == quantity ? "" : SVG.shortened(curve.name, to: Int(labelWidth / 7.4))
    }
    let widest = labels.map(SVG.width(of:)).max() ?? 0
    let (top, bottom) = (36.0, height - 46)
    let y = verticalAxis(tickCount: Int((bottom - top) / 45))
    let ticks = y.ticks.map { SVG.width(of: Format.number($0)) }.max() ?? 0
    let frame = PlotFrame(
      left: ticks + 26, top: top, right: width - (widest > 0 ? widest + 26 : 16), bottom: bottom)
    let x = horizontalAxis(tickCount: Int((frame.right - frame.left) / 64))
    let place = { (point: (x: Double, y: Double)) in
      (x: frame.x(x.position(of: point.x)), y: frame.y(y.position(of: point.y)))
    }
    var body = axes(x, y, frame)
    if hasDiagonal {
      let low = max(x.range.lowerBound, y.range.lowerBound)
      let high = min(x.range.upperBound, y.range.upperBound)
      if low < high {
        let (start, end) = (place((low, low)), place((high, high)))
        body.append(SVG.line(start.x, start.y, end.x, end.y, class: "axis d2"))
      }
    }
    for curve in curves {
      if marks.contains(curve.style) { continue }
      // More points than pixels would only make the file large.
      let points = curve.thinned(to: Int(width)).points.map(place)
      if points.count == 1 {
        body.append(
          SVG.circle(
            points[0].x, points[0].y, radius: 3, class: PlotStyle.classes(of: curve.style) + " dot")
        )
      } else {
        body.append(SVG.polyline(points, class: "curve " + PlotStyle.classes(of: curve.style)))
      }
    }
    for curve in curves { body.append(hints(of: curve, place)) }
    body.append(endLabels(labels, frame, place))
    let middle = (frame.left + frame.right) / 2
    body.append(SVG.text(title, width / 2, 20, class: "title"))
    body.append(SVG.text(horizontal, middle, height - 10))
    let center = (frame.top + frame.bottom) / 2
    let label = y.isLogarithmic ? "\(quantity) (log scale)" : quantity
    body.append(
      "<g transform=\"rotate(-90 14 \(SVG.coordinate(center)))\">\(SVG.text(label, 14, center))</g>"
    )
    return body.joined(separator: "\n")
  }

  private func axes(_ x: PlotAxis, _ y: PlotAxis, _ frame: PlotFrame) -> [String] {
    var body: [String] = []
    for tick in x.ticks {
      let position = frame.x(x.position(of: tick))
      body.append(SVG.line(position, frame.top, position, frame.bottom, class: "grid-line"))
      body.append(SVG.text(Format.number(tick, digits: 5), position, frame.bottom + 16))
    }
    for tick in y.ticks {
      let position = frame.y(y.position(of: tick))
      body.append(SVG.line(frame.left, position, frame.right, position, class: "grid-line"))
      body.append(SVG.text(Format.number(tick), frame.left - 6, position + 4, anchor: "end"))
    }
    body.append(SVG.line(frame.left, frame.bottom, frame.right, frame.bottom, class: "axis"))
    body.append(SVG.line(frame.left, frame.top, frame.left, frame.bottom, class: "axis"))
    return body
  }

  /// Invisible disks on some of the points, which say what they are when the pointer is on them.
  private func hints(
    of curve: Curve, _ place: ((x: Double, y: Double)) -> (x: Double, y: Double)
  ) -> String {
    let last = curve.points.count - 1
    let isMarks = marks.contains(curve.style)
    let count = isMarks ? curve.points.count : min(hintCount, curve.points.count)
    let disks = (0..<count).map { index -> String in
      let point = curve.points[count == 1 ? 0 : index * last / (count - 1)]
      let (x, y) = place(point)
      let name = curve.name == quantity ? "" : "\(curve.name), "
      return SVG.circle(
        x, y, radius: isMarks ? 2.5 : 6, class: isMarks ? "mark-point" : "hit",
        title: "\(name)\(horizontal) \(Format.number(point.x, digits: 6)): \(quantity)"
          + " \(Format.number(point.y, digits: 4))")
    }
    return "<g class=\"\(PlotStyle.classes(of: curve.style))\">\(disks.joined())</g>"
  }

  /// The names of the curves at their ends, moved apart where they would overlap.
  private func endLabels(
    _ labels: [String], _ frame: PlotFrame,
    _ place: ((x: Double, y: Double)) -> (x: Double, y: Double)
  ) -> String {
    let named = curves.indices.filter { !labels[$0].isEmpty }
    let ends = named.map { index -> (x: Double, y: Double) in
      place(curves[index].points[curves[index].points.count - 1])
    }
    let rows = Self.spread(ends.map(\.y), distance: 14, within: frame.top...frame.bottom)
    return zip(named, zip(ends, rows)).map { index, place in
      let (end, row) = place
      let classes = PlotStyle.classes(of: curves[index].style)
      return SVG.line(end.x, end.y, frame.right + 6, row, class: "leader \(classes)")
        + (marks.contains(curves[index].style)
          ? SVG.circle(frame.right + 13, row, radius: 2.5, class: "mark-point \(classes)")
          : SVG.line(frame.right + 6, row, frame.right + 20, row, class: "curve \(classes)"))
        + SVG.text(labels[index], frame.right + 24, row + 4, anchor: "start")
    }.joined(separator: "\n")
  }

  /// Returns the positions moved apart to a distance, in the same order, and as far as possible
  /// within a range.
  package static func spread(
    _ positions: [Double], distance: Double, within range: ClosedRange<Double>
  ) -> [Double] {
    let order = positions.indices.sorted { (positions[$0], $0) < (positions[$1], $1) }
    let room = range.upperBound - range.lowerBound
    let gap = min(distance, positions.count > 1 ? room / Double(positions.count - 1) : distance)
    var result = positions
    var floor = range.lowerBound
    for index in order {
      result[index] = max(result[index], floor)
      floor = result[index] + gap
    }
    // What was pushed beyond the end moves back.
    var ceiling = range.upperBound
    for index in order.reversed() {
      result[index] = min(result[index], ceiling)
      ceiling = result[index] - gap
    }
    return result
  }

  /// The number of points of a curve that say what they are.
  private var hintCount: Int { 48 }
}
