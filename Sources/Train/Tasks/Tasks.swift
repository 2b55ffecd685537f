import Training

/// The tasks of the command.
enum Tasks {
  /// All tasks, in the order in which they are listed.
  static let all: [any TrainingTask.Type] = [
    Spirals.self, Moons.self, XOR.self, Sine.self, GlyphsTask.self, Addition.self, Recall.self,
    CSVTask.self, IDXTask.self, TextTask.self,
  ]

  /// The names, with commas between them.
  static var names: String { all.map { $0.name }.joined(separator: ", ") }

  /// The task of a name.
  static func named(_ name: String) -> (any TrainingTask.Type)? { all.first { $0.name == name } }

  /// Creates the task that arguments name.
  ///
  /// - Throws: ``UsageError`` for a task that is unknown (with the nearest one), or an option that
  ///   it needs or does not take.
  static func task(named name: String, _ values: OptionValues) throws -> any TrainingTask {
    guard let type = named(name) else {
      throw UsageError(
        "unknown task '\(name)'\(Suggestion.hint(for: name, in: all.map { $0.name }))")
    }
    let foreign = all.flatMap { $0.options }.filter { !type.options.contains($0) }
    if let option = values.first(of: foreign) {
      throw UsageError("--\(option.name) is not an option of the task \(name)")
    }
    return try type.init(values)
  }
}
