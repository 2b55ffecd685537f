import Autograd
import NN
import Optim
import Tensor

/// The result of ``fit(_:_:_:validation:epochs:batchSize:learningRate:optimizer:seed:)``.
public struct FitResult: Sendable {
  /// One record for each epoch.
  public let history: [MetricsRecord]
  /// The mean loss of the steps of the last epoch.
  public var trainLoss: Double { history.last?.trainLoss ?? .nan }
  /// The evaluation of the final weights on the validation examples, or `nil` if there are none.
  public let validation: Evaluation?
}

/// Trains a model on examples that lie along the first axis.
///
/// ```swift
/// let model = MLP([2, 16, 2])
/// try fit(model, x, y, epochs: 200)
/// ```
/// Targets of dtype int32 are classes and are trained with the cross-entropy; any others are
/// numbers and are trained with the mean squared error. The learning rate rises during the first 5%
/// of the steps, then falls to zero along half a cosine. With validation examples the model ends
/// with the weights whose validation loss was lowest.
///
/// - Parameters:
///   - model: Maps inputs `[n, ...]` to scores `[n, classes]`, or to numbers of the targets' shape.
///   - x: The inputs.
///   - y: The targets.
///   - validation: Inputs and targets to evaluate on after each epoch.
///   - epochs: The number of passes over the examples.
///   - batchSize: The number of examples in a step, at most all of them.
///   - learningRate: The largest learning rate.
///   - optimizer: The optimizer, or `nil` for ``AdamW``.
///   - seed: Determines the order of the examples.
/// - Returns: A record of each epoch, and the evaluation of the final weights.
/// - Throws: ``TrainingError`` of kind `training` if the loss becomes NaN or infinite;
///   `CancellationError` if the Swift `Task` is canceled, after the step in progress, whose weights
///   the model keeps.
@discardableResult
public func fit(
  _ model: some Layer, _ x: Tensor, _ y: Tensor,
  validation: (inputs: Tensor, targets: Tensor)? = nil,
  epochs: Int = 100, batchSize: Int = 32, learningRate: Double = 1e-2,
  optimizer: (any Optimizer)? = nil, seed: UInt64 = 0
) throws -> FitResult {
  require(
    epochs > 0 && batchSize > 0,
    "fit: epochs and batchSize must be at least 1, got \(epochs) and \(batchSize)")
  let objective = SupervisedObjective(
    model, training: (x, y), validation: validation)
  let count = objective.exampleCount
  let steps = epochs * ((count + batchSize - 1) / batchSize)
  let schedule = WarmupCosine(peak: learningRate, warmup: steps / 20, total: steps)
  let trainer = Trainer(
    objective, optimizer: optimizer ?? AdamW(model.parameters, learningRate: learningRate),
    options: TrainerOptions(steps: steps, batchSize: min(batchSize, count), schedule: schedule),
    state: TrainingState(seed: seed))
  var history: [MetricsRecord] = []
  try trainer.run(afterEvaluation: { history.append($0) })
  try trainer.restoreBestWeights()
  return FitResult(history: history, validation: objective.validation())
}
