import Autograd
import NN
import Optim
import Tensor

/// A training loop: it draws batches, steps along their gradients, evaluates, and stops early if
/// asked to.
///
/// ```swift
/// let trainer = Trainer(
///   model, training: (x, y), validation: (xHeld, yHeld),
///   optimizer: AdamW(model.parameters, learningRate: 1e-3),
///   options: TrainerOptions(
///     steps: 1000, batchSize: 32, patience: 10,
///     schedule: WarmupCosine(peak: 1e-3, warmup: 50, total: 1000)))
/// try trainer.run(afterEvaluation: { print($0.step, $0.trainLoss, $0.validationLoss ?? .nan) })
/// try trainer.restoreBestWeights()
/// ```
/// All randomness comes from the generators of ``state``, so trainers with equal weights,
/// optimizers, options and states take equal steps.
public final class Trainer {
  /// The loss to minimize, and the model it is computed with.
  public let objective: any Objective
  /// The optimizer, made for parameters of the model.
  ///
  /// Parameters it does not have are not trained.
  public let optimizer: any Optimizer
  /// The options.
  public let options: TrainerOptions
  /// The position in the run.
  public private(set) var state: TrainingState
  /// The parameters and buffers of the model when the validation loss was lowest, by name, or `nil`
  /// before the first evaluation.
  public private(set) var bestWeights: NamedTensors?
  /// The time that steps have taken, without evaluations.
  package private(set) var stepTime = Duration.zero

  // Found once: each walk through a model costs some 10 µs a layer.
  private let modelState: ModuleState
  private var order: ExampleOrder

  /// Creates a trainer for an objective, at the start of a run or to continue from a state.
  ///
  /// - Parameters:
  ///   - objective: The loss to minimize, and the model it is computed with.
  ///   - optimizer: An optimizer of parameters of the model.
  ///   - options: How to train.
  ///   - state: The position in the run. To continue a run, the weights and the optimizer must be
  ///     as they were in that position; see ``Checkpoint``.
  ///   - bestWeights: ``bestWeights`` at that position.
  public init(
    _ objective: any Objective, optimizer: any Optimizer, options: TrainerOptions,
    state: TrainingState = TrainingState(seed: 0), bestWeights: NamedTensors? = nil
  ) {
    self.objective = objective
    self.optimizer = optimizer
    self.options = options
    self.state = state
    self.bestWeights = bestWeights
    modelState = ModuleState(of: objective.model)
    require(
      options.batchSize >= 1 && options.accumulationSteps >= 1,
      "Trainer: batchSize and accumulationSteps must be at least 1, got \(options.batchSize) and"
        + " \(options.accumulationSteps)")
    require(
      options.evaluationPeriod ?? 1 >= 1,
      "Trainer: evaluationPeriod must be at least 1, got \(options.evaluationPeriod ?? 0)")
    if case .withReplacement(let steps) = options.sampling {
      require(steps >= 1, "Trainer: stepsPerEpoch must be at least 1, got \(steps)")
    }
    require(objective.exampleCount >= 1, "Trainer: the objective has no training examples")
    for element in optimizer.parameters {
      require(
        modelState.parameters.index(of: element.parameter) != nil,
        "Trainer: the optimizer's '\(element.name)' is not a parameter of the model")
    }
    order = ExampleOrder(
      of: objective.exampleCount, sampling: options.sampling, batchSize: options.stepSize,
      generator: state.generator)
  }

  /// Creates a trainer for a model and examples that lie along the first axis.
  ///
  /// Targets of dtype int32 are classes, any others are numbers; see ``SupervisedObjective``.
  ///
  /// - Parameters:
  ///   - model: Maps inputs `[n, ...]` to outputs for the targets.
  ///   - training: The inputs and targets to train on.
  ///   - validation: The inputs and targets to evaluate on.
  ///   - loss: The loss function of a classifier.
  ///   - optimizer: An optimizer of parameters of the model.
  ///   - options: How to train.
  ///   - state: The position in the run.
  ///   - bestWeights: ``bestWeights`` at that position.
  public convenience init(
    _ model: some Layer, training: (inputs: Tensor, targets: Tensor),
    validation: (inputs: Tensor, targets: Tensor)? = nil, loss: ClassificationLoss = .crossEntropy,
    optimizer: any Optimizer, options: TrainerOptions,
    state: TrainingState = TrainingState(seed: 0), bestWeights: NamedTensors? = nil
  ) {
    self.init(
      SupervisedObjective(model, training: training, validation: validation, loss: loss),
      optimizer: optimizer, options: options, state: state, bestWeights: bestWeights)
  }

