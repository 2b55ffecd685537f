import NN
import Optim
import Tensor
import Training

/// The options of `train fit`, which a configuration file may hold too.
///
/// The options of a task stand in its own file.
enum FitOptions {
  static let preset = Option<Preset?>(
    "preset", .choice, "the options of a known result; options given override it")

  // Model
  static let model = Option(
    "model", .expression() as ValueKind<ModelExpression>, "the model; see train list",
    resolved: "by the task")

  /// The optimizer and the schedule where none is given.
  static let standardOptimizer = "adamw"
  static let standardSchedule = "cosine"

  // Optimizer
  static let optimizer = Option(
    "optimizer", .expression() as ValueKind<OptimizerExpression>,
    "the optimizer; see train list", resolved: standardOptimizer)
  static let learningRate = Option(
    "learning-rate", .number(above: 0), "the highest learning rate",
    resolved: "by task and optimizer")
  static let lookahead = Option(
    "lookahead", .flag, "wrap the optimizer: lookahead(OPTIMIZER)", default: false)
  static let clipNorm = Option(
    "clip-norm", .number(from: 0), "largest norm of the gradients; 0 for any",
    resolved: "0, sequences 1")
  static let clipValue = Option(
    "clip-value", .number(from: 0), "largest element of the gradients; 0 for any", default: 0)
  static let accumulate = Option(
    "accumulate", .integer(1...1_000_000), "batches whose gradients make a step", default: 1)
  static let nonFinite = Option<NonFinitePolicy>(
    "non-finite", .choice, "what to do with NaN or infinity in a gradient", default: .stop)

  // Schedule
  static let schedule = Option(
    "schedule", .expression() as ValueKind<ScheduleExpression>,
    "the learning-rate schedule; see train list", resolved: standardSchedule)
  static let warmup = Option(
    "warmup", .integer(0 ... .max), "steps in which the learning rate rises",
    resolved: "5%, one-cycle 30%")
  static let steps = Option(
    "steps", .integer(1 ... .max), "the most steps to take", resolved: "by the task",
    alternative: "epochs")
  static let epochs = Option(
    "epochs", .integer(1 ... .max), "the most passes over the data, instead of --steps",
    alternative: "steps")
  static let batchSize = Option(
    "batch-size", .integer(1 ... .max), "rows or windows in a batch",
    resolved: "by the task")
  static let patience = Option(
    "patience", .integer(0 ... .max), "evaluations without gain to end after; 0: off",
    resolved: "by the task")

  // Run
  static let seed = Option(
    "seed", .seed, "decides all that is random", resolved: "drawn and recorded")
  static let threads = Option(
    "threads", .integer(1...256), "threads to compute on", unset: "one per processor")
  static let precision = Option<MatmulPrecision>(
    "precision", .choice, "to what operands of matrix products are rounded", default: .float32)
  static let checkpointEvery = Option<CheckpointPeriod?>(
    "checkpoint-every", .checkpointPeriod, "steps or time between checkpoints: 500, 30s",
    unset: "10s")
  static let keep = Option(
    "keep", .integer(0...10_000), "older checkpoints to keep beside the last", default: 0)
  static let timeLimit = Option<TimeSpan?>(
    "time-limit", .timeSpan, "training time until it saves and ends: 90s, 10m",
    unset: "none")
  static let memoryLimit = Option<ByteCount?>(
    "memory-limit", .byteCount, "memory of tensors, kept by recomputing: 500M, 2G",
    unset: "none")
  static let stopBelow = Option<Double?>(
    "stop-below", .number, "the validation loss below which the run ends",
    unset: "none")

  // Start
  static let from = Option<String?>(
    "from", .text("PATH"), "a run, model or .safetensors file whose weights to start from")
  static let freeze = Option<[String]?>(
    "freeze", .list(of: "patterns of names"), "weights that stay as they are: blocks.0.*,*.bias")
  static let rateScales = Option<[RateScale]?>(
    "learning-rate-scale", .rateScales, "factors of the learning rate: blocks.*=0.1,head.*=2")
  static let diagnostics = Option<DiagnosticsLevel>(
    "diagnostics", .choice, "how much is measured about gradients and weights", default: .light)
  static let out = Option(
    "out", .text("FOLDER"), "the folder of the run", unset: "runs/TASK-N", alternative: "name")
  static let name = Option(
    "name", .name, "the name of the run, for a folder runs/NAME", alternative: "out")
  static let force = Option("force", .flag, "overwrite an existing run", default: false)
  static let config = Option(
    "config", .text("FILE"), "a JSON file with more options, such as the config.json of a run")
  static let tensorBoard = Option(
    "tensorboard", .text("DIR"), "also write the metrics to DIR/NAME, for TensorBoard")
  static let quiet = Option("quiet", .flag, "print nothing but errors", default: false)
  static let json = Option(
    "json", .flag, "print nothing but the summary, as JSON", default: false)

