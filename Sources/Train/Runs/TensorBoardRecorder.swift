import Training

/// Writes the metrics of a run for TensorBoard, into a folder with the name of the run.
final class TensorBoardRecorder {
  private let writer: TensorBoardWriter

  /// Creates the file of events with the options of the run; nil if it is not asked for.
  init?(_ configuration: TrainingConfiguration, _ folder: RunFolder) throws {
    guard let path = configuration[FitOptions.tensorBoard] else { return nil }
    let name = folder.path.split(separator: "/").last.map(String.init) ?? "run"
    writer = try TensorBoardWriter("\(path)/\(name)")
    let values = configuration.json.compactMapValues { value -> Hyperparameter? in
      switch value {
      case .bool(let flag): .flag(flag)
      case .integer(let number): .number(Double(number))
      case .unsigned(let number): .number(Double(number))
      case .number(let number): .number(number)
      default: value.text.map(Hyperparameter.text)
      }
    }
    try writer.hyperparameters(values, metrics: ["loss/validation", "accuracy/validation"])
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
    for case (let tag, let value?) in values {
      try writer.scalar(tag, value, step: record.step)
    }
  }

  /// Writes that the run has ended.
  func end() throws { try writer.end() }
}
