/// Text that a terminal shows as it is.
enum PrintableText {
  /// Returns a text without control characters, which are written as `\u{1B}`, and if need be
  /// without characters beyond ASCII.
  ///
  /// - Parameters:
  ///   - text: Any text.
  ///   - isUnicode: Whether characters beyond ASCII stay; if not, those of plots and tables get a
  ///     counterpart, and others are written as control characters are.
  /// - Returns: The text to show.
  static func text(_ text: String, isUnicode: Bool = true) -> String {
    guard !text.unicodeScalars.allSatisfy({ isPlain($0, isUnicode: isUnicode) }) else {
      return text
    }
    return text.unicodeScalars.reduce(into: "") { result, scalar in
      if isPlain(scalar, isUnicode: isUnicode) {
        result.unicodeScalars.append(scalar)
      } else {
        result += (isControl(scalar) ? nil : counterpart(scalar)) ?? escape(scalar)
      }
    }
  }

  /// Returns a text as part of a line: control characters and line breaks are written as escapes,
  /// and of a text of thousands of characters the middle is left out.
  static func inLine(_ text: String) -> String {
    let all = text.unicodeScalars
    let text =
      all.count > 2000 ? String(all.prefix(1500)) + " ... " + String(all.suffix(300)) : text
    guard text.unicodeScalars.contains(where: { $0 == "\n" || $0 == "\t" || isControl($0) }) else {
      return text
    }
    return text.unicodeScalars.reduce(into: "") { result, scalar in
      switch scalar {
      case "\n": result += "\\n"
      case "\t": result += "\\t"
      case _ where isControl(scalar): result += escape(scalar)
      default: result.unicodeScalars.append(scalar)
      }
    }
  }

  /// Returns a JSON text in which ``text(_:isUnicode:)`` would change nothing.
  static func json(_ text: String, isUnicode: Bool) -> String {
    text.unicodeScalars.reduce(into: "") { result, scalar in
      if isPlain(scalar, isUnicode: isUnicode) {
        result.unicodeScalars.append(scalar)
      } else {
        // Only strings hold such characters.
        for unit in String(scalar).utf16 {
          let digits = String(unit, radix: 16)
          result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        }
      }
    }
  }

  private static func isPlain(_ scalar: Unicode.Scalar, isUnicode: Bool) -> Bool {
    !isControl(scalar) && (isUnicode || scalar.isASCII)
  }

  /// Whether a character controls a terminal or the direction of text; a line break and a tab do
  /// not count.
  private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x09, 0x0A: false
    case ..<0x20, 0x7F...0x9F, 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069, 0xFEFF: true
    default: false
    }
  }

  private static func escape(_ scalar: Unicode.Scalar) -> String {
    "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
  }

  /// What stands for a character of plots, tables and units in ASCII.
  private static func counterpart(_ scalar: Unicode.Scalar) -> String? {
    switch scalar {
    case "─", "┄", "—", "–", "−": "-"
    case "━": "="
    case "│": "|"
    case "└", "┤", "┼": "+"
    case "○": "o"
    case "·", "…": "."
    case "█": "#"
    case "▀": "'"
    case "▄": ","
    case "²": "2"
    case "±": "~"
    case "µ", "μ": "u"
    case "×": "x"
    case "★": "*"
    case "→": ">"
    case "≤": "<"
    case "≥": ">"
    case "α": "a"
    case "β": "b"
    case "ε": "e"
    case "₁": "1"
    case "₂": "2"
    case "\u{2800}": " "
    case "\u{2801}"..."\u{28FF}": "."
    default: nil
    }
  }

  /// Returns a text whose lines are at most so long, broken between words; the rest of a line is
  /// indented.
  static func wrapped(_ text: String, to width: Int) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false)
      .map { wrapped(line: $0, to: width) }.joined(separator: "\n")
  }

  private static func wrapped(line: Substring, to width: Int) -> String {
    guard line.count > width else { return String(line) }
    var lines = [""]
    var rest = line[...]
    while !rest.isEmpty {
      // A word with the spaces before it.
      let spaces = rest.prefix { $0 == " " }
      let word = rest[spaces.endIndex...].prefix { $0 != " " }
      rest = rest[word.endIndex...]
      let last = lines.count - 1
      if lines[last].count + spaces.count + word.count <= width || lines[last].isEmpty {
        lines[last] += spaces + word
      } else {
        lines.append("  " + word)
      }
    }
    return lines.joined(separator: "\n")
  }
}