  /// Settings of the model that can be given as options of their own.
  static let modelSettings: [Option<String?>] = [
    setting("hidden", "N-N-...", "mlp: widths of the hidden layers"),
    setting("activation", "NAME", "mlp, conv: function after each layer"),
    setting("layers", "N", "gpt and recurrent nets: layers"),
    setting("heads", "N", "gpt: heads of each attention"),
    setting("width", "N", "gpt and nets: vector, state or channels"),
    setting("dropout", "X", "all but mlp: rate of dropped elements"),
    Option("bias", .setting(nil), "gpt: biases in linear layers and norms"),
  ]

  /// Settings of the optimizer that can be given as options of their own.
  static let optimizerSettings: [Option<String?>] = [
    setting("weight-decay", "X", "how strongly the weights shrink"),
    setting("momentum", "X", "how much of past gradients sgd and rmsprop keep"),
    Option("nesterov", .setting(nil), "Nesterov's momentum, of sgd"),
    setting("beta1", "X", "decay of Adam's mean of gradients"),
    setting("beta2", "X", "decay of Adam's mean of squares"),
    setting("sync-period", "N", "steps between Lookahead's slow steps"),
    setting("slow-step-size", "X", "how far Lookahead's slow weights move"),
  ]

  private static func setting(
    _ name: String, _ placeholder: String, _ help: String
  ) -> Option<String?> {
    Option(name, .setting(placeholder), help)
  }

  /// The options of every task, as the help shows them.
  static let commonGroups = [
    OptionGroup("model", [model] + modelSettings),
    OptionGroup(
      "optimizer",
      [optimizer, learningRate, lookahead] + optimizerSettings
        + [clipNorm, clipValue, accumulate, nonFinite]),
    OptionGroup("schedule", [schedule, warmup, steps, epochs, batchSize, patience]),
    OptionGroup("start", [from, freeze, rateScales]),
    OptionGroup("workers", WorkerOptions.all),
    OptionGroup(
      "run",
      [
        seed, threads, precision, memoryLimit, checkpointEvery, keep, timeLimit, stopBelow,
        diagnostics, out, name, force, config, tensorBoard, quiet, json,
      ]),
  ]

  /// The options of every task.
  static let common: [any AnyOption] = commonGroups.flatMap(\.options)

  /// All options, as the help shows them.
  static let groups =
    [OptionGroup("task", [preset] + distinct(Tasks.all.flatMap { $0.options }))] + commonGroups

  /// The options without those that several tasks share; a task that describes an option in its own
  /// words keeps its row.
  private static func distinct(_ options: [any AnyOption]) -> [any AnyOption] {
    options.enumerated().filter { index, option in
      !options[..<index].contains { $0.name == option.name && $0.help == option.help }
    }.map(\.element)
  }

  /// The options that a task does not take: those of other tasks, and the settings of models that
  /// do not suit it.
  static func foreign(to task: any TrainingTask.Type) -> [any AnyOption] {
    let models = task.models.compactMap(ModelCatalog.entry(named:))
    let settings = modelSettings.filter { option in
      !models.contains { $0.setting(named: option.name) != nil }
    }
    let options = Tasks.all.flatMap { $0.options }.filter { option in
      // Several tasks have an option of one name, each with its own description.
      !task.options.contains { $0.name == option.name && $0.help == option.help }
    }
    return options + settings
  }

  /// All options.
  static let all: [any AnyOption] = groups.flatMap(\.options)

  /// The options that a run records nowhere: they stand for others, or say where to put the run and
  /// what to print.
  static let unrecorded: [any AnyOption] =
    [preset, lookahead, epochs, config, quiet, json] + placing + modelSettings
    + optimizerSettings

  /// The options that decide where files are written, and whether others are replaced.
  ///
  /// They are not taken from files, which may be a stranger's.
  static let placing: [any AnyOption] = [out, name, force]
}

extension ValueKind<String> {
  /// The value of a setting of an expression, which checks it; a flag where there is no
  /// placeholder.
  static func setting(_ placeholder: String?) -> Self {
    Self(placeholder, "a value") { $0.isEmpty ? nil : $0 }
  }
}
