import Autograd
import NN
import Optim
import Tensor

/// What ``fit(_:_:_:validation:epochs:batchSize:learningRate:optimizer:seed:)`` did.
public struct FitResult: Sendable {
  /// One record for each epoch.
  public let history: [MetricsRecord]
  /// The mean loss of the last epoch's steps.
  public var trainLoss: Double { history.last?.trainLoss ?? .nan }
  /// How the model does on the validation examples; nil where there are none.
  public let validation: Evaluation?
}

/// Trains a model on examples that lie along the first axis.
///
/// ```swift
/// let model = MLP([2, 16, 2])
/// try fit(model, x, y, epochs: 200)
/// ```
/// Targets of dtype int32 are classes and give the cross-entropy, any others are numbers and give the
/// mean squared error.  The learning rate falls to zero along half a cosine.  With validation examples
/// the model ends with the weights whose validation loss was lowest.
///
/// - Parameters:
///   - model: Maps inputs `[n, ...]` to scores `[n, classes]`, or to numbers of the targets' shape.
///   - x: The inputs.
///   - y: The targets.
///   - validation: Inputs and targets to judge the model by after each epoch.
///   - epochs: The passes over the examples.
///   - batchSize: The examples in a step; shrinks to the number of examples.
///   - learningRate: The largest learning rate.
///   - optimizer: How the weights follow the gradients; nil for ``AdamW``.
///   - seed: Decides the order of the examples.
/// - Returns: A record of each epoch, and how the model does in the end.
/// - Throws: ``TrainingError`` of kind `training` when the loss is no longer finite.
@discardableResult
public func fit(
  _ model: some Layer, _ x: Tensor, _ y: Tensor, validation: (x: Tensor, y: Tensor)? = nil,
  epochs: Int = 100, batchSize: Int = 32, learningRate: Double = 1e-2,
  optimizer: (any Optimizer)? = nil, seed: UInt64 = 0
) throws -> FitResult {
  require(epochs > 0 && batchSize > 0, "fit: \(epochs) epochs of batches of \(batchSize)")
  let objective = SupervisedObjective(
    model: model, training: (x, y), validation: validation.map { ($0.x, $0.y) })
  let count = objective.exampleCount
  let steps = epochs * ((count + batchSize - 1) / batchSize)
  let schedule = WarmupCosine(peak: learningRate, warmup: steps / 20, total: steps)
  let parameters = model.parameters
  let trainer = Trainer(
    parameters: parameters, buffers: model.buffers, objective: objective,
    optimizer: optimizer ?? AdamW(parameters, learningRate: learningRate),
    plan: TrainingPlan(steps: steps, batchSize: min(batchSize, count), schedule: schedule),
    state: TrainingState(generator: RandomStream.batches.generator(seed: seed)))
  var history: [MetricsRecord] = []
  try trainer.run(afterEvaluation: { history.append($0) })
  trainer.restoreBestWeights()
  return FitResult(history: history, validation: objective.validation())
}
