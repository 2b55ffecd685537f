import Autograd
import NN
import Optim
import Tensor

/// How a training loop draws the examples of its steps, round by round; each round ends with an
/// evaluation.
public enum Drawing: Sendable, Equatable {
  /// A round is an epoch: a pass over all examples, in random order.
  case passes
  /// A round is a number of steps, for which examples are drawn independently of each other.
  case rounds(ofSteps: Int)
}

/// How a training loop goes about its objective.
public struct TrainingPlan: Sendable {
  /// The most steps to take.
  public var steps: Int
  /// The examples in a batch; the last batch of an epoch takes what is left.
  public var batchSize: Int
  /// The batches whose gradients together make a step; the last step of an epoch takes what is left.
  public var accumulate: Int
  /// The largest norm of the gradients; nil does not clip.
  public var clipNorm: Double?
  /// The largest element of the gradients, before their norm is looked at; nil does not clip.
  public var clipValue: Double?
  /// What a gradient or a loss with NaN or infinity does.
  public var nonFinite: NonFiniteChoice
  /// The evaluations without a lower validation loss before training stops; nil never stops early.
  public var patience: Int?
  /// What decides the learning rate of each step.
  public var learningRate: LearningRateControl
  /// The momentum of each step; nil leaves it as it is.
  public var momentum: (any Schedule)?
  /// How the examples of the steps are drawn.
  public var drawing: Drawing
  /// The steps between evaluations; nil for one at the end of each round.
  public var evaluationPeriod: Int?

  /// A plan from its parts.
  public init(
    steps: Int, batchSize: Int, accumulate: Int = 1, clipNorm: Double? = nil,
    clipValue: Double? = nil, nonFinite: NonFiniteChoice = .stop, patience: Int? = nil,
    learningRate: LearningRateControl, drawing: Drawing = .passes
  ) {
    self.steps = steps
    self.batchSize = batchSize
    self.accumulate = accumulate
    self.clipNorm = clipNorm
    self.clipValue = clipValue
    self.nonFinite = nonFinite
    self.patience = patience
    self.learningRate = learningRate
    self.drawing = drawing
  }

  /// A plan with a learning rate that follows a schedule.
  public init(
    steps: Int, batchSize: Int, accumulate: Int = 1, clipNorm: Double? = nil,
    clipValue: Double? = nil, nonFinite: NonFiniteChoice = .stop, patience: Int? = nil,
    schedule: any Schedule, drawing: Drawing = .passes
  ) {
    self.init(
      steps: steps, batchSize: batchSize, accumulate: accumulate, clipNorm: clipNorm,
      clipValue: clipValue, nonFinite: nonFinite, patience: patience,
      learningRate: .schedule(schedule), drawing: drawing)
  }

  /// The examples in a full step.
  var stepSize: Int { batchSize * accumulate }
}

/// Where a training loop stands: with the weights and the optimizer's state, all that it needs to go on
/// exactly as if it had not stopped.
public struct TrainingState: Codable, Sendable, Equatable {
  /// The steps taken.
  public var step = 0
  /// The epochs, or rounds, completed.
  public var epoch = 0
  /// The steps taken in this epoch.
  public var stepInEpoch = 0
  /// Draws this epoch's examples, and then the next one's.
  public var generator: RandomGenerator
  /// Draws what layers leave to chance, such as what is dropped.
  public var noise: RandomGenerator
  /// The sum of the losses in this epoch, each times its number of examples.
  public var lossSum = 0.0
  /// The number of examples in ``lossSum``.
  public var lossCount = 0
  /// The last evaluation.
  public var validation: Evaluation?
  /// The lowest validation loss so far.
  public var bestLoss: Double?
  /// The steps taken when the validation loss was lowest.
  public var bestStep: Int?
  /// The evaluations since then.
  public var staleEvaluations = 0
  /// Whether training stopped early.
  public var isStoppedEarly = false
  /// The steps left out because a gradient was not finite.
  public var skippedSteps = 0
  /// The learning rate and what decided it so far, where the plan has it follow the evaluations; nil before
  /// the first.
  public var plateau: ReduceOnPlateau?

