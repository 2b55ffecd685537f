extension LinePlot {
  /// Returns the plot as lines of text, with the first curve drawn in fine dots and the others in
  /// rings.
  ///
  /// - Parameters:
  ///   - width: The number of columns of the terminal.
  ///   - height: The number of rows of the drawing, without title and labels.
  /// - Returns: The lines, separated by line breaks, or an empty text if there is no curve.
  public func terminalText(width: Int = 80, height: Int = 12) -> String {
    guard !curves.isEmpty else { return "" }
    let y = verticalAxis(tickCount: max(2, height / 3))
    let labels = Dictionary(
      y.ticks.map { (row(of: y.position(of: $0), height), Format.number($0)) },
      uniquingKeysWith: { first, _ in first })
    let margin = labels.values.reduce(0) { max($0, $1.count) }
    let columns = max(width - margin - 3, 10)
    let x = horizontalAxis(tickCount: max(2, columns / 14))

    var canvas = Canvas(width: columns, height: height)
    canvas.drawLine(curves[0].points.map { (x.position(of: $0.x), y.position(of: $0.y)) })
    for curve in curves.dropFirst() {
      canvas.drawRings(curve.points.map { (x.position(of: $0.x), y.position(of: $0.y)) })
    }
    var lines = ["\(title): \(legend)\(y.isLogarithmic ? ", log scale" : "")"]
    for (index, text) in canvas.lines.enumerated() {
      let label = labels[index] ?? ""
      let padding = String(repeating: " ", count: margin - label.count)
      lines.append("\(padding)\(label) \(labels[index] == nil ? "│" : "┤")\(text)")
    }
    let indent = String(repeating: " ", count: margin + 1)
    lines.append(indent + "└" + String(repeating: "─", count: columns))
    lines.append(indent + " " + tickLabels(of: x, named: horizontal, columns: columns))
    return lines.map(trimmedEnd).joined(separator: "\n")
  }

  private var legend: String {
    zip(["⠒", "○"], curves).map { "\($0) \($1.name)" }.joined(separator: "  ")
  }
}

/// A drawing in characters: braille cells of 2 by 4 dots, with rings on top.
private struct Canvas {
  private let width: Int
  private let height: Int
  private var dots: [UInt8]
  private var rings: [Bool]

  init(width: Int, height: Int) {
    self.width = width
    self.height = height
    dots = Array(repeating: 0, count: width * height)
    rings = Array(repeating: false, count: width * height)
  }

  var lines: [String] {
    (0..<height).map { row in
      (0..<width).map { column -> String in
        let cell = row * width + column
        if rings[cell] { return "○" }
        guard dots[cell] != 0, let scalar = Unicode.Scalar(0x2800 + UInt32(dots[cell])) else {
          return " "
        }
        return String(scalar)
      }.joined()
    }
  }

  /// Draws lines between points, which are given from 0 to 1 along each axis.
  mutating func drawLine(_ points: [(Double, Double)]) {
    let places = points.map { (Int(($0.0 * Double(width * 2 - 1)).rounded()), line(of: $0.1)) }
    guard var last = places.first else { return }
    for place in places {
      let steps = max(abs(place.0 - last.0), abs(place.1 - last.1), 1)
      for step in 0...steps {
        setDot(
          last.0 + (place.0 - last.0) * step / steps, last.1 + (place.1 - last.1) * step / steps)
      }
      last = place
    }
  }

  /// Draws at most one ring in each column, at the mean of its points.
  mutating func drawRings(_ points: [(Double, Double)]) {
    let columns = Dictionary(grouping: points) { Int(($0.0 * Double(width - 1)).rounded()) }
    for (column, points) in columns {
      let mean = points.reduce(0) { $0 + $1.1 } / Double(points.count)
      rings[row(of: mean, height) * width + column] = true
    }
  }

  private func line(of position: Double) -> Int {
    Int(((1 - position) * Double(height * 4 - 1)).rounded())
  }

  private mutating func setDot(_ x: Int, _ y: Int) {
    // The bits of a braille cell by row and column; Unicode added the fourth row later.
    let bits: [[UInt8]] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]]
    dots[y / 4 * width + x / 2] |= bits[y % 4][x % 2]
  }
}

/// Returns the row of characters, from the top, for a position from 0 at the bottom to 1 at the
/// top.
private func row(of position: Double, _ height: Int) -> Int {
  Int(((1 - position) * Double(height * 4 - 1)).rounded()) / 4
}

private func tickLabels(of axis: PlotAxis, named name: String, columns: Int) -> String {
  var line = ""
  for tick in axis.ticks {
    let label = Format.number(tick, digits: 6)
    let center = Int((axis.position(of: tick) * Double(columns - 1)).rounded())
    let start = min(max(center - label.count / 2, 0), columns - label.count)
    guard line.isEmpty || start > line.count else { continue }
    line += String(repeating: " ", count: start - line.count) + label
  }
  return line
    + (line.count + name.count + 2 <= columns
      ? String(repeating: " ", count: columns - line.count - name.count) + name : "")
}

private func trimmedEnd(_ text: String) -> String {
  var text = text
  while text.last == " " { text.removeLast() }
  return text
}
