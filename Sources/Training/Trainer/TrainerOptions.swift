import Optim

/// How a ``Trainer`` trains: how many steps of which size, at what learning rate, and when to
/// evaluate and stop.
public struct TrainerOptions: Sendable {
  /// The number of steps to take.
  public var steps: Int
  /// The number of examples in a batch.
  ///
  /// The last batch of an epoch takes what is left.
  public var batchSize: Int
  /// The number of batches whose gradients are averaged for one step.
  ///
  /// The last step of an epoch takes what is left.
  public var accumulationSteps: Int
  /// The largest norm of the gradients of a step, or `nil` not to clip.
  public var clipNorm: Double?
  /// The largest magnitude of an element of the gradients, or `nil` not to clip.
  ///
  /// It is applied before ``clipNorm``.
  public var clipValue: Double?
  /// What happens when a loss or a gradient is NaN or infinite.
  public var nonFinite: NonFinitePolicy
  /// The number of successive evaluations without a lower validation loss after which training
  /// stops early, or `nil` never to stop early.
  public var patience: Int?
  /// The validation loss below which training ends, or `nil` to take all steps.
  public var stopBelow: Double?
  /// The learning rate of each step.
  public var learningRate: LearningRateControl
  /// The momentum of each step, or `nil` to leave it as the optimizer has it.
  public var momentumSchedule: (any Schedule)?
  /// The order in which examples are visited.
  public var sampling: Sampling
  /// The number of steps between evaluations, or `nil` to evaluate at the end of each epoch.
  public var evaluationPeriod: Int?
  /// The file to which ``Trainer/run(afterStep:afterEvaluation:)`` saves the trainer, or `nil` not
  /// to save.
  ///
  /// It is written after an evaluation if the last time was ``checkpointInterval`` ago, and when
  /// the run ends, is paused or is canceled. ``Trainer/resume(from:)`` continues from it.
  public var checkpoint: String?
  /// The shortest time between two writes of ``checkpoint`` during a run.
  public var checkpointInterval: Duration
  /// How much is measured about gradients and weights; see ``StepRecord/diagnostics``.
  public var diagnostics: DiagnosticsLevel
  /// The workers that train together, this one alone by default.
  ///
  /// All of them make the trainer and take the same number of steps. The evaluations of worker 0
  /// count for all, so that they stop early and change the learning rate at the same step. They
  /// share each step and the work of each evaluation if there is a ``sharding``; otherwise an
  /// optimizer such as `Lookahead.diLoCo` connects them, whose steps each takes with an objective
  /// of its own, and ``evaluationPeriod`` must be given.
  public var workers: any Communicator = OneWorker()
  /// How batches are cut into shards, of which each worker computes the gradients of some, or `nil`
  /// to compute whole batches.
  public var sharding: BatchSharding?

  /// Creates options with a learning rate that follows a schedule or the validation loss.
  public init(
    steps: Int, batchSize: Int, accumulationSteps: Int = 1, clipNorm: Double? = nil,
    clipValue: Double? = nil, nonFinite: NonFinitePolicy = .stop, patience: Int? = nil,
    learningRate: LearningRateControl, momentumSchedule: (any Schedule)? = nil,
    sampling: Sampling = .shuffled, evaluationPeriod: Int? = nil, checkpoint: String? = nil,
    checkpointInterval: Duration = .seconds(10), diagnostics: DiagnosticsLevel = .off
  ) {
    self.steps = steps
    self.batchSize = batchSize
    self.accumulationSteps = accumulationSteps
    self.clipNorm = clipNorm
    self.clipValue = clipValue
    self.nonFinite = nonFinite
    self.patience = patience
    self.learningRate = learningRate
    self.momentumSchedule = momentumSchedule
    self.sampling = sampling
    self.evaluationPeriod = evaluationPeriod
    self.checkpoint = checkpoint
    self.checkpointInterval = checkpointInterval
    self.diagnostics = diagnostics
  }

  /// Creates options with a learning rate that follows a schedule.
  public init(
    steps: Int, batchSize: Int, accumulationSteps: Int = 1, clipNorm: Double? = nil,
    clipValue: Double? = nil, nonFinite: NonFinitePolicy = .stop, patience: Int? = nil,
    schedule: any Schedule, momentumSchedule: (any Schedule)? = nil,
    sampling: Sampling = .shuffled, evaluationPeriod: Int? = nil, checkpoint: String? = nil,
    checkpointInterval: Duration = .seconds(10), diagnostics: DiagnosticsLevel = .off
  ) {
    self.init(
      steps: steps, batchSize: batchSize, accumulationSteps: accumulationSteps, clipNorm: clipNorm,
      clipValue: clipValue, nonFinite: nonFinite, patience: patience,
      learningRate: .schedule(schedule), momentumSchedule: momentumSchedule, sampling: sampling,
      evaluationPeriod: evaluationPeriod, checkpoint: checkpoint,
      checkpointInterval: checkpointInterval, diagnostics: diagnostics)
  }

  /// Creates options with a learning rate that stays the same.
  public init(
    steps: Int, batchSize: Int, accumulationSteps: Int = 1, clipNorm: Double? = nil,
    clipValue: Double? = nil, nonFinite: NonFinitePolicy = .stop, patience: Int? = nil,
    learningRate: Double, momentumSchedule: (any Schedule)? = nil,
    sampling: Sampling = .shuffled, evaluationPeriod: Int? = nil, checkpoint: String? = nil,
    checkpointInterval: Duration = .seconds(10)
  ) {
    self.init(
      steps: steps, batchSize: batchSize, accumulationSteps: accumulationSteps, clipNorm: clipNorm,
      clipValue: clipValue, nonFinite: nonFinite, patience: patience,
      learningRate: .constant(learningRate), momentumSchedule: momentumSchedule,
      sampling: sampling, evaluationPeriod: evaluationPeriod, checkpoint: checkpoint,
      checkpointInterval: checkpointInterval)
  }

  /// The number of examples in a full step.
  var stepSize: Int { batchSize * accumulationSteps }
}
