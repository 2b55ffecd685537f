import Foundation

extension LossPlot {
  /// The plot as an SVG document that reads well on light and on dark backgrounds.
  package func svg(width: Double = 720, height: Double = 420) -> String {
    let frame = Frame(left: 72, top: 48, right: width - 24, bottom: height - 56)
    let x = horizontalAxis(tickCount: 8)
    let y = verticalAxis(tickCount: 6)
    let place = { (point: (x: Double, y: Double)) in
      (x: frame.x(x.position(of: point.x)), y: frame.y(y.position(of: point.y)))
    }
    var body: [String] = []
    for tick in x.ticks {
      let position = frame.x(x.position(of: tick))
      body.append(line(position, frame.top, position, frame.bottom, class: "grid"))
      body.append(text(shortText(tick, digits: 6), position, frame.bottom + 18))
    }
    for tick in y.ticks {
      let position = frame.y(y.position(of: tick))
      body.append(line(frame.left, position, frame.right, position, class: "grid"))
      body.append(text(shortText(tick), frame.left - 8, position + 4, anchor: "end"))
    }
    body.append(line(frame.left, frame.bottom, frame.right, frame.bottom, class: "axis"))
    body.append(line(frame.left, frame.top, frame.left, frame.bottom, class: "axis"))
    for (index, curve) in curves.enumerated() {
      // More points than pixels would only make the file large.
      let points = curve.thinned(to: Int(width)).points.map(place)
      let color = "curve c\(index % 4)"
      if points.count == 1 {
        body.append(
          "<circle class=\"\(color)\" cx=\"\(short(points[0].x))\" cy=\"\(short(points[0].y))\" r=\"3\"/>"
        )
      } else {
        let path = points.map { "\(short($0.x)),\(short($0.y))" }.joined(separator: " ")
        body.append("<polyline class=\"\(color)\" points=\"\(path)\"/>")
      }
      // The axis says already what such a curve is.
      if curve.name == quantity { continue }
      let row = frame.top + 16 + 18 * Double(index)
      body.append(line(frame.right - 120, row - 4, frame.right - 96, row - 4, class: color))
      body.append(text(curve.name, frame.right - 88, row, anchor: "start"))
    }
    let middle = (frame.left + frame.right) / 2
    body.append(text(title, middle, 28, class: "title"))
    body.append(text("step", middle, height - 14))
    let center = (frame.top + frame.bottom) / 2
    let label = y.isLogarithmic ? "\(quantity) (log scale)" : quantity
    body.append("<g transform=\"rotate(-90 18 \(short(center)))\">\(text(label, 18, center))</g>")
    return """
      <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(short(width)) \(short(height))" \
      width="\(short(width))" height="\(short(height))" role="img" aria-label="\(escaped(title))">
      <title>\(escaped(title))</title>
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

/// The rectangle that the curves are drawn in.
private struct Frame {
  let left: Double, top: Double, right: Double, bottom: Double

  func x(_ position: Double) -> Double { left + position * (right - left) }

  func y(_ position: Double) -> Double { bottom - position * (bottom - top) }
}

private func line(
  _ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, class name: String
) -> String {
  "<line class=\"\(name)\" x1=\"\(short(x1))\" y1=\"\(short(y1))\" x2=\"\(short(x2))\" y2=\"\(short(y2))\"/>"
}

private func text(
  _ content: String, _ x: Double, _ y: Double, anchor: String = "middle",
  class name: String = "label"
) -> String {
  // A style outranks the rule for all texts, which an attribute would not.
  "<text class=\"\(name)\" style=\"text-anchor: \(anchor)\" x=\"\(short(x))\" y=\"\(short(y))\">"
    + "\(escaped(content))</text>"
}

private func short(_ value: Double) -> String { shortText(value, digits: 5) }

private func escaped(_ text: String) -> String {
  // What XML cannot hold at all is dropped; names of columns may contain anything.
  String(text.unicodeScalars.filter { $0.value >= 0x20 })
    .replacingOccurrences(of: "&", with: "&amp;").replacingOccurrences(of: "<", with: "&lt;")
    .replacingOccurrences(of: ">", with: "&gt;").replacingOccurrences(of: "\"", with: "&quot;")
}
