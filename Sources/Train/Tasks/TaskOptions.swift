import Training

/// Options that several tasks take.
enum TaskOptions {
  /// The loss function of a classifier.
  static let loss = Option<ClassificationLoss?>(
    "loss", .choice, "loss function of a classifier", unset: standardLoss.rawValue)

  /// The loss function of a classifier where none is given.
  static let standardLoss = ClassificationLoss.crossEntropy

  /// The number of steps between evaluations, for data that has no epochs.
  static let evaluateEvery = Option(
    "evaluate-every", .integer(1...1_000_000), "text: steps between evaluations", default: 250)

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

  /// Resolves the loss function, which a classifier alone has.
  ///
  /// - Throws: ``UsageError`` if it is given for a regression.
  static func resolveLoss(_ values: inout OptionValues, _ target: TargetEncoding) throws {
    if target.kind == .classification {
      values.setDefault(loss, standardLoss)
    } else if values.contains(loss) {
      throw UsageError("--loss is for classifications, not a regression")
    }
  }
}
