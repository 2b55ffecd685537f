import Training

/// Options that several tasks take.
enum TaskOptions {
  /// The loss function of a classifier.
  static let loss = Option<ClassificationLoss?>(
    "loss", .choice, "loss function of a classifier", unset: standardLoss.rawValue)

  /// The loss function of a classifier where none is given.
  static let standardLoss = ClassificationLoss.crossEntropy

  /// Returns the path of the data, which the task requires.
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
