import Autograd
import NN
import Optim
import Tensor

/// A training loop: it draws batches, steps along their gradients, evaluates, and stops early if
/// asked to.
///
/// ```swift
/// let trainer = Trainer(
///   model, training: (x, y), validation: (xHeld, yHeld),
///   optimizer: AdamW(model.parameters, learningRate: 1e-3),
///   options: TrainerOptions(
///     steps: 1000, batchSize: 32, patience: 10,
///     schedule: WarmupCosine(peak: 1e-3, warmup: 50, total: 1000)))
/// try trainer.run(afterEvaluation: { print($0.step, $0.trainLoss, $0.validationLoss ?? .nan) })
/// try trainer.restoreBestWeights()
/// ```
/// Any loss can be trained: a ``LossFunction`` or a closure of outputs and targets, a closure of
/// the numbers of a batch's examples, a closure of the batches of a ``DataLoader``, or an
/// ``Objective``. ``run(afterStep:afterEvaluation:)`` trains on the caller's thread or, with
/// `await`, in the background; ``events(every:)`` is the same as an asynchronous sequence.
///
/// All randomness comes from the generators of ``state``, so trainers with equal weights,
/// optimizers, options and states take equal steps.
public final class Trainer {
  /// The loss to minimize, and the model it is computed with.
  public let objective: any Objective
  /// The optimizer, made for parameters of the model.
  ///
  /// Parameters it does not have are not trained.
  public let optimizer: any Optimizer
  /// The options.
  public let options: TrainerOptions
  /// The position in the run.
  public private(set) var state: TrainingState
  /// The parameters and buffers of the model when the validation loss was lowest, by name, or `nil`
  /// before the first evaluation.
  public private(set) var bestWeights: NamedTensors?
  /// The metrics of all evaluations so far.
  public private(set) var history: [MetricsRecord] = []
  /// Whether ``history`` grows; whoever records the metrics elsewhere need not keep them twice.
  package var keepsHistory = true
  /// What happened in the last step, or `nil` before the first.
  public private(set) var lastStep: StepRecord?
  /// The time that steps have taken, without evaluations.
  package private(set) var stepTime = Duration.zero
  /// The time that evaluations have taken.
  package private(set) var evaluationTime = Duration.zero

  // Found once: each walk through a model costs some 10 µs a layer.
  private let modelState: ModuleState
  private var order: ExampleOrder
  private var sampler: DiagnosticsSampler?
  private let caller: StaticString
  private var savedStep: Int?
  private var saveTime = ContinuousClock.now

  /// Creates a trainer for an objective, at the start of a run or to continue from a state.
  ///
  /// - Parameters:
  ///   - objective: The loss to minimize, and the model it is computed with.
  ///   - optimizer: An optimizer of parameters of the model.
  ///   - options: How to train.
  ///   - state: The position in the run. To continue a run, the weights and the optimizer must be
  ///     as they were in that position; see ``Checkpoint``.
  ///   - bestWeights: ``bestWeights`` at that position.
  public convenience init(
    _ objective: any Objective, optimizer: any Optimizer, options: TrainerOptions,
    state: TrainingState = TrainingState(seed: 0), bestWeights: NamedTensors? = nil
  ) {
    self.init(
      objective, optimizer: optimizer, options: options, state: state, bestWeights: bestWeights,
      caller: "Trainer")
  }

