import Optim
import Training

/// The values that an option takes: how their text is read and written, and what messages call
/// them.
struct ValueKind<Value: Sendable>: Sendable {
  /// What stands for the value in the help; nil for a flag, which takes none.
  let placeholder: String?
  /// What a value must be, as in `'abc' is not a number above 0`.
  let description: String
  /// The words that are allowed, where there is a list of them.
  let choices: [String]
  /// The value as a configuration file holds it.
  let json: @Sendable (Value) -> JSONValue
  /// Returns one value for two that were given; nil where the last one counts.
  let joining: (@Sendable (Value, Value) throws -> Value)?
  /// Returns the value that a text stands for, or nil if it does not stand for one; throws if there
  /// is a more specific message.
  let parse: @Sendable (String) throws -> Value?

  init(
    _ placeholder: String?, _ description: String, choices: [String] = [],
    json: @escaping @Sendable (Value) -> JSONValue = { .string("\($0)") },
    joining: (@Sendable (Value, Value) throws -> Value)? = nil,
    parse: @escaping @Sendable (String) throws -> Value?
  ) {
    self.placeholder = placeholder
    self.description = description
    self.choices = choices
    self.json = json
    self.joining = joining
    self.parse = parse
  }

  /// The value as one would type it.
  func text(_ value: Value) -> String { json(value).text ?? "" }
}

/// A ``ValueKind`` of any type.
struct AnyValueKind: Sendable {
  let placeholder: String?
  let description: String
  let choices: [String]
  /// Returns the value that a text stands for, or nil if it does not stand for one; throws if there
  /// is a more specific message.
  let parse: @Sendable (String) throws -> (any Sendable)?
  /// The value as a configuration file holds it.
  let json: @Sendable (any Sendable) -> JSONValue
  /// Returns what an option is set to that had one value and is given another.
  let joined: @Sendable (_ earlier: any Sendable, _ later: any Sendable) throws -> any Sendable

  init<Value>(_ kind: ValueKind<Value>) {
    placeholder = kind.placeholder
    description = kind.description
    choices = kind.choices
    parse = { try kind.parse($0) }
    json = { ($0 as? Value).map(kind.json) ?? .null }
    joined = { earlier, later in
      guard let joining = kind.joining, let first = earlier as? Value, let second = later as? Value
      else { return later }
      return try joining(first, second)
    }
  }
}

extension ValueKind<Double> {
  /// A finite number.
  static var number: Self { number("a number") { _ in true } }

  /// A finite number above a bound.
  static func number(above bound: Double) -> Self {
    number("a number above \(Format.number(bound))") { $0 > bound }
  }

  /// A finite number not below a bound.
  static func number(from bound: Double) -> Self {
    number("a number not below \(Format.number(bound))") { $0 >= bound }
  }

  /// A number from a range that leaves out its upper end.
  static func number(from low: Double, below high: Double) -> Self {
    number("a number from \(Format.number(low)) and below \(Format.number(high))") {
      $0 >= low && $0 < high
    }
  }

  /// A number from a range that leaves out both ends.
  static func number(above low: Double, below high: Double) -> Self {
    number("a number above \(Format.number(low)) and below \(Format.number(high))") {
      $0 > low && $0 < high
    }
  }

  /// A number above one bound and at most another.
  static func number(above low: Double, upTo high: Double) -> Self {
    number("a number above \(Format.number(low)), at most \(Format.number(high))") {
      $0 > low && $0 <= high
    }
  }

  private static func number(
    _ description: String, where isAllowed: @escaping @Sendable (Double) -> Bool
  ) -> Self {
    Self("X", description, json: { .number($0) }) { text in
      guard let number = Double(decimal: text) else { return nil }
      guard number.isFinite else { throw UsageError("'\(text)' is too large") }
      return isAllowed(number) ? number : nil
    }
  }
}

extension ValueKind<Int> {
  /// A whole number in a range.
  static func integer(_ range: ClosedRange<Int>) -> Self {
    let bounds =
      range.upperBound == .max
      ? "of at least \(range.lowerBound)" : "from \(range.lowerBound) to \(range.upperBound)"
    return Self("N", "a whole number \(bounds)", json: { .integer(Int64($0)) }) { text in
      Int(decimal: text).flatMap { range.contains($0) ? $0 : nil }
    }
  }
}

extension ValueKind<UInt64> {
  /// A seed for the random numbers.
  static var seed: Self {
    Self("N", "a whole number from 0 to 18446744073709551615", json: { .unsigned($0) }) {
      UInt64(decimal: $0)
    }
  }
}

extension ValueKind<String> {
  /// Any text but the empty one.
  static func text(_ placeholder: String) -> Self {
    Self(placeholder, "a \(placeholder.lowercased())") { $0.isEmpty ? nil : $0 }
  }

  /// The name of a folder in another one.
  static var name: Self {
    Self("NAME", "a name without slashes that begins with neither a dot nor a dash") {
      $0.isEmpty || $0.contains("/") || $0.hasPrefix(".") || $0.hasPrefix("-") ? nil : $0
    }
  }
}

extension ValueKind<[String]> {
  /// Texts with commas between them.
  static func list(of elements: String) -> Self {
    Self("LIST", "a list of \(elements)", json: { .string($0.joined(separator: ",")) }) { text in
      let parts = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
      return parts.contains("") ? nil : parts
    }
  }
}

extension ValueKind {
  /// A name with its settings, such as an optimizer, from the catalog of its kind.
  static func expression<C>() -> Self where Value == CatalogExpression<C> {
    Self("NAME(...)", C.noun) { text throws in
      try explained { () throws(ExpressionError) in try Value(text) }
    }
  }

  /// Expressions with commas between them.
  static func expressions<C>() -> Self where Value == [CatalogExpression<C>] {
    Self(
      "NAME,NAME(...),...", "a list of expressions",
      json: { .string($0.map(\.description).joined(separator: ",")) }
    ) { text throws in
      try explained { () throws(ExpressionError) in try CatalogExpression<C>.list(text) }
    }
  }
}

/// Returns the result of `parse`; its error becomes a usage error that suggests the closest word.
private func explained<Value>(_ parse: () throws(ExpressionError) -> Value) throws -> Value {
  do {
    return try parse()
  } catch {
    let hint = error.word.map { Suggestion.nearestHint(for: $0, in: error.choices) } ?? ""
    throw UsageError(error.description + hint)
  }
}

extension ValueKind<Bool> {
  /// A flag, which is off unless it is given.
  static var flag: Self {
    Self(nil, "true or false", choices: ["true", "false"], json: { .bool($0) }) { Bool($0) }
  }
}

extension ValueKind where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
  /// One of the cases of an enumeration.
  static var choice: Self {
    let names = Value.allCases.map(\.rawValue)
    let list = names.joined(separator: "|")
    return Self(
      list.count < 20 ? list : "NAME", "one of \(names.joined(separator: ", "))", choices: names,
      json: { .string($0.rawValue) }
    ) { Value(rawValue: $0) }
  }
}