  /// The model in training.
  public var model: any Module { objective.model }

  /// Whether all steps have been taken, or training stopped early.
  public var isFinished: Bool { state.step >= options.steps || state.isStoppedEarly }

  /// The number of examples in the steps so far, repetitions included.
  public var samplesSeen: Int {
    let length = order.indices.count
    return state.epoch * length + min(state.stepInEpoch * options.stepSize, length)
  }

  /// The mean loss of the steps since the last evaluation, as it is reported; NaN before the first
  /// step.
  public var runningLoss: Double {
    state.lossSum / Double(state.lossCount) * objective.lossUnit
  }

  /// Takes steps until the run is finished, `afterStep` pauses it, or the task is canceled.
  ///
  /// In a canceled Swift `Task` it stops before the next step. The step before is then complete, with
  /// its evaluation and the calls of the closures: a checkpoint can be saved, and another call
  /// continues the run as if it had not been canceled.
  ///
  /// - Parameters:
  ///   - afterStep: Called after each step and the evaluation that may follow it. Returns whether
  ///     to continue.
  ///   - afterEvaluation: Called with the metrics of each evaluation.
  /// - Throws: ``TrainingError`` of kind `training` if a loss is not finite, before that loss has
  ///   changed the weights; `CancellationError` if the task is canceled before the run is finished;
  ///   and what the closures throw.
  public func run(
    afterStep: (Trainer) throws -> Bool = { _ in true },
    afterEvaluation: (MetricsRecord) throws -> Void = { _ in }
  ) throws {
    while !isFinished {
      try Task.checkCancellation()
      let record = try step()
      if let record { try afterEvaluation(record) }
      guard try afterStep(self) else { return }
    }
  }

  /// Sets the parameters and buffers of the model to ``bestWeights``.
  ///
  /// Without an evaluation it sets the parameters to the optimizer's `evaluationWeights`.
  ///
  /// - Throws: `WeightsError` if the best weights that the trainer was created with are of another
  ///   model; then nothing has changed.
  public func restoreBestWeights() throws(WeightsError) {
    if let bestWeights {
      try modelState.load(bestWeights)
    } else {
      for (element, weights) in zip(optimizer.parameters, optimizer.evaluationWeights) {
        element.parameter.value = weights
      }
    }
  }

  // MARK: - Steps

  /// Takes a step, and evaluates if it is time to.
  private func step() throws -> MetricsRecord? {
    let start = ContinuousClock.now
    let isAfterEvaluation =
      options.evaluationPeriod.map { state.step % $0 == 0 } ?? (state.stepInEpoch == 0)
    if isAfterEvaluation {
      state.lossSum = 0
      state.lossCount = 0
    }
    let examples = order.batch(state.stepInEpoch)
    let rate = rate
    optimizer.learningRate = rate
    if let momentum = options.momentumSchedule { optimizer.momentum = momentum(state.step) }
    let (loss, gradients) = differentiate(examples)
    let isFinite = loss.isFinite && (options.nonFinite == .stop || gradients.isFinite)
    if isFinite {
      optimizer.step(clipped(gradients))
      state.lossSum += loss * Double(examples.count)
      state.lossCount += examples.count
    } else if options.nonFinite == .stop {
      throw notFinite("loss", loss, step: state.step + 1, rate)
    } else {
      state.skippedSteps += 1
    }
    state.step += 1
    state.stepInEpoch += 1
    let endsEpoch = examples.endIndex == order.indices.count
    stepTime += ContinuousClock.now - start
    let isDue = options.evaluationPeriod.map { state.step % $0 == 0 } ?? endsEpoch
    let record = isDue || state.step == options.steps ? try evaluated(rate: rate) : nil
    if endsEpoch { startNextEpoch() }
    return record
  }

