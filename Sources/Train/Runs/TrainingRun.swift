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

  private let trainer: Trainer
  private let earlierSeconds: Double
  private var records: [MetricsRecord]
  private var savedStep = 0
  private var savedBestStep: Int?

  /// Creates a run in a new folder.
  init(
    starting configuration: TrainingConfiguration, data: TaskData, folder: RunFolder
  ) throws {
    self.configuration = configuration
    self.data = data
    self.folder = folder
    experiment = Experiment(configuration, on: data)
    parameters = experiment.model.parameters
    trainer = Trainer(
      experiment.objective, optimizer: configuration.optimizer(parameters),
      options: try configuration.trainerOptions(), state: configuration.initialState)
    earlierSeconds = 0
    records = []
    try FileAccess.writeJSON(
      ConfigurationFile(configuration: configuration, data: data), to: folder.configuration)
    // From here on the run can be resumed, also after a failure in its first steps.
    try save(seconds: 0)
  }

  /// Continues the run of a folder from its last checkpoint.
  ///
  /// - Throws: ``TrainingError`` when a file is missing or damaged, or the data has changed.
  init(resuming folder: RunFolder) throws {
    let file = try ConfigurationFile(contentsOf: folder.configuration)
    configuration = file.configuration
    self.folder = folder
    data = try file.data(of: folder)
    experiment = Experiment(configuration, on: data)
    parameters = experiment.model.parameters
    let optimizer = configuration.optimizer(parameters)
    let checkpoint = try Checkpoint.load(
      from: folder.checkpoint, into: experiment.model, optimizer, as: CheckpointState.self)
    let state = checkpoint.training
    trainer = Trainer(
      experiment.objective, optimizer: optimizer, options: try configuration.trainerOptions(),
      state: state, bestWeights: try state.bestStep.map { _ in try Self.readWeights(folder.best) })
    earlierSeconds = checkpoint.seconds ?? 0
    savedStep = state.step
    savedBestStep = state.bestStep
    // Steps that the earlier session recorded after its last checkpoint will be taken again.
    let metrics = folder.metrics
    let hasMetrics = FileAccess.exists(metrics)
    records = hasMetrics ? try JSONLinesFile.values(of: MetricsRecord.self, in: metrics) : []
    records.removeAll { $0.step > state.step }
    try JSONLinesFile.write(records, to: metrics)
  }

  /// The steps taken so far.
  var step: Int { trainer.state.step }

  /// The summary of a run that has finished.
  var earlierSummary: RunSummary? {
    guard trainer.isFinished, let bytes = try? FileAccess.read(folder.summary) else { return nil }
    return try? JSONText.decode(RunSummary.self, from: bytes)
  }

  /// The curves of the run so far.
  var plot: LinePlot {
    LinePlot(
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
  ///   - isInterrupted: Returns whether to save and stop; called after each step.
  ///   - report: Called after each step.
  /// - Returns: How the session ended.
  /// - Throws: ``TrainingError``; after a loss that is not finite the last good checkpoint is kept.
  func train(
    isInterrupted: () -> Bool = { Interrupt.isRaised },
    report: (TrainingProgress) -> Void = { _ in }
  ) throws -> Outcome {
    try configuration.onItsThreads { try trainOnTheseThreads(isInterrupted, report) }
  }

  private func trainOnTheseThreads(
    _ isInterrupted: () -> Bool, _ report: (TrainingProgress) -> Void
  ) throws -> Outcome {
    let metrics = try JSONLinesFile(appendingTo: folder.metrics)
    let clock = ContinuousClock()
    let start = clock.now
    let (firstStep, firstSample) = (trainer.state.step, trainer.samplesSeen)
    var lastSave = start
    let seconds = { start.duration(to: clock.now).inSeconds }
    do {
      try trainer.run(
        afterStep: { trainer in
          report(progress(of: trainer, since: firstStep, firstSample, seconds: seconds()))
          if isInterrupted() { return false }
          if isSaveDue(since: lastSave, now: clock.now), !trainer.isFinished {
            try save(seconds: earlierSeconds + seconds())
            lastSave = clock.now
          }
          return true
        },
        afterEvaluation: { record in
          records.append(record)
          try metrics.append(record)
        })
    } catch let error as TrainingError where error.kind == .training {
      throw TrainingError.training(
        "\(error.message); \(folder.checkpoint) holds the state after step \(savedStep)")
    }
    let total = earlierSeconds + seconds()
    try save(seconds: total)
    guard trainer.isFinished else { return .interrupted(step: trainer.state.step) }
    try trainer.restoreBestWeights()
    let summary = summary(seconds: total)
    try FileAccess.write(plot.svg(), to: folder.plot)
    try FileAccess.writeJSON(summary, to: folder.summary)
    return .finished(summary)
  }

  private func isSaveDue(
    since last: ContinuousClock.Instant, now: ContinuousClock.Instant
  ) -> Bool {
    if let period = configuration[FitOptions.checkpointEvery] {
      return trainer.state.step % period == 0
    }
    return now - last >= .seconds(10)
  }

  private func save(seconds: Double) throws {
    // The best weights first: if the process ends in between, the older checkpoint leads to the
    // same best weights again.
    if let weights = trainer.bestWeights, trainer.state.bestStep != savedBestStep {
      let metadata = ["step": String(trainer.state.bestStep ?? 0)]
      do {
        try Safetensors(weights, metadata: metadata).write(to: folder.best)
      } catch {
        throw TrainingError(error)
      }
      savedBestStep = trainer.state.bestStep
    }
    try Checkpoint.save(
      to: folder.checkpoint, model: experiment.model, optimizer: trainer.optimizer,
      state: CheckpointState(
        training: trainer.state, seconds: trainer.isFinished ? nil : seconds))
    savedStep = trainer.state.step
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
      samplesPerSecond: Double(trainer.samplesSeen - firstSample) / max(seconds, 1e-9),
      secondsLeft: Double(configuration[FitOptions.steps] - state.step) / rate)
  }

  private func summary(seconds: Double) -> RunSummary {
    let state = trainer.state
    let validation = experiment.objective.validation()
    let training = experiment.objective.trainingEvaluation()
    return RunSummary(
      task: configuration.taskName, model: experiment.modelText,
      parameters: parameters.scalarCount, optimizer: configuration[FitOptions.optimizer].outline,
      schedule: configuration[FitOptions.schedule].name,
      seed: configuration[FitOptions.seed], steps: state.step,
      seconds: seconds, samplesPerSecond: Double(trainer.samplesSeen) / max(seconds, 1e-9),
      trainLoss: training?.loss ?? trainer.runningLoss, trainAccuracy: training?.accuracy,
      validationLoss: validation?.loss,
      validationAccuracy: validation?.accuracy, validationR2: validation?.r2,
      bestStep: state.bestStep ?? state.step,
      skippedSteps: state.skippedSteps, peakMemoryBytes: RunSummary.peakMemoryBytes,
      stoppedEarly: state.isStoppedEarly)
  }
}

/// The state of a run in its checkpoint, besides the weights and the optimizer.
struct CheckpointState: Codable {
  var training: TrainingState
  /// The seconds of training so far; nil once training has finished: equal runs end in equal files.
  var seconds: Double?
}
