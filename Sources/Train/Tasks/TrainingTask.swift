import Training

/// A task of the command: its data, and the options and defaults that suit it.
///
/// A task is a file beside this one, and an entry in ``Tasks/all``.
protocol TrainingTask: Sendable {
  /// The name on the command line.
  static var name: String { get }
  /// One line for a user who chooses a task.
  static var summary: String { get }
  /// The models that suit the task; the first is the default.
  static var models: [String] { get }
  /// The options that the task takes, besides those of every task.
  static var options: [any AnyOption] { get }
  /// The number of evaluations in a run of a comparison.
  static var comparedEvaluations: Int { get }
  /// Sets the defaults that suit the task, a model of it and the size of the data.
  static func setDefaults(_ defaults: inout TrainingDefaults, model: String)

  /// Creates the task from the values of its options.
  ///
  /// - Throws: ``UsageError`` for an option that it needs and that is not given.
  init(_ values: OptionValues) throws

  /// The data, split into training and validation by a seed.
  ///
  /// - Throws: ``TrainingError`` or ``UsageError`` for a file that cannot be read or trained on.
  func data(seed: UInt64) throws -> TaskData

  /// All of another file as data for a trained model.
  ///
  /// - Throws: ``UsageError`` by a task that has no files, ``TrainingError`` for a file that does
  ///   not fit.
  func data(inFile path: String, input: InputEncoding) throws -> TaskData

  /// An evaluation in a few words: `accuracy 97.5%, loss 0.08`.
  static func describe(_ evaluation: Evaluation) -> String
}

extension TrainingTask {
  static var options: [any AnyOption] { [] }

  static var comparedEvaluations: Int { 40 }

  static func setDefaults(_ defaults: inout TrainingDefaults, model: String) {}

  func data(inFile path: String, input: InputEncoding) throws -> TaskData {
    throw UsageError("--data is for runs of the tasks csv and text, not \(Self.name)")
  }

  static func describe(_ evaluation: Evaluation) -> String {
    var parts: [String] = []
    if let accuracy = evaluation.accuracy {
      parts.append("accuracy \(Format.percentage(accuracy))")
    }
    if let r2 = evaluation.r2 { parts.append("R² \(Format.number(r2, digits: 4))") }
    parts.append("loss \(Format.number(evaluation.loss))")
    return parts.joined(separator: ", ")
  }
}

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

/// Options that several tasks take.
enum TaskOptions {
  /// The loss function of a classifier.
  static let loss = Option<ClassificationLoss?>(
    "loss", .choice, "loss function of a classifier", unset: standardLoss.rawValue)

  /// The loss function of a classifier where none is given.
  static let standardLoss = ClassificationLoss.crossEntropy

  /// The path of the data, which a task needs.
  ///
  /// - Throws: ``UsageError`` if it is not given.
  static func path(_ option: Option<String?>, _ values: OptionValues, of task: String) throws
    -> String
  {
    guard let path = values[option] else {
      throw UsageError("the task \(task) needs --data \(option.placeholder ?? "")")
    }
    return path
  }
}
