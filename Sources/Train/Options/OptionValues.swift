import Tensor

/// The values of options by name: those that were given, or that a run resolved.
struct OptionValues: Sendable {
  private var values: [String: any Sendable] = [:]

  /// The value of an option, or its default where none was set.
  ///
  /// An option whose default depends on the run must be set before it is read.
  subscript<Value>(option: Option<Value>) -> Value {
    get {
      if let value = self.given(option) { return value }
      guard let standard = option.standard else { fail("--\(option.name) has no value yet") }
      return standard
    }
    set { values[option.name] = newValue }
  }

  /// The value that was set for an option; nil where there is none.
  func given<Value>(_ option: Option<Value>) -> Value? {
    guard let value = values[option.name] else { return nil }
    return value as? Value
  }

  /// Whether an option has a value of its own.
  func contains(_ option: any AnyOption) -> Bool { values[option.name] != nil }

  /// The first of some options that has a value of its own.
  func first(of options: [any AnyOption]) -> (any AnyOption)? { options.first(where: contains) }

  /// The value of an option of any type, or its fixed default; nil where there is neither.
  func value(of option: any AnyOption) -> (any Sendable)? {
    values[option.name] ?? option.standardValue
  }

  /// Sets the value of an option that has none yet.
  mutating func setDefault<Value>(_ option: Option<Value>, _ value: Value) {
    if !contains(option) { self[option] = value }
  }

  /// Parses a text and sets the value.
  ///
  /// - Throws: ``UsageError`` for a text that the option does not take.
  mutating func set(_ option: any AnyOption, toText text: String) throws {
    values[option.name] = try option.value(of: text)
  }

  /// Parses a text of the command line, on which some options may be given several times.
  ///
  /// - Throws: ``UsageError`` for a text that the option does not take.
  mutating func add(_ option: any AnyOption, text: String) throws {
    let value = try option.value(of: text)
    do {
      values[option.name] =
        try values[option.name].map { try option.kind.joined($0, value) } ?? value
    } catch let error as UsageError {
      throw UsageError("--\(option.name): \(error.message)")
    }
  }

  /// Removes the value of an option.
  mutating func remove(_ option: any AnyOption) { values[option.name] = nil }
}
