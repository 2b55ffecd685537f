import Training

/// The result of a run of a trial at a rung, a line of `trials.jsonl`.
struct SweepRecord: Codable, Sendable, Equatable {
  /// A run of a trial that is trained up to a rung.
  struct Item: Codable, Sendable, Hashable {
    /// The trial and the rung.
    var job: SuccessiveHalving.Job
    /// The position of the run among those of the trial, which differ in seed and fold.
    var member: Int
  }

  /// What was trained.
  var item: Item
  /// The steps that the run has taken in all.
  var step: Int
  /// Its lowest validation loss so far; nil if it diverged.
  var loss: Double?
  /// The accuracy there; nil for a regression.
  var accuracy: Double?
  /// The explained variance there; nil for a classification.
  var r2: Double?
  /// The seconds that its steps have taken in this session.
  var seconds: Double
}

extension SweepRecord {
  /// The time between the checkpoints of a run.
  private static let checkpointInterval = Duration.seconds(10)

  /// Trains a run up to a rung, from its checkpoint if there is one.
  ///
  /// Its learning rate follows the schedule of all its steps, so that a trial that goes on takes
  /// the same steps as one that was never paused.
  ///
  /// - Parameters:
  ///   - item: The run and the rung.
  ///   - plan: The plan that it belongs to.
  ///   - data: The data of the run.
  ///   - checkpoint: The file of the state, written when the run is paused and every ten seconds.
  ///   - isInterrupted: Returns whether to save and stop; called after each step, and while the
  ///     weights at a rung are evaluated.
  /// - Returns: The result; nil if it was interrupted.
  /// - Throws: ``TrainingError`` for a checkpoint that cannot be read or written, or for data
  ///   without validation examples.
  static func train(
    _ item: Item, of plan: SweepPlan, on data: TaskData, checkpoint: String,
    isInterrupted: () -> Bool
  ) throws -> SweepRecord? {
    let configuration = plan.configuration(item.job.trial, member: item.member)
    let target = plan.steps(item.job.trial, rung: item.job.rung)
    func start() throws -> Trainer {
      let experiment = try Experiment(starting: configuration, on: data)
      return Trainer(
        experiment.objective, optimizer: configuration.optimizer(experiment.model.parameters),
        options: try configuration.trainerOptions(), state: configuration.initialState)
    }
    var trainer = try start()
    if FileAccess.exists(checkpoint) {
      try trainer.resume(from: checkpoint)
      // A process that died may have left a state behind this rung, but not the result at it.
      if trainer.state.step > target { trainer = try start() }
    }
    var result = SweepRecord(item: item, step: 0, seconds: 0)
    var evaluation: Evaluation?
    do {
      guard try train(trainer, to: target, checkpoint, isInterrupted) else { return nil }
      evaluation = trainer.bestEvaluation
      if !trainer.isFinished {
        try trainer.save(to: checkpoint)
        // The rung may lie between two evaluations.
        let validation = SharedEvaluation.run(until: isInterrupted, trainer.currentValidation)
        guard let validation else { return nil }
        if let current = validation {
          // A loss that is not finite is not better, but shows that the run has diverged.
          let isBetter = current.loss < evaluation?.loss ?? .infinity
          if isBetter || !current.loss.isFinite { evaluation = current }
        }
      }
      guard evaluation != nil else {
        throw TrainingError.data("a sweep needs validation examples")
      }
    } catch let error as TrainingError where error.kind == .training {
      evaluation = nil
    }
    result.step = trainer.state.step
    result.seconds = trainer.stepTime.inSeconds
    if let evaluation, evaluation.loss.isFinite {
      (result.loss, result.accuracy, result.r2) = (
        evaluation.loss, evaluation.accuracy, evaluation.r2
      )
    }
    return result
  }

  /// Takes steps up to a number, and returns whether they have been taken.
  private static func train(
    _ trainer: Trainer, to target: Int, _ checkpoint: String, _ isInterrupted: () -> Bool
  ) throws -> Bool {
    if trainer.state.step >= target { return true }
    if isInterrupted() { return false }
    var saved = ContinuousClock.now
    var isStopped = false
    try trainer.run(afterStep: { trainer in
      if trainer.state.step >= target { return false }
      isStopped = isInterrupted()
      if isStopped || ContinuousClock.now - saved >= checkpointInterval {
        try trainer.save(to: checkpoint)
        saved = .now
      }
      return !isStopped
    })
    return !isStopped
  }
}

extension Trainer {
  /// The evaluation with the lowest loss so far.
  fileprivate var bestEvaluation: Evaluation? {
    let evaluated = history.compactMap { record in
      record.validationLoss.map {
        Evaluation(loss: $0, accuracy: record.validationAccuracy, r2: record.validationR2)
      }
    }
    return evaluated.min { $0.loss < $1.loss }
  }
}
