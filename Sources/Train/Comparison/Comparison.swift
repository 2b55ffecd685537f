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
  /// The finished trials, in the order of training.
  var trials: [Trial] = []
  /// The number of parameters of the model, known after the first trial.
  var parameterCount = 0
  /// The fingerprint of the data of each seed that was used, by its position in the plan.
  private var fingerprints: [Int: String] = [:]
  /// The results, once nothing is left to train.
  var results: ComparisonResults?

  /// Creates a comparison without trials.
  init(_ plan: ComparisonPlan) { self.plan = plan }

  /// Whether the plan can be carried out and the trials belong to it, which someone who edits the
  /// record may have changed.
  var isPossible: Bool {
    !plan.candidates.isEmpty && !plan.seeds.isEmpty && plan.rates?.isEmpty != true
      && (1...1_000_000).contains(plan.evaluations) && (1...1000).contains(plan.searchBudget)
      && trials.allSatisfy {
        plan.candidates.indices.contains($0.identity.candidate)
          && plan.seeds.indices.contains($0.identity.seed)
      }
  }

  /// Runs the trials that are left.
  ///
  /// - Parameters:
  ///   - isInterrupted: Returns whether to stop; called after each step.
  ///   - afterTrial: Called after each trial, to save and to report.
  /// - Returns: Whether nothing is left.
  /// - Throws: ``TrainingError`` for data that cannot be used, and what `afterTrial` throws.
  mutating func run(
    isInterrupted: () -> Bool = { Interrupt.isRaised }, afterTrial: (Comparison) throws -> Void
  ) throws -> Bool {
    var data: [UInt64: TaskData] = [:]
    while let identity = plan.next(after: trials) {
      let configuration = plan.configuration(of: identity)
      let seed = configuration[FitOptions.seed]
      let trialData = try data[seed] ?? configuration.task.data(seed: seed)
      if data.updateValue(trialData, forKey: seed) == nil {
        let fingerprint = trialData.fingerprint
        guard fingerprints[identity.seed] ?? fingerprint == fingerprint else {
          throw TrainingError.data(
            "\(configuration.task.source): the data has changed since the comparison began")
        }
        fingerprints[identity.seed] = fingerprint
      }
      func train() throws -> Trial? {
        try Trial.run(
          identity, configuration, on: trialData, evaluations: plan.evaluations,
          isInterrupted: isInterrupted)
      }
      let trial = try configuration.inItsExecution(train)
      guard let trial else { return false }
      trials.append(trial)
      parameterCount = trial.parameterCount
      try afterTrial(self)
    }
    results = ComparisonResults(self)
    try afterTrial(self)
    return true
  }
}
