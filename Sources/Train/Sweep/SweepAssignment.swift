import Training

/// Turns the values of settings into configurations.
struct SweepAssignment {
  /// The seeds of every configuration.
  let seeds: [UInt64]
  /// The folds of a cross-validation.
  let folds: Int?
  /// The data that has been needed so far.
  private(set) var data: SweepData

  private let arguments: Arguments
  private let settings: [SearchSpace.Setting]
  private let options: [any AnyOption]
  private let task: any TrainingTask.Type

  /// Loads the task, and looks up the options that are varied.
  ///
  /// - Throws: ``UsageError`` for options that do not exist or do not go together,
  ///   ``TrainingError`` for data that cannot be used.
  init(_ arguments: Arguments, _ space: SearchSpace) throws {
    let name = arguments.words.first ?? ""
    let kind = Tasks.named(name)
    // Mistakes in the settings are found before a large file is read.
    let options = try kind.map { kind in
      try space.names.map { try SweepOptions.varied($0, of: kind) }
    }
    let assignment = try Assignment(arguments, command: "sweep")
    (self.arguments, settings, self.options) = (arguments, space.settings, options ?? [])
    task = type(of: assignment.task)
    for option in self.options {
      if let other = self.options.first(where: { $0.name == option.alternative }) {
        throw UsageError("--over: \(option.name) and \(other.name) exclude each other")
      }
      let names = [option.name, option.alternative].compactMap(\.self)
      let given = FitOptions.all.filter { names.contains($0.name) }
      if let given = arguments.givenValues.first(of: given) {
        throw UsageError("--over: \(option.name) is varied; leave out --\(given.name)")
      }
    }
    folds = arguments[SweepOptions.folds]
    if folds != nil, arguments.givenValues.contains(CSVTask.validation) {
      throw UsageError("--folds and --\(CSVTask.validation.name) exclude each other")
    }
    seeds = try Assignment.seeds(from: assignment.seed, count: arguments[SweepOptions.seeds])
    data = SweepData(folds: folds)
  }

  /// Resolves a configuration with each value of a list and both ends of each range, and the first
  /// value of the other settings.
  ///
  /// - Throws: ``UsageError`` for a value that an option does not take.
  mutating func checkValues() throws {
    let first = settings.map { $0.range.samples[0] }
    for (index, setting) in settings.enumerated() {
      for value in setting.range.samples {
        // A text that is not a value at all is a mistake in this setting alone.
        do {
          _ = try options[index].value(of: value)
        } catch let error as UsageError {
          throw refusal(of: [setting.name], [value], error)
        }
        var values = first
        values[index] = value
        _ = try configuration(values)
      }
    }
  }

  /// The configuration of some values.
  ///
  /// - Throws: ``UsageError`` that names the values.
  mutating func configuration(_ values: [String]) throws -> TrainingConfiguration {
    do {
      return try resolved(values, options)
    } catch let error as UsageError {
      // What is wrong without a value, too, is not its fault.
      var faulty = Array(options.indices)
      for index in options.indices {
        let others = faulty.filter { $0 != index }
        if refuses(others, values, with: error) { faulty = others }
      }
      if faulty.isEmpty { throw error }
      throw refusal(of: faulty.map { options[$0].name }, faulty.map { values[$0] }, error)
    }
  }

  /// Whether some of the values alone lead to an error.
  private mutating func refuses(_ indices: [Int], _ values: [String], with error: UsageError)
    -> Bool
  {
    do {
      _ = try resolved(indices.map { values[$0] }, indices.map { options[$0] })
    } catch let other as UsageError {
      return other == error
    } catch {}
    return false
  }

  private mutating func resolved(_ values: [String], _ options: [any AnyOption]) throws
    -> TrainingConfiguration
  {
    var arguments = arguments
    for (option, value) in zip(options, values) {
      if let alternative = FitOptions.all.first(where: { $0.name == option.alternative }) {
        arguments.values.remove(alternative)
      }
      try arguments.values.set(option, toText: value)
    }
    let task = try Tasks.task(named: task.name, arguments.values)
    let key = SweepData.key(of: values, options.map(\.name), task)
    let data = try data.load(task, key: key, seed: seeds[0])[0]
    return try TrainingConfiguration(task, arguments, data: data, seed: seeds[0])
  }

  /// The message about some values.
  private func refusal(of names: [String], _ values: [String], _ error: UsageError) -> UsageError {
    let texts = zip(names, values).map { "\($0)=\($1)" }.joined(separator: " ")
    let prefix = "--\(names[0]): "
    let message =
      names.count == 1 && error.message.hasPrefix(prefix)
      ? String(error.message.dropFirst(prefix.count)) : error.message
    let isFraction = settings.contains { setting in
      guard case .numbers(let range) = setting.range, names.contains(setting.name) else {
        return false
      }
      return !range.isWhole && message.contains("whole number")
    }
    let hint = isFraction ? "; int(a,b) and log-int(a,b) are ranges of whole numbers" : ""
    return UsageError("--over: \(texts): \(message)\(hint)")
  }
}