  /// Returns the mean loss of some examples and its gradients, computed batch by batch.
  private func differentiate(_ examples: ArraySlice<Int>) -> (loss: Double, gradients: Gradients) {
    func differentiate(batch: ArraySlice<Int>) -> (loss: Double, gradients: Gradients) {
      let (loss, gradients) = withRandomGenerator(&state.noise) {
        valueWithGradients(for: optimizer.parameters) { objective.loss(ofExamples: batch) }
      }
      return (loss.scalar(), gradients)
    }
    if examples.count <= options.batchSize { return differentiate(batch: examples) }
    var window = GradientAccumulator()
    var sum = 0.0
    for start in stride(from: examples.startIndex, to: examples.endIndex, by: options.batchSize) {
      let batch = examples[start..<min(start + options.batchSize, examples.endIndex)]
      let (loss, gradients) = differentiate(batch: batch)
      window.add(gradients, examples: batch.count)
      sum += loss * Double(batch.count)
    }
    return (sum / Double(examples.count), window.take())
  }

  private func clipped(_ gradients: Gradients) -> Gradients {
    let small = options.clipValue.map { gradients.clipped(toValue: $0) } ?? gradients
    return options.clipNorm.map { small.clipped(toNorm: $0) } ?? small
  }

  /// The learning rate of the next step.
  private var rate: Double {
    switch options.learningRate {
    case .schedule(let schedule): schedule(state.step)
    case .plateau(let start): (state.plateau ?? start).rate
    }
  }

  private func startNextEpoch() {
    state.epoch += 1
    state.stepInEpoch = 0
    order.startNextEpoch()
    state.generator = order.generator
  }

  // MARK: - Evaluation

  private func evaluated(rate: Double) throws -> MetricsRecord {
    let usesOtherWeights = usesOtherWeights
    let validation = try modelState.buffers.withLocalValues {
      try optimizer.withEvaluationWeights {
        if usesOtherWeights { refreshBuffers() }
        let validation = objective.validation()
        if let validation { try note(validation, rate: rate) }
        return validation
      }
    }
    if let validation { optimizer.observe(validationLoss: validation.loss) }
    state.validation = validation
    if case .plateau(let start) = options.learningRate {
      var plateau = state.plateau ?? start
      plateau.observe(validation?.loss ?? state.lossSum / Double(state.lossCount))
      state.plateau = plateau
    }
    return MetricsRecord(
      step: state.step, epoch: state.epoch + 1, learningRate: rate, trainLoss: runningLoss,
      validationLoss: validation?.loss, validationAccuracy: validation?.accuracy,
      validationR2: validation?.r2)
  }

  /// Keeps the current weights if their validation loss is the lowest so far; otherwise decides
  /// whether to stop early.
  private func note(_ validation: Evaluation, rate: Double) throws {
    guard validation.loss.isFinite else {
      throw notFinite("validation loss", validation.loss, step: state.step, rate)
    }
    if validation.loss < state.bestLoss ?? .infinity {
      state.bestLoss = validation.loss
      state.bestStep = state.step
      state.staleEvaluations = 0
      bestWeights = modelState.weights
    } else {
      state.staleEvaluations += 1
      state.isStoppedEarly = state.staleEvaluations >= options.patience ?? .max
    }
  }

  /// Whether a model with buffers is evaluated with other weights than those in training.
  private var usesOtherWeights: Bool {
    !modelState.buffers.isEmpty
      && zip(optimizer.parameters, optimizer.evaluationWeights).contains { element, weights in
        (element.parameter.value .!= weights).any().scalar(as: Bool.self)
      }
  }

  /// Recomputes running statistics, such as those of batch normalization, with the current weights:
  /// the stored ones belong to the weights in training.
  private func refreshBuffers() {
    var noise = state.noise
    let count = order.indices.count
    // With the usual momentum a fraction of 0.9⁵⁰ = 0.005 of the old statistics is left.
    for i in 0..<50 {
      let start = i * options.batchSize % count
      let batch = order.indices[start..<min(start + options.batchSize, count)]
      withRandomGenerator(&noise) {
        withMode(.training) { _ = objective.loss(ofExamples: batch) }
      }
    }
  }

  private func notFinite(
    _ what: String, _ value: Double, step: Int, _ rate: Double
  ) -> TrainingError {
    .training("the \(what) is \(value) at step \(step), learning rate \(Format.number(rate))")
  }
}
