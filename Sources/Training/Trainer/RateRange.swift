import Autograd
import Foundation
import NN
import Optim
import Tensor

/// What a learning-rate range test saw: the loss while the rate grows from step to step.
/// (Smith, 2015, 1506.01186)
public struct RateRange: Codable, Sendable, Equatable {
  /// A step of the test.
  public struct Point: Codable, Sendable, Equatable {
    /// The rate of the step.
    public var learningRate: Double
    /// The loss of the batch, before the step.
    public var loss: Double
    /// The running mean of the losses so far, corrected for its start.
    public var smoothedLoss: Double

    /// A step from its parts.
    public init(learningRate: Double, loss: Double, smoothedLoss: Double) {
      self.learningRate = learningRate
      self.loss = loss
      self.smoothedLoss = smoothedLoss
    }
  }

  /// The steps, up to the last or to where the loss had grown beyond hope.
  public var points: [Point]
  /// A rate to train with, or nil where the loss did not fall.
  public var suggestion: Double?
  /// Why that rate, or why none, in a sentence.
  public var reason: String

  /// The suggestion from what was seen: the rate at which the smoothed loss falls fastest against the logarithm
  /// of the rate, before it is lowest.
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

/// Trains for some steps with a rate that grows exponentially, to see which rates suit, and puts everything
/// back: weights, buffers, and what the optimizer remembers.
///
/// - Parameters:
///   - objective: What to lower; its batches are drawn with `seed`.
///   - parameters: What the objective's model learns.
///   - buffers: What the model changes by itself, by name.
///   - optimizer: How the weights follow the gradients; it was made for `parameters`.
///   - batchSize: The examples in a step.
///   - rates: The first and the last rate.
///   - steps: The number of steps between them, at least 10.
///   - clipNorm: The largest norm of the gradients; nil does not clip.
///   - seed: Decides the examples.
/// - Returns: What was seen, and a suggestion.  The test ends early where the loss is not finite or its running
///   mean is more than four times its lowest value.
/// - Throws: ``OptimizerStateError`` never in practice: the state goes back to where it came from.
public func findLearningRate(
  of objective: some Objective, parameters: Parameters,
  buffers: ModuleBuffers = [], optimizer: any Optimizer, batchSize: Int,
  rates: ClosedRange<Double> = 1e-6...10, steps: Int = 100, clipNorm: Double? = nil,
  seed: UInt64 = 0
) throws -> RateRange {
  require(
    rates.lowerBound > 0 && rates.upperBound > rates.lowerBound && steps >= 10 && batchSize > 0,
    "findLearningRate: \(steps) steps of \(batchSize) from \(rates.lowerBound) to \(rates.upperBound)"
  )
  let weights = ModelWeights(
    parameters: parameters.map(\.parameter.value), buffers: buffers.map(\.buffer.value))
  let (state, rate) = (optimizer.state, optimizer.learningRate)
  var generator = RandomStream.batches.generator(seed: seed)
  var noise = RandomStream.noise.generator(seed: seed)
  var points: [RateRange.Point] = []
  let keep = 0.9
  var (sum, lowest) = (0.0, Double.infinity)
  for step in 0..<steps {
    let ratio = rates.upperBound / rates.lowerBound
    let rate = rates.lowerBound * pow(ratio, Double(step) / Double(steps - 1))
    let batch = (0..<batchSize).map { _ in generator.integer(below: objective.exampleCount) }
    let (loss, gradients) = withRandomGenerator(&noise) {
      valueWithGradients(for: parameters) { objective.loss(ofExamples: batch[...]) }
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
  weights.restore(parameters, buffers)
  optimizer.learningRate = rate
  try optimizer.load(state)
  return RateRange(points)
}
