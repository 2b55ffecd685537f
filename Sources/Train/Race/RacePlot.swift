import Tensor
import Training

/// The picture of a race: contours, and the path of each optimizer with its name at the end.
struct RacePlot {
  private let race: Race
  private let views: RaceViews
  private let x: PlotAxis
  private let y: PlotAxis

  private static let (width, height) = (480.0, 420.0)
  private static let frame = PlotFrame(left: 42, top: 8, right: 472, bottom: 394)
  /// The units of the coordinates in attributes, which are whole numbers.
  private static let unit = 0.1
  private static let lineHeight = 15.0

  init(_ race: Race, _ views: RaceViews) {
    self.race = race
    self.views = views
    let domain = race.landscape.domain
    x = PlotAxis(showing: [domain.x.lowerBound, domain.x.upperBound], tickCount: 5)
    y = PlotAxis(showing: [domain.y.lowerBound, domain.y.upperBound], tickCount: 5)
  }

  /// The picture as a document of its own.
  var svg: String {
    """
    <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(SVG.coordinate(Self.width)) \
    \(SVG.coordinate(Self.height))" width="720" role="img" aria-label="\(SVG.escaped(title))">
    \(SVG.title(title))
    <style>
    svg { color: var(--ink); background: var(--paper); \(PlotStyle.lightColors) }
    @media (prefers-color-scheme: dark) { svg { \(PlotStyle.darkColors) } }
    \(PlotStyle.rules)
    </style>
    \(drawing(data: false))
    </svg>

    """
  }

  /// The picture for a page whose style has ``PlotStyle/rules``, with what its script needs.
  var figure: String {
    SVG.figure(
      width: Self.width, height: Self.height, title: title, largestWidth: 760, drawing(data: true))
  }

  private var title: String {
    "\(race.landscape.title): the paths of \(counted(race.racers.count, "optimizer"))"
  }

  private func drawing(data: Bool) -> String {
    let frame = Self.frame
    let clip = "clip-\(race.landscape.name)"
    let box =
      "x=\"\(SVG.coordinate(frame.left))\" y=\"\(SVG.coordinate(frame.top))\""
      + " width=\"\(SVG.coordinate(frame.right - frame.left))\""
      + " height=\"\(SVG.coordinate(frame.bottom - frame.top))\""
    let paths = race.racers.indices.map { path(of: $0, data: data) }
    return """
      <clipPath id="\(clip)"><rect \(box)/></clipPath>
      <g clip-path="url(#\(clip))">
      \(contours)
      \(minima)
      \(paths.joined(separator: "\n"))
      </g>
      <rect class="frame" \(box)/>
      \(axes)
      \(start)
      \(ends)
      """
  }

  // MARK: - The landscape

  private var contours: String {
    let landscape = race.landscape
    let values = landscape.gridValues
    let minima = landscape.minima.map { landscape.value(at: $0) }
    let lowest = (values + minima).filter(\.isFinite).min() ?? 0
    let levels = Contours.levels(of: values, lowest: lowest, count: 12)
    let lines = Contours(of: values, on: landscape.grid, at: levels).levels.enumerated().map {
      index, level in
      // Lines fade upward.
      let opacity = 0.5 - 0.35 * Double(index) / Double(levels.count)
      let path = level.lines.map { Self.path(through: $0.map(place)) }.joined()
      return "<path stroke-opacity=\"\(Format.number(opacity, digits: 2))\" d=\"\(path)\">"
        + "\(SVG.title("value \(Format.number(level.value))"))</path>"
    }
    return """
      <g transform="scale(\(Format.number(Self.unit)))" fill="none" \
      stroke="currentColor" stroke-width="10">
      \(lines.joined(separator: "\n"))
      </g>
      """
  }

  /// A line in whole units, without points too close to the one before.
  private static func path(through points: [(x: Double, y: Double)]) -> String {
    let units = points.map { (x: Int(($0.x / unit).rounded()), y: Int(($0.y / unit).rounded())) }
    guard var last = units.first else { return "" }
    var text = "M\(last.x) \(last.y)"
    for (index, point) in units.enumerated().dropFirst() {
      let (dx, dy) = (point.x - last.x, point.y - last.y)
      guard dx * dx + dy * dy > 600 || index == units.count - 1 else { continue }
      text += "l\(dx) \(dy)"
      last = point
    }
    return text
  }

  private var minima: String {
    race.landscape.minima.map { minimum in
      let (x, y) = place(minimum)
      let (left, right) = (SVG.coordinate(x - 5), SVG.coordinate(x + 5))
      let (top, bottom) = (SVG.coordinate(y - 5), SVG.coordinate(y + 5))
      return "<path stroke=\"currentColor\" stroke-width=\"2\""
        + " d=\"M\(left) \(top)L\(right) \(bottom)M\(left) \(bottom)L\(right) \(top)\">"
        + "\(SVG.title("minimum \(RaceText.point(minimum))"))</path>"
    }.joined(separator: "\n")
  }

  private var start: String {
    let (x, y) = place(race.landscape.start)
    return "<circle cx=\"\(SVG.coordinate(x))\" cy=\"\(SVG.coordinate(y))\" r=\"4.5\" fill=\"none\""
      + " stroke=\"currentColor\" stroke-width=\"1.5\">"
      + "\(SVG.title("start \(RaceText.point(race.landscape.start))"))</circle>"
  }

