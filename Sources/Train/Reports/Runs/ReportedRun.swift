import NN
import Tensor
import Training

/// What the report of a run shows: its configuration, what was recorded while it trained, and its
/// best weights applied to its data.
struct ReportedRun {
  /// The name in legends.
  var name: String
  /// The folder of the run.
  let folder: RunFolder
  /// Everything that decides the run.
  let configuration: TrainingConfiguration
  /// The metrics of the evaluations.
  let metrics: [MetricsRecord]
  /// What was measured about gradients and weights.
  let diagnostics: [DiagnosticsRecord]
  /// The decisions in the plane over time.
  let decisions: [DecisionMap]
  /// The results, once the run is finished.
  var summary: RunSummary?
  /// The data and the model with the best weights, or nil without either.
  let best: (experiment: Experiment, data: TaskData)?
  /// Why ``best`` is missing.
  let problem: String?

  /// Reads a run, and its data again.
  ///
  /// Data that has changed or is missing leaves out what needs it.
  ///
  /// - Throws: ``TrainingError`` for a file of the run that is missing or damaged.
  init(_ folder: RunFolder) throws {
    let file = try ConfigurationFile(contentsOf: folder.configuration)
    // Read before the records: while a run goes on, they get longer.
    let records = try? Checkpoint.state(of: folder.checkpoint, as: CheckpointState.self).records
    try self.init(folder, file.configuration, upTo: records) { try file.data(of: folder) }
  }

  /// Reads what a run has recorded so far.
  ///
  /// - Parameters:
  ///   - folder: The run.
  ///   - configuration: Its configuration.
  ///   - records: How far its records are known to be written; `nil` takes them as they are.
  ///   - data: Returns its data.
  /// - Throws: ``TrainingError`` for a file of the run that is damaged.
  init(
    _ folder: RunFolder, _ configuration: TrainingConfiguration,
    upTo records: CheckpointState.Records? = nil, data: () throws -> TaskData
  ) throws {
    self.folder = folder
    self.configuration = configuration
    name = folder.name
    metrics = try Self.lines(of: folder.metrics, upTo: records?.metrics)
    diagnostics = try Self.lines(of: folder.diagnostics, upTo: records?.diagnostics)
    decisions = try Self.lines(of: folder.decisions, upTo: records?.decisions)
    summary = try TrainingRun.summary(of: folder)
    guard FileAccess.exists(folder.best) else {
      best = nil
      problem = "There are no best weights yet: the run was never evaluated."
      return
    }
    do {
      let data = try data()
      let experiment = Experiment(configuration, on: data)
      try experiment.model.load(from: folder.best)
      best = (experiment, data)
      problem = nil
    } catch {
      best = nil
      problem = "What the model does is not shown: \(error)."
    }
  }

  private static func lines<Value: Decodable>(
    of path: String, upTo extent: JSONLinesFile.Extent?
  ) throws -> [Value] {
    try FileAccess.exists(path)
      ? JSONLinesFile.values(of: Value.self, in: path, upTo: extent) : []
  }

  /// Some runs with names that differ.
  static func named(_ runs: [ReportedRun]) -> [ReportedRun] {
    runs.map { run in
      var run = run
      if runs.count(where: { $0.name == run.name }) > 1 { run.name = run.folder.path }
      return run
    }
  }

  /// The model in a few words.
  var modelText: String {
    summary?.model ?? best?.experiment.modelText ?? configuration[FitOptions.model].name
  }

  /// The data in a few words, such as `csv iris.csv, species`.
  var dataText: String { configuration.dataText }
}

extension TrainingConfiguration {
  /// The task and its data in a few words, such as `csv iris.csv, species`.
  var dataText: String {
    var text = taskName
    if task.source != taskName {
      text += " \(task.source.split(separator: "/").last.map(String.init) ?? task.source)"
    }
    if let target = json["target"]?.text { text += ", \(target)" }
    return text
  }
}
