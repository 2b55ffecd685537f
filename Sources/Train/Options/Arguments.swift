import Training

/// The words and options that a command was given.
struct Arguments: Sendable {
  /// The words that are neither options nor their values.
  var words: [String] = []
  /// The options that were given.
  var values = OptionValues()
  /// Those of the command line alone, without those of a file or a preset.
  private(set) var givenValues = OptionValues()
  /// Whether help was asked for.
  private(set) var wantsHelp = false
  private let options: [any AnyOption]
  private let ignored: [any AnyOption]

  /// Reads a command line.
  ///
  /// - Parameters:
  ///   - line: What follows the name of the command: `--name value`, `--name=value`, and words.
  ///   - options: The options that the command takes.
  ///   - ignored: Options that the command does not take, but that a file or a preset may contain.
  /// - Throws: ``UsageError`` for an option that is unknown (with the nearest one), has no value,
  ///   or a value that it does not take.
  init(
    _ line: some Sequence<String>, options: [any AnyOption], ignoring ignored: [any AnyOption] = []
  ) throws {
    self.options = options
    self.ignored = ignored
    var rest = Array(line)[...]
    while let argument = rest.popFirst() {
      if argument == "--help" || argument == "-h" {
        wantsHelp = true
      } else if argument.hasPrefix("--") {
        try readOption(argument, &rest)
      } else if argument.hasPrefix("-"), argument.count > 1 {
        throw UsageError("unknown option '\(argument)'; options begin with two dashes")
      } else if argument.isEmpty {
        throw UsageError("an argument is empty")
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
    givenValues = values
  }

  /// The value of an option, or its default.
  subscript<Value>(option: Option<Value>) -> Value {
    get { values[option] }
    set { values[option] = newValue }
  }

  private mutating func readOption(
    _ argument: String, _ rest: inout ArraySlice<String>
  ) throws {
    let parts = argument.dropFirst(2).split(
      separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    let option = try find(String(parts[0]), prefix: "--")
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
    try values.add(option, text: text)
  }

  /// Sets the options that have not been given to those of a file or a preset.
  ///
  /// - Parameters:
  ///   - entries: The names and values.
  ///   - source: The file or the preset in error messages.
  /// - Throws: ``UsageError`` for an entry that is not an option, or a value that it does not take.
  mutating func merge(_ entries: [(key: String, value: String)], of source: String) throws {
    let given = values
    for (key, text) in entries {
      do {
        if let option = ignored.first(where: { $0.name == key }) {
          _ = try option.value(of: text)
          continue
        }
        let option = try find(key, prefix: "")
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

  private func find(_ name: String, prefix: String) throws -> any AnyOption {
    if let option = options.first(where: { $0.name == name }) { return option }
    if ignored.contains(where: { $0.name == name }) {
      throw UsageError("\(prefix)\(name) is an option of train fit that this command does not take")
    }
    let names = options.map(\.name)
    if let known = Self.otherNames[name], names.contains(known) {
      throw UsageError("unknown option '\(prefix)\(name)'; did you mean '\(prefix)\(known)'?")
    }
    throw UsageError(
      "unknown option '\(prefix)\(name)'"
        + Suggestion.nearestHint(for: name, in: names, prefix: prefix))
  }

  /// What other programs call options, where the spelling does not tell.
  static let otherNames = [
    "lr": "learning-rate", "max-lr": "learning-rate", "eta": "learning-rate",
    "output": "out", "output-dir": "out", "outdir": "out", "logdir": "tensorboard",
    "log-dir": "tensorboard", "bs": "batch-size", "batch": "batch-size",
    "max-steps": "steps", "iterations": "steps", "iters": "steps", "max-iters": "steps",
    "num-epochs": "epochs", "max-epochs": "epochs", "wd": "weight-decay", "l2": "weight-decay",
    "grad-clip": "clip-norm", "max-grad-norm": "clip-norm", "gradient-clip": "clip-norm",
    "warmup-steps": "warmup", "scheduler": "schedule", "lr-schedule": "schedule",
    "early-stopping": "patience", "gradient-accumulation-steps": "accumulate",
    "hidden-size": "hidden", "hidden-sizes": "hidden", "d-model": "width", "n-embd": "width",
    "n-layer": "layers", "num-layers": "layers", "n-head": "heads", "num-heads": "heads",
    "block-size": "context", "dtype": "precision", "num-threads": "threads",
    "max-time": "time-limit", "max-memory": "memory-limit",
    "input": "data", "file": "data", "label": "target", "y": "target",
    "opt": "optimizer", "resume-from": "from", "init-from": "from", "checkpoint": "from",
    "val-split": "validation", "test-split": "test", "test-size": "test",
    "overwrite": "force", "silent": "quiet",
  ]
}