  /// The start of a training loop that draws its batches from a generator.
  public init(generator: RandomGenerator) {
    self.generator = generator
    var parent = generator
    var child = parent.split()
    noise = child.split()
  }
}

/// One line of a run's record: how things stood after an epoch, or round.
public struct MetricsRecord: Codable, Sendable, Equatable {
  /// The steps taken.
  public var step: Int
  /// The epochs completed.
  public var epoch: Int
  /// The learning rate of the last step.
  public var learningRate: Double
  /// The mean loss of the steps of the epoch.
  public var trainLoss: Double
  /// The loss on the validation examples.
  public var validationLoss: Double?
  /// The accuracy on the validation examples of a classification.
  public var validationAccuracy: Double?
  /// The explained variance of the validation examples of a regression.
  public var validationR2: Double?
}

/// The numbers of a model: those of its parameters, and those of its buffers, each in their order.
public struct ModelWeights: Sendable {
  /// The values of the parameters.
  public var parameters: [Tensor]
  /// The values of the buffers.
  public var buffers: [Tensor]

  /// Weights from their parts.
  public init(parameters: [Tensor], buffers: [Tensor] = []) {
    self.parameters = parameters
    self.buffers = buffers
  }

  /// Sets the parameters and buffers that these are of.
  package func restore(_ parameters: Parameters, _ buffers: [(name: String, buffer: Buffer)]) {
    for (element, value) in zip(parameters, self.parameters) { element.parameter.value = value }
    for ((_, buffer), value) in zip(buffers, self.buffers) { buffer.value = value }
  }
}

/// A training loop: random batches, gradients, steps, an evaluation after each epoch, early stopping.
///
/// All that is random comes from the generators of the state, so two loops with equal weights,
/// optimizers and states take equal steps.
public final class Trainer {
  /// What is trained.
  public let parameters: Parameters
  /// How the weights follow the gradients.
  public let optimizer: any Optimizer
  /// Where the loop stands.
  public private(set) var state: TrainingState
  /// The weights with the lowest validation loss, and what the buffers held then; nil before the first
  /// evaluation.
  public private(set) var bestWeights: ModelWeights?

  /// What the model changes by itself in training, by name.
  package let buffers: [(name: String, buffer: Buffer)]
  private let objective: any Objective
  private let plan: TrainingPlan
  private var order: [Int]
  /// The time that steps have taken, evaluations left out.
  package private(set) var stepTime = Duration.zero

  /// A loop at its start, or one that goes on from a state.
  ///
  /// - Parameters:
  ///   - parameters: What to train.
  ///   - buffers: What the model changes by itself in training, such as running means, by name.
  ///   - objective: What to lower.
  ///   - optimizer: How the weights follow the gradients; it was made for `parameters`.
  ///   - plan: How to go about it.
  ///   - state: Where to go on from; weights and optimizer must be as they were then.
  ///   - bestWeights: The weights with the lowest validation loss before that, and the buffers with them.
  public init(
    parameters: Parameters, buffers: [(name: String, buffer: Buffer)] = [],
    objective: any Objective, optimizer: any Optimizer, plan: TrainingPlan, state: TrainingState,
    bestWeights: ModelWeights? = nil
  ) {
    self.parameters = parameters
    self.buffers = buffers
    self.objective = objective
    self.optimizer = optimizer
    self.plan = plan
    self.state = state
    self.bestWeights = bestWeights
    order = Self.order(of: objective.exampleCount, plan, state.generator)
  }

  /// Whether there is no step left to take.
  public var isFinished: Bool { state.step >= plan.steps || state.isStoppedEarly }

