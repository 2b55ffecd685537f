import Training
import NN
import Optim
import Tensor

/// One training run of a comparison: what it was and how it went.
struct Trial: Codable, Sendable, Equatable {
  /// Which of the plan's runs it is.
  struct Identity: Codable, Sendable, Equatable {
    /// The position of the entrant in the plan.
    var entrant: Int
    /// The peak learning rate.
    var learningRate: Double
    /// The position of the seed in the plan.
    var seed: Int

    init(entrant: Int, learningRate: Double, seed: Int) {
      self.entrant = entrant
      self.learningRate = learningRate
      self.seed = seed
    }
  }

  /// How things stood after a number of steps.
  struct Point: Codable, Sendable, Equatable {
    /// The steps taken.
    var step: Int
    /// The mean loss of the steps since the point before; nil before the first step.
    var trainLoss: Double?
    /// The loss on the validation examples.
    var validationLoss: Double
    /// The accuracy there, of a classification.
    var validationAccuracy: Double?
    /// The explained variance there, of a regression.
    var validationR2: Double?

    init(step: Int, trainLoss: Double?, _ evaluation: Evaluation) {
      self.step = step
      self.trainLoss = trainLoss
      validationLoss = evaluation.loss
      validationAccuracy = evaluation.accuracy
      validationR2 = evaluation.r2
    }

    /// What is reported of it.
    var evaluation: Evaluation {
      Evaluation(loss: validationLoss, accuracy: validationAccuracy, r2: validationR2)
    }
  }

  /// Which of the plan's runs it is.
  var identity: Identity
  /// Evaluations in the order of their steps, the first before any step.
  var points: [Point]
  /// Whether a loss stopped being a finite number, which ended it.
  var isDiverged: Bool
  /// The seconds in a step, evaluations left out.
  var secondsPerStep: Double
  /// The number of learned numbers.
  var parameterCount: Int
  /// The bytes of the tensors of the optimizer's state.
  var stateBytes: Int
  /// The bytes that the optimizer added to the memory that tensors hold, measured after its first steps.
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

  /// The lowest validation loss, or infinity of one that diverged.
  var score: Double {
    isDiverged ? .infinity : points.map(\.validationLoss).min() ?? .infinity
  }

  /// The steps after which the validation loss was at most `target` for the first time.
  func steps(toLoss target: Double) -> Int? {
    points.first { $0.validationLoss <= target }?.step
  }
}

extension Trial {
  /// Trains once.
  ///
  /// - Returns: How it went, or nil when it was interrupted.
  static func run(
    _ identity: Identity, _ configuration: TrainingConfiguration, on data: TaskData,
    evaluations: Int, isInterrupted: () -> Bool
  ) throws -> Trial? {
    let subject = configuration.subject(of: data)
    let parameters = subject.model.parameters
    guard let start = subject.objective.validation() else {
      throw TrainingError.data("a comparison needs validation examples")
    }
    var options = configuration.trainerOptions
    options.patience = nil
    options.evaluationPeriod = max(1, options.steps / evaluations)

    let before = Memory.statistics.liveBytes
    let optimizer = configuration.optimizer(parameters)
    let trainer = Trainer(
      subject.objective, optimizer: optimizer, options: options,
      state: TrainingState(seed: configuration.seed))
    var trial = Trial(
      identity: identity, points: [Point(step: 0, trainLoss: nil, start)],
      parameterCount: parameters.scalarCount)
    var isDone = true
    do {
      try trainer.run(
        afterStep: { trainer in
          // The first step makes an average a copy of the weights that the second one writes; what an
          // evaluation keeps must not count.
          if trainer.state.step == min(2, options.evaluationPeriod ?? 1) {
            trial.liveBytes = Memory.statistics.liveBytes - before
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
