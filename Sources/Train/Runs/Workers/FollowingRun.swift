import Optim
import Training

/// What the workers other than worker 0 do in a run: they take their steps, and leave the folder
/// and the terminal to worker 0.
struct FollowingRun {
  private let configuration: TrainingConfiguration
  private let share: WorkerShare
  private let trainer: Trainer
  /// Whether nothing is left to do.
  private let isDone: Bool

  /// Joins a new run, with the numbers of the examples of each worker where these differ.
  init(
    starting configuration: TrainingConfiguration, _ experiment: Experiment, data: TaskData,
    parts: [[Int]]?, workers: any Communicator
  ) throws {
    self.configuration = configuration
    share = try WorkerShare(configuration, experiment, data, parts: parts, workers)
    trainer = share.trainer(share.initialState)
    isDone = false
    // Worker 0 saves at the start.
    _ = try share.otherStates(trainer)
  }

  /// Joins a run that is continued, whose folder this worker reads too.
  ///
  /// - Throws: What ``TrainingRun/init(resuming:steps:threads:workers:)`` throws.
  init(
    resuming folder: RunFolder, steps: Int?, threads: Int?, workers: any Communicator
  ) throws {
    let resumed = try ResumedRun(folder, steps: steps, threads: threads, workers: workers)
    configuration = resumed.configuration
    share = resumed.share
    trainer = share.trainer(resumed.state.training)
    isDone = try TrainingRun.summary(of: folder, finishedBy: trainer) != nil
    // Worker 0 may write to the folder from here on.
    workers.barrier()
  }

  /// Takes the steps that worker 0 takes and its part of the last evaluations, and returns the exit
  /// status.
  ///
  /// - Throws: ``TrainingError`` for a loss that is not finite.
  func train() throws -> Int32 {
    if isDone { return 0 }
    Interrupt.watch()
    var isInterrupted = false
    try configuration.inItsExecution {
      let control = SessionControl(configuration, share.workers)
      try trainer.run(afterStep: { trainer in
        let decision = control.decision(
          after: trainer.state.step, evaluationTime: trainer.evaluationTime,
          isInterrupted: Interrupt.isRaised)
        isInterrupted = decision.contains(.interrupt)
        if decision.ends { return false }
        if decision.contains(.save), !trainer.isFinished { _ = try share.otherStates(trainer) }
        return true
      })
      _ = try share.otherStates(trainer)
      isInterrupted = isInterrupted && !trainer.isFinished
      if isInterrupted { return }
      let evaluations = try share.finalEvaluations(of: trainer) { Interrupt.isRaised }
      guard evaluations == nil else { return }
      isInterrupted = true
      _ = try share.otherStates(trainer)
    }
    return isInterrupted ? Interrupt.exitStatus : 0
  }
}

/// A run as its folder has it, before it is continued.
struct ResumedRun {
  let file: ConfigurationFile
  let data: TaskData
  let experiment: Experiment
  let share: WorkerShare
  /// The state of the worker.
  let state: CheckpointState

  var configuration: TrainingConfiguration { file.configuration }

  /// Reads the last checkpoint.
  ///
  /// - Parameters:
  ///   - folder: The folder of the run.
  ///   - steps: A new number of steps in all.
  ///   - threads: A new number of threads.
  ///   - workers: The workers that continue it.
  /// - Throws: ``TrainingError`` when a file is missing or damaged, or the data has changed,
  ///   ``UsageError`` for fewer steps than were taken.
  init(_ folder: RunFolder, steps: Int?, threads: Int?, workers: any Communicator) throws {
    var file = try ConfigurationFile(contentsOf: folder.configuration)
    if let steps { file.configuration[FitOptions.steps] = steps }
    if let threads { file.configuration[FitOptions.threads] = threads }
    try file.configuration.resolveWorkers(workers.size)
    try workers.requireSame(options: file.configuration)
    self.file = file
    data = try file.data(of: folder)
    // A process that was killed before its first checkpoint has left the configuration alone.
    let isStarted = FileAccess.exists(folder.checkpoint)
    do {
      let plan = try MemoryPlan(file.configuration, on: data)
      experiment =
        isStarted
        ? Experiment(file.configuration, on: data, within: plan)
        : try Experiment(starting: file.configuration, on: data, within: plan)
      try file.configuration.checkPatterns(experiment.model.parameters)
    } catch let error as UsageError {
      throw TrainingError.data("\(folder.configuration): \(error.message)")
    }
    share = try WorkerShare(
      file.configuration, experiment, data,
      parts: file.configuration.parts(of: data, workers: workers.size), workers)
    var state =
      isStarted
      ? try share.load(folder.checkpoint)
      : CheckpointState(training: share.initialState, seconds: 0)
    if let steps {
      guard steps > state.training.step else {
        throw UsageError(
          "--steps: \(folder.path) has taken \(state.training.step) steps; more are needed")
      }
      try file.configuration.check(on: data)
      (state.training.isStoppedEarly, state.training.staleEvaluations) = (false, 0)
    }
    self.state = state
  }
}
