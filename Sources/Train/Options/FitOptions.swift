import Training
import NN
import Optim

/// The table of options that `train fit` takes, and a configuration file may hold.
///
/// A row here is all that parsing, checking, help and configuration files need to know of an option.
enum FitOptions {
  static let preset = Option<Preset>(
    "preset", .choice, "the options of a known result; those beside it win")

  // Data
  static let data = Option(
    "data", .text("PATH"), "the file of csv and text, or the folder of idx")
  static let target = Option("target", .text("COLUMN"), "csv: the column to predict")
  static let kind = Option<TargetKind>(
    "kind", .choice, "csv: classification or regression", standard: "by the target's values")
  static let validation = Option(
    "validation", .number(from: 0, below: 1, isOpen: true),
    "csv and text: fraction to validate on", standard: "0.2, text 0.1")
  static let digits = Option(
    "digits", .integer(2...9), "addition: digits of each number", standard: "3")
  static let delay = Option(
    "delay", .integer(1...1000), "memory: symbols after the first", standard: "40")

  // Model
  static let model = Option<ModelChoice>(
    "model", .choice, "what is trained", standard: "by the task")
  static let hidden = Option(
    "hidden", .integers(1...65536), "mlp: widths of the hidden layers", standard: "by the task")
  static let activation = Option<Activation>(
    "activation", .choice, "mlp, conv: function after each layer", standard: "by the task")
  static let layers = Option(
    "layers", .integer(1...256), "gpt and recurrent nets: layers", standard: "by the task")
  static let heads = Option(
    "heads", .integer(1...256), "gpt: heads of each attention", standard: "4")
  static let width = Option(
    "width", .integer(1...65536), "gpt and nets: vector, state or channels",
    standard: "by the task")
  static let context = Option(
    "context", .integer(1...65536), "text: characters that are seen at once", standard: "64")
  static let dropout = Option(
    "dropout", .number(from: 0, below: 1), "all but mlp: rate of dropped elements",
    standard: "0")
  static let bias = Option("bias", .flag, "gpt: biases in linear layers and norms")
  static let loss = Option<ClassificationLoss>(
    "loss", .choice, "what a classification lowers", standard: "cross-entropy")

  // Optimizer
  static let optimizer = Option(
    "optimizer", .optimizer, "how the weights follow the gradients; see train list",
    standard: "adamw")
  static let learningRate = Option(
    "learning-rate", .number(above: 0), "the largest learning rate",
    standard: "by task and optimizer")
  static let weightDecay = Option(
    "weight-decay", .number(from: 0), "how strongly the weights shrink",
    standard: "by task and optimizer")
  static let momentum = Option(
    "momentum", .number(from: 0, below: 1), "how much of past gradients sgd and rmsprop keep")
  static let nesterov = Option("nesterov", .flag, "look ahead along the momentum of sgd")
  static let beta1 = Option(
    "beta1", .number(from: 0, below: 1), "decay of adamw's mean of gradients", standard: "0.9")
  static let beta2 = Option(
    "beta2", .number(from: 0, below: 1), "decay of adamw's mean of squares",
    standard: "0.999, gpt 0.99")
  static let lookahead = Option(
    "lookahead", .flag, "wrap the optimizer: lookahead(OPTIMIZER)")
  static let syncPeriod = Option(
    "sync-period", .integer(1...1_000_000), "steps between Lookahead's slow steps", standard: "5")
  static let slowStepSize = Option(
    "slow-step-size", .number(above: 0, upTo: 1), "how far Lookahead's slow weights move",
    standard: "0.5")
  static let clipNorm = Option(
    "clip-norm", .number(from: 0), "largest norm of the gradients; 0 for any",
    standard: "0, sequences 1")
  static let clipValue = Option(
    "clip-value", .number(from: 0), "largest element of the gradients; 0 for any", standard: "0")
  static let accumulate = Option(
    "accumulate", .integer(1...1_000_000), "batches whose gradients make a step", standard: "1")
  static let nonFinite = Option<NonFinitePolicy>(
    "non-finite", .choice, "what a gradient with NaN or infinity does", standard: "stop")

