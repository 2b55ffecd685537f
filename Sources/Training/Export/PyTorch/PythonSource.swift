import Tensor

/// Builds the text of a Python file from blocks of lines, some of which depend on the run.
@resultBuilder
enum PythonSource {
  static func buildExpression(_ block: String) -> [String] { [block] }
  static func buildBlock(_ parts: [String]...) -> [String] { parts.flatMap(\.self) }
  static func buildOptional(_ part: [String]?) -> [String] { part ?? [] }
  static func buildEither(first part: [String]) -> [String] { part }
  static func buildEither(second part: [String]) -> [String] { part }
  static func buildFinalResult(_ blocks: [String]) -> String { blocks.joined(separator: "\n") }
}

/// Literals of Python.
enum Python {
  /// The columns of a line.
  static let lineWidth = 88

  /// Returns a string literal.
  static func literal(_ text: String) -> String { jsonLiteral(text) }

  /// Returns a list of literals, or of other values, as the value of a name, on as few lines as
  /// they fit.
  static func assignment(_ name: String, _ items: [String]) -> String {
    let line = "\(name) = [\(items.joined(separator: ", "))]"
    if line.unicodeScalars.count <= lineWidth { return line }
    var lines = ["\(name) = ["]
    var row = "   "
    for item in items {
      if row.unicodeScalars.count + item.unicodeScalars.count + 2 > lineWidth, row != "   " {
        lines.append(row)
        row = "   "
      }
      row += " \(item),"
    }
    return (lines + [row, "]"]).joined(separator: "\n")
  }

  /// Returns `True` or `False`.
  static func literal(_ value: Bool) -> String { value ? "True" : "False" }
}
