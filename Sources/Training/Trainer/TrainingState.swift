import Optim
import Tensor

/// The position of a ``Trainer`` in its run.
///
/// Together with the weights and the optimizer's state it is all that a trainer needs to continue
/// exactly as if it had not stopped; ``Checkpoint`` saves the three in one file.
public struct TrainingState: Codable, Sendable, Equatable {
  /// The number of steps taken.
  public var step = 0
  /// The number of completed epochs.
  public var epoch = 0
  /// The number of steps taken in the current epoch.
  public var stepInEpoch = 0
  /// The generator at the start of the current epoch, from which its order of examples is drawn.
  public var generator: RandomGenerator
  /// The generator of the random numbers that layers draw, such as those of dropout.
  public var noise: RandomGenerator
  /// The sum of the losses since the last evaluation, each multiplied by its number of examples.
  public var lossSum = 0.0
  /// The number of examples in ``lossSum``.
  public var lossCount = 0
  /// The last evaluation on the validation examples.
  public var validation: Evaluation?
  /// The lowest validation loss so far.
  public var bestLoss: Double?
  /// The step after which the validation loss was lowest.
  public var bestStep: Int?
  /// The number of evaluations since ``bestStep``.
  public var staleEvaluations = 0
  /// Whether training stopped early.
  public var isStoppedEarly = false
  /// The number of steps skipped because a loss or a gradient was not finite.
  public var skippedSteps = 0
  /// The state of the learning rate when it follows the validation loss, or `nil` before the first
  /// evaluation.
  public var plateau: ReduceOnPlateau?

  /// Creates the state of a run that has not started, with batches drawn from a generator.
  public init(generator: RandomGenerator) {
    self.generator = generator
    var parent = generator
    var child = parent.split()
    noise = child.split()
  }

  /// Creates the state of a run that has not started, with batches that depend on the seed.
  public init(seed: UInt64) { self.init(generator: RandomStream.batches.generator(seed: seed)) }
}
