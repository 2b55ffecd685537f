import Autograd
import NN
import Optim
import Tensor

/// The result of `fit`.
public struct FitResult: Sendable {
  /// One record for each epoch, also those before a resumption.
  public let history: [MetricsRecord]
  /// The mean loss of the steps of the last epoch.
  public var trainLoss: Double { history.last?.trainLoss ?? .nan }
  /// The evaluation of the final weights on the validation examples, or `nil` if there are none.
  public let validation: Evaluation?
  /// The number of steps taken.
  public let steps: Int
  /// The step after which the validation loss was lowest, whose weights the model has, or `nil`
  /// without validation examples.
  public let bestStep: Int?
  /// Whether training stopped before the last epoch because the validation loss no longer fell.
  public let isStoppedEarly: Bool
}

/// Trains a model on examples that lie along the first axis.
///
/// ```swift
/// let model = MLP([2, 16, 2])
/// try fit(model, x, y, epochs: 200)
/// try fit(model, x, y, loss: .huber, validationFraction: 0.2, patience: 10)
/// ```
/// Targets of dtype int32 are classes and are by default trained with the cross-entropy; any others
/// are numbers and are trained with the mean squared error. The learning rate by default rises
/// during the first 5% of the steps, then falls to zero along half a cosine. With validation
/// examples the model ends with the weights whose validation loss was lowest.
///
/// In asynchronous code `await` calls the variant that trains on a thread of its own, so that the
/// task does not occupy one of the cooperative pool. For other batches, several inputs, or events
/// while it trains, use a ``Trainer``.
///
/// - Parameters:
///   - model: Maps inputs `[n, ...]` to scores `[n, classes]`, or to numbers of the targets' shape.
///   - x: The inputs.
///   - y: The targets.
///   - loss: The loss; a closure of outputs and targets is one too.
///   - validation: Inputs and targets to evaluate on after each epoch.
///   - validationFraction: The fraction of the examples to evaluate on instead of training on them,
///     drawn at random, for classes stratified; or `nil` for none.
///   - epochs: The number of passes over the examples.
///   - batchSize: The number of examples in a batch, at most all of them.
///   - accumulationSteps: The number of batches whose gradients are averaged for one step.
///   - learningRate: The largest learning rate, if there is no `schedule`.
///   - schedule: The learning rate of each step, or `nil` for a warmup and half a cosine.
///   - optimizer: An optimizer of parameters of the model, or `nil` for ``AdamW``.
///   - clipNorm: The largest norm of the gradients of a step, or `nil` not to clip.
///   - patience: The number of successive epochs without a lower validation loss after which
///     training stops early, or `nil` to train for all epochs.
///   - metrics: Figures of the validation examples by name, in the records of the epochs.
///   - diagnostics: How much is measured about gradients and weights; `afterStep` finds it in
///     ``StepRecord/diagnostics`` of the trainer's ``Trainer/lastStep``.
///   - checkpoint: A file to save the training to, at the end, when the task is canceled, and
///     every ten seconds. If it exists, training continues from it; a finished one returns at once.
///     It must be of the same model, data and settings, but for more `epochs`.
///   - seed: Determines the order of the examples, and which are for validation.
///   - afterStep: Called after each step; returns whether to continue.
///   - afterEvaluation: Called with the record of each epoch.
/// - Returns: A record of each epoch, and the evaluation of the final weights.
/// - Throws: ``TrainingError`` of kind `training` if the loss becomes NaN or infinite, and for a
///   checkpoint that does not fit or cannot be written; `CancellationError` if the Swift `Task` is
///   canceled, after the step in progress, whose weights the model keeps and the checkpoint has;
///   and what the closures throw.
@discardableResult
public func fit(
  _ model: some Layer, _ x: Tensor, _ y: Tensor, loss: LossFunction = .automatic,
  validation: (inputs: Tensor, targets: Tensor)? = nil, validationFraction: Double? = nil,
  epochs: Int = 100, batchSize: Int = 32, accumulationSteps: Int = 1, learningRate: Double = 1e-2,
  schedule: (any Schedule)? = nil, optimizer: (any Optimizer)? = nil, clipNorm: Double? = nil,
  patience: Int? = nil, metrics: [String: Metric] = [:],
  diagnostics: DiagnosticsLevel = .off, checkpoint: String? = nil,
  seed: UInt64 = 0, afterStep: (Trainer) throws -> Bool = { _ in true },
  afterEvaluation: (MetricsRecord) throws -> Void = { _ in }
) throws -> FitResult {
  let trainer = try Trainer(
    model, x, y, loss, validation, validationFraction, epochs, batchSize, accumulationSteps,
    learningRate, schedule, optimizer, clipNorm, patience, metrics, diagnostics, checkpoint,
    seed, caller: "fit")
  try trainer.run(afterStep: afterStep, afterEvaluation: afterEvaluation)
  return try trainer.fitResult()
}

