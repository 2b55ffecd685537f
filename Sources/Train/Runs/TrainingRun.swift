import Autograd
import NN
import Optim
import Tensor
import Training

/// A run of the command: the model and the training loop of a configuration, and the folder that
/// records them.
final class TrainingRun {
  /// How a session of a run ended.
  enum Outcome {
    /// The last step was taken.
    case finished(RunSummary)
    /// The run was interrupted after a step, and saved.
    case interrupted(step: Int)
    /// The time of the session was over after a step; the run was saved, and can be continued.
    case outOfTime(RunSummary)
  }

  /// Everything that decides the run.
  let configuration: TrainingConfiguration
  /// The data.
  let data: TaskData
  /// The folder that records it.
  let folder: RunFolder
  /// The model and its objective.
  let experiment: Experiment
  /// The model's parameters.
  let parameters: Parameters

  private let share: WorkerShare
  private let trainer: Trainer
  private let earlierSeconds: Double
  private var metrics: JSONLinesFile?
  private var diagnostics: DiagnosticsRecorder?
  private var savedStep = 0
  private var savedBestStep: Int?

  /// Creates a run in a new folder, of which this is worker 0; see ``FollowingRun`` for the others.
  ///
  /// The parts are the numbers of the examples of each worker, or `nil` if all share every batch.
  init(
    starting configuration: TrainingConfiguration, _ experiment: Experiment, data: TaskData,
    parts: [[Int]]?, folder: RunFolder, workers: any Communicator = OneWorker()
  ) throws {
    self.configuration = configuration
    self.data = data
    self.folder = folder
    self.experiment = experiment
    parameters = experiment.model.parameters
    share = try WorkerShare(configuration, experiment, data, parts: parts, workers)
    trainer = share.trainer(share.initialState)
    earlierSeconds = 0
    try FileAccess.writeJSON(
      ConfigurationFile(configuration: configuration, data: data), to: folder.configuration)
    // From here on the run can be resumed, also after a failure in its first steps.
    try save(seconds: 0)
  }

  /// Continues the run of a folder from its last checkpoint.
  ///
  /// - Parameters:
  ///   - folder: The folder.
  ///   - steps: A new number of steps in all, which prolongs a run, also a finished one; its
  ///     schedule then ends at the new last step.
  ///   - threads: A new number of threads for this session, which changes no result.
  ///   - workers: The workers that continue it, of which this is worker 0.
  /// - Throws: ``TrainingError`` when a file is missing or damaged, or the data has changed,
  ///   ``UsageError`` for fewer steps than were taken.
  init(
    resuming folder: RunFolder, steps: Int? = nil, threads: Int? = nil,
    workers: any Communicator = OneWorker()
  ) throws {
    let resumed = try ResumedRun(folder, steps: steps, threads: threads, workers: workers)
    configuration = resumed.configuration
    self.folder = folder
    (data, experiment, share) = (resumed.data, resumed.experiment, resumed.share)
    parameters = experiment.model.parameters
    let state = resumed.state.training
    trainer = share.trainer(
      state, bestWeights: try state.bestStep.map { _ in try Self.readWeights(folder.best) })
    earlierSeconds = try resumed.state.seconds ?? Self.summary(of: folder)?.seconds ?? 0
    // The others have read the folder.
    workers.barrier()
    savedStep = state.step
    savedBestStep = state.bestStep
    // Steps that the earlier session recorded after its last checkpoint will be taken again.
    let step = state.step
    var records = resumed.state.records
    // A file that was deleted is begun anew, so the checkpoint must not ask for its lines, also if
    // this session is killed before the next one.
    if records?.forgetMissing(in: folder) == true {
      try Checkpoint.updateState(of: folder.checkpoint, as: CheckpointState.self) {
        $0.records = records
      }
    }
    try JSONLinesFile.trim(MetricsRecord.self, in: folder.metrics, upTo: records?.metrics) {
      $0.step <= step
    }
    try JSONLinesFile.trim(
      DiagnosticsRecord.self, in: folder.diagnostics, upTo: records?.diagnostics
    ) { $0.step <= step }
    try JSONLinesFile.trim(DecisionMap.self, in: folder.decisions, upTo: records?.decisions) {
      $0.step <= step
    }
    folder.removePartialFiles()
    if steps != nil { try FileAccess.writeJSON(resumed.file, to: folder.configuration) }
  }

  /// The steps taken so far.
  var step: Int { trainer.state.step }

  /// The summary of a run that has finished, and whose weights have been evaluated.
  var earlierSummary: RunSummary? {
    get throws { try Self.summary(of: folder, finishedBy: trainer) }
  }

