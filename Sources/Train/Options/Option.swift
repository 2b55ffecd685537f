import Training

/// An option of the command line, and at the same time a key of a configuration file.
///
/// The declaration is all that parsing, help and configuration files need to know of it.
/// ```swift
/// static let accumulate = Option(
///   "accumulate", .integer(1...1000), "batches in a step", default: 1)
/// static let steps = Option(
///   "steps", .integer(1...1000), "steps to take", resolved: "by the task")
/// static let threads = Option(
///   "threads", .integer(1...256), "threads to compute on", unset: "one per processor")
/// ```
/// `threads` is an `Option<Int?>`, whose value is nil if it was not given.
struct Option<Value: Sendable>: AnyOption {
  let name: String
  let help: String
  let alternative: String?
  let kind: AnyValueKind
  let standardText: String?
  /// The value of an option that was not given; nil where it depends on the run.
  let standard: Value?
  let standardValue: (any Sendable)?

  /// Creates an option with a fixed default, which the help shows.
  init(
    _ name: String, _ kind: ValueKind<Value>, _ help: String, default standard: Value,
    alternative: String? = nil
  ) {
    self.init(
      name, AnyValueKind(kind), help, standard: standard, standardValue: standard,
      standardText: kind.placeholder == nil ? nil : kind.text(standard), alternative: alternative)
  }

  /// Creates an option whose default a run resolves from its task, model and data, as the help
  /// describes.
  init(
    _ name: String, _ kind: ValueKind<Value>, _ help: String, resolved standardText: String,
    alternative: String? = nil
  ) {
    self.init(
      name, AnyValueKind(kind), help, standard: nil, standardValue: nil,
      standardText: standardText, alternative: alternative)
  }

  /// Creates an option that may have no value; `unset` describes the behavior in that case.
  init<Wrapped>(
    _ name: String, _ kind: ValueKind<Wrapped>, _ help: String, unset standardText: String? = nil,
    alternative: String? = nil
  ) where Value == Wrapped? {
    self.init(
      name, AnyValueKind(kind), help, standard: .some(nil), standardValue: nil,
      standardText: standardText, alternative: alternative)
  }

  var isResolvedByRun: Bool { standard == nil }

  private init(
    _ name: String, _ kind: AnyValueKind, _ help: String, standard: Value?,
    standardValue: (any Sendable)?, standardText: String?, alternative: String?
  ) {
    self.name = name
    self.kind = kind
    self.help = help
    self.standard = standard
    self.standardValue = standardValue
    self.standardText = standardText
    self.alternative = alternative
  }
}

/// An option of any type, as the tables of the command hold it.
protocol AnyOption: Sendable {
  /// The name without the dashes.
  var name: String { get }
  /// One line that says what it does.
  var help: String { get }
  /// The values that it takes.
  var kind: AnyValueKind { get }
  /// The name of an option that cannot be given together with this one.
  var alternative: String? { get }
  /// The default as the help shows it; nil for none.
  var standardText: String? { get }
  /// The fixed default; nil where there is none.
  var standardValue: (any Sendable)? { get }
  /// Whether the default depends on the run, so that the option has a value in every configuration.
  var isResolvedByRun: Bool { get }
}

extension AnyOption {
  /// What stands for the value in the help; nil for a flag.
  var placeholder: String? { kind.placeholder }

  /// The value that a text stands for.
  ///
  /// - Throws: ``UsageError`` that names the option.
  func value(of text: String) throws -> any Sendable {
    do {
      if let value = try kind.parse(text) { return value }
    } catch let error as UsageError {
      throw UsageError("--\(name): \(error.message)")
    }
    throw UsageError(
      "--\(name): '\(text)' is not \(kind.description)"
        + Suggestion.nearestHint(for: text, in: kind.choices))
  }
}

extension [any AnyOption] {
  /// Whether an option of the same name is among these.
  func contains(_ option: any AnyOption) -> Bool { contains { $0.name == option.name } }
}

/// Options under one heading of the help.
struct OptionGroup: Sendable {
  let heading: String
  let options: [any AnyOption]

  init(_ heading: String, _ options: [any AnyOption]) {
    self.heading = heading
    self.options = options
  }

  /// The group without some options.
  func without(_ excluded: [any AnyOption]) -> OptionGroup {
    OptionGroup(
      heading,
      options.filter { option in
        !excluded.contains { $0.name == option.name && $0.help == option.help }
      })
  }
}
