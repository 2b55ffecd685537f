/// Elements of SVG documents as text.
package enum SVG {
  /// Returns a line with a class.
  package static func line(
    _ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, class name: String
  ) -> String {
    "<line class=\"\(name)\" x1=\"\(coordinate(x1))\" y1=\"\(coordinate(y1))\" x2=\"\(coordinate(x2))\" y2=\"\(coordinate(y2))\"/>"
  }

  /// Returns a text with a class, anchored at its middle or at an end.
  package static func text(
    _ content: String, _ x: Double, _ y: Double, anchor: String = "middle",
    class name: String = "label"
  ) -> String {
    // A style overrides the rule for all texts, which an attribute would not.
    "<text class=\"\(name)\" style=\"text-anchor: \(anchor)\" x=\"\(coordinate(x))\" y=\"\(coordinate(y))\">"
      + "\(escaped(content))</text>"
  }

  /// Returns a coordinate.
  package static func coordinate(_ value: Double) -> String { Format.number(value, digits: 5) }

  /// Returns a text with the characters that XML reserves replaced.
  package static func escaped(_ text: String) -> String {
    // Control characters are not allowed in XML; names of columns may contain anything.
    text.unicodeScalars.reduce(into: "") { result, character in
      switch character {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case _ where character.value < 0x20: break
      default: result.unicodeScalars.append(character)
      }
    }
  }

  /// Returns a line through points, with a class.
  package static func polyline(_ points: [(x: Double, y: Double)], class name: String) -> String {
    let path = points.map { "\(coordinate($0.x)),\(coordinate($0.y))" }.joined(separator: " ")
    return "<polyline class=\"\(name)\" points=\"\(path)\"/>"
  }
}
