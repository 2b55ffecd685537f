import Optim
import Tensor
import Training

/// A comparison of optimizers: the plan, the trials that have finished, and the results.
///
/// Every trial with the same seed has the same examples, the same initial weights and the same
/// batches, whatever the optimizer.
struct Comparison: Codable, Sendable, Equatable {
  /// The command line that asked for it, if it is known.
  var command: String?
  /// What is compared.
  var plan: ComparisonPlan
  /// The finished trials, in the order in which one worker trains them.
  var trials: [Trial] = []
  /// The number of parameters of the model, known after the first trial.
  var parameterCount = 0
  /// The fingerprint of the data of each seed that was used, by its position in the plan.
  private var fingerprints: [Int: String] = [:]
  /// The results, once nothing is left to train.
  var results: ComparisonResults?

  /// Creates a comparison without trials.
  init(_ plan: ComparisonPlan) { self.plan = plan }

  /// A trial to train.
  private struct Job: Sendable {
    let identity: Trial.Identity
    let configuration: TrainingConfiguration
    let data: TaskData
  }

  /// Whether the plan can be carried out and the trials belong to it, which someone who edits the
  /// record may have changed.
  var isPossible: Bool {
    !plan.candidates.isEmpty && !plan.seeds.isEmpty && plan.rates?.isEmpty != true
      && (1...1_000_000).contains(plan.evaluations) && (1...1000).contains(plan.searchBudget)
      && trials.allSatisfy {
        plan.candidates.indices.contains($0.identity.candidate)
          && plan.seeds.indices.contains($0.identity.seed) && $0.isPossible
      }
  }

  /// Runs the trials that are left.
  ///
  /// Which trials there are, and with which results, does not depend on the number of workers.
  ///
  /// - Parameters:
  ///   - workers: The processes that share the trials; all of them call the method.
  ///   - isInterrupted: Returns whether to stop; called after each step, by another thread.
  ///   - afterTrial: Called with each trial, to save and to report, and at the end without one.
  /// - Returns: Whether nothing is left.
  /// - Throws: ``TrainingError`` for data that cannot be used, and what `afterTrial` throws.
  mutating func run(
    on workers: any Communicator = OneWorker(),
    isInterrupted: @escaping @Sendable () -> Bool = { Interrupt.isRaised },
    afterTrial: (Comparison, Trial?) throws -> Void
  ) throws -> Bool {
    let threads =
      plan.candidates[0].configuration[FitOptions.threads] ?? Execution.standard.threads
    let team = try TrialTeam<Job, Trial>(of: workers, count: 1, threads: threads) {
      [evaluations = plan.evaluations] job, isStopped in
      try job.configuration.inItsPrecision {
        try Trial.run(
          job.identity, job.configuration, on: job.data, evaluations: evaluations,
          isInterrupted: { isStopped() || isInterrupted() })
      }
    }
    defer { team.end() }
    var data: [UInt64: TaskData] = [:]
    var running: [Trial.Identity] = []
    while true {
      while team.hasRoom, let identity = plan.next(after: trials, running: running) {
        team.begin(try job(identity, &data, on: workers))
        running.append(identity)
      }
      if running.isEmpty { break }
      guard let trial = try team.next() else {
        for trial in try team.stop() {
          add(trial)
          try afterTrial(self, trial)
        }
        return false
      }
      running.removeAll { $0 == trial.identity }
      add(trial)
      try afterTrial(self, trial)
    }
    results = ComparisonResults(self)
    try afterTrial(self, nil)
    return true
  }

  private mutating func add(_ trial: Trial) {
    trials = plan.inOrder(trials + [trial])
    parameterCount = trial.parameterCount
  }

  /// Loads the data of a trial.
  private mutating func job(
    _ identity: Trial.Identity, _ data: inout [UInt64: TaskData], on workers: any Communicator
  ) throws -> Job {
    let configuration = plan.configuration(of: identity)
    let seed = configuration[FitOptions.seed]
    if let data = data[seed] {
      return Job(identity: identity, configuration: configuration, data: data)
    }
    let loaded = try configuration.task.data(seed: seed)
    let fingerprint = loaded.fingerprint
    guard fingerprints[identity.seed] ?? fingerprint == fingerprint else {
      throw TrainingError.data(
        "\(configuration.task.source): the data has changed since the comparison began")
    }
    try workers.requireSame(data: fingerprint)
    fingerprints[identity.seed] = fingerprint
    data[seed] = loaded
    return Job(identity: identity, configuration: configuration, data: loaded)
  }
}