  /// The summary of a run that has finished; nil if there is none but that of an earlier session.
  ///
  /// - Throws: ``TrainingError`` that names the file if it is damaged.
  static func summary(of folder: RunFolder, finishedBy trainer: Trainer) throws -> RunSummary? {
    guard trainer.isFinished, let summary = try summary(of: folder) else { return nil }
    return summary.steps == trainer.state.step ? summary : nil
  }

  /// The summary in a folder, or nil if there is none.
  ///
  /// - Throws: ``TrainingError`` that names the file if it is damaged.
  static func summary(of folder: RunFolder) throws -> RunSummary? {
    guard FileAccess.exists(folder.summary) else { return nil }
    return try FileAccess.readRecord(
      RunSummary.self, from: folder.summary, "the summary of a run")
  }

  /// The curves of the run so far.
  var plot: LinePlot {
    // Runs may have more evaluations than memory should hold all the time.
    let records = (try? JSONLinesFile.values(of: MetricsRecord.self, in: folder.metrics)) ?? []
    return LinePlot(
      title: "\(configuration.taskName), \(experiment.modelText)",
      curves: [
        .init(name: "train", points: records.map { (Double($0.step), $0.trainLoss) }),
        .init(
          name: "validation",
          points: records.compactMap { record in
            record.validationLoss.map { (Double(record.step), $0) }
          }),
      ])
  }

  /// Trains to the end or until it is interrupted, and writes all files of the run.
  ///
  /// - Parameters:
  ///   - isInterrupted: Returns whether to save and stop; called after each step, and while the
  ///     weights at the end are evaluated.
  ///   - report: Called after each step.
  /// - Returns: How the session ended.
  /// - Throws: ``TrainingError``; after a loss that is not finite the last good checkpoint is kept.
  func train(
    isInterrupted: () -> Bool = { Interrupt.isRaised },
    report: (TrainingProgress) -> Void = { _ in }
  ) throws -> Outcome {
    try configuration.inItsExecution { try trainInThisExecution(isInterrupted, report) }
  }

  private func trainInThisExecution(
    _ isInterrupted: () -> Bool, _ report: (TrainingProgress) -> Void
  ) throws -> Outcome {
    let metrics = try JSONLinesFile(appendingTo: folder.metrics)
    self.metrics = metrics
    diagnostics = try DiagnosticsRecorder(configuration, data, experiment.model, folder)
    defer { (self.metrics, diagnostics) = (nil, nil) }
    let board = try TensorBoardRecorder(configuration, folder, after: trainer.state.step)
    trainer.keepsHistory = false
    let control = SessionControl(configuration, share.workers)
    let (firstStep, firstSample) = (trainer.state.step, trainer.samplesSeen)
    var isInterruptedByUser = false
    do {
      try trainer.run(
        afterStep: { trainer in
          try diagnostics?.record(trainer)
          if let record = trainer.lastStep?.diagnostics { try board?.record(record) }
          report(progress(of: trainer, since: firstStep, firstSample, seconds: control.seconds))
          let decision = control.decision(
            after: trainer.state.step, evaluationTime: trainer.evaluationTime,
            isInterrupted: isInterrupted())
          isInterruptedByUser = decision.contains(.interrupt)
          if decision.ends { return false }
          if decision.contains(.save), !trainer.isFinished {
            try save(seconds: earlierSeconds + control.seconds)
          }
          return true
        },
        afterEvaluation: { record in
          try metrics.append(record)
          try board?.record(record)
        })
    } catch let error as TrainingError where error.kind == .training {
      // The page may show why; the error matters more than one in writing it.
      try? writeReport()
      throw TrainingError.training(
        "\(error.message); \(folder.checkpoint) holds the state after step \(savedStep)")
    }
    let total = earlierSeconds + control.seconds
    // Runs that were trained alike have equal files, whatever time it took.
    try save(seconds: trainer.isFinished ? nil : total)
    var evaluations: FinalEvaluations?
    if trainer.isFinished || !isInterruptedByUser {
      evaluations = try share.finalEvaluations(of: trainer, isInterrupted: isInterrupted)
      // The summary, which has the seconds, is not there yet.
      if evaluations == nil { try save(seconds: total) }
    }
    try metrics.close()
    try diagnostics?.close()
    guard let evaluations else {
      Interrupt.isHeeded()
      try board?.close()
      try writeReport()
      return .interrupted(step: trainer.state.step)
    }
    let summary = summary(evaluations, seconds: total, since: firstSample)
    try board?.end(summary)
    try board?.close()
    try FileAccess.write(plot.svg(), to: folder.plot)
    try writeReport(summary)
    // The last file: a run with a summary is not resumed.
    try FileAccess.writeRecord(summary, to: folder.summary)
    return trainer.isFinished ? .finished(summary) : .outOfTime(summary)
  }

  private func writeReport(_ summary: RunSummary? = nil) throws {
    var run = try ReportedRun(folder, configuration) { data }
    run.summary = summary ?? run.summary
    try FileAccess.write(RunReportPage.html(of: [run]), to: folder.report)
  }

