import NN

/// The table of options that `train fit` takes, and a configuration file may hold.
///
/// A row here is all that parsing, checking, help and configuration files need to know of an option.
package enum FitOptions {
  // Data
  package static let data = Option("data", .text("FILE"), "the CSV file to train on, with a header")
  package static let target = Option("target", .text("COLUMN"), "the column to predict")
  package static let kind = Option<TaskKind>(
    "kind", .choice, "classification or regression", standard: "by the target's values")
  package static let validation = Option(
    "validation", .number(from: 0, below: 1, isOpen: true), "fraction of the rows to validate on",
    standard: "0.2")

  // Model
  package static let hidden = Option(
    "hidden", .integers(1...65536), "widths of the hidden layers", standard: "64,64")
  package static let activation = Option<Activation>(
    "activation", .choice, "function after each hidden layer", standard: "gelu, toy tasks tanh")

  // Optimizer
  package static let optimizer = Option<OptimizerChoice>(
    "optimizer", .choice, "how the weights follow the gradients", standard: "adamw")
  package static let learningRate = Option(
    "learning-rate", .number(above: 0), "the largest learning rate",
    standard: "0.01, sgd 0.1")
  package static let weightDecay = Option(
    "weight-decay", .number(from: 0), "how strongly the weights shrink",
    standard: "by the data, sgd 0.0001")
  package static let momentum = Option(
    "momentum", .number(from: 0, below: 1), "momentum of sgd", standard: "0.9")
  package static let nesterov = Option("nesterov", .flag, "look ahead along the momentum of sgd")
  package static let beta1 = Option(
    "beta1", .number(from: 0, below: 1), "decay of adamw's mean of gradients", standard: "0.9")
  package static let beta2 = Option(
    "beta2", .number(from: 0, below: 1), "decay of adamw's mean of squares", standard: "0.999")
  package static let lookahead = Option("lookahead", .flag, "wrap the optimizer in Lookahead")
  package static let syncPeriod = Option(
    "sync-period", .integer(1...1_000_000), "steps between Lookahead's slow steps", standard: "5")
  package static let slowStepSize = Option(
    "slow-step-size", .number(above: 0, upTo: 1), "how far Lookahead's slow weights move",
    standard: "0.5")
  package static let clipNorm = Option(
    "clip-norm", .number(from: 0), "largest norm of the gradients; 0 does not clip", standard: "0")

  // Schedule
  package static let schedule = Option<ScheduleChoice>(
    "schedule", .choice, "how the learning rate changes", standard: "cosine")
  package static let warmup = Option(
    "warmup", .integer(0 ... .max), "steps in which the learning rate rises",
    standard: "5% of all")
  package static let steps = Option(
    "steps", .integer(1 ... .max), "the most steps to take",
    standard: "for 200 epochs, toy tasks 4000",
    alternative: "epochs")
  package static let epochs = Option(
    "epochs", .integer(1 ... .max), "the most passes over the data, instead of --steps",
    alternative: "steps")
  package static let batchSize = Option(
    "batch-size", .integer(1 ... .max), "rows in a step", standard: "by the data, at most 64")
  package static let patience = Option(
    "patience", .integer(0 ... .max),
    "stops after N epochs without progress",
    standard: "25, toy tasks never")

  // Run
  package static let seed = Option(
    "seed", .seed, "decides all that is random", standard: "drawn and recorded")
  package static let threads = Option(
    "threads", .integer(1...256), "threads to compute on",
    standard: "one a processor")
  package static let checkpointEvery = Option(
    "checkpoint-every", .integer(1 ... .max), "steps between checkpoints",
    standard: "every 10 seconds")
  package static let out = Option(
    "out", .text("FOLDER"), "the folder of the run", standard: "runs/TASK-N", alternative: "name")
  package static let name = Option(
    "name", .name, "the run's name, for a folder runs/NAME", alternative: "out")
  package static let force = Option("force", .flag, "overwrite a run that is there already")
  package static let config = Option(
    "config", .text("FILE"), "a JSON file with more options, such as a run's config.json")
  package static let quiet = Option("quiet", .flag, "print nothing but errors")
  package static let json = Option("json", .flag, "print nothing but the summary, as JSON")

  /// The options of the task csv alone.
  package static let tableOptions: [any AnyOption] = [data, target, kind, validation]

  /// The options of the model.
  package static let modelOptions: [any AnyOption] = [hidden, activation]

  /// The options of Lookahead alone.
  package static let lookaheadOptions: [any AnyOption] = [syncPeriod, slowStepSize]

  /// The options of every schedule.
  package static let scheduleOptions: [any AnyOption] = [warmup, steps, epochs]

  /// All rows, as the help shows them.
  package static let groups = [
    OptionGroup("data of the task csv", tableOptions),
    OptionGroup("model", modelOptions),
    OptionGroup(
      "optimizer",
      [optimizer, learningRate, weightDecay] + OptimizerChoice.sgd.options
        + OptimizerChoice.adamw.options + [lookahead] + lookaheadOptions + [clipNorm]),
    OptionGroup("schedule", [schedule] + scheduleOptions + [batchSize, patience]),
    OptionGroup(
      "run",
      [seed, threads, checkpointEvery, out, name, force, config, quiet, json]),
  ]
}

extension OptimizerChoice {
  /// The options of this optimizer alone.
  package var options: [any AnyOption] {
    switch self {
    case .sgd: [FitOptions.momentum, FitOptions.nesterov]
    case .adamw: [FitOptions.beta1, FitOptions.beta2]
    }
  }
}