/// Trains a model on examples that lie along the first axis, on a thread of its own while the task
/// waits; see the synchronous variant.
///
/// The closures are called where the function is called from, such as on the main actor, while no
/// step is taken.
@discardableResult
public nonisolated(nonsending) func fit(
  _ model: some Layer, _ x: Tensor, _ y: Tensor, loss: LossFunction = .automatic,
  validation: (inputs: Tensor, targets: Tensor)? = nil, validationFraction: Double? = nil,
  epochs: Int = 100, batchSize: Int = 32, accumulationSteps: Int = 1, learningRate: Double = 1e-2,
  schedule: (any Schedule)? = nil, optimizer: (any Optimizer)? = nil, clipNorm: Double? = nil,
  patience: Int? = nil, metrics: [String: Metric] = [:],
  diagnostics: DiagnosticsLevel = .off, checkpoint: String? = nil,
  seed: UInt64 = 0, afterStep: ((Trainer) throws -> Bool)? = nil,
  afterEvaluation: (MetricsRecord) throws -> Void = { _ in }
) async throws -> FitResult {
  let trainer = try Trainer(
    model, x, y, loss, validation, validationFraction, epochs, batchSize, accumulationSteps,
    learningRate, schedule, optimizer, clipNorm, patience, metrics, diagnostics, checkpoint,
    seed, caller: "fit")
  try await trainer.run(afterStep: afterStep, afterEvaluation: afterEvaluation)
  return try trainer.fitResult()
}

/// Trains a model with a loss of its outputs and the targets; see the variant with a
/// ``LossFunction``.
///
/// ```swift
/// try fit(model, x, y, loss: { prediction, target in abs(prediction - target).mean() })
/// ```
@discardableResult
public func fit(
  _ model: some Layer, _ x: Tensor, _ y: Tensor,
  loss: @escaping @Sendable (_ prediction: Tensor, _ target: Tensor) -> Tensor,
  validation: (inputs: Tensor, targets: Tensor)? = nil, validationFraction: Double? = nil,
  epochs: Int = 100, batchSize: Int = 32, accumulationSteps: Int = 1, learningRate: Double = 1e-2,
  schedule: (any Schedule)? = nil, optimizer: (any Optimizer)? = nil, clipNorm: Double? = nil,
  patience: Int? = nil, metrics: [String: Metric] = [:],
  diagnostics: DiagnosticsLevel = .off, checkpoint: String? = nil,
  seed: UInt64 = 0, afterStep: (Trainer) throws -> Bool = { _ in true },
  afterEvaluation: (MetricsRecord) throws -> Void = { _ in }
) throws -> FitResult {
  try fit(
    model, x, y, loss: LossFunction(loss), validation: validation,
    validationFraction: validationFraction, epochs: epochs, batchSize: batchSize,
    accumulationSteps: accumulationSteps, learningRate: learningRate, schedule: schedule,
    optimizer: optimizer, clipNorm: clipNorm, patience: patience, metrics: metrics,
    diagnostics: diagnostics, checkpoint: checkpoint, seed: seed, afterStep: afterStep,
    afterEvaluation: afterEvaluation)
}

/// Trains a model with a loss of its outputs and the targets, on a thread of its own while the task
/// waits; see the variant with a ``LossFunction``.
@discardableResult
public nonisolated(nonsending) func fit(
  _ model: some Layer, _ x: Tensor, _ y: Tensor,
  loss: @escaping @Sendable (_ prediction: Tensor, _ target: Tensor) -> Tensor,
  validation: (inputs: Tensor, targets: Tensor)? = nil, validationFraction: Double? = nil,
  epochs: Int = 100, batchSize: Int = 32, accumulationSteps: Int = 1, learningRate: Double = 1e-2,
  schedule: (any Schedule)? = nil, optimizer: (any Optimizer)? = nil, clipNorm: Double? = nil,
  patience: Int? = nil, metrics: [String: Metric] = [:],
  diagnostics: DiagnosticsLevel = .off, checkpoint: String? = nil,
  seed: UInt64 = 0, afterStep: ((Trainer) throws -> Bool)? = nil,
  afterEvaluation: (MetricsRecord) throws -> Void = { _ in }
) async throws -> FitResult {
  try await fit(
    model, x, y, loss: LossFunction(loss), validation: validation,
    validationFraction: validationFraction, epochs: epochs, batchSize: batchSize,
    accumulationSteps: accumulationSteps, learningRate: learningRate, schedule: schedule,
    optimizer: optimizer, clipNorm: clipNorm, patience: patience, metrics: metrics,
    diagnostics: diagnostics, checkpoint: checkpoint, seed: seed, afterStep: afterStep,
    afterEvaluation: afterEvaluation)
}