  /// Creates a trainer for a caller that messages name.
  init(
    _ objective: any Objective, optimizer: any Optimizer, options: TrainerOptions,
    state: TrainingState, bestWeights: NamedTensors?, caller: StaticString
  ) {
    self.objective = objective
    self.optimizer = optimizer
    self.options = options
    self.state = state
    self.bestWeights = bestWeights
    self.caller = caller
    modelState = ModuleState(of: objective.model)
    require(options.steps >= 0, "\(caller): steps must be at least 0, got \(options.steps)")
    require(
      options.batchSize >= 1 && options.accumulationSteps >= 1,
      "\(caller): batchSize and accumulationSteps must be at least 1, got \(options.batchSize) and"
        + " \(options.accumulationSteps)")
    require(
      options.evaluationPeriod ?? 1 >= 1,
      "\(caller): evaluationPeriod must be at least 1, got \(options.evaluationPeriod ?? 0)")
    require(
      options.patience ?? 1 >= 1,
      "\(caller): patience must be at least 1, got \(options.patience ?? 0)")
    if let count = options.sharding?.count {
      require(
        (1...options.batchSize).contains(count),
        "\(caller): a batch of \(options.batchSize) cannot be cut into \(count) shards")
    }
    if case .withReplacement(let steps) = options.sampling {
      require(steps >= 1, "\(caller): stepsPerEpoch must be at least 1, got \(steps)")
    }
    require(objective.exampleCount >= 1, "\(caller): the objective has no training examples")
    require(
      !optimizer.parameters.isEmpty, "\(caller): the optimizer has no parameters to train")
    for element in optimizer.parameters {
      require(
        modelState.parameters.index(of: element.parameter) != nil,
        "\(caller): the optimizer's '\(element.name)' is not a parameter of the model; make the"
          + " optimizer with the parameters of this model")
    }
    order = ExampleOrder(
      of: objective.exampleCount, sampling: options.sampling, batchSize: options.stepSize,
      generator: state.generator)
    sampler = DiagnosticsSampler(options, optimizer.parameters)
  }

  /// The model in training.
  public var model: any Module { objective.model }

  /// Whether all steps have been taken, or training stopped early.
  public var isFinished: Bool { state.step >= options.steps || state.isStoppedEarly }

  /// The number of examples in the steps so far, repetitions included.
  public var samplesSeen: Int {
    let length = order.indices.count
    return state.epoch * length + min(state.stepInEpoch * options.stepSize, length)
  }

  /// The mean loss of the steps since the last evaluation, as it is reported; NaN before the first
  /// step.
  public var runningLoss: Double {
    state.lossSum / Double(state.lossCount) * objective.lossUnit
  }

  /// Takes steps until the run is finished, `afterStep` pauses it, or the task is canceled.
  ///
  /// In a canceled Swift `Task` it stops before the next step. The step before is then complete,
  /// with its evaluation and the calls of the closures, and the trainer is saved if the options
  /// name a ``TrainerOptions/checkpoint``: another call continues the run as if it had not been
  /// canceled.
  ///
  /// - Parameters:
  ///   - afterStep: Called after each step and the evaluation that may follow it. Returns whether
  ///     to continue.
  ///   - afterEvaluation: Called with the metrics of each evaluation.
  /// - Throws: ``TrainingError`` of kind `training` if a loss is not finite, before that loss has
  ///   changed the weights; of kind `inputOutput` if the checkpoint cannot be written;
  ///   `CancellationError` if the task is canceled before the run is finished; and what the
  ///   closures throw.
  public func run(
    afterStep: (Trainer) throws -> Bool = { _ in true },
    afterEvaluation: (MetricsRecord) throws -> Void = { _ in }
  ) throws {
    while !isFinished {
      let record = try stepUnlessCanceled { Task.isCancelled }
      if let record { try afterEvaluation(record) }
      guard try afterStep(self) else { break }
      if record != nil { try saveCheckpointIfDue() }
    }
    try saveCheckpoint()
  }

  /// Takes steps on a thread of their own, while the calling task waits without occupying one.
  ///
  /// It does what the synchronous method does. The closures are called where the method is called
  /// from, such as on the main actor, while no step is taken.
  ///
  /// - Parameters:
  ///   - afterStep: Called after each step and the evaluation that may follow it, or `nil` if
  ///     nothing is to be done, which saves switching between threads. Returns whether to continue.
  ///   - afterEvaluation: Called with the metrics of each evaluation.
  /// - Throws: What the synchronous method throws.
  public nonisolated(nonsending) func run(
    afterStep: ((Trainer) throws -> Bool)? = nil,
    afterEvaluation: (MetricsRecord) throws -> Void = { _ in }
  ) async throws {
    let thread = BackgroundThread()
    let steps = afterStep == nil ? Int.max : 1
    while !isFinished {
      let events = try await thread.run { isCanceled in
        try self.advance(steps, isCanceled: isCanceled)
      }
      for case .evaluation(let record) in events { try afterEvaluation(record) }
      if let afterStep, try !afterStep(self) { break }
    }
    try saveCheckpoint()
  }

