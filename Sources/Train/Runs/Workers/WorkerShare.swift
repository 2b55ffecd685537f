import Autograd
import NN
import Optim
import Tensor
import Training

/// What one of the workers of a run trains with: its examples, its optimizer and its options.
///
/// Workers either take each step together, on shards of one batch, and have the same state, or an
/// outer optimizer connects workers that take steps on examples of their own.
struct WorkerShare {
  /// The workers, as this one sees them.
  let workers: any Communicator
  /// The optimizer, before its first step.
  let optimizer: any Optimizer
  /// The state before the first step.
  let initialState: TrainingState

  private let objective: any Objective
  private let options: TrainerOptions
  private let model: any Module
  /// Whether the worker has a state of its own.
  private let isApart: Bool

  /// Makes the share of a worker; all of them do so.
  ///
  /// - Parameters:
  ///   - configuration: Everything that decides the run.
  ///   - experiment: The model of this worker, and its objective on all examples.
  ///   - data: The data.
  ///   - parts: The numbers of the examples of each worker, or `nil` if all share every batch.
  ///   - workers: The workers.
  /// - Throws: ``UsageError`` for a schedule that does not fit the steps.
  init(
    _ configuration: TrainingConfiguration, _ experiment: Experiment, _ data: TaskData,
    parts: [[Int]]?, _ workers: any Communicator
  ) throws {
    self.workers = workers
    model = experiment.model
    isApart = parts != nil
    var options = try configuration.trainerOptions()
    options.diagnostics = workers.rank == 0 ? configuration[FitOptions.diagnostics] : .off
    options.workers = workers
    let parameters = model.parameters
    if let part = parts?[workers.rank] {
      objective = experiment.objective.restricted(to: part)
      optimizer = configuration.optimizer(
        parameters, across: workers, weight: Double(part.count))
      // Parts may differ in size, but all workers evaluate after the same steps.
      switch options.sampling {
      case .withReplacement(let steps): options.evaluationPeriod = steps
      case .shuffled, .sequential:
        let samples = configuration.stepSize * workers.size
        options.evaluationPeriod = (data.exampleCount + samples - 1) / samples
      }
      var generator = configuration.initialState.generator
      for _ in 0..<workers.rank { _ = generator.split() }
      initialState = TrainingState(generator: generator.split())
    } else {
      objective = experiment.objective
      workers.broadcast(parameters)
      optimizer = configuration.optimizer(parameters)
      options.sharding = configuration.sharding(on: workers.size)
      initialState = configuration.initialState
    }
    self.options = options
  }

  /// The trainer of the worker.
  func trainer(_ state: TrainingState, bestWeights: NamedTensors? = nil) -> Trainer {
    Trainer(
      objective, optimizer: optimizer, options: options, state: state, bestWeights: bestWeights)
  }

  /// The number of batches that all workers together use in a step.
  var batchesPerStep: Int { isApart ? workers.size : 1 }

  /// Sets the model and the optimizer to a checkpoint.
  ///
  /// A checkpoint of another number of workers has no state for each: all then go on from that of
  /// worker 0, with batches of their own.
  ///
  /// - Throws: ``TrainingError`` for a file that is missing or damaged.
  func load(_ path: String) throws -> CheckpointState {
    var (state, isOwn) = try Checkpoint.load(
      from: path, into: model, optimizer, as: CheckpointState.self,
      worker: isApart ? workers.rank : 0, of: isApart ? workers.size : 1)
    if !isOwn {
      var generator = initialState.generator
      for _ in 0...state.training.epoch { _ = generator.split() }
      let fresh = TrainingState(generator: generator)
      (state.training.generator, state.training.noise) = (fresh.generator, fresh.noise)
      state.training.stepInEpoch = 0
    }
    return state
  }

  /// Sets the model to the best weights of worker 0 and evaluates it on all parts of the data, of
  /// which each worker takes some; all workers call it.
  ///
  /// - Parameters:
  ///   - trainer: The trainer of the worker.
  ///   - isInterrupted: Returns whether to stop; called every few thousand examples.
  /// - Returns: The same for all workers, bit for bit that of one; `nil` if one was to stop. The
  ///   model then has the weights that it had before.
  /// - Throws: `WeightsError` if the best weights are of another model.
  func finalEvaluations(
    of trainer: Trainer, isInterrupted: () -> Bool
  ) throws -> FinalEvaluations? {
    let state = ModuleState(of: model)
    let last = state.weights
    if workers.rank == 0 { try trainer.restoreBestWeights() }
    workers.broadcast(state)
    let evaluations = SharedEvaluation.run(on: workers, until: isInterrupted) {
      FinalEvaluations(
        validation: objective.validation(), training: objective.trainingEvaluation(),
        test: objective.testEvaluation())
    }
    if evaluations == nil {
      try state.load(last)
      let signals = workers.gather([UInt8(Interrupt.received)]).compactMap(\.first)
      Interrupt.adopt(from: signals.map(Int32.init))
    }
    return evaluations
  }

  /// The states of the workers but the first, for a checkpoint; none where all have the same.
  ///
  /// All workers call it; only worker 0 has something to do with the result.
  ///
  /// - Throws: ``TrainingError`` if a weight is NaN or infinite.
  func otherStates(_ trainer: Trainer) throws -> [[UInt8]] {
    guard isApart else { return [] }
    let own =
      workers.rank == 0
      ? []
      : try Checkpoint.encoded(
        model, optimizer, state: CheckpointState(training: trainer.state, seconds: nil))
    return Array(workers.gather(own).dropFirst())
  }
}

/// How good the weights are that a run ends with.
struct FinalEvaluations {
  let validation: Evaluation?
  let training: Evaluation?
  let test: Evaluation?
}
