import Foundation
import Training

/// The words and options that a command was given.
struct Arguments: Sendable {
  /// The words that are neither options nor their values.
  var words: [String] = []
  /// The options that were given.
  var values = OptionValues()
  /// Whether help was asked for.
  private(set) var wantsHelp = false

  /// Reads a command line.
  ///
  /// - Parameters:
  ///   - line: What follows the name of the command: `--name value`, `--name=value`, and words.
  ///   - options: The options that the command takes. One called `config` names a JSON file with
  ///     more of them, and one called `preset` stands for more; those on the command line win, then
  ///     those of the file.
  ///   - ignored: Options that the command does not take, but that a file or a preset may contain.
  /// - Throws: ``UsageError`` for an option that is unknown (with the nearest one), has no value,
  ///   or a value that it does not take; ``TrainingError`` for a file that cannot be read.
  init(
    _ line: some Sequence<String>, options: [any AnyOption], ignoring ignored: [any AnyOption] = []
  ) throws {
    var rest = Array(line)[...]
    while let argument = rest.popFirst() {
      if argument == "--help" || argument == "-h" {
        wantsHelp = true
      } else if argument.hasPrefix("--") {
        try readOption(argument, &rest, options)
      } else if argument.hasPrefix("-"), argument.count > 1 {
        throw UsageError("unknown option '\(argument)'; options begin with two dashes")
      } else {
        words.append(argument)
      }
    }
    for option in options where values.contains(option) {
      guard let other = options.first(where: { $0.name == option.alternative }),
        values.contains(other)
      else { continue }
      throw UsageError("--\(option.name) and --\(other.name) exclude each other")
    }
    // Options of the command line win over those of a file, and these over those of a preset.
    if let file = values[FitOptions.config] {
      let entries = try ConfigurationFile.entries(ofFile: file)
      try merge(entries, of: file, options: options, ignoring: ignored)
    }
    if let preset = values[FitOptions.preset] {
      let source = "--preset \(preset.rawValue)"
      try merge(preset.entries, of: source, options: options, ignoring: ignored)
    }
  }

  /// The value of an option, or its default.
  subscript<Value>(option: Option<Value>) -> Value {
    get { values[option] }
    set { values[option] = newValue }
  }

  private mutating func readOption(
    _ argument: String, _ rest: inout ArraySlice<String>, _ options: [any AnyOption]
  ) throws {
    let parts = argument.dropFirst(2).split(
      separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    let option = try Self.find(String(parts[0]), in: options, prefix: "--")
    let text: String
    if parts.count == 2 {
      text = String(parts[1])
    } else if option.placeholder == nil {
      text = "true"
    } else if let next = rest.first, !next.hasPrefix("--") {
      text = next
      rest.removeFirst()
    } else {
      throw UsageError("--\(option.name) needs a value: \(option.placeholder ?? "")")
    }
    try values.set(option, toText: text)
  }

  /// Sets the options of a file or a preset that have not been given.
  private mutating func merge(
    _ entries: [(key: String, value: String)], of source: String, options: [any AnyOption],
    ignoring ignored: [any AnyOption]
  ) throws {
    let given = values
    for (key, text) in entries where !ignored.contains(where: { $0.name == key }) {
      if key == ConfigurationFile.taskKey {
        if words.isEmpty { words = [text] }
        guard words[0] == text else {
          throw UsageError("\(source): is for the task '\(text)', not '\(words[0])'")
        }
        continue
      }
      do {
        let option = try Self.find(key, in: options, prefix: "")
        let alternative = options.first { $0.name == option.alternative }
        if given.contains(option) || alternative.map(given.contains) ?? false {
          // A value that is not used is still checked.
          _ = try option.value(of: text)
        } else {
          try values.set(option, toText: text)
        }
      } catch let error as UsageError {
        throw UsageError("\(source): \(error.message)")
      }
    }
  }

  private static func find(
    _ name: String, in options: [any AnyOption], prefix: String
  ) throws -> any AnyOption {
    if let option = options.first(where: { $0.name == name }) { return option }
    let near = Suggestion.nearest(to: name, in: options.map(\.name))
    let hint = near.map { "; did you mean '\(prefix)\($0)'?" } ?? ""
    throw UsageError("unknown option '\(prefix)\(name)'\(hint)")
  }
}
