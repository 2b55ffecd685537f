import Training
import NN
import Optim

extension TrainingConfiguration {
  /// The most weights that a model may have: with optimizer and gradients some gigabytes.
  private static let maximumWeights = 200_000_000

  /// Resolves the arguments of `train fit`: what was given, and for the rest the defaults that suit
  /// the task, the model and the size of the data.
  ///
  /// - Throws: ``TrainingError`` of kind `usage` for options that do not go together or do not fit
  ///   the data.
  init(
    arguments: Arguments, source: DataSource, data: TaskData, seed: UInt64
  ) throws {
    let choice = source.choice
    task = choice.rawValue
    model = arguments[FitOptions.model] ?? choice.models[0]
    guard choice.models.contains(model) else {
      let names = choice.models.map(\.rawValue).joined(separator: ", ")
      throw UsageError(
        "--model: \(model.rawValue) is not a model of the task \(task), which takes \(names)")
    }
    schedule = arguments[FitOptions.schedule] ?? .cosine
    try Self.checkOptions(arguments, model, schedule)
    if case .text(let text) = data {
      let asked = arguments[FitOptions.context] ?? 64
      guard text.training.count > asked else {
        throw UsageError(
          "--context: \(asked) is not below the \(text.training.count) characters to train on")
      }
      context = asked
    }
    let defaults = TrainingDefaults(choice, model, data, context: context ?? 1)

    (optimizer, learningRate) = try OptimizerExpression.resolved(arguments, defaults)
    clipNorm = arguments[FitOptions.clipNorm] ?? defaults.clipNorm
    clipValue = arguments[FitOptions.clipValue] ?? 0
    accumulate = arguments[FitOptions.accumulate] ?? 1
    nonFinite = arguments[FitOptions.nonFinite] ?? .stop

    // Of the batches and their number
    if let asked = arguments[FitOptions.batchSize], asked > defaults.exampleCount {
      throw UsageError(
        "--batch-size: \(asked) is more than the \(defaults.exampleCount) training rows")
    }
    batchSize = arguments[FitOptions.batchSize] ?? defaults.batchSize
    if let epochs = arguments[FitOptions.epochs] {
      let stepSize = batchSize.multipliedReportingOverflow(by: accumulate).partialValue
      let epoch = (defaults.epochSize + stepSize - 1) / stepSize
      let (product, overflows) = epochs.multipliedReportingOverflow(by: epoch)
      steps = overflows ? .max : product
    } else {
      steps = arguments[FitOptions.steps] ?? defaults.steps
    }
    patience = arguments[FitOptions.patience] ?? defaults.patience
    self.seed = seed
    threads = arguments[FitOptions.threads]
    checkpointEvery = arguments[FitOptions.checkpointEvery]

    try resolveSchedule(arguments, defaults)
    resolveTask(arguments, source, data)
    try resolveModel(arguments, defaults, data)
  }

  private mutating func resolveTask(
    _ arguments: Arguments, _ source: DataSource, _ data: TaskData
  ) {
    switch source {
    case .toy, .glyphs: break
    case .addition(let digits): self.digits = digits
    case .memory(let delay): self.delay = delay
    case .csv(let file, let target, _, let validation):
      self.data = FileAccess.absolutePath(file)
      self.target = target
      self.validation = validation
    case .idx(let folder): self.data = FileAccess.absolutePath(folder)
    case .text(let file, let validation):
      self.data = FileAccess.absolutePath(file)
      self.validation = validation
      // More steps than there are would not be evaluated before the end.
      evaluateEvery = min(arguments[FitOptions.evaluateEvery] ?? 250, steps)
    }
    guard case .examples(let data) = data else { return }
    if source.choice == .csv { kind = data.target.kind }
    if data.target.kind == .classification, source.choice.options.contains(FitOptions.loss) {
      loss = arguments[FitOptions.loss] ?? .crossEntropy
    }
  }

