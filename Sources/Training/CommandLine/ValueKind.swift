import Optim

/// What an option takes: how its text is read, and what to call it in messages.
package struct ValueKind<Value: Sendable>: Sendable {
  /// What stands for the value in the help; nil for a switch, which takes none.
  package let placeholder: String?
  /// What a value must be, as in `'abc' is not a number above 0`.
  package let description: String
  /// The words that are allowed, where there is a list of them.
  package let choices: [String]
  /// The value of a text, or nil when it is not one, or an error that says more.
  package let parse: @Sendable (String) throws -> Value?

  package init(
    _ placeholder: String?, _ description: String, choices: [String] = [],
    parse: @escaping @Sendable (String) throws -> Value?
  ) {
    self.placeholder = placeholder
    self.description = description
    self.choices = choices
    self.parse = parse
  }
}

extension ValueKind<Double> {
  /// A finite number above a bound.
  package static func number(above bound: Double) -> Self {
    number("a number above \(shortText(bound))") { $0 > bound }
  }

  /// A finite number not below a bound.
  package static func number(from bound: Double) -> Self {
    number("a number not below \(shortText(bound))") { $0 >= bound }
  }

  /// A number from a range that leaves out its upper end, and its lower end if asked.
  package static func number(from low: Double, below high: Double, isOpen: Bool = false) -> Self {
    let start = isOpen ? "above \(shortText(low))" : "from \(shortText(low))"
    return number("a number \(start) and below \(shortText(high))") {
      (isOpen ? $0 > low : $0 >= low) && $0 < high
    }
  }

  /// A number above one bound and at most another.
  package static func number(above low: Double, upTo high: Double) -> Self {
    number("a number above \(shortText(low)), at most \(shortText(high))") {
      $0 > low && $0 <= high
    }
  }

  private static func number(
    _ description: String, where isAllowed: @escaping @Sendable (Double) -> Bool
  ) -> Self {
    Self("X", description) { text in
      Double(text).flatMap { $0.isFinite && isAllowed($0) ? $0 : nil }
    }
  }
}

extension ValueKind<Int> {
  /// A whole number in a range.
  package static func integer(_ range: ClosedRange<Int>) -> Self {
    Self("N", "a whole number \(bounds(of: range))") { text in
      Int(text).flatMap { range.contains($0) ? $0 : nil }
    }
  }
}

private func bounds(of range: ClosedRange<Int>) -> String {
  range.upperBound == .max
    ? "of at least \(range.lowerBound)" : "from \(range.lowerBound) to \(range.upperBound)"
}

extension ValueKind<UInt64> {
  /// A seed for the random numbers.
  package static var seed: Self {
    Self("N", "a whole number from 0 to 18446744073709551615") { UInt64($0) }
  }
}

extension ValueKind<[Int]> {
  /// Whole numbers in a range, with commas between them.
  package static func integers(_ range: ClosedRange<Int>) -> Self {
    Self("N,N,...", "a list of whole numbers \(bounds(of: range))") {
      let parts = $0.split(separator: ",", omittingEmptySubsequences: false)
      let numbers = parts.compactMap { part in
        Int(part).flatMap { range.contains($0) ? $0 : nil }
      }
      return numbers.count == parts.count ? numbers : nil
    }
  }
}

extension ValueKind<[SchedulePoint]> {
  /// Points of a piecewise schedule, with commas between them.
  package static var points: Self {
    Self("STEP:FACTOR,...", "a list of STEP:FACTOR with ascending steps, such as 0:1,500:0.1") {
      let parts = $0.split(separator: ",", omittingEmptySubsequences: false)
      let points = parts.compactMap { SchedulePoint($0) }
      let isAscending = zip(points, points.dropFirst()).allSatisfy { $0.step < $1.step }
      return points.count == parts.count && isAscending ? points : nil
    }
  }
}

extension ValueKind<String> {
  /// Any text but the empty one.
  package static func text(_ placeholder: String) -> Self {
    Self(placeholder, "a \(placeholder.lowercased())") { $0.isEmpty ? nil : $0 }
  }
}

extension ValueKind<String> {
  /// The name of a folder in another one.
  package static var name: Self {
    Self("NAME", "a name without slashes") {
      $0.isEmpty || $0.contains("/") || $0.hasPrefix(".") ? nil : $0
    }
  }
}

extension ValueKind<OptimizerExpression> {
  /// An optimizer with its settings.
  package static var optimizer: Self {
    Self("NAME(...)", "an optimizer") { text throws in
      try explained { () throws(ExpressionError) in try OptimizerExpression(text) }
    }
  }
}

extension ValueKind<[OptimizerExpression]> {
  /// Optimizers with commas between them.
  package static var optimizers: Self {
    Self("NAME,NAME(...),...", "a list of optimizers") { text throws in
      try explained { () throws(ExpressionError) in try OptimizerExpression.list(text) }
    }
  }
}

/// What `parse` makes of a text; its error with the closest word that could have stood there.
private func explained<Value>(
  _ parse: () throws(ExpressionError) -> Value
) throws -> Value {
  do {
    return try parse()
  } catch {
    let near = error.word.flatMap { nearest(to: $0, in: error.choices) }
    throw TrainingError.usage(
      "\(error.description)\(near.map { "; did you mean '\($0)'?" } ?? "")")
  }
}

extension ValueKind<Bool> {
  /// A switch, which is off unless it is given.
  package static var flag: Self {
    Self(nil, "true or false", choices: ["true", "false"]) { Bool($0) }
  }
}

extension ValueKind where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
  /// One of the cases of an enumeration.
  package static var choice: Self {
    let names = Value.allCases.map(\.rawValue)
    let list = names.joined(separator: "|")
    return Self(
      list.count < 20 ? list : "NAME", "one of \(names.joined(separator: ", "))", choices: names
    ) { Value(rawValue: $0) }
  }
}
