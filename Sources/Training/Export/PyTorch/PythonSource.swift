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
  static let lineWidth = 100

  /// Returns a string literal.
  static func literal(_ text: String) -> String { jsonLiteral(text) }

  /// Returns `name = [items]`, on as few lines as it fits.
  static func assignment(_ name: String, _ items: [String]) -> String {
    "\(name) = \(list(items, indentation: name.unicodeScalars.count + 3))"
  }

  /// Returns a list on one line, or on as few as it fits.
  ///
  /// - Parameters:
  ///   - items: The items.
  ///   - indentation: The columns of the line that are not free for the list.
  /// - Returns: The literal.
  static func list(_ items: [String], indentation: Int) -> String {
    let line = "[\(items.joined(separator: ", "))]"
    if indentation + line.unicodeScalars.count <= lineWidth { return line }
    var lines = ["["]
    var row = "   "
    for item in items {
      if row.unicodeScalars.count + item.unicodeScalars.count + 10 > lineWidth, row != "   " {
        lines.append(row)
        row = "   "
      }
      row += " \(item),"
    }
    return (lines + [row, "]"]).joined(separator: "\n")
  }

  /// Returns a call, with an argument a line if one of them takes several.
  static func call(_ function: String, _ arguments: [String]) -> String {
    let line = "\(function)(\(arguments.joined(separator: ", ")))"
    if line.unicodeScalars.count + 6 <= lineWidth, !line.contains("\n") { return line }
    return (["\(function)("] + arguments.map { indented("\($0),") } + [")"])
      .joined(separator: "\n")
  }

  /// Returns lines moved to the right by a level.
  static func indented(_ lines: String) -> String {
    lines.split(separator: "\n", omittingEmptySubsequences: false)
      .map { $0.isEmpty ? "" : "    \($0)" }.joined(separator: "\n")
  }

  /// Returns `True` or `False`.
  static func literal(_ value: Bool) -> String { value ? "True" : "False" }
}
