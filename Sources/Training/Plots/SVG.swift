import Foundation

/// The rectangle that the curves are drawn in.
package struct Frame {
  package let left: Double, top: Double, right: Double, bottom: Double

  package init(left: Double, top: Double, right: Double, bottom: Double) {
    (self.left, self.top, self.right, self.bottom) = (left, top, right, bottom)
  }

  /// The pixel of a position from 0 to 1.
  package func x(_ position: Double) -> Double { left + position * (right - left) }

  /// The pixel of a position from 0, below, to 1.
  package func y(_ position: Double) -> Double { bottom - position * (bottom - top) }
}

/// The elements of an SVG document as text.
package enum SVG {
  /// A line of a class.
  package static func line(
    _ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, class name: String
  ) -> String {
    "<line class=\"\(name)\" x1=\"\(short(x1))\" y1=\"\(short(y1))\" x2=\"\(short(x2))\" y2=\"\(short(y2))\"/>"
  }

  /// A text of a class, anchored at its middle or at an end.
  package static func text(
    _ content: String, _ x: Double, _ y: Double, anchor: String = "middle",
    class name: String = "label"
  ) -> String {
    // A style outranks the rule for all texts, which an attribute would not.
    "<text class=\"\(name)\" style=\"text-anchor: \(anchor)\" x=\"\(short(x))\" y=\"\(short(y))\">"
      + "\(escaped(content))</text>"
  }

  /// A coordinate.
  package static func short(_ value: Double) -> String { Format.number(value, digits: 5) }

  /// A text as XML has it.
  package static func escaped(_ text: String) -> String {
    // What XML cannot hold at all is dropped; names of columns may contain anything.
    String(text.unicodeScalars.filter { $0.value >= 0x20 })
      .replacingOccurrences(of: "&", with: "&amp;").replacingOccurrences(of: "<", with: "&lt;")
      .replacingOccurrences(of: ">", with: "&gt;").replacingOccurrences(of: "\"", with: "&quot;")
  }

  /// A line through points.
  package static func polyline(_ points: [(x: Double, y: Double)], class name: String) -> String {
    let path = points.map { "\(short($0.x)),\(short($0.y))" }.joined(separator: " ")
    return "<polyline class=\"\(name)\" points=\"\(path)\"/>"
  }
}