  /// Takes steps up to the next one whose number is a multiple of a period, or to the next
  /// evaluation or the end, and returns what happened.
  func advance(_ period: Int, isCanceled: () -> Bool) throws -> [TrainingEvent] {
    var events: [TrainingEvent] = []
    while !isFinished, events.isEmpty {
      let epoch = state.epoch
      let record = try stepUnlessCanceled(isCanceled)
      if let lastStep,
        state.step % period == 0 || record != nil || lastStep.diagnostics != nil
      {
        events.append(.step(lastStep))
      }
      if let record { events.append(.evaluation(record)) }
      if state.epoch > epoch { events.append(.epochEnd(state.epoch)) }
      if record != nil { try saveCheckpointIfDue() }
    }
    if isFinished {
      try saveCheckpoint()
      events.append(.finished(state))
    }
    return events
  }

  private func stepUnlessCanceled(_ isCanceled: () -> Bool) throws -> MetricsRecord? {
    if isCanceled() {
      try saveCheckpoint()
      throw CancellationError()
    }
    if options.workers.isStopped { throw CancellationError() }
    return try step()
  }

  /// Sets the parameters and buffers of the model to ``bestWeights``.
  ///
  /// Without an evaluation it sets the parameters to the optimizer's `evaluationWeights`.
  ///
  /// - Throws: `WeightsError` if the best weights that the trainer was created with are of another
  ///   model; then nothing has changed.
  public func restoreBestWeights() throws(WeightsError) {
    if let bestWeights {
      try modelState.load(bestWeights)
    } else {
      for (element, weights) in zip(optimizer.parameters, optimizer.evaluationWeights) {
        element.parameter.value = weights
      }
    }
  }

  // MARK: - Files

  /// Writes the trainer to a file, whole or not at all: the model, the optimizer, the position in
  /// the run, ``bestWeights`` and ``history``.
  ///
  /// - Throws: ``TrainingError``: of kind `training` if a parameter is NaN or infinite, of kind
  ///   `inputOutput` if the file cannot be written.
  public func save(to path: String) throws {
    try Checkpoint.save(
      to: path, model: model, optimizer: optimizer, best: bestWeights,
      state: Record(training: state, history: history))
  }

  /// Continues from a file that ``save(to:)`` or ``TrainerOptions/checkpoint`` wrote: the next
  /// steps are those that the saved trainer would have taken.
  ///
  /// Objective, optimizer and options must be made as those of the saved trainer. More
  /// ``TrainerOptions/steps`` prolong a run that is finished. A trainer of a sequence of batches
  /// skips those that were used.
  ///
  /// - Throws: ``TrainingError`` that names the file and what differs; then nothing has changed.
  public func resume(from path: String) throws {
    let (record, best) = try Checkpoint.loadWithBest(
      from: path, into: model, optimizer, as: Record.self)
    state = record.training
    history = record.history
    bestWeights = best
    savedStep = path == options.checkpoint ? state.step : nil
    order = ExampleOrder(
      of: objective.exampleCount, sampling: options.sampling, batchSize: options.stepSize,
      generator: state.generator)
    if let batches = objective as? any PositionedObjective {
      batches.restart(
        skipping: state.epoch * objective.exampleCount + state.stepInEpoch * options.stepSize)
    }
  }

  /// Writes the file of the options, if there is one that does not hold the last step.
  func saveCheckpoint() throws {
    guard let path = options.checkpoint, savedStep != state.step else { return }
    try save(to: path)
    savedStep = state.step
    saveTime = .now
  }

  private func saveCheckpointIfDue() throws {
    guard options.checkpoint != nil else { return }
    if ContinuousClock.now - saveTime >= options.checkpointInterval { try saveCheckpoint() }
  }

  /// What a file holds besides tensors.
  private struct Record: Codable {
    var training: TrainingState
    var history: [MetricsRecord]
  }

  // MARK: - Steps