  private var axes: String {
    let frame = Self.frame
    let horizontal = x.ticks.map { tick in
      SVG.text(Format.number(tick), frame.x(x.position(of: tick)), frame.bottom + 17)
    }
    let vertical = y.ticks.map { tick in
      SVG.text(
        Format.number(tick), frame.left - 6, frame.y(y.position(of: tick)) + 4, anchor: "end")
    }
    return (horizontal + vertical).joined(separator: "\n")
  }

  // MARK: - The optimizers

  private func path(of index: Int, data: Bool) -> String {
    let racer = race.racers[index]
    let stride = race.stride
    let points = visible(racer.path, every: stride).map(place)
    // A path that never leaves its first point has a line of no length.
    let line = Self.withoutRepetition(points)
    var attributes =
      "class=\"curve \(PlotStyle.classes(of: index))\" points=\""
      + line.map { "\(SVG.coordinate($0.x)),\(SVG.coordinate($0.y))" }.joined(separator: " ") + "\""
    if data {
      let shown = views.paths.map { racer.paths[$0[index]] }
      let texts = shown.map { RaceText.cells(of: $0, name: racer.name).dropFirst() }
      attributes +=
        " data-paths=\""
        + shown.map { Self.data(visible($0, every: stride).map(place)) }
        .joined(separator: "|") + "\" data-cells=\""
        + SVG.escaped(texts.map { $0.joined(separator: ";") }.joined(separator: "|")) + "\""
    }
    let summary = RaceText.cells(of: racer.path, name: racer.name)
    return "<polyline \(attributes)>"
      + "\(SVG.title("\(racer.name), learning rate \(summary[1]): \(summary[2]) steps"))</polyline>"
  }

  /// Some of the points of a path, the last one always among them.
  private func visible(_ path: RacePath, every stride: Int) -> [SIMD2<Double>] {
    path.points.indices.filter { $0 % stride == 0 || $0 == path.points.count - 1 }
      .map { path.points[$0] }
  }

  private static func withoutRepetition(
    _ points: [(x: Double, y: Double)]
  ) -> [(x: Double, y: Double)] {
    var result: [(x: Double, y: Double)] = []
    for point in points {
      if let last = result.last, abs(last.x - point.x) + abs(last.y - point.y) < 0.2 { continue }
      result.append(point)
    }
    return result
  }

  /// The points in whole units: the first one, then the differences, without those of zero at the
  /// end.
  private static func data(_ points: [(x: Double, y: Double)]) -> String {
    var numbers: [Int] = []
    var last = (x: 0, y: 0)
    for point in points {
      let next = (x: Int((point.x / unit).rounded()), y: Int((point.y / unit).rounded()))
      numbers += [next.x - last.x, next.y - last.y]
      last = next
    }
    while numbers.count > 2, numbers.suffix(2).allSatisfy({ $0 == 0 }) { numbers.removeLast(2) }
    return numbers.map(String.init).joined(separator: " ")
  }

  /// The last points with the names of the optimizers, moved apart where they would overlap.
  private var ends: String {
    let frame = Self.frame
    let ends = race.racers.map { racer -> (x: Double, y: Double) in
      let end = place(racer.path.points[racer.path.points.count - 1])
      return (
        min(max(end.x, frame.left), frame.right), min(max(end.y, frame.top), frame.bottom)
      )
    }
    let rows = LinePlot.spread(
      ends.map(\.y), distance: Self.lineHeight, within: frame.top + 8...frame.bottom - 8)
    let labels = race.racers.indices.map { index -> String in
      let (end, row) = (ends[index], rows[index])
      // Names stand where there is room for them.
      let isLeft = end.x > frame.left * 0.4 + frame.right * 0.6
      let side = isLeft ? -1.0 : 1.0
      return "<g class=\"\(PlotStyle.classes(of: index))\">"
        + SVG.line(end.x, end.y, end.x + side * 14, row, class: "leader")
        + SVG.circle(end.x, end.y, radius: 4, class: "dot")
        + "<g style=\"\(Self.halo)\">"
        + SVG.text(
          SVG.shortened(race.racers[index].name, to: 26), end.x + side * 17, row + 4,
          anchor: isLeft ? "end" : "start") + "</g></g>"
    }
    return "<g class=\"ends\">\n\(labels.joined(separator: "\n"))\n</g>"
  }

  /// Keeps names legible on top of lines.
  private static let halo =
    "stroke: var(--paper); stroke-width: 3px; stroke-linejoin: round; paint-order: stroke"

  /// The pixel of a point; points far outside of the frame stay near enough for a picture.
  private func place(_ point: SIMD2<Double>) -> (x: Double, y: Double) {
    let frame = Self.frame
    let domain = race.landscape.domain
    func share(_ value: Double, _ range: ClosedRange<Double>) -> Double {
      let share = (value - range.lowerBound) / (range.upperBound - range.lowerBound)
      return min(max(share, -2), 3)
    }
    return (frame.x(share(point.x, domain.x)), frame.y(share(point.y, domain.y)))
  }
}
