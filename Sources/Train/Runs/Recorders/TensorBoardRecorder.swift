import Tensor
import Training

/// Writes the records of a run for TensorBoard: while it trains, or afterwards from its files.
final class TensorBoardRecorder {
  private let writer: TensorBoardWriter

  /// Creates a file of events with the options of the run; nil if it is not asked for.
  ///
  /// - Parameters:
  ///   - configuration: Everything that decides the run.
  ///   - folder: The folder of the run, whose name is that of the folder of events.
  ///   - step: The steps that were taken. Later ones that a session before has written are not
  ///     shown any more.
  /// - Throws: ``TrainingError`` of kind `inputOutput`.
  convenience init?(_ configuration: TrainingConfiguration, _ folder: RunFolder, after step: Int)
    throws
  {
    guard let path = configuration[FitOptions.tensorBoard] else { return nil }
    try self.init(configuration, in: "\(path)/\(folder.name)", after: step)
  }

  private init(_ configuration: TrainingConfiguration, in path: String, after step: Int) throws {
    writer = try TensorBoardWriter(path)
    try writer.begin(atStep: step == 0 ? 0 : step + 1)
    let values = configuration.json.compactMapValues { value -> Hyperparameter? in
      switch value {
      case .bool(let flag): .flag(flag)
      case .integer(let number): .number(Double(number))
      case .unsigned(let number): .number(Double(number))
      case .number(let number): .number(number)
      default: value.text.map(Hyperparameter.text)
      }
    }
    let test = configuration[TaskOptions.test] > 0 ? ["loss/test"] : []
    try writer.hyperparameters(
      values, metrics: ["loss/validation", "accuracy/validation"] + test)
  }

  /// Writes all that a run has recorded, in the order of the steps.
  ///
  /// - Parameters:
  ///   - run: The run.
  ///   - path: The folder of the folders of events.
  /// - Throws: ``TrainingError`` of kind `inputOutput`.
  static func write(_ run: ReportedRun, in path: String) throws {
    let recorder = try TensorBoardRecorder(run.configuration, in: "\(path)/\(run.name)", after: 0)
    var metrics = run.metrics[...]
    for diagnostics in run.diagnostics {
      while let first = metrics.first, first.step < diagnostics.step {
        try recorder.record(first)
        metrics.removeFirst()
      }
      try recorder.record(diagnostics)
    }
    for record in metrics { try recorder.record(record) }
    if let summary = run.summary { try recorder.end(summary) }
    try recorder.close()
  }

  /// Writes the metrics of an evaluation.
  func record(_ record: MetricsRecord) throws {
    var values: [(tag: String, value: Double?)] = [
      ("learning-rate", record.learningRate), ("loss/train", record.trainLoss),
      ("loss/validation", record.validationLoss),
      ("accuracy/validation", record.validationAccuracy), ("r2/validation", record.validationR2),
    ]
    for (name, value) in (record.validationMetrics ?? [:]).sorted(by: { $0.key < $1.key }) {
      values.append(("\(name)/validation", value))
    }
    try write(values, step: record.step)
  }

  /// Writes what was measured at a step: norms, and histograms if there are any.
  func record(_ record: DiagnosticsRecord) throws {
    var values: [(tag: String, value: Double?)] = [
      ("gradient-norm", record.gradientNorm), ("update-to-weight", record.updateRatio),
    ]
    for layer in record.layers {
      values.append(("gradient-norm/\(layer.name)", layer.gradientNorm))
      values.append(("update-to-weight/\(layer.name)", layer.updateRatio))
    }
    try write(values, step: record.step)
    for layer in record.layers {
      if let weights = layer.weights {
        try writer.histogram("weights/\(layer.name)", weights, step: record.step)
      }
      if let gradients = layer.gradients {
        try writer.histogram("log10-gradients/\(layer.name)", gradients, step: record.step)
      }
    }
  }

  /// Writes that the run has ended, and how the best weights do on the test examples.
  func end(_ summary: RunSummary) throws {
    try write(
      [
        ("loss/test", summary.testLoss), ("accuracy/test", summary.testAccuracy),
        ("r2/test", summary.testR2),
      ], step: summary.steps)
    try writer.end()
  }

  /// Writes all events to the disk and closes the file.
  func close() throws { try writer.close() }

  private func write(_ values: [(tag: String, value: Double?)], step: Int) throws {
    for case (let tag, let value?) in values { try writer.scalar(tag, value, step: step) }
  }
}