  /// Takes a step, and evaluates if it is time to.
  private func step() throws -> MetricsRecord? {
    let start = ContinuousClock.now
    let isAfterEvaluation =
      options.evaluationPeriod.map { state.step % $0 == 0 } ?? (state.stepInEpoch == 0)
    if isAfterEvaluation {
      state.lossSum = 0
      state.lossCount = 0
    }
    let examples = order.batch(state.stepInEpoch)
    let rate = rate
    optimizer.learningRate = rate
    if let momentum = options.momentumSchedule { optimizer.momentum = momentum(state.step) }
    let (loss, gradients) = differentiate(examples)
    let isFinite = loss.isFinite && (options.nonFinite == .stop || gradients.isFinite)
    let isSampled = isFinite && sampler?.isDue(state.step + 1) ?? false
    // Holding on to the weights makes the optimizer write to new memory.
    let before = isSampled ? optimizer.parameters.map(\.parameter.storedValue) : []
    let memoryBytes = isSampled ? TensorMemory.statistics.liveBytes : 0
    if isFinite {
      optimizer.step(clipped(gradients))
      state.lossSum += loss * Double(examples.count)
      state.lossCount += examples.count
    } else if options.nonFinite == .stop {
      throw notFinite("loss", loss, step: state.step + 1, rate)
    } else {
      state.skippedSteps += 1
    }
    state.step += 1
    state.stepInEpoch += 1
    var taken = StepRecord(
      step: state.step, epoch: state.epoch + 1, learningRate: rate,
      loss: loss * objective.lossUnit, isSkipped: !isFinite)
    if isSampled {
      taken.diagnostics = sampler?.record(
        of: taken, momentum: optimizer.momentum, before: before, gradients,
        memoryBytes: memoryBytes, time: stepTime)
    }
    lastStep = taken
    let endsEpoch = examples.endIndex == order.indices.count
    stepTime += ContinuousClock.now - start
    let isDue = options.evaluationPeriod.map { state.step % $0 == 0 } ?? endsEpoch
    let record = isDue || state.step == options.steps ? try evaluated(rate: rate) : nil
    if let record, keepsHistory { history.append(record) }
    if endsEpoch { startNextEpoch() }
    return record
  }

  /// Returns the mean loss of some examples and its gradients, computed batch by batch.
  private func differentiate(_ examples: ArraySlice<Int>) -> (loss: Double, gradients: Gradients) {
    if let sharding = options.sharding {
      let step = ShardedStep(
        sharding: sharding, workers: options.workers, examples: examples,
        batchSize: options.batchSize, noise: state.noise.split(), parameters: optimizer.parameters,
        buffers: modelState.buffers)
      return step.differentiate(differentiate)
    }
    if examples.count <= options.batchSize { return differentiate(examples, &state.noise) }
    var window = GradientAccumulator()
    var sum = 0.0
    for start in stride(from: examples.startIndex, to: examples.endIndex, by: options.batchSize) {
      let batch = examples[start..<min(start + options.batchSize, examples.endIndex)]
      let (loss, gradients) = differentiate(batch, &state.noise)
      window.add(gradients, examples: batch.count)
      sum += loss * Double(batch.count)
    }
    return (sum / Double(examples.count), window.take())
  }

  /// Returns the mean loss of examples that are computed at once, and its gradients.
  private func differentiate(
    _ batch: ArraySlice<Int>, _ noise: inout RandomGenerator
  ) -> (loss: Double, gradients: Gradients) {
    let (loss, gradients) = withRandomGenerator(&noise) {
      valueWithGradients(for: optimizer.parameters) {
        let loss = objective.loss(ofExamples: batch)
        require(
          loss.elementCount == 1,
          "\(caller): the loss has the shape \(loss.shape), not that of a scalar; take the mean"
            + " over the examples")
        return loss
      }
    }
    return (loss.scalar(), gradients)
  }

  private func clipped(_ gradients: Gradients) -> Gradients {
    let small = options.clipValue.map { gradients.clipped(toValue: $0) } ?? gradients
    return options.clipNorm.map { small.clipped(toNorm: $0) } ?? small
  }

  /// The learning rate of the next step.
  private var rate: Double {
    switch options.learningRate {
    case .schedule(let schedule): schedule(state.step)
    case .plateau(let start): (state.plateau ?? start).rate
    }
  }