  // Schedule
  static let schedule = Option<ScheduleChoice>(
    "schedule", .choice, "how the learning rate changes", standard: "cosine")
  static let warmup = Option(
    "warmup", .integer(0 ... .max), "steps in which the learning rate rises",
    standard: "5%, one-cycle 30%")
  static let initialLearningRate = Option(
    "initial-learning-rate", .number(from: 0), "one-cycle and cyclic: rate of step 0",
    standard: "1/25, cyclic 1/4")
  static let finalLearningRate = Option(
    "final-learning-rate", .number(from: 0), "the rate at the end, or the lowest",
    standard: "0, text a tenth")
  static let stepSize = Option(
    "step-size", .integer(1 ... .max), "step: steps at each rate", standard: "a third")
  static let milestones = Option(
    "milestones", .integers(0 ... .max), "multi-step: where the rate changes",
    standard: "1/2 and 3/4")
  static let gamma = Option(
    "gamma", .number(from: 0, below: 1, isOpen: true), "what the rate is multiplied by",
    standard: "0.1, exponential to 1%")
  static let power = Option(
    "power", .number(above: 0), "polynomial: exponent of what is left", standard: "2")
  static let cycleSteps = Option(
    "cycle-steps", .integer(2 ... .max), "cyclic, cosine-restarts: steps of a cycle",
    standard: "a quarter")
  static let cycleMultiplier = Option(
    "cycle-multiplier", .integer(1...1000), "cosine-restarts: growth of the cycles",
    standard: "1")
  static let cycleShape = Option<CycleShapeChoice>(
    "cycle-shape", .choice, "cyclic: how the heights develop", standard: "triangular")
  static let cycleMomentum = Option(
    "cycle-momentum", .flag, "one-cycle, cyclic: momentum falls from 0.95 as the rate rises")
  static let timescale = Option(
    "timescale", .integer(1 ... .max), "inverse-sqrt: steps until 1/√2 of the rate",
    standard: "the warm-up")
  static let decaySteps = Option(
    "decay-steps", .integer(1 ... .max), "wsd: steps of the fall at the end",
    standard: "a fifth")
  static let decayShape = Option<DecayShape>(
    "decay-shape", .choice, "wsd and one-cycle: the curve", standard: "cosine")
  static let points = Option(
    "points", .points, "piecewise: factors of the learning rate")
  static let plateauPatience = Option(
    "plateau-patience", .integer(0 ... .max), "plateau: evaluations without gain to put up with",
    standard: "10")
  static let plateauThreshold = Option(
    "plateau-threshold", .number(from: 0, below: 1), "plateau: part of the loss that is a gain",
    standard: "0.0001")
  static let plateauCooldown = Option(
    "plateau-cooldown", .integer(0 ... .max), "plateau: evaluations to ignore after a reduction",
    standard: "0")
  static let steps = Option(
    "steps", .integer(1 ... .max), "the most steps to take",
    standard: "by the task",
    alternative: "epochs")
  static let epochs = Option(
    "epochs", .integer(1 ... .max), "the most passes over the data, instead of --steps",
    alternative: "steps")
  static let batchSize = Option(
    "batch-size", .integer(1 ... .max), "rows or windows in a step",
    standard: "by the data, at most 64")
  static let patience = Option(
    "patience", .integer(0 ... .max),
    "stops after N evaluations without gain",
    standard: "csv 25, else never")
  static let evaluateEvery = Option(
    "evaluate-every", .integer(1...1_000_000), "text: steps between evaluations", standard: "250")

  // Run
  static let seed = Option(
    "seed", .seed, "decides all that is random", standard: "drawn and recorded")
  static let threads = Option(
    "threads", .integer(1...256), "threads to compute on",
    standard: "one a processor")
  static let checkpointEvery = Option(
    "checkpoint-every", .integer(1 ... .max), "steps between checkpoints",
    standard: "every 10 seconds")
  static let out = Option(
    "out", .text("FOLDER"), "the folder of the run", standard: "runs/TASK-N", alternative: "name")
  static let name = Option(
    "name", .name, "the run's name, for a folder runs/NAME", alternative: "out")
  static let force = Option("force", .flag, "overwrite a run that is there already")
  static let config = Option(
    "config", .text("FILE"), "a JSON file with more options, such as a run's config.json")
  static let quiet = Option("quiet", .flag, "print nothing but errors")
  static let json = Option("json", .flag, "print nothing but the summary, as JSON")

  /// The options of the tasks, each of which is for some of them.
  static let taskOptions: [any AnyOption] = [
    data, target, kind, validation, digits, delay,
  ]

  /// The options of the models, each of which is for some of them.
  static let modelOptions: [any AnyOption] = [
    hidden, activation, layers, heads, width, context, dropout, bias,
  ]

  /// The options that are settings of an optimizer of the same name, and can stand in its expression.
  static let optimizerSettings: [any AnyOption] = [
    weightDecay, momentum, nesterov, beta1, beta2, syncPeriod, slowStepSize,
  ]

  /// The options of the schedules, each of which is for some of them.
  static let scheduleOptions: [any AnyOption] = [
    warmup, initialLearningRate, finalLearningRate, stepSize, milestones, gamma, power, cycleSteps,
    cycleMultiplier, cycleShape, cycleMomentum, timescale, decaySteps, decayShape, points,
    plateauPatience,
    plateauThreshold, plateauCooldown,
  ]

  /// All rows, as the help shows them.
  static let groups = [
    OptionGroup("task", [preset] + taskOptions),
    OptionGroup("model", [model] + modelOptions + [loss]),
    OptionGroup(
      "optimizer",
      [optimizer, learningRate, lookahead] + optimizerSettings
        + [clipNorm, clipValue, accumulate, nonFinite]),
    OptionGroup(
      "schedule",
      [schedule] + scheduleOptions + [steps, epochs, batchSize, patience, evaluateEvery]),
    OptionGroup(
      "run",
      [seed, threads, checkpointEvery, out, name, force, config, quiet, json]),
  ]
}
