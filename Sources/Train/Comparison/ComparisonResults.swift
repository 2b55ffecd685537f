import Optim
import Training

/// The results of a comparison.
struct ComparisonResults: Codable, Sendable, Equatable {
  /// A learning rate and the lowest validation loss that it reached in tuning.
  struct Rate: Codable, Sendable, Equatable {
    var learningRate: Double
    /// The lowest validation loss; nil if the run diverged.
    var validationLoss: Double?
  }

  /// The result of an optimizer at its best learning rate, over all seeds that did not diverge.
  struct Result: Codable, Sendable, Equatable {
    /// The optimizer as it was asked for.
    var optimizer: String
    /// The best learning rate in tuning; nil if all runs diverged.
    var learningRate: Double?
    /// The lowest validation loss of a run.
    var bestLoss: MeanAndDeviation?
    /// The validation loss after the last step.
    var finalLoss: MeanAndDeviation?
    /// The accuracy where the loss was lowest.
    var bestAccuracy: MeanAndDeviation?
    /// The accuracy after the last step.
    var finalAccuracy: MeanAndDeviation?
    /// The explained variance where the loss was lowest.
    var bestR2: MeanAndDeviation?
    /// The explained variance after the last step.
    var finalR2: MeanAndDeviation?
    /// The number of seeds whose runs reached the target.
    var seedsAtTarget: Int
    /// The steps to the target loss, of the runs that reached it.
    var stepsToTarget: MeanAndDeviation?
    /// The seconds of training to the target loss, of the runs that reached it.
    var secondsToTarget: MeanAndDeviation?
    /// The seconds of a step: the median over the trials of the optimizer.
    var secondsPerStep: Double
    /// The bytes of the tensors of the optimizer's state.
    var stateBytes: Int
    /// The measured number of bytes that the optimizer adds to the memory of tensors.
    var liveBytes: Int
    /// The size of the state for n parameters, by the definition of the method: `2n`.
    var theory: String
    /// The rates that were tried, in ascending order.
    var rates: [Rate]
    /// The lowest and the highest rate of the contiguous range around the best one that reaches the
    /// target.
    var goodRates: ClosedRange<Double>?
    /// The number of runs at the best rate that diverged.
    var divergedSeeds: Int
  }

  /// The mean validation loss of the initial weights.
  var initialLoss: Double
  /// The validation loss to reach: the given one, or the lowest mean of any optimizer plus a
  /// twentieth of its distance to the initial loss.
  var targetLoss: Double
  /// The number of parameters of the model, n.
  var parameters: Int
  /// The results, in the order of the plan.
  var results: [Result]

  /// The results of the trials of a comparison.
  init(_ comparison: Comparison) {
    let (plan, trials) = (comparison.plan, comparison.trials)
    let finals = plan.candidates.indices.map { candidate -> [Trial] in
      guard let rate = plan.bestRate(of: candidate, in: trials) else { return [] }
      return trials.filter {
        $0.identity.candidate == candidate && $0.identity.learningRate == rate
      }
    }
    let starts = trials.compactMap(\.points.first?.validationLoss)
    let initial = MeanAndDeviation(starts)?.mean ?? .nan
    let means = finals.compactMap { MeanAndDeviation($0.map(\.score).filter(\.isFinite))?.mean }
    let lowest = means.min() ?? initial
    let target = plan.targetLoss ?? lowest + (initial - lowest) / 20
    initialLoss = initial
    targetLoss = target
    parameters = comparison.parameterCount
    results = plan.candidates.enumerated().map { index, candidate in
      Result(
        candidate, finals[index], all: trials.filter { $0.identity.candidate == index },
        target: target)
    }
  }
}

extension ComparisonResults.Result {
  fileprivate init(
    _ candidate: ComparisonPlan.Candidate, _ finals: [Trial], all: [Trial], target: Double
  ) {
    let finished = finals.filter { !$0.isDiverged }
    let best = finished.compactMap { trial in
      trial.points.min { $0.validationLoss < $1.validationLoss }
    }
    let last = finished.compactMap(\.points.last)
    let reached = finished.compactMap { trial in
      trial.steps(toLoss: target).map { (steps: Double($0), seconds: trial.secondsPerStep) }
    }
    let tuning = all.filter { $0.identity.seed == 0 }
      .sorted { $0.identity.learningRate < $1.identity.learningRate }
    let times = all.map(\.secondsPerStep).sorted()
    optimizer = candidate.name
    learningRate = finals.first?.identity.learningRate
    bestLoss = MeanAndDeviation(best.map(\.validationLoss))
    finalLoss = MeanAndDeviation(last.map(\.validationLoss))
    bestAccuracy = MeanAndDeviation(best.compactMap(\.validationAccuracy))
    finalAccuracy = MeanAndDeviation(last.compactMap(\.validationAccuracy))
    bestR2 = MeanAndDeviation(best.compactMap(\.validationR2))
    finalR2 = MeanAndDeviation(last.compactMap(\.validationR2))
    seedsAtTarget = reached.count
    stepsToTarget = MeanAndDeviation(reached.map(\.steps))
    secondsToTarget = MeanAndDeviation(reached.map { $0.steps * $0.seconds })
    secondsPerStep = times.isEmpty ? .nan : times[times.count / 2]
    stateBytes = all.first?.stateBytes ?? 0
    liveBytes = all.first?.liveBytes ?? 0
    theory = candidate.configuration[FitOptions.optimizer].stateSize
    rates = tuning.map {
      .init(
        learningRate: $0.identity.learningRate,
        validationLoss: $0.score.isFinite ? $0.score : nil)
    }
    divergedSeeds = finals.count - finished.count
    goodRates = Self.goodRates(rates, around: learningRate, target: target)
  }

  private static func goodRates(
    _ rates: [ComparisonResults.Rate], around best: Double?, target: Double
  ) -> ClosedRange<Double>? {
    let isGood = rates.map { $0.validationLoss ?? .infinity <= target }
    guard let start = rates.firstIndex(where: { $0.learningRate == best }), isGood[start] else {
      return nil
    }
    let low = (0...start).reversed().prefix { isGood[$0] }.last ?? start
    let high = (start..<rates.count).prefix { isGood[$0] }.last ?? start
    return rates[low].learningRate...rates[high].learningRate
  }
}
