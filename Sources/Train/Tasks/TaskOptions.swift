import Training

/// Options that several tasks take.
enum TaskOptions {
  /// The loss function of a classifier.
  static let loss = Option<ClassificationLoss?>(
    "loss", .choice, "loss function of a classifier", unset: standardLoss.rawValue)

  /// The loss function of a classifier where none is given.
  static let standardLoss = ClassificationLoss.crossEntropy

  /// The fraction of the data that has no influence on the weights.
  ///
  /// A task that generates its data generates as many more examples.
  static let test = Option(
    "test", .number(from: 0, below: 1),
    "fraction kept apart for a test of the best weights", default: 0)

  /// Whether rows of a table without a target are left out.
  static let skipMissingTargets = Option(
    "skip-missing-targets", .flag, "csv: leave out rows without a target", default: false)

  /// Checks that every row of a table has a value in the column to predict.
  ///
  /// - Throws: ``TrainingError`` that names file and line of the first row without one.
  static func checkTargets(of table: CSVTable, in column: String) throws {
    if let error = try table.missingValueError(inColumn: column) {
      throw TrainingError.data(
        "\(error.message); --\(skipMissingTargets.name) leaves such rows out")
    }
  }

  /// The number of examples to generate for a test beside so many others; 0 for a fraction of 0.
  static func testCount(_ fraction: Double, of count: Int) -> Int {
    fraction > 0 ? max(1, Int((fraction * Double(count)).rounded())) : 0
  }

  /// Checks that something is left to train on.
  ///
  /// - Throws: ``UsageError`` for fractions to validate and test on that take everything.
  static func checkFractions(validation: Double, test: Double) throws {
    guard validation + test < 1 else {
      throw UsageError(
        "--test: \(Format.number(test)) and --validation \(Format.number(validation)) leave nothing"
          + " to train on")
    }
  }

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
