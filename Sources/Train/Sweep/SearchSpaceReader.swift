import Training

/// Reads the text of a ``SearchSpace``.
struct SearchSpaceReader {
  private var rest: Substring

  /// The functions that make ranges of numbers.
  private static let functions: [String: (isLogarithmic: Bool, isWhole: Bool)] = [
    "log": (true, false), "linear": (false, false), "uniform": (false, false),
    "int": (false, true), "log-int": (true, true),
  ]
  private static let functionNames = ["log", "linear", "uniform", "int", "log-int", "choice"]
  private static let example = "learning-rate=log(1e-4,1e-1)"
  /// More would not fit into any sweep.
  private static let largestCount = 10_000

  init(_ text: String) { rest = text[...] }

  /// Reads all settings.
  mutating func settings() throws -> [SearchSpace.Setting] {
    var settings: [SearchSpace.Setting] = []
    skipSpaces()
    while !rest.isEmpty {
      settings.append(try setting())
      skipSpaces()
    }
    if settings.isEmpty { throw UsageError("there is no setting, such as \(Self.example)") }
    return settings
  }

  private mutating func setting() throws -> SearchSpace.Setting {
    let word = rest.prefix { $0 != "=" && !$0.isWhitespace && $0 != "(" }
    // The dashes of the command line do no harm.
    let name = String(word.hasPrefix("--") ? word.dropFirst(2) : word)
    rest = rest[word.endIndex...]
    skipSpaces()
    guard !name.isEmpty, rest.first == "=" else {
      guard !name.isEmpty else {
        throw UsageError("'\(rest)' has no name, as in \(Self.example)")
      }
      throw UsageError("'\(name)' has no range, as in \(Self.example)")
    }
    rest.removeFirst()
    skipSpaces()
    if rest.isEmpty { throw UsageError("'\(name)' has no range, as in \(Self.example)") }
    let range = try range(of: name)
    return SearchSpace.Setting(name: name, range: try parsed(range, of: name), text: range)
  }

  /// The text up to the next space outside of parentheses.
  private mutating func range(of name: String) throws -> String {
    var closers: [Character] = []
    var end = rest.startIndex
    while end < rest.endIndex {
      let character = rest[end]
      if character.isWhitespace, closers.isEmpty { break }
      switch character {
      case "(": closers.append(")")
      case "{": closers.append("}")
      case ")", "}":
        guard closers.popLast() == character else {
          throw UsageError("\(name): '\(character)' closes nothing")
        }
      default: break
      }
      end = rest.index(after: end)
    }
    if let closer = closers.last { throw UsageError("\(name): a '\(closer)' is missing") }
    defer { rest = rest[end...] }
    return String(rest[..<end])
  }

  private func parsed(_ text: String, of name: String) throws -> SearchSpace.Range {
    if text.hasPrefix("{"), text.hasSuffix("}") {
      return try choice(arguments(of: text.dropFirst().dropLast()), of: name)
    }
    guard let open = text.firstIndex(of: "("), text.hasSuffix(")") else {
      throw UsageError("\(name): '\(text)' is not a range; for a list write choice(\(text))")
    }
    let function = String(text[..<open])
    let arguments = arguments(of: text[text.index(after: open)...].dropLast())
    if function == "choice" { return try choice(arguments, of: name) }
    guard let kind = Self.functions[function] else {
      let hint = Suggestion.hint(for: function, in: Self.functionNames)
      throw UsageError("\(name): '\(function)' is not a kind of range\(hint)")
    }
    return .numbers(try numbers(arguments, function, kind, of: name))
  }

  /// The parts between the commas outside of parentheses.
  private func arguments(of text: Substring) -> [String] {
    var parts = [""]
    var depth = 0
    for character in text {
      if character == "(" || character == "{" { depth += 1 }
      if character == ")" || character == "}" { depth -= 1 }
      if character == ",", depth == 0 {
        parts.append("")
      } else {
        parts[parts.count - 1].append(character)
      }
    }
    return parts.map { part in
      var part = part[...].drop(while: \.isWhitespace)
      while part.last?.isWhitespace ?? false { part.removeLast() }
      return String(part)
    }
  }

  private func choice(_ values: [String], of name: String) throws -> SearchSpace.Range {
    if values.contains("") { throw UsageError("\(name): a value is empty") }
    if let twice = values.indices.first(where: { values[..<$0].contains(values[$0]) }) {
      throw UsageError("\(name): \(values[twice]) is given twice")
    }
    guard values.count <= Self.largestCount else {
      throw UsageError("\(name): \(values.count) values; at most \(Self.largestCount) can be tried")
    }
    return .choice(values)
  }

  private func numbers(
    _ arguments: [String], _ function: String, _ kind: (isLogarithmic: Bool, isWhole: Bool),
    of name: String
  ) throws -> NumberRange {
    guard (2...3).contains(arguments.count) else {
      throw UsageError(
        "\(name): \(function) takes two bounds and perhaps a count: \(function)(1,8)")
    }
    let bounds = try arguments[..<2].map { text in
      let isWhole = !text.contains(where: ".eE".contains)
      guard let value = Double(decimal: text), isWhole || !kind.isWhole else {
        throw UsageError("\(name): '\(text)' is not a \(kind.isWhole ? "whole number" : "number")")
      }
      // Beyond 2⁵³ not every whole number can be represented.
      guard abs(value) <= (kind.isWhole ? 0x1p53 : .greatestFiniteMagnitude) else {
        let limit = kind.isWhole ? "; whole numbers go up to 9007199254740992" : ""
        throw UsageError("\(name): '\(text)' is too large\(limit)")
      }
      guard !kind.isLogarithmic || value > 0 else {
        throw UsageError("\(name): '\(text)' has no logarithm; the bounds must be above 0")
      }
      return value
    }
    guard bounds[0] < bounds[1] else {
      throw UsageError(
        "\(name): the range is empty, because \(arguments[0]) is not below \(arguments[1])")
    }
    let count = try arguments.dropFirst(2).first.map { text in
      guard let count = Int(decimal: text), (2...Self.largestCount).contains(count) else {
        throw UsageError("\(name): '\(text)' is not a count from 2 to \(Self.largestCount)")
      }
      return count
    }
    guard (bounds[1] - bounds[0]).isFinite, !kind.isLogarithmic || (bounds[1] / bounds[0]).isFinite
    else { throw UsageError("\(name): the range is too wide") }
    return NumberRange(
      low: bounds[0], high: bounds[1], isLogarithmic: kind.isLogarithmic, isWhole: kind.isWhole,
      count: count)
  }

  private mutating func skipSpaces() { rest = rest.drop(while: \.isWhitespace) }
}
