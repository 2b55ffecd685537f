import Training

/// A task of the command: its data, and the options and defaults that suit it.
///
/// Each task is a file in this folder and an entry in ``Tasks/all``.
protocol TrainingTask: Sendable {
  /// The name on the command line.
  static var name: String { get }
  /// One line for `train list`.
  static var summary: String { get }
  /// The models that suit the task; the first is the default.
  static var models: [String] { get }
  /// The options that the task takes, besides those of every task.
  static var options: [any AnyOption] { get }
  /// The number of evaluations in a run of a comparison.
  static var comparedEvaluations: Int { get }
  /// Sets the defaults that suit the task, a model of it and the size of the data.
  static func setDefaults(_ defaults: inout TrainingDefaults, model: String)

  /// The file or folder of the data, or the name of the task if the data is generated.
  var source: String { get }

  /// The name of the predicted column; nil if the targets are not those of a column.
  var targetName: String? { get }

  /// Resolves the options that depend on the data.
  ///
  /// - Throws: ``UsageError`` for an option that does not fit the data.
  func resolve(_ values: inout OptionValues, _ data: TaskData) throws

  /// How a run of some steps draws its batches.
  func sampling(_ values: OptionValues, steps: Int) -> Sampling

  /// Creates the task from the values of its options.
  ///
  /// - Throws: ``UsageError`` for an option that it needs and that is not given.
  init(_ values: OptionValues) throws

  /// The data, split into training, validation and test by a seed.
  ///
  /// - Throws: ``TrainingError`` or ``UsageError`` for a file that cannot be read or trained on.
  func data(seed: UInt64) throws -> TaskData

  /// The data of each fold of a cross-validation, in which encodings are fitted to the training
  /// rows alone.
  ///
  /// - Throws: ``UsageError`` for a task that has no rows to divide, and what ``data(seed:)``
  ///   throws.
  func folds(_ count: Int, seed: UInt64) throws -> [TaskData]

  /// An evaluation in a few words: `accuracy 97.5%, loss 0.08`.
  static func describe(_ evaluation: Evaluation) -> String
}

extension TrainingTask {
  static var options: [any AnyOption] { [] }

  static var comparedEvaluations: Int { 40 }

  static func setDefaults(_ defaults: inout TrainingDefaults, model: String) {}

  var source: String { Self.name }

  var targetName: String? { nil }

  func resolve(_ values: inout OptionValues, _ data: TaskData) throws {}

  func sampling(_ values: OptionValues, steps: Int) -> Sampling { .shuffled }

  func folds(_ count: Int, seed: UInt64) throws -> [TaskData] {
    throw UsageError("--folds is for the task csv, not \(Self.name)")
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