  private mutating func resolveModel(
    _ arguments: Arguments, _ defaults: TrainingDefaults, _ data: TaskData
  ) throws {
    let applicable = model.options
    func resolved<Value>(_ option: Option<Value>, _ standard: Value) -> Value? {
      applicable.contains(option) ? arguments[option] ?? standard : nil
    }
    hidden = resolved(FitOptions.hidden, defaults.hidden)
    activation = resolved(FitOptions.activation, defaults.activation)
    layers = resolved(FitOptions.layers, defaults.layers)
    heads = resolved(FitOptions.heads, 4)
    width = resolved(FitOptions.width, defaults.width)
    dropout = resolved(FitOptions.dropout, 0)
    bias = resolved(FitOptions.bias, false)
    if let heads, let width, width % heads != 0 {
      throw UsageError("--heads: \(heads) heads do not share a width of \(width) evenly")
    }
    switch data {
    case .examples(let data):
      guard loss != .hinge || data.target.outputs == 2 else {
        throw UsageError(
          "--loss: hinge is for 2 classes, not \(data.target.outputs)")
      }
      if arguments[FitOptions.loss] != nil, data.target.kind == .regression {
        throw UsageError("--loss is for classifications, not a regression")
      }
    case .text: break
    }
    let (weights, option) = size(on: data)
    guard weights <= Double(Self.maximumWeights) else {
      throw UsageError(
        "--\(option): \(Format.count(weights)) weights; at most"
          + " \(Format.count(Double(Self.maximumWeights))) can be trained")
    }
  }

  /// About how many weights the model has, and the option that decides most of it.
  private func size(on data: TaskData) -> (weights: Double, option: String) {
    let (layers, width) = (Double(layers ?? 1), Double(width ?? 1))
    switch (model, data) {
    case (.mlp, .examples(let data)):
      let sizes = [data.training.columns] + (hidden ?? []) + [data.target.outputs]
      let weights = zip(sizes, sizes.dropFirst()).reduce(0) { $0 + Double($1.0) * Double($1.1) }
      return (weights, FitOptions.hidden.name)
    case (.conv, .examples(let data)):
      // The linear layer joins 2 · width channels of a sixteenth of the pixels to 8 · width numbers.
      return (width * width * Double(data.training.columns + 18), FitOptions.width.name)
    case (.gpt, .text(let data)):
      let rows = Double(data.vocabulary.count + (context ?? 0))
      return (12 * layers * width * width + rows * width, FitOptions.width.name)
    case (.gpt, _): return (12 * layers * width * width, FitOptions.width.name)
    default: return (8 * layers * width * width, FitOptions.width.name)
    }
  }

  /// Where the data of the run comes from.
  func source() throws -> DataSource {
    guard let choice = TaskChoice(rawValue: task) else {
      throw TrainingError.data("the run's configuration is of an unknown task '\(task)'")
    }
    func needed<Value>(_ value: Value?, _ key: CodingKeys) throws -> Value {
      guard let value else {
        throw TrainingError.data("the run's configuration has no '\(key.rawValue)'")
      }
      return value
    }
    switch choice {
    case .spirals: return .toy(.spirals)
    case .moons: return .toy(.moons)
    case .xor: return .toy(.xor)
    case .sine: return .toy(.sine)
    case .glyphs: return .glyphs
    case .addition: return .addition(digits: try needed(digits, .digits))
    case .memory: return .memory(delay: try needed(delay, .delay))
    case .csv:
      return .csv(
        file: try needed(data, .data), target: try needed(target, .target), kind: kind,
        validation: try needed(validation, .validation))
    case .idx: return .idx(folder: try needed(data, .data))
    case .text:
      return .text(
        file: try needed(data, .data), validation: try needed(validation, .validation))
    }
  }

  /// Rejects what would have no effect.
  private static func checkOptions(
    _ arguments: Arguments, _ model: ModelChoice, _ schedule: ScheduleChoice
  ) throws {
    func check(_ name: String, takes own: [any AnyOption], of all: [any AnyOption]) throws {
      guard let option = arguments.firstGiven(of: all.filter { !own.contains($0) }) else { return }
      throw UsageError("--\(option.name) is not an option of \(name)")
    }
    try check(
      model.rawValue, takes: model.options, of: ModelChoice.allCases.flatMap(\.options))
    try check(schedule.rawValue, takes: schedule.options, of: FitOptions.scheduleOptions)
  }
}

extension [any AnyOption] {
  /// Whether an option is among these.
  func contains(_ option: any AnyOption) -> Bool { contains { $0.name == option.name } }
}
