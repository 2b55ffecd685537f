import NN
import Training

/// Writes what a trainer measures, and what a model of two features decides, to the folder of a
/// run.
struct DiagnosticsRecorder {
  private let records: JSONLinesFile
  private let decisions: JSONLinesFile?
  private let model: any Module
  private let data: TaskData
  private let loss: ClassificationLoss

  /// Opens the files; nil if the configuration asks for no diagnostics.
  init?(
    _ configuration: TrainingConfiguration, _ data: TaskData, _ model: any Module,
    _ folder: RunFolder
  ) throws {
    guard configuration[FitOptions.diagnostics] != .off else { return nil }
    records = try JSONLinesFile(appendingTo: folder.diagnostics)
    var isPlane = false
    if case .examples(let data) = data { isPlane = DecisionMap.suits(data) }
    decisions = isPlane ? try JSONLinesFile(appendingTo: folder.decisions) : nil
    self.model = model
    self.data = data
    loss = configuration.loss
  }

  /// How far the records of steps are written, in which measured times are.
  var recordExtent: JSONLinesFile.Extent {
    var extent = records.extent
    extent.checksum = nil
    return extent
  }
  /// How far the maps of decisions are written; nil for a model that has none.
  var decisionExtent: JSONLinesFile.Extent? { decisions?.extent }

  /// Writes the files to the disk.
  func synchronize() throws {
    try records.synchronize()
    try decisions?.synchronize()
  }

  /// Writes the files to the disk and closes them.
  func close() throws {
    try records.close()
    try decisions?.close()
  }

  /// Records the last step of a trainer, if it was sampled.
  func record(_ trainer: Trainer) throws {
    guard let step = trainer.lastStep else { return }
    if let record = step.diagnostics { try records.append(record) }
    guard let decisions, DecisionMap.isDue(after: step.step), case .examples(let data) = data
    else { return }
    let map = trainer.optimizer.withEvaluationWeights {
      DecisionMap(after: step.step, of: model, on: data, loss)
    }
    if let map { try decisions.append(map) }
  }
}
