extension LinePlot {
  /// Returns the plot as an SVG document for light and dark backgrounds.
  public func svg(width: Double = 720, height: Double = 420) -> String {
    let frame = PlotFrame(left: 72, top: 48, right: width - 24, bottom: height - 56)
    let x = horizontalAxis(tickCount: 8)
    let y = verticalAxis(tickCount: 6)
    let place = { (point: (x: Double, y: Double)) in
      (x: frame.x(x.position(of: point.x)), y: frame.y(y.position(of: point.y)))
    }
    var body: [String] = []
    for tick in x.ticks {
      let position = frame.x(x.position(of: tick))
      body.append(SVG.line(position, frame.top, position, frame.bottom, class: "grid"))
      body.append(SVG.text(Format.number(tick, digits: 6), position, frame.bottom + 18))
    }
    for tick in y.ticks {
      let position = frame.y(y.position(of: tick))
      body.append(SVG.line(frame.left, position, frame.right, position, class: "grid"))
      body.append(SVG.text(Format.number(tick), frame.left - 8, position + 4, anchor: "end"))
    }
    body.append(SVG.line(frame.left, frame.bottom, frame.right, frame.bottom, class: "axis"))
    body.append(SVG.line(frame.left, frame.top, frame.left, frame.bottom, class: "axis"))
    for (index, curve) in curves.enumerated() {
      // More points than pixels would only make the file large.
      let points = curve.thinned(to: Int(width)).points.map(place)
      let color = "curve c\(index % 4)"
      if points.count == 1 {
        body.append(
          "<circle class=\"\(color)\" cx=\"\(SVG.coordinate(points[0].x))\" cy=\"\(SVG.coordinate(points[0].y))\" r=\"3\"/>"
        )
      } else {
        body.append(SVG.polyline(points, class: color))
      }
      // The label of the axis is enough for such a curve.
      if curve.name == quantity { continue }
      let row = frame.top + 16 + 18 * Double(index)
      body.append(SVG.line(frame.right - 120, row - 4, frame.right - 96, row - 4, class: color))
      body.append(SVG.text(curve.name, frame.right - 88, row, anchor: "start"))
    }
    let middle = (frame.left + frame.right) / 2
    body.append(SVG.text(title, middle, 28, class: "title"))
    body.append(SVG.text(horizontal, middle, height - 14))
    let center = (frame.top + frame.bottom) / 2
    let label = y.isLogarithmic ? "\(quantity) (log scale)" : quantity
    body.append(
      "<g transform=\"rotate(-90 18 \(SVG.coordinate(center)))\">\(SVG.text(label, 18, center))</g>"
    )
    return """
      <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(SVG.coordinate(width)) \(SVG.coordinate(height))" \
      width="\(SVG.coordinate(width))" height="\(SVG.coordinate(height))" role="img" aria-label="\(SVG.escaped(title))">
      <title>\(SVG.escaped(title))</title>
      <style>
        svg { color: #24292f; background: #ffffff; --c0: #0969da; --c1: #bc4c00; --c2: #1a7f37; \
      --c3: #8250df; }
        @media (prefers-color-scheme: dark) { svg { color: #d0d7de; background: #0d1117; \
      --c0: #58a6ff; --c1: #f0883e; --c2: #3fb950; --c3: #bc8cff; } }
        text { font: 12px system-ui, sans-serif; fill: currentColor; text-anchor: middle; }
        .title { font-size: 15px; font-weight: 600; }
        .axis { stroke: currentColor; }
        .grid { stroke: currentColor; stroke-opacity: 0.15; }
        .curve { fill: none; stroke-width: 2; stroke-linejoin: round; }
        .c0 { stroke: var(--c0); } .c1 { stroke: var(--c1); }
        .c2 { stroke: var(--c2); } .c3 { stroke: var(--c3); }
      </style>
      \(body.joined(separator: "\n"))
      </svg>

      """
  }
}
