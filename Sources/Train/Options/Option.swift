import Training

/// An option of the command line, and at the same time a key of a configuration file.
struct Option<Value: Sendable>: AnyOption {
  let name: String
  let help: String
  let standard: String?
  let alternative: String?
  /// What the option takes.
  let kind: ValueKind<Value>

  /// An option.
  ///
  /// - Parameters:
  ///   - name: The name without the dashes.
  ///   - kind: What it takes.
  ///   - help: What it does, in a line.
  ///   - standard: What holds where it is not given.
  ///   - alternative: The name of an option that cannot be given beside it.
  init(
    _ name: String, _ kind: ValueKind<Value>, _ help: String, standard: String? = nil,
    alternative: String? = nil
  ) {
    self.name = name
    self.kind = kind
    self.help = help
    self.standard = standard
    self.alternative = alternative
  }

  var placeholder: String? { kind.placeholder }

  func value(of text: String) throws -> any Sendable {
    do {
      if let value = try kind.parse(text) { return value }
    } catch let error as UsageError {
      throw UsageError("--\(name): \(error.message)")
    }
    let near =
      Suggestion.nearest(to: text, in: kind.choices).map { "; did you mean '\($0)'?" } ?? ""
    throw UsageError("--\(name): '\(text)' is not \(kind.description)\(near)")
  }
}

/// An option of any type, as the table of a command holds it.
protocol AnyOption: Sendable {
  /// The name without the dashes.
  var name: String { get }
  /// What it does, in a line.
  var help: String { get }
  /// What holds where it is not given.
  var standard: String? { get }
  /// The name of an option that cannot be given beside it.
  var alternative: String? { get }
  /// What stands for the value in the help; nil for a switch.
  var placeholder: String? { get }
  /// The value that a text stands for.
  func value(of text: String) throws -> any Sendable
}

/// Options under one heading of the help.
struct OptionGroup: Sendable {
  let heading: String
  let options: [any AnyOption]

  init(_ heading: String, _ options: [any AnyOption]) {
    self.heading = heading
    self.options = options
  }
}