  private func save(seconds: Double?) throws {
    // A checkpoint must not be ahead of the records of its steps.
    try metrics?.synchronize()
    try diagnostics?.synchronize()
    let others = try share.otherStates(trainer)
    // The best weights first: if the process ends in between, the older checkpoint leads to the
    // same best weights again.
    if let weights = trainer.bestWeights, trainer.state.bestStep != savedBestStep {
      let metadata = ["step": String(trainer.state.bestStep ?? 0)]
      do {
        try Safetensors(weights, metadata: metadata).write(to: folder.best, checksummed: true)
      } catch {
        throw TrainingError(error)
      }
      savedBestStep = trainer.state.bestStep
    }
    try Checkpoint.save(
      to: folder.checkpoint, model: experiment.model, optimizer: trainer.optimizer,
      state: CheckpointState(training: trainer.state, seconds: seconds, records: records),
      others: others)
    savedStep = trainer.state.step
    let kept = configuration[FitOptions.keep]
    if kept > 0 { try folder.keepCheckpoint(step: savedStep, count: kept) }
  }

  /// How far the records are written.
  private var records: CheckpointState.Records? {
    metrics.map { metrics in
      CheckpointState.Records(
        metrics: metrics.extent, diagnostics: diagnostics?.recordExtent,
        decisions: diagnostics?.decisionExtent)
    }
  }

  private static func readWeights(_ path: String) throws -> NamedTensors {
    do {
      return try Safetensors(contentsOf: path).tensors
    } catch {
      throw TrainingError(error)
    }
  }

  private func progress(
    of trainer: Trainer, since firstStep: Int, _ firstSample: Int, seconds: Double
  ) -> TrainingProgress {
    let state = trainer.state
    let rate = Double(state.step - firstStep) / max(seconds, 1e-9)
    return TrainingProgress(
      step: state.step, totalSteps: configuration[FitOptions.steps], loss: trainer.runningLoss,
      validationLoss: state.validation?.loss, validationAccuracy: state.validation?.accuracy,
      samplesPerSecond: samplesPerSecond(since: firstSample),
      secondsLeft: Double(configuration[FitOptions.steps] - state.step) / rate)
  }

  /// The examples per second of this session, without the time of evaluations.
  private func samplesPerSecond(since firstSample: Int) -> Double {
    Double((trainer.samplesSeen - firstSample) * share.batchesPerStep)
      / max(trainer.stepTime.inSeconds, 1e-9)
  }

  private func summary(
    _ evaluations: FinalEvaluations, seconds: Double, since firstSample: Int
  ) -> RunSummary {
    let state = trainer.state
    let (validation, training) = (evaluations.validation, evaluations.training)
    let test = evaluations.test
    return RunSummary(
      task: configuration.taskName, model: experiment.modelText,
      parameters: parameters.scalarCount, optimizer: configuration[FitOptions.optimizer].outline,
      schedule: configuration[FitOptions.schedule].name,
      seed: configuration[FitOptions.seed], steps: state.step,
      seconds: seconds, samplesPerSecond: samplesPerSecond(since: firstSample),
      trainLoss: training?.loss ?? trainer.runningLoss, trainAccuracy: training?.accuracy,
      validationLoss: validation?.loss,
      validationAccuracy: validation?.accuracy, validationR2: validation?.r2,
      testLoss: test?.loss, testAccuracy: test?.accuracy, testR2: test?.r2,
      bestStep: state.bestStep ?? state.step,
      skippedSteps: state.skippedSteps, skippedRows: data.skippedRows,
      peakMemoryBytes: RunSummary.peakMemoryBytes,
      stoppedEarly: state.isStoppedEarly)
  }
}

/// The state of a run in its checkpoint, besides the weights and the optimizer.
struct CheckpointState: Codable {
  /// How far the records of a run were written before it, so that none goes missing.
  struct Records: Codable {
    var metrics: JSONLinesFile.Extent?
    var diagnostics: JSONLinesFile.Extent?
    var decisions: JSONLinesFile.Extent?

    /// Forgets how far those files were written that are not there, and returns whether any is not.
    mutating func forgetMissing(in folder: RunFolder) -> Bool {
      var isAnyMissing = false
      for (file, path) in [
        (\Records.metrics, folder.metrics), (\.diagnostics, folder.diagnostics),
        (\.decisions, folder.decisions),
      ] where self[keyPath: file] != nil && !FileAccess.exists(path) {
        self[keyPath: file] = nil
        isAnyMissing = true
      }
      return isAnyMissing
    }
  }

  var training: TrainingState
  /// The seconds of training so far; nil once the summary has them.
  var seconds: Double?
  /// The records; nil before the first, and in checkpoints of earlier versions.
  var records: Records?
}
