import Autograd
import CLibrary
import NN
import Optim
import Tensor

/// The result of a learning-rate range test: the loss while the learning rate grows from step to
/// step. (Smith, 2015, 1506.01186)
public struct RateRange: Codable, Sendable, Equatable {
  /// A step of the test.
  public struct Point: Codable, Sendable, Equatable {
    /// The learning rate of the step.
    public var learningRate: Double
    /// The loss of the batch, before the step.
    public var loss: Double
    /// The exponential moving average of the losses so far, corrected for its start at 0.
    public var smoothedLoss: Double

    /// Creates a step of the test.
    public init(learningRate: Double, loss: Double, smoothedLoss: Double) {
      self.learningRate = learningRate
      self.loss = loss
      self.smoothedLoss = smoothedLoss
    }
  }

  /// The steps, up to the last one or to the one after which the test was stopped.
  public var points: [Point]
  /// A learning rate to train with, or `nil` if the loss did not fall.
  public var suggestion: Double?
  /// The reason for the suggestion or for its absence, in a phrase.
  public var reason: String

  /// Creates a result with the learning rate at which the smoothed loss falls fastest against the
  /// logarithm of the rate, before its minimum.
  package init(_ points: [Point]) {
    self.points = points
    let lowest = points.indices.min { points[$0].smoothedLoss < points[$1].smoothedLoss } ?? 0
    let reach = 2
    guard lowest > 2 * reach, points[lowest].smoothedLoss < points[0].loss else {
      reason = "the loss did not fall: start lower, or take more steps"
      return
    }
    func slope(_ i: Int) -> Double {
      let (a, b) = (points[i - reach], points[i + reach])
      return (b.smoothedLoss - a.smoothedLoss) / log(b.learningRate / a.learningRate)
    }
    let candidates = reach...max(reach, lowest - reach)
    let steepest = candidates.min { slope($0) < slope($1) } ?? reach
    let rate = points[steepest].learningRate
    suggestion = rate
    reason =
      "the smoothed loss falls fastest at \(Format.number(rate)), and is lowest at "
      + Format.number(points[lowest].learningRate)
  }
}

/// Trains for some steps with an exponentially growing learning rate to find out which rates are
/// suitable.
///
/// Afterwards the weights and buffers of the model and the state of the optimizer are what they
/// were before.
///
/// - Parameters:
///   - objective: The loss to minimize, and the model it is computed with.
///   - optimizer: An optimizer of parameters of the model.
///   - batchSize: The number of examples in a step.
///   - rates: The first and the last learning rate.
///   - steps: The number of steps, at least 10.
///   - clipNorm: The largest norm of the gradients, or `nil` not to clip.
///   - seed: Determines which examples are drawn.
/// - Returns: The losses, and a suggestion. The test ends early if the loss is not finite, if its
///   moving average is more than four times its minimum, or if the Swift `Task` is canceled.
public func findLearningRate(
  of objective: some Objective, optimizer: any Optimizer, batchSize: Int,
  rates: ClosedRange<Double> = 1e-6...10, steps: Int = 100, clipNorm: Double? = nil,
  seed: UInt64 = 0
) -> RateRange {
  require(
    rates.lowerBound > 0 && rates.upperBound > rates.lowerBound && steps >= 10 && batchSize > 0,
    "findLearningRate: needs positive rates, at least 10 steps and a batchSize of at least 1, got"
      + " \(steps) steps of \(batchSize) from \(rates.lowerBound) to \(rates.upperBound)"
  )
  let weights = objective.model.weights
  let (state, rate) = (optimizer.state, optimizer.learningRate)
  var generator = RandomStream.batches.generator(seed: seed)
  var noise = RandomStream.noise.generator(seed: seed)
  var points: [RateRange.Point] = []
  let keep = 0.9
  var (sum, lowest) = (0.0, Double.infinity)
  for step in 0..<steps {
    if Task.isCancelled { break }
    // By logarithms: the ratio of the bounds may exceed the range of numbers.
    let share = Double(step) / Double(steps - 1)
    let exponent = (1 - share) * log(rates.lowerBound) + share * log(rates.upperBound)
    let rate = min(max(exp(exponent), rates.lowerBound), rates.upperBound)
    let batch = (0..<batchSize).map { _ in generator.integer(below: objective.exampleCount) }
    let (loss, gradients) = withRandomGenerator(&noise) {
      valueWithGradients(for: optimizer.parameters) { objective.loss(ofExamples: batch[...]) }
    }
    let value = loss.scalar() * objective.lossUnit
    guard value.isFinite else { break }
    sum = keep * sum + (1 - keep) * value
    let smoothed = sum / (1 - pow(keep, Double(step + 1)))
    points.append(.init(learningRate: rate, loss: value, smoothedLoss: smoothed))
    lowest = min(lowest, smoothed)
    if step >= 10, smoothed > 4 * abs(lowest) { break }
    optimizer.learningRate = rate
    optimizer.step(clipNorm.map { gradients.clipped(toNorm: $0) } ?? gradients)
  }
  optimizer.learningRate = rate
  do {
    try objective.model.load(weights)
    try optimizer.load(state)
  } catch {
    fail("findLearningRate: \(error)")
  }
  return RateRange(points)
}

/// Finds out which learning rates suit a model and examples that lie along the first axis.
///
/// ```swift
/// let range = findLearningRate(of: model, x, y)
/// print(range.suggestion ?? .nan, range.plot(title: "my model").terminalText())
/// ```
/// - Parameters:
///   - model: Maps inputs `[n, ...]` to outputs for the targets.
///   - x: The inputs.
///   - y: The targets.
///   - loss: The loss.
///   - optimizer: An optimizer of parameters of the model, or `nil` for ``AdamW``.
///   - batchSize: The number of examples in a step, at most all of them.
///   - rates: The first and the last learning rate.
///   - steps: The number of steps, at least 10.
///   - clipNorm: The largest norm of the gradients, or `nil` not to clip.
///   - seed: Determines which examples are drawn.
/// - Returns: The losses, and a suggestion.
public func findLearningRate(
  of model: some Layer, _ x: Tensor, _ y: Tensor, loss: LossFunction = .automatic,
  optimizer: (any Optimizer)? = nil, batchSize: Int = 32, rates: ClosedRange<Double> = 1e-6...10,
  steps: Int = 100, clipNorm: Double? = nil, seed: UInt64 = 0
) -> RateRange {
  let objective = SupervisedObjective(
    model, training: (x, y), validation: nil, loss: loss, metrics: [:], lossUnit: 1,
    caller: "findLearningRate")
  return findLearningRate(
    of: objective, optimizer: optimizer ?? AdamW(model.parameters),
    batchSize: min(batchSize, objective.exampleCount), rates: rates, steps: steps,
    clipNorm: clipNorm, seed: seed)
}
