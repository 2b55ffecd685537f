import Training
import Foundation
import Optim
import Tensor

/// A comparison of optimizers: the plan, what has been trained of it, and what came out.
///
/// Every trial with the same seed has the same examples, the same initial weights and the same batches,
/// whatever the optimizer.
struct Comparison: Codable, Sendable, Equatable {
  /// What is compared.
  var plan: ComparisonPlan
  /// The finished trials, in the order of training.
  var trials: [Trial] = []
  /// The number of learned numbers, once a trial has told.
  var parameterCount = 0
  /// What came out, when nothing is left to train.
  var results: ComparisonResults?

  /// A comparison of which nothing has been trained.
  init(_ plan: ComparisonPlan) { self.plan = plan }

  /// Trains what is left.
  ///
  /// - Parameters:
  ///   - isInterrupted: Asked after each step whether to stop.
  ///   - afterTrial: Is called after each trial, to save and to report.
  /// - Returns: Whether nothing is left.
  /// - Throws: ``TrainingError`` of the data, and what `afterTrial` throws.
  mutating func run(
    isInterrupted: () -> Bool = { Interrupt.isRaised }, afterTrial: (Comparison) throws -> Void
  ) throws -> Bool {
    var data: [UInt64: TaskData] = [:]
    while let identity = plan.next(after: trials) {
      let configuration = plan.configuration(of: identity)
      let seed = configuration.seed
      let trialData = try data[seed] ?? configuration.source().data(seed: seed)
      data[seed] = trialData
      func train() throws -> Trial? {
        try Trial.run(
          identity, configuration, on: trialData, evaluations: plan.evaluations,
          isInterrupted: isInterrupted)
      }
      let trial = try configuration.threads.map { try withThreads($0, train) } ?? train()
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
