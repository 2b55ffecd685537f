import Autograd
import NN
import Optim
import Tensor
import Training

/// Everything that decides a run, resolved: the options that were given, and for the others the
/// default that suits the task, the model and the data.
///
/// It is stored as a JSON object whose keys are the names of the options, so the `config.json` of a
/// run can be handed to `--config`.
struct TrainingConfiguration: Sendable {
  /// The task, which makes the data.
  let task: any TrainingTask
  private var values: OptionValues

  /// The value of an option.
  subscript<Value>(option: Option<Value>) -> Value {
    get { values[option] }
    set { values[option] = newValue }
  }

  /// Resolves the arguments of `train fit`, for a number of workers.
  ///
  /// - Throws: ``UsageError`` for options that do not go together or do not fit the data.
  init(
    _ task: any TrainingTask, _ arguments: Arguments, data: TaskData, seed: UInt64,
    workers: Int = 1
  ) throws {
    self.task = task
    let kind = type(of: task)
    values = arguments.values
    values[FitOptions.seed] = seed
    for option in [FitOptions.from, FitOptions.tensorBoard] {
      if let path = values[option] { values[option] = FileAccess.absolutePath(path) }
    }
    try task.resolve(&values, data)

    var model = try values.given(FitOptions.model) ?? ModelExpression(kind.models[0])
    try model.apply(FitOptions.modelSettings, values)
    var defaults = TrainingDefaults(data)
    kind.setDefaults(&defaults, model: model.name)
    for (setting, value) in defaults.model { model.setDefault(setting, to: value) }
    values[FitOptions.model] = model.withStandards()

    try resolveOptimizer(defaults)
    try resolveSteps(defaults, workers)
    try resolveWorkers(workers)
    var schedule =
      try values.given(FitOptions.schedule) ?? ScheduleExpression(FitOptions.standardSchedule)
    if defaults.finalRate != "0" { schedule.setDefault("final", to: defaults.finalRate) }
    values[FitOptions.schedule] = schedule.withStandards()
    values.setDefault(FitOptions.warmup, schedule.standardWarmup(steps: self[FitOptions.steps]))
    try check(on: data)
    for option in FitOptions.unrecorded { values.remove(option) }
  }

  private mutating func resolveOptimizer(_ defaults: TrainingDefaults) throws {
    var optimizer =
      try values.given(FitOptions.optimizer) ?? OptimizerExpression(FitOptions.standardOptimizer)
    if self[FitOptions.lookahead] { optimizer = try OptimizerExpression("lookahead(\(optimizer))") }
    try optimizer.apply(FitOptions.optimizerSettings, values)
    if let conflict = optimizer.conflict { throw UsageError("--optimizer: \(conflict)") }
    let (completed, learningRate) = optimizer.completed(
      adamRate: defaults.learningRate, weightDecay: defaults.weightDecay, beta2: defaults.beta2)
    values[FitOptions.optimizer] = completed.withStandards(except: "learning-rate")
    values.setDefault(FitOptions.learningRate, learningRate)
    values.setDefault(FitOptions.clipNorm, defaults.clipNorm)
  }

  private mutating func resolveSteps(_ defaults: TrainingDefaults, _ workers: Int) throws {
    values.setDefault(FitOptions.batchSize, defaults.batchSize)
    try checkBatchSize(defaults.exampleCount)
    values.setDefault(FitOptions.patience, defaults.patience)
    guard let epochs = self[FitOptions.epochs] else {
      return values.setDefault(FitOptions.steps, defaults.steps)
    }
    let samples = hasOuterLoop ? stepSize * workers : stepSize
    let epoch = (defaults.epochSize + samples - 1) / samples
    let (product, overflows) = epochs.multipliedReportingOverflow(by: epoch)
    values[FitOptions.steps] = overflows ? .max : product
  }

  private func checkBatchSize(_ exampleCount: Int) throws {
    let batchSize = self[FitOptions.batchSize]
    guard batchSize > exampleCount else { return }
    throw UsageError("--batch-size: \(batchSize) is more than the \(exampleCount) training rows")
  }

  /// The number of examples in a full step.
  var stepSize: Int { self[FitOptions.batchSize] * self[FitOptions.accumulate] }

  /// Checks that the options are consistent with each other and with the data.
  ///
  /// - Throws: ``UsageError`` that names the option.
  func check(on data: TaskData) throws {
    let kind = type(of: task)
    let model = self[FitOptions.model]
    guard kind.models.contains(model.name) else {
      throw UsageError(
        "--model: \(model.name) is not a model of the task \(kind.name), which takes"
          + " \(kind.models.joined(separator: ", "))")
    }
    if let conflict = model.conflict { throw UsageError("--model: \(conflict)") }
    if case .examples(let data) = data, self[TaskOptions.loss] == .hinge, data.target.outputs != 2 {
      throw UsageError("--loss: hinge is for 2 classes, not \(data.target.outputs)")
    }
    try model.checkSize(shape(of: data))
    try checkBatchSize(data.exampleCount)
    let optimizer = self[FitOptions.optimizer]
    if let period = optimizer.outerPeriod, period > self[FitOptions.steps] {
      throw UsageError(
        "--optimizer: the weights that \(optimizer.outline) keeps first move after \(period) steps,"
          + " but the run has \(self[FitOptions.steps]); choose a shorter sync-period")
    }
    let schedule = self[FitOptions.schedule]
    if schedule.cyclesMomentum, !optimizer.hasMomentum {
      throw UsageError("--schedule: \(optimizer.outline) has no momentum to cycle")
    }
    _ = try resolvedSchedule()
  }
}

