/// Elements of SVG documents as text.
package enum SVG {
  /// Returns a line with a class.
  package static func line(
    _ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, class name: String
  ) -> String {
    """
    <line class=\"\(name)\" x1=\"\(coordinate(x1))\" y1=\"\(coordinate(y1))\" \
    x2=\"\(coordinate(x2))\" y2=\"\(coordinate(y2))\"/>
    """
  }

  /// Returns a text with a class, anchored at its middle or at an end.
  package static func text(
    _ content: String, _ x: Double, _ y: Double, anchor: String = "middle",
    class name: String = "label"
  ) -> String {
    // A style overrides the rule for all texts, which an attribute would not.
    """
    <text class=\"\(name)\" style=\"text-anchor: \(anchor)\" x=\"\(coordinate(x))\" \
    y=\"\(coordinate(y))\">
    """
      + "\(escaped(content))</text>"
  }

  /// Returns a rectangle with a class, an opacity and a text that is shown on hovering.
  package static func rectangle(
    _ x: Double, _ y: Double, _ width: Double, _ height: Double, class name: String,
    opacity: Double? = nil, title: String? = nil
  ) -> String {
    let fill = opacity.map { " fill-opacity=\"\(Format.number($0, digits: 2))\"" } ?? ""
    return element(
      "rect",
      """
      class=\"\(name)\" x=\"\(coordinate(x))\" y=\"\(coordinate(y))\" \
      width=\"\(coordinate(width))\"
      """
        + " height=\"\(coordinate(height))\"\(fill)", title)
  }

  /// Returns a circle with a class and a text that is shown on hovering.
  package static func circle(
    _ x: Double, _ y: Double, radius: Double, class name: String, title: String? = nil
  ) -> String {
    element(
      "circle",
      """
      class=\"\(name)\" cx=\"\(coordinate(x))\" cy=\"\(coordinate(y))\" \
      r=\"\(coordinate(radius))\"
      """,
      title)
  }

  private static func element(_ name: String, _ attributes: String, _ title: String?) -> String {
    title.map { "<\(name) \(attributes)>\(self.title($0))</\(name)>" } ?? "<\(name) \(attributes)/>"
  }

  /// Returns the text that is shown on hovering over the element around it.
  package static func title(_ text: String) -> String { "<title>\(escaped(text))</title>" }

  /// Returns a coordinate.
  package static func coordinate(_ value: Double) -> String { Format.number(value, digits: 5) }

  /// Returns a text with the characters that XML reserves replaced.
  package static func escaped(_ text: String) -> String {
    // Names of columns may contain anything; XML allows neither control characters nor the two
    // that are no characters.
    text.unicodeScalars.reduce(into: "") { result, character in
      switch character {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "\n", "\t": result += " "
      case _ where character.value < 0x20 || (0x7F...0x9F).contains(character.value): break
      case "\u{FFFE}", "\u{FFFF}": break
      default: result.unicodeScalars.append(character)
      }
    }
  }

  /// Returns a line through points, with a class.
  package static func polyline(_ points: [(x: Double, y: Double)], class name: String) -> String {
    "<polyline class=\"\(name)\" points=\"\(list(points))\"/>"
  }

  /// Returns a filled shape with points as its corners, with a class and a text that is shown on
  /// hovering.
  package static func polygon(
    _ points: [(x: Double, y: Double)], class name: String, title: String? = nil
  ) -> String {
    element("polygon", "class=\"\(name)\" points=\"\(list(points))\"", title)
  }

  private static func list(_ points: [(x: Double, y: Double)]) -> String {
    points.map { "\(coordinate($0.x)),\(coordinate($0.y))" }.joined(separator: " ")
  }

  /// Returns the approximate width of a text of 12 pixels, in a wide font.
  package static func width(of text: String) -> Double {
    text.isEmpty ? 0 : 7.2 * Double(text.count) + 4
  }

  /// Returns a text cut to a number of characters, with an ellipsis in place of the rest.
  package static func shortened(_ text: String, to count: Int) -> String {
    text.count <= count ? text : text.prefix(max(count - 1, 1)) + "…"
  }

  /// Returns an image for a page whose style has ``PlotStyle/rules``.
  ///
  /// It is as wide as the place where it stands, but at most `largestWidth` pixels.
  package static func figure(
    width: Double, height: Double, title: String, class name: String = "plot",
    largestWidth: Double? = nil, _ body: String
  ) -> String {
    let limit = largestWidth.map { " style=\"max-width: \(coordinate($0))px\"" } ?? ""
    return """
      <svg class="\(name)"\(limit) viewBox="0 0 \(coordinate(width)) \(coordinate(height))" \
      role="img" aria-label="\(escaped(title))">
      \(self.title(title))
      \(body)
      </svg>
      """
  }
}
