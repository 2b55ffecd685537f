import Training
import NN
import Optim

/// Everything that decides a run, resolved: what was asked for, and the default of what was not.
///
/// Its JSON keys are the names of the command's options, so a run's `config.json` can be handed to
/// `--config`.  What does not apply is nil and has no key.
struct TrainingConfiguration: Codable, Sendable, Equatable {
  /// The name of the task.
  var task: String
  /// The file of the tasks `csv` and `text`, or the folder of the task `idx`.
  var data: String?
  /// The column to predict in the task `csv`.
  var target: String?
  /// What is made of the target in the task `csv`.
  var kind: TargetKind?
  /// The fraction of the data that validates in the tasks `csv` and `text`.
  var validation: Double?
  /// The digits of each number in the task `addition`.
  var digits: Int?
  /// The symbols that follow the first in the task `memory`.
  var delay: Int?
  /// The kind of model.
  var model: ModelChoice
  /// The widths of the hidden layers of `mlp`.
  var hidden: [Int]?
  /// What follows each layer of `mlp` and `conv`.
  var activation: Activation?
  /// The layers of `gpt` and the recurrent nets.
  var layers: Int?
  /// The heads of each attention of `gpt`.
  var heads: Int?
  /// The size of the vectors of `gpt`, of the state of a recurrent net, or the channels of `conv`.
  var width: Int?
  /// The characters that a language model sees at once.
  var context: Int?
  /// The rate at which elements are dropped in training.
  var dropout: Double?
  /// Whether `gpt` has biases.
  var bias: Bool?
  /// What a classification of rows lowers.
  var loss: ClassificationLoss?
  /// How the weights follow the gradients, with the settings that differ from its standard ones.
  var optimizer: OptimizerExpression
  /// The largest learning rate.
  var learningRate: Double
  /// The largest norm of the gradients; 0 does not clip.
  var clipNorm: Double
  /// The largest element of the gradients; 0 does not clip.
  var clipValue: Double
  /// The batches whose gradients make a step.
  var accumulate: Int
  /// What a gradient with NaN or infinity does.
  var nonFinite: NonFinitePolicy
  /// How the learning rate changes.
  var schedule: ScheduleChoice
  /// The steps in which the learning rate rises.
  var warmup: Int?
  /// The learning rate of the first step of `one-cycle` and `cyclic`.
  var initialLearningRate: Double?
  /// The learning rate at the end, or the lowest one.
  var finalLearningRate: Double?
  /// The steps at each learning rate of `step`.
  var stepSize: Int?
  /// The steps at which the learning rate of `multi-step` changes.
  var milestones: [Int]?
  /// What the learning rate is multiplied by.
  var gamma: Double?
  /// The exponent of `polynomial`.
  var power: Double?
  /// The steps of a cycle of `cyclic`, or of the first one of `cosine-restarts`.
  var cycleSteps: Int?
  /// How many times as long as a cycle of `cosine-restarts` the next one is.
  var cycleMultiplier: Int?
  /// Whether the momentum falls while the learning rate of `one-cycle` and `cyclic` rises.
  var cycleMomentum: Bool?
  /// How the heights of the triangles of `cyclic` develop.
  var cycleShape: CycleShapeChoice?
  /// The steps until the learning rate of `inverse-sqrt` has fallen by √2.
  var timescale: Int?
  /// The steps of the fall of `wsd`.
  var decaySteps: Int?
  /// How the learning rate of `wsd` falls, and that of `one-cycle` rises and falls.
  var decayShape: DecayShape?
  /// The points of `piecewise`.
  var points: [SchedulePoint]?
  /// The evaluations without a gain that `plateau` puts up with.
  var plateauPatience: Int?
  /// The part of the validation loss that is a gain for `plateau`.
  var plateauThreshold: Double?
  /// The evaluations after a reduction that `plateau` does not count.
  var plateauCooldown: Int?
  /// The most steps to take.
  var steps: Int
  /// The rows in a step.
  var batchSize: Int
  /// The evaluations without a lower validation loss before the run stops; 0 never stops early.
  var patience: Int
  /// The steps between evaluations in the task `text`; nil for one after each epoch.
  var evaluateEvery: Int?
  /// Decides all that is random.
  var seed: UInt64
  /// The threads to compute on; nil for one a processor.
  var threads: Int?
  /// The steps between checkpoints; nil for one every few seconds.
  var checkpointEvery: Int?

  /// The JSON keys, which are the names of the options.
  enum CodingKeys: String, CodingKey, CaseIterable {
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