  /// The examples that the steps so far were of, repetitions included.
  public var samplesSeen: Int {
    state.epoch * order.count + min(state.stepInEpoch * plan.stepSize, order.count)
  }

  /// The mean loss of the steps of this epoch, in the unit that is reported; NaN before the first.
  public var runningLoss: Double {
    state.lossSum / Double(state.lossCount) * objective.lossUnit
  }

  /// Takes steps until the loop is finished or a hook says to pause.
  ///
  /// - Parameters:
  ///   - afterStep: Is called after each step, and after the evaluation that may follow it; false
  ///     pauses.
  ///   - afterEvaluation: Is called with the record of each evaluation.
  /// - Throws: ``TrainingError`` of kind `training` when a loss is not finite, before that loss has
  ///   changed the weights; and what the hooks throw.
  public func run(
    afterStep: (Trainer) throws -> Bool = { _ in true },
    afterEvaluation: (MetricsRecord) throws -> Void = { _ in }
  ) throws {
    while !isFinished {
      let record = try step()
      if let record { try afterEvaluation(record) }
      guard try afterStep(self) else { return }
    }
  }

  /// Sets the parameters to the weights with the lowest validation loss, and the buffers to what they held
  /// then; without an evaluation, to the optimizer's ``Optimizer/evaluationWeights``.
  public func restoreBestWeights() {
    guard let bestWeights else {
      for (element, weights) in zip(parameters, optimizer.evaluationWeights) {
        element.parameter.value = weights
      }
      return
    }
    bestWeights.restore(parameters, buffers)
  }

  /// Takes a step, and evaluates at the end of an epoch and of the run.
  private func step() throws -> MetricsRecord? {
    let start = ContinuousClock.now
    let isAfterEvaluation =
      plan.evaluationPeriod.map { state.step % $0 == 0 } ?? (state.stepInEpoch == 0)
    if isAfterEvaluation {
      state.lossSum = 0
      state.lossCount = 0
    }
    let first = state.stepInEpoch * plan.stepSize
    let examples = order[first..<min(first + plan.stepSize, order.count)]
    let rate = rate
    optimizer.learningRate = rate
    if let momentum = plan.momentum { optimizer.momentum = momentum(state.step) }
    let (loss, gradients) = differentiate(examples)
    let isFinite = loss.isFinite && (plan.nonFinite == .stop || gradients.isFinite)
    if isFinite {
      optimizer.step(clipped(gradients))
      state.lossSum += loss * Double(examples.count)
      state.lossCount += examples.count
    } else if plan.nonFinite == .stop {
      throw notFinite("loss", loss, step: state.step + 1, rate)
    } else {
      state.skippedSteps += 1
    }
    state.step += 1
    state.stepInEpoch += 1
    let endsEpoch = examples.endIndex == order.count
    stepTime += ContinuousClock.now - start
    let isDue = plan.evaluationPeriod.map { state.step % $0 == 0 } ?? endsEpoch
    let record = isDue || state.step == plan.steps ? try evaluated(rate: rate) : nil
    if endsEpoch { startEpoch() }
    return record
  }

  /// The mean loss of some examples and its gradients, batch after batch.
  private func differentiate(_ examples: ArraySlice<Int>) -> (loss: Double, gradients: Gradients) {
    func differentiate(batch: ArraySlice<Int>) -> (loss: Double, gradients: Gradients) {
      let (loss, gradients) = withRandomGenerator(&state.noise) {
        valueWithGradients(for: parameters) { objective.loss(ofExamples: batch) }
      }
      return (loss.scalar(), gradients)
    }
    if examples.count <= plan.batchSize { return differentiate(batch: examples) }
    var window = GradientAccumulator()
    var sum = 0.0
    for start in stride(from: examples.startIndex, to: examples.endIndex, by: plan.batchSize) {
      let batch = examples[start..<min(start + plan.batchSize, examples.endIndex)]
      let (loss, gradients) = differentiate(batch: batch)
      window.add(gradients, examples: batch.count)
      sum += loss * Double(batch.count)
    }
    return (sum / Double(examples.count), window.take())
  }