// MARK: - What a run is made from

extension TrainingConfiguration {
  /// The name of the task.
  var taskName: String { type(of: task).name }

  /// An evaluation in a few words, in the terms of the task.
  func describe(_ evaluation: Evaluation) -> String { type(of: task).describe(evaluation) }

  /// The loss function of a classifier.
  var loss: ClassificationLoss { self[TaskOptions.loss] ?? TaskOptions.standardLoss }

  /// The sizes of the model that the data determines.
  func shape(of data: TaskData) -> ModelShape { input(of: data).modelShape(loss) }

  /// How the data is encoded.
  func input(of data: TaskData) -> InputEncoding {
    switch data {
    case .examples(let data): InputEncoding(data, targetName: task.targetName)
    case .text(let data, let context): InputEncoding(data.vocabulary, context: context)
    }
  }

  /// What is needed besides the weights to apply the model of a run on some data.
  func modelDescription(_ input: InputEncoding) -> ModelDescription {
    ModelDescription(
      task: taskName, model: self[FitOptions.model], loss: self[TaskOptions.loss], input: input)
  }

  /// The optimizer, before its first step.
  func optimizer(
    _ parameters: Parameters, across workers: any Communicator = OneWorker(), weight: Double = 1
  ) -> any Optimizer {
    let trained = trained(parameters)
    return self[FitOptions.optimizer].optimizer(
      of: trained, learningRate: self[FitOptions.learningRate], groups: parameterGroups(trained),
      across: workers, weight: weight)
  }

  /// The options of the training loop.
  func trainerOptions() throws -> TrainerOptions {
    let (learningRate, momentum) = try resolvedSchedule()
    func positive<Value: Comparable & ExpressibleByIntegerLiteral>(_ value: Value) -> Value? {
      value > 0 ? value : nil
    }
    var options = TrainerOptions(
      steps: self[FitOptions.steps], batchSize: self[FitOptions.batchSize],
      accumulationSteps: self[FitOptions.accumulate], clipNorm: positive(self[FitOptions.clipNorm]),
      clipValue: positive(self[FitOptions.clipValue]), nonFinite: self[FitOptions.nonFinite],
      patience: positive(self[FitOptions.patience]), learningRate: learningRate,
      momentumSchedule: momentum,
      sampling: task.sampling(values, steps: self[FitOptions.steps]))
    options.stopBelow = self[FitOptions.stopBelow]
    return options
  }

  /// The state of a training loop before its first step.
  var initialState: TrainingState {
    TrainingState(seed: self[FitOptions.seed])
  }

  private func resolvedSchedule() throws -> (
    learningRate: LearningRateControl, momentum: (any Schedule)?
  ) {
    do {
      return try self[FitOptions.schedule].resolved(
        peak: self[FitOptions.learningRate], steps: self[FitOptions.steps],
        warmup: self[FitOptions.warmup])
    } catch {
      throw UsageError("--schedule: \(error)")
    }
  }

  /// Runs `body` on the number of threads and in the precision that the configuration asks for.
  func inItsExecution<Result>(_ body: () throws -> Result) rethrows -> Result {
    guard let threads = self[FitOptions.threads] else { return try inItsPrecision(body) }
    return try withThreads(threads) { try inItsPrecision(body) }
  }

  /// Runs `body` in the precision that the configuration asks for.
  func inItsPrecision<Result>(_ body: () throws -> Result) rethrows -> Result {
    let precision = self[FitOptions.precision]
    // In a scope, operations are a little slower.
    return try precision == .current ? body() : withMatmulPrecision(precision, body)
  }
}

// MARK: - JSON

extension TrainingConfiguration: Codable, Equatable {
  /// The options that a configuration of a task records.
  private static func recorded(_ task: any TrainingTask.Type) -> [any AnyOption] {
    task.options + FitOptions.common.filter { !FitOptions.unrecorded.contains($0) }
  }

  /// Reads what ``encode(to:)`` writes; every option that a run resolves must be there.
  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    var object = try container.decode([String: JSONValue].self)
    func fail(_ message: String) -> DecodingError {
      DecodingError.dataCorruptedError(in: container, debugDescription: message)
    }
    guard let name = object.removeValue(forKey: ConfigurationFile.taskKey)?.text,
      let type = Tasks.named(name)
    else { throw fail("there is no 'task' that the command knows") }
    object.removeValue(forKey: ConfigurationFile.inputKey)
    object.removeValue(forKey: ConfigurationFile.fingerprintKey)
    var values = OptionValues()
    for option in Self.recorded(type) {
      if let text = object.removeValue(forKey: option.name)?.text {
        try values.set(option, toText: text)
      } else if option.isResolvedByRun {
        throw fail("there is no '\(option.name)'")
      }
    }
    if let key = object.keys.sorted().first { throw fail("'\(key)' is not an option") }
    self.values = values
    task = try type.init(values)
  }

  func encode(to encoder: any Encoder) throws { try json.encode(to: encoder) }

  /// The options that were resolved, by name.
  var json: [String: JSONValue] {
    var object = [ConfigurationFile.taskKey: JSONValue.string(taskName)]
    for option in Self.recorded(type(of: task)) {
      guard let value = values.value(of: option) else { continue }
      object[option.name] = option.kind.json(value)
    }
    return object
  }

  static func == (a: Self, b: Self) -> Bool { a.json == b.json }
}
