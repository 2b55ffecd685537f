import NN

extension TrainingConfiguration {
  /// The most weights that a model may have: with optimizer and gradients some gigabytes.
  private static let maximumWeights = 200_000_000

  /// Resolves the arguments of `train fit`: what was given, and for the rest the defaults that suit
  /// the task and the size of the data.
  ///
  /// - Throws: ``TrainingError`` of kind `usage` for options that do not go together or do not fit
  ///   the data.
  package init(
    arguments: Arguments, source: DataSource, data: TrainingData, seed: UInt64
  ) throws {
    try Self.checkOptimizerOptions(arguments)
    let rows = data.training.rows
    let defaults = TrainingDefaults(source: source, data: data)

    task = source.taskName
    if case .csv(let file, let target, _, let validation) = source {
      self.data = absolutePath(file)
      self.target = target
      self.validation = validation
      kind = data.target.kind
    }
    hidden = arguments[FitOptions.hidden] ?? defaults.hidden
    activation = arguments[FitOptions.activation] ?? defaults.activation
    let sizes = [data.training.columns] + hidden + [data.target.outputs]
    let weights = zip(sizes, sizes.dropFirst()).reduce(0) { $0 + $1.0 * $1.1 }
    guard weights <= Self.maximumWeights else {
      throw TrainingError.usage(
        "--hidden: \(shortCount(Double(weights))) weights; at most"
          + " \(shortCount(Double(Self.maximumWeights))) can be trained")
    }

    optimizer = arguments[FitOptions.optimizer] ?? .adamw
    switch optimizer {
    case .sgd:
      learningRate = arguments[FitOptions.learningRate] ?? 0.1
      weightDecay = arguments[FitOptions.weightDecay] ?? 1e-4
      momentum = arguments[FitOptions.momentum] ?? 0.9
      nesterov = arguments[flag: FitOptions.nesterov]
      guard nesterov == false || momentum != 0 else {
        throw TrainingError.usage("--nesterov needs a --momentum above 0")
      }
    case .adamw:
      learningRate = arguments[FitOptions.learningRate] ?? 0.01
      weightDecay = arguments[FitOptions.weightDecay] ?? defaults.weightDecay
      beta1 = arguments[FitOptions.beta1] ?? 0.9
      beta2 = arguments[FitOptions.beta2] ?? 0.999
    }
    lookahead = arguments[flag: FitOptions.lookahead]
    if lookahead {
      syncPeriod = arguments[FitOptions.syncPeriod] ?? 5
      slowStepSize = arguments[FitOptions.slowStepSize] ?? 0.5
    }
    clipNorm = arguments[FitOptions.clipNorm] ?? 0

    if let asked = arguments[FitOptions.batchSize], asked > rows {
      throw TrainingError.usage("--batch-size: \(asked) is more than the \(rows) training rows")
    }
    batchSize = arguments[FitOptions.batchSize] ?? defaults.batchSize
    let stepsInEpoch = (rows + batchSize - 1) / batchSize
    if let epochs = arguments[FitOptions.epochs] {
      let (product, overflows) = epochs.multipliedReportingOverflow(by: stepsInEpoch)
      steps = overflows ? .max : product
    } else {
      steps = arguments[FitOptions.steps] ?? defaults.steps
    }
    schedule = arguments[FitOptions.schedule] ?? .cosine
    warmup = arguments[FitOptions.warmup] ?? steps / 20
    guard warmup < steps else {
      throw TrainingError.usage("--warmup: \(warmup) is not below the \(steps) steps of the run")
    }
    patience = arguments[FitOptions.patience] ?? defaults.patience
    self.seed = seed
    threads = arguments[FitOptions.threads]
    checkpointEvery = arguments[FitOptions.checkpointEvery]
  }

  /// Where the data of the run comes from.
  package func source() throws -> DataSource {
    if let toy = ToyTask(rawValue: task) { return .toy(toy) }
    guard let data, let target, let validation else {
      throw TrainingError.data("the run's configuration names no data, target or validation")
    }
    return .csv(file: data, target: target, kind: kind, validation: validation)
  }

  /// Rejects what would have no effect.
  private static func checkOptimizerOptions(_ arguments: Arguments) throws {
    let chosen = arguments[FitOptions.optimizer] ?? .adamw
    for other in OptimizerChoice.allCases where other != chosen {
      guard let option = arguments.firstGiven(of: other.options) else { continue }
      throw TrainingError.usage("--\(option.name) is not an option of \(chosen.rawValue)")
    }
    guard !arguments[flag: FitOptions.lookahead],
      let option = arguments.firstGiven(of: FitOptions.lookaheadOptions)
    else { return }
    throw TrainingError.usage("--\(option.name) needs --lookahead")
  }
}

/// The defaults that depend on the task and on how much data there is.
private struct TrainingDefaults {
  let hidden = [64, 64]
  let activation: Activation
  let weightDecay: Double
  let steps: Int
  let batchSize: Int
  let patience: Int

  init(source: DataSource, data: TrainingData) {
    let rows = data.training.rows
    switch source {
    case .toy:
      activation = .tanh
      weightDecay = 0
      batchSize = min(64, rows)
      steps = 4000
      patience = 0
    case .csv:
      activation = .gelu
      // Strong, because a small table is easily learned by heart; early stopping does the rest.
      weightDecay = rows < 2000 ? 0.5 : 0.1
      // A small table gets small batches, so that an epoch still has several steps.
      batchSize = min(64, max(8, rows / 16), rows)
      let epoch = (rows + batchSize - 1) / batchSize
      // 200 epochs, but of a large table only as many as fit a moderate number of steps.
      steps = min(200 * epoch, max(60_000, 10 * epoch))
      patience = 25
    }
  }
}