  private func clipped(_ gradients: Gradients) -> Gradients {
    let small = plan.clipValue.map { gradients.clipped(toValue: $0) } ?? gradients
    return plan.clipNorm.map { small.clipped(toNorm: $0) } ?? small
  }

  /// The learning rate of the next step.
  private var rate: Double {
    switch plan.learningRate {
    case .schedule(let schedule): schedule(state.step)
    case .plateau(let start): (state.plateau ?? start).rate
    }
  }

  private func evaluated(rate: Double) throws -> MetricsRecord {
    let trained = buffers.map(\.buffer.value)
    let isOther = hasOtherWeights
    let validation = optimizer.withEvaluationWeights {
      if isOther { refreshBuffers() }
      return objective.validation()
    }
    defer { for ((_, buffer), value) in zip(buffers, trained) { buffer.value = value } }
    if let validation {
      guard validation.loss.isFinite else {
        throw notFinite("validation loss", validation.loss, step: state.step, rate)
      }
      optimizer.observe(validationLoss: validation.loss)
      if validation.loss < state.bestLoss ?? .infinity {
        state.bestLoss = validation.loss
        state.bestStep = state.step
        state.staleEvaluations = 0
        bestWeights = ModelWeights(
          parameters: optimizer.evaluationWeights, buffers: buffers.map(\.buffer.value))
      } else {
        state.staleEvaluations += 1
        state.isStoppedEarly = state.staleEvaluations >= plan.patience ?? .max
      }
    }
    state.validation = validation
    if case .plateau(let start) = plan.learningRate {
      var plateau = state.plateau ?? start
      plateau.observe(validation?.loss ?? state.lossSum / Double(state.lossCount))
      state.plateau = plateau
    }
    return MetricsRecord(
      step: state.step, epoch: state.epoch + 1, learningRate: rate, trainLoss: runningLoss,
      validationLoss: validation?.loss, validationAccuracy: validation?.accuracy,
      validationR2: validation?.r2)
  }

  /// Whether the weights to evaluate are others than those in training, for a model with buffers.
  private var hasOtherWeights: Bool {
    !buffers.isEmpty
      && zip(parameters, optimizer.evaluationWeights).contains { element, weights in
        (element.parameter.value .!= weights).any().scalar(as: Bool.self)
      }
  }

  /// Lets running statistics see training examples with the weights of now: those of batch normalisation
  /// belong to the weights in training.
  private func refreshBuffers() {
    var noise = state.noise
    // Of what was there a fraction of 0.9⁵⁰ = 0.005 is left with the usual momentum.
    for i in 0..<50 {
      let start = i * plan.batchSize % order.count
      let batch = order[start..<min(start + plan.batchSize, order.count)]
      withRandomGenerator(&noise) {
        withMode(.training) { _ = objective.loss(ofExamples: batch) }
      }
    }
  }

  private func startEpoch() {
    state.epoch += 1
    state.stepInEpoch = 0
    // What this epoch drew is behind it; the copy in `order(of:_:_:)` left the generator where it was.
    _ = state.generator.split()
    order = Self.order(of: objective.exampleCount, plan, state.generator)
  }

  /// The examples of a round, batch after batch.
  private static func order(
    of count: Int, _ plan: TrainingPlan, _ generator: RandomGenerator
  ) -> [Int] {
    var generator = generator
    var child = generator.split()
    switch plan.drawing {
    case .passes: return child.permutation(of: count)
    case .rounds(let steps):
      return (0..<steps * plan.stepSize).map { _ in child.integer(below: count) }
    }
  }

  private func notFinite(
    _ what: String, _ value: Double, step: Int, _ rate: Double
  ) -> TrainingError {
    .training("the \(what) is \(value) at step \(step), learning rate \(shortText(rate))")
  }
}
