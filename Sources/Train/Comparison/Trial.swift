import Training
import NN
import Optim
import Tensor

/// One training run of a comparison and its course.
struct Trial: Codable, Sendable, Equatable {
  /// The candidate, the rate and the seed of the run.
  struct Identity: Codable, Sendable, Equatable {
    /// The position of the candidate in the plan.
    var candidate: Int
    /// The highest learning rate.
    var learningRate: Double
    /// The position of the seed in the plan.
    var seed: Int

    /// Whether the run is one that tunes a candidate.
    func isTuning(_ candidate: Int) -> Bool { self.candidate == candidate && seed == 0 }
  }

  /// An evaluation after a number of steps.
  struct Point: Codable, Sendable, Equatable {
    /// The steps taken.
    var step: Int
    /// The mean loss of the steps since the point before; nil before the first step.
    var trainLoss: Double?
    /// The loss on the validation examples.
    var validationLoss: Double
    /// The accuracy on the validation examples of a classification.
    var validationAccuracy: Double?
    /// The explained variance of the validation examples of a regression.
    var validationR2: Double?

    init(step: Int, trainLoss: Double?, _ evaluation: Evaluation) {
      self.step = step
      self.trainLoss = trainLoss
      validationLoss = evaluation.loss
      validationAccuracy = evaluation.accuracy
      validationR2 = evaluation.r2
    }

    /// The figures of the validation examples.
    var evaluation: Evaluation {
      Evaluation(loss: validationLoss, accuracy: validationAccuracy, r2: validationR2)
    }
  }

  /// The candidate, the rate and the seed of the run.
  var identity: Identity
  /// The evaluations in the order of their steps; the first is before any step.
  var points: [Point]
  /// Whether the run ended because a loss was not finite.
  var isDiverged: Bool
  /// The mean seconds of a step, without evaluations.
  var secondsPerStep: Double
  /// The number of parameters of the model.
  var parameterCount: Int
  /// The bytes of the tensors of the optimizer's state.
  var stateBytes: Int
  /// The bytes that the optimizer added to the memory of tensors, measured after its first steps.
  var liveBytes: Int

  init(
    identity: Identity, points: [Point], isDiverged: Bool = false, secondsPerStep: Double = 0,
    parameterCount: Int, stateBytes: Int = 0, liveBytes: Int = 0
  ) {
    self.identity = identity
    self.points = points
    self.isDiverged = isDiverged
    self.secondsPerStep = secondsPerStep
    self.parameterCount = parameterCount
    self.stateBytes = stateBytes
    self.liveBytes = liveBytes
  }

  /// The lowest validation loss; infinity if the run diverged.
  var score: Double {
    isDiverged ? .infinity : points.map(\.validationLoss).min() ?? .infinity
  }

  /// The first step at which the validation loss was at most `target`; nil if there is none.
  func steps(toLoss target: Double) -> Int? {
    points.first { $0.validationLoss <= target }?.step
  }
}

extension Trial {
  /// The numbers of steps, and of other things, that a record can hold: whole numbers that reports
  /// can add up and compute with in floating point.
  static let counts = 0...1 << 50

  /// Whether its numbers are possible, which someone who edits the record may have changed.
  var isPossible: Bool {
    points.allSatisfy { Self.counts.contains($0.step) }
      && [parameterCount, stateBytes].allSatisfy { Self.counts.contains($0) }
      && Self.counts.contains(Int(clamping: liveBytes.magnitude))
  }
}

extension Trial {
  /// Runs a trial.
  ///
  /// - Returns: The finished trial, or nil if it was interrupted.
  static func run(
    _ identity: Identity, _ configuration: TrainingConfiguration, on data: TaskData,
    evaluations: Int, isInterrupted: () -> Bool
  ) throws -> Trial? {
    let experiment = try Experiment(starting: configuration, on: data)
    let parameters = experiment.model.parameters
    let evaluated = SharedEvaluation.run(until: isInterrupted) { experiment.objective.validation() }
    guard let evaluated else { return nil }
    guard let start = evaluated else {
      throw TrainingError.data("a comparison needs validation examples")
    }
    var options = try configuration.trainerOptions()
    options.patience = nil
    options.evaluationPeriod = max(1, options.steps / evaluations)

    let before = TensorMemory.statistics.liveBytes
    let optimizer = configuration.optimizer(parameters)
    let trainer = Trainer(
      experiment.objective, optimizer: optimizer, options: options,
      state: configuration.initialState)
    var trial = Trial(
      identity: identity, points: [Point(step: 0, trainLoss: nil, start)],
      parameterCount: parameters.scalarCount)
    var isDone = true
    do {
      try trainer.run(
        afterStep: { trainer in
          // An average of weights allocates in the second step; the weights that an evaluation
          // keeps must not count.
          if trainer.state.step == min(2, options.evaluationPeriod ?? 1) {
            trial.liveBytes = TensorMemory.statistics.liveBytes - before
          }
          isDone = !isInterrupted()
          return isDone
        },
        afterEvaluation: { record in
          let evaluation = Evaluation(
            loss: record.validationLoss ?? .infinity, accuracy: record.validationAccuracy,
            r2: record.validationR2)
          trial.points.append(Point(step: record.step, trainLoss: record.trainLoss, evaluation))
        })
    } catch let error as TrainingError where error.kind == .training {
      trial.isDiverged = true
    }
    guard isDone else { return nil }
    trial.secondsPerStep = trainer.stepTime.inSeconds / Double(max(trainer.state.step, 1))
    trial.stateBytes = optimizer.state.byteCount
    return trial
  }
}