  private func startNextEpoch() {
    state.epoch += 1
    state.stepInEpoch = 0
    order.startNextEpoch()
    state.generator = order.generator
  }

  // MARK: - Evaluation

  private func evaluated(rate: Double) throws -> MetricsRecord {
    let start = ContinuousClock.now
    defer { evaluationTime += ContinuousClock.now - start }
    let validation = try withEvaluatedModel { () throws -> Evaluation? in
      let validation = try sampledValidation()
      if let validation { try note(validation, rate: rate) }
      return validation
    }
    if let validation { optimizer.observe(validationLoss: validation.loss) }
    state.validation = validation
    if case .plateau(let start) = options.learningRate {
      var plateau = state.plateau ?? start
      plateau.observe(validation?.loss ?? state.lossSum / Double(state.lossCount))
      state.plateau = plateau
    }
    return MetricsRecord(
      step: state.step, epoch: state.epoch + 1, learningRate: rate, trainLoss: runningLoss,
      validationLoss: validation?.loss, validationAccuracy: validation?.accuracy,
      validationR2: validation?.r2, validationMetrics: validation?.metrics)
  }

  /// Evaluates the model, and returns the same to all workers.
  private func sampledValidation() throws -> Evaluation? {
    let workers = options.workers
    // Workers that train apart differ in their weights, of which those of worker 0 count.
    guard options.sharding != nil else {
      return try workers.fromFirst { objective.sampledValidation() }
    }
    let validation = SharedEvaluation.run(on: workers) { objective.sampledValidation() }
    return try workers.fromFirst { validation }
  }

  /// Evaluates the current weights on the validation examples without any effect on the run.
  package func currentValidation() -> Evaluation? {
    withEvaluatedModel { objective.validation() }
  }

  /// Runs a closure while the model has the weights and running statistics to evaluate.
  private func withEvaluatedModel<Result, Failure: Error>(
    _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let usesOtherWeights = usesOtherWeights
    return try modelState.buffers.withLocalValues { () throws(Failure) -> Result in
      try optimizer.withEvaluationWeights { () throws(Failure) -> Result in
        if usesOtherWeights { refreshBuffers() }
        return try body()
      }
    }
  }

  /// Keeps the current weights if their validation loss is the lowest so far; otherwise decides
  /// whether to stop early.
  private func note(_ validation: Evaluation, rate: Double) throws {
    guard validation.loss.isFinite else {
      throw notFinite("validation loss", validation.loss, step: state.step, rate)
    }
    if validation.loss < state.bestLoss ?? .infinity {
      state.bestLoss = validation.loss
      state.bestStep = state.step
      state.staleEvaluations = 0
      bestWeights = modelState.weights
      if let limit = options.stopBelow, validation.loss < limit { state.isStoppedEarly = true }
    } else {
      state.staleEvaluations += 1
      state.isStoppedEarly = state.staleEvaluations >= options.patience ?? .max
    }
  }

  /// Whether a model with buffers is evaluated with other weights than those in training.
  private var usesOtherWeights: Bool {
    !modelState.buffers.isEmpty
      && zip(optimizer.parameters, optimizer.evaluationWeights).contains { element, weights in
        (element.parameter.value .!= weights).any().scalar(as: Bool.self)
      }
  }

  /// Recomputes running statistics, such as those of batch normalization, with the current weights:
  /// the stored ones belong to the weights in training.
  private func refreshBuffers() {
    var noise = state.noise
    let count = order.indices.count
    // With the usual momentum a fraction of 0.9⁵⁰ = 0.005 of the old statistics is left.
    for i in 0..<50 {
      let start = i * options.batchSize % count
      let batch = order.indices[start..<min(start + options.batchSize, count)]
      withRandomGenerator(&noise) {
        withMode(.training) { _ = objective.loss(ofExamples: batch) }
      }
    }
  }

  private func notFinite(
    _ what: String, _ value: Double, step: Int, _ rate: Double
  ) -> TrainingError {
    .training(
      "the \(what) is \(Format.number(value)) at step \(step), learning rate"
        + " \(Format.number(rate)); a lower one may help, such as \(Format.number(rate / 10))")
  }
}
