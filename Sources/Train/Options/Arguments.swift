import Training
import Foundation

/// What a command was given: words, and options with their values.
struct Arguments: Sendable {
  /// The words that are neither options nor their values.
  var words: [String] = []
  /// Whether help was asked for.
  private(set) var wantsHelp = false
  private var values: [String: any Sendable] = [:]

  /// Reads a command line.
  ///
  /// - Parameters:
  ///   - line: What follows the name of the command: `--name value`, `--name=value`, and words.
  ///   - options: The options that the command takes. One called `config` names a JSON file with
  ///     more of them, and one called `preset` stands for more; those on the command line win, then those
  ///     of the file.
  ///   - ignored: Options that the command does not take, and that a file or a preset may hold all the same.
  /// - Throws: ``TrainingError`` of kind `usage` for an option that is unknown (with the nearest one),
  ///   has no value, or a value that it does not take.
  init(
    _ line: some Sequence<String>, options: [any AnyOption], ignoring ignored: [any AnyOption] = []
  ) throws {
    var rest = Array(line)[...]
    while let argument = rest.popFirst() {
      if argument == "--help" || argument == "-h" {
        wantsHelp = true
      } else if argument.hasPrefix("--") {
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
        values[option.name] = try option.value(of: text)
      } else if argument.hasPrefix("-"), argument.count > 1 {
        throw UsageError("unknown option '\(argument)'; options begin with two dashes")
      } else {
        words.append(argument)
      }
    }
    for option in options where values[option.name] != nil {
      guard let other = option.alternative, values[other] != nil else { continue }
      throw UsageError("--\(option.name) and --\(other) exclude each other")
    }
    if let file = values["config"] as? String {
      try merge(Self.entries(ofFile: file), of: file, options: options, ignoring: ignored)
    }
    if let preset = values["preset"] as? Preset {
      try merge(
        preset.entries, of: "--preset \(preset.rawValue)", options: options,
        ignoring: ignored)
    }
  }

  /// The value of an option, or nil when it was not given.
  subscript<Value>(option: Option<Value>) -> Value? {
    get { values[option.name] as? Value }
    set { values[option.name] = newValue }
  }

  /// The value of an option as text, or nil when it was not given.
  func text(of option: any AnyOption) -> String? {
    values[option.name].map { String(describing: $0) }
  }

  /// Whether a switch is on.
  subscript(flag flag: Option<Bool>) -> Bool { values[flag.name] as? Bool ?? false }

  /// The first of some options that was given.
  func firstGiven(of options: [any AnyOption]) -> (any AnyOption)? {
    options.first { values[$0.name] != nil }
  }

  /// The keys and values of a configuration file.
  private static func entries(ofFile file: String) throws -> [(key: String, value: String)] {
    let entries: [String: JSONValue]
    do {
      entries = try JSONDecoder().decode([String: JSONValue].self, from: Data(FileAccess.read(file)))
    } catch let error as TrainingError {
      throw error
    } catch {
      throw UsageError("\(file): is not a JSON object of options")
    }
    return entries.sorted { $0.key < $1.key }.compactMap { key, value in
      // What a run recorded about its data is derived from the data again; null says nothing.
      guard key != ConfigurationFile.inputKey, let text = value.text else { return nil }
      return (key, text)
    }
  }

  /// Takes over what was left open so far.
  private mutating func merge(
    _ entries: [(key: String, value: String)], of source: String, options: [any AnyOption],
    ignoring ignored: [any AnyOption]
  ) throws {
    let given = Set(values.keys)
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
        let parsed = try option.value(of: text)
        if given.isDisjoint(with: [key, option.alternative ?? key]) { values[key] = parsed }
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

/// A value of a JSON file.
private enum JSONValue: Decodable {
  case null
  case bool(Bool)
  case integer(Int64)
  case unsigned(UInt64)
  case number(Double)
  case string(String)
  case list([JSONValue])
  case object

  init(from decoder: any Decoder) throws {
    let value = try decoder.singleValueContainer()
    if value.decodeNil() {
      self = .null
    } else if let bool = try? value.decode(Bool.self) {
      self = .bool(bool)
    } else if let integer = try? value.decode(Int64.self) {
      self = .integer(integer)
    } else if let integer = try? value.decode(UInt64.self) {
      self = .unsigned(integer)
    } else if let number = try? value.decode(Double.self) {
      self = .number(number)
    } else if let string = try? value.decode(String.self) {
      self = .string(string)
    } else if let list = try? value.decode([JSONValue].self) {
      self = .list(list)
    } else {
      self = .object
    }
  }

  /// What one would type on the command line; nil for null.
  var text: String? {
    switch self {
    case .null: nil
    case .bool(let bool): String(bool)
    case .integer(let integer): String(integer)
    case .unsigned(let integer): String(integer)
    case .number(let number): String(number)
    case .string(let string): string
    case .list(let values): values.map { $0.text ?? "" }.joined(separator: ",")
    case .object: "{}"
    }
  }
}
