import NN
import Optim

/// What a gradient with NaN or infinity does to a run.
public enum NonFiniteChoice: String, Codable, Sendable, CaseIterable {
  /// Stops it with an error.
  case stop
  /// Leaves out the step, and counts it.
  case skip
}

/// Everything that decides a run, resolved: what was asked for, and the default of what was not.
///
/// Its JSON keys are the names of the command's options, so a run's `config.json` can be handed to
/// `--config`.  What does not apply is nil and has no key.
public struct TrainingConfiguration: Codable, Sendable, Equatable {
  /// The name of the task.
  public var task: String
  /// The file of the tasks `csv` and `text`, or the folder of the task `idx`.
  public var data: String?
  /// The column to predict in the task `csv`.
  public var target: String?
  /// What is made of the target in the task `csv`.
  public var kind: TaskKind?
  /// The fraction of the data that validates in the tasks `csv` and `text`.
  public var validation: Double?
  /// The digits of each number in the task `addition`.
  public var digits: Int?
  /// The symbols that follow the first in the task `memory`.
  public var delay: Int?
  /// The kind of model.
  public var model: ModelChoice
  /// The widths of the hidden layers of `mlp`.
  public var hidden: [Int]?
  /// What follows each layer of `mlp` and `conv`.
  public var activation: Activation?
  /// The layers of `gpt` and the recurrent nets.
  public var layers: Int?
  /// The heads of each attention of `gpt`.
  public var heads: Int?
  /// The size of the vectors of `gpt`, of the state of a recurrent net, or the channels of `conv`.
  public var width: Int?
  /// The characters that a language model sees at once.
  public var context: Int?
  /// The rate at which elements are dropped in training.
  public var dropout: Double?
  /// Whether `gpt` has biases.
  public var bias: Bool?
  /// What a classification of rows lowers.
  public var loss: ClassificationLoss?
  /// How the weights follow the gradients, with the settings that differ from its standard ones.
  public var optimizer: OptimizerExpression
  /// The largest learning rate.
  public var learningRate: Double
  /// The largest norm of the gradients; 0 does not clip.
  public var clipNorm: Double
  /// The largest element of the gradients; 0 does not clip.
  public var clipValue: Double
  /// The batches whose gradients make a step.
  public var accumulate: Int
  /// What a gradient with NaN or infinity does.
  public var nonFinite: NonFiniteChoice
  /// How the learning rate changes.
  public var schedule: ScheduleChoice
  /// The steps in which the learning rate rises.
  public var warmup: Int?
  /// The learning rate of the first step of `one-cycle` and `cyclic`.
  public var initialLearningRate: Double?
  /// The learning rate at the end, or the lowest one.
  public var finalLearningRate: Double?
  /// The steps at each learning rate of `step`.
  public var stepSize: Int?
  /// The steps at which the learning rate of `multi-step` changes.
  public var milestones: [Int]?
  /// What the learning rate is multiplied by.
  public var gamma: Double?
  /// The exponent of `polynomial`.
  public var power: Double?
  /// The steps of a cycle of `cyclic`, or of the first one of `cosine-restarts`.
  public var cycleSteps: Int?
  /// How many times as long as a cycle of `cosine-restarts` the next one is.
  public var cycleMultiplier: Int?
  /// Whether the momentum falls while the learning rate of `one-cycle` and `cyclic` rises.
  public var cycleMomentum: Bool?
  /// How the heights of the triangles of `cyclic` develop.
  public var cycleShape: CycleShapeChoice?
  /// The steps until the learning rate of `inverse-sqrt` has fallen by √2.
  public var timescale: Int?
  /// The steps of the fall of `wsd`.
  public var decaySteps: Int?
  /// How the learning rate of `wsd` falls, and that of `one-cycle` rises and falls.
  public var decayShape: DecayShape?
  /// The points of `piecewise`.
  public var points: [SchedulePoint]?
  /// The evaluations without a gain that `plateau` puts up with.
  public var plateauPatience: Int?
  /// The part of the validation loss that is a gain for `plateau`.
  public var plateauThreshold: Double?
  /// The evaluations after a reduction that `plateau` does not count.
  public var plateauCooldown: Int?
  /// The most steps to take.
  public var steps: Int
  /// The rows in a step.
  public var batchSize: Int
  /// The evaluations without a lower validation loss before the run stops; 0 never stops early.
  public var patience: Int
  /// The steps between evaluations in the task `text`; nil for one after each epoch.
  public var evaluateEvery: Int?
  /// Decides all that is random.
  public var seed: UInt64
  /// The threads to compute on; nil for one a processor.
  public var threads: Int?
  /// The steps between checkpoints; nil for one every few seconds.
  public var checkpointEvery: Int?

  /// The JSON keys, which are the names of the options.
  package enum CodingKeys: String, CodingKey, CaseIterable {
    case task, data, target, kind, validation, digits, delay
    case model, hidden, activation, layers, heads, width, context, dropout, bias, loss
    case optimizer, accumulate
    case schedule, warmup, milestones, gamma, power, timescale, points
    case steps, patience, seed, threads
    case learningRate = "learning-rate"
    case initialLearningRate = "initial-learning-rate"
    case finalLearningRate = "final-learning-rate"
    case stepSize = "step-size"
    case cycleSteps = "cycle-steps"
    case cycleMultiplier = "cycle-multiplier"
    case cycleShape = "cycle-shape"
    case cycleMomentum = "cycle-momentum"
    case decaySteps = "decay-steps"
    case decayShape = "decay-shape"
    case plateauPatience = "plateau-patience"
    case plateauThreshold = "plateau-threshold"
    case plateauCooldown = "plateau-cooldown"
    case evaluateEvery = "evaluate-every"
    case clipNorm = "clip-norm"
    case clipValue = "clip-value"
    case nonFinite = "non-finite"
    case batchSize = "batch-size"
    case checkpointEvery = "checkpoint-every"
  }
}