extension Trainer {
  /// Creates the trainer that `fit` trains with, at the position of a checkpoint if there is one.
  ///
  /// ```swift
  /// let trainer = try Trainer(model, x, y, validationFraction: 0.1, epochs: 20)
  /// for try await event in trainer.events { print(event) }
  /// ```
  /// The arguments are those of `fit`.
  ///
  /// - Throws: ``TrainingError`` for a checkpoint that does not fit.
  public convenience init(
    _ model: some Layer, _ x: Tensor, _ y: Tensor, loss: LossFunction = .automatic,
    validation: (inputs: Tensor, targets: Tensor)? = nil, validationFraction: Double? = nil,
    epochs: Int = 100, batchSize: Int = 32, accumulationSteps: Int = 1,
    learningRate: Double = 1e-2, schedule: (any Schedule)? = nil,
    optimizer: (any Optimizer)? = nil, clipNorm: Double? = nil, patience: Int? = nil,
    metrics: [String: Metric] = [:], diagnostics: DiagnosticsLevel = .off,
    checkpoint: String? = nil, seed: UInt64 = 0
  ) throws {
    try self.init(
      model, x, y, loss, validation, validationFraction, epochs, batchSize, accumulationSteps,
      learningRate, schedule, optimizer, clipNorm, patience, metrics, diagnostics, checkpoint,
      seed, caller: "Trainer")
  }

  /// Creates the trainer for a caller that messages name.
  fileprivate convenience init(
    _ model: some Layer, _ x: Tensor, _ y: Tensor, _ loss: LossFunction,
    _ validation: (inputs: Tensor, targets: Tensor)?, _ validationFraction: Double?,
    _ epochs: Int, _ batchSize: Int, _ accumulationSteps: Int, _ learningRate: Double,
    _ schedule: (any Schedule)?, _ optimizer: (any Optimizer)?, _ clipNorm: Double?,
    _ patience: Int?, _ metrics: [String: Metric], _ diagnostics: DiagnosticsLevel,
    _ checkpoint: String?, _ seed: UInt64, caller: StaticString
  ) throws {
    require(
      epochs > 0 && batchSize > 0 && accumulationSteps > 0,
      "\(caller): epochs, batchSize and accumulationSteps must be at least 1, got \(epochs),"
        + " \(batchSize) and \(accumulationSteps)")
    require(
      validation == nil || validationFraction == nil,
      "\(caller): validation and validationFraction exclude each other")
    var (training, held) = ((inputs: x, targets: y), validation)
    if let validationFraction {
      var generator = RandomStream.validationData.generator(seed: seed)
      (training, held) = split(
        x, y, validation: validationFraction, using: &generator, caller: caller)
    }
    require(
      patience == nil || held != nil,
      "\(caller): patience needs validation examples; give validation or validationFraction")
    let objective = SupervisedObjective(
      model, training: training, validation: held, loss: loss, metrics: metrics, lossUnit: 1,
      caller: caller)
    let count = objective.exampleCount
    let size = min(batchSize, count)
    let stepSize = size * accumulationSteps
    let steps = epochs * ((count + stepSize - 1) / stepSize)
    self.init(
      objective, optimizer: optimizer ?? AdamW(model.parameters, learningRate: learningRate),
      options: TrainerOptions(
        steps: steps, batchSize: size, accumulationSteps: accumulationSteps, clipNorm: clipNorm,
        patience: patience,
        schedule: schedule ?? WarmupCosine(peak: learningRate, warmup: steps / 20, total: steps),
        checkpoint: checkpoint, diagnostics: diagnostics),
      state: TrainingState(seed: seed), bestWeights: nil, caller: caller)
    if let checkpoint, FileAccess.exists(checkpoint) { try resume(from: checkpoint) }
  }

  /// Returns the result of `fit`, with the best weights in the model.
  fileprivate func fitResult() throws -> FitResult {
    try restoreBestWeights()
    return FitResult(
      history: history, validation: objective.validation(), steps: state.step,
      bestStep: state.bestStep, isStoppedEarly: state.isStoppedEarly)
  }
}
