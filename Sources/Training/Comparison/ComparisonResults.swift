import Foundation
import Optim

/// What came out of a comparison.
package struct ComparisonResults: Codable, Sendable, Equatable {
  /// A mean over the seeds and the standard deviation, which a single seed has not.
  package struct Spread: Codable, Sendable, Equatable {
    /// The mean.
    package var mean: Double
    /// √(Σ(x − mean)² / (n − 1)).
    package var deviation: Double?

    /// The spread of some values; nil of none.
    package init?(_ values: [Double]) {
      guard !values.isEmpty else { return nil }
      let mean = values.reduce(0, +) / Double(values.count)
      self.mean = mean
      guard values.count > 1 else { return }
      let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
      deviation = (squares / Double(values.count - 1)).squareRoot()
    }
  }

  /// A learning rate and the lowest validation loss that it reached in tuning.
  package struct Rate: Codable, Sendable, Equatable {
    package var learningRate: Double
    /// Nil if it diverged.
    package var validationLoss: Double?
  }

  /// How an optimizer did at its best learning rate, over all seeds that did not diverge there.
  package struct Result: Codable, Sendable, Equatable {
    /// The optimizer as it was asked for.
    package var optimizer: String
    /// The best learning rate in tuning; nil when all diverged.
    package var learningRate: Double?
    /// The lowest validation loss of a run.
    package var bestLoss: Spread?
    /// The validation loss after the last step.
    package var finalLoss: Spread?
    /// The accuracy where the loss was lowest.
    package var bestAccuracy: Spread?
    /// The accuracy after the last step.
    package var finalAccuracy: Spread?
    /// The explained variance where the loss was lowest.
    package var bestR2: Spread?
    /// The explained variance after the last step.
    package var finalR2: Spread?
    /// The seeds of which runs reached the target.
    package var seedsAtTarget: Int
    /// The steps to the target loss, of the runs that reached it.
    package var stepsToTarget: Spread?
    /// The seconds of training to the target loss, of the runs that reached it.
    package var secondsToTarget: Spread?
    /// The median over the optimizer's trials of the seconds in a step.
    package var secondsPerStep: Double
    /// The bytes of the tensors of the optimizer's state.
    package var stateBytes: Int
    /// The bytes that it was measured to add to the memory that tensors hold.
    package var liveBytes: Int
    /// The state beside the n parameters, as the theory has it: `2n`.
    package var theory: String
    /// The rates that were tried, ascending.
    package var rates: [Rate]
    /// The lowest and highest of the rates around the best one that reach the target without a gap.
    package var goodRates: [Double]?
    /// The runs at the best rate that diverged.
    package var divergedSeeds: Int
  }

  /// The mean validation loss of the initial weights.
  package var initialLoss: Double
  /// The validation loss that counts as reached: given, or a twentieth of the way from the lowest mean of
  /// any optimizer back to the initial loss.
  package var targetLoss: Double
  /// The number of learned numbers, n.
  package var parameters: Int
  /// The results, in the order of the plan.
  package var results: [Result]

  /// The results of the trials that have been made.
  package init(_ comparison: Comparison) {
    let (plan, trials) = (comparison.plan, comparison.trials)
    let finals = plan.entrants.indices.map { entrant -> [Trial] in
      guard let rate = plan.bestRate(of: entrant, in: trials) else { return [] }
      return trials.filter {
        $0.identity.entrant == entrant && $0.identity.learningRate == rate
      }
    }
    let starts = trials.compactMap(\.points.first?.validationLoss)
    let initial = Spread(starts)?.mean ?? .nan
    let means = finals.compactMap { Spread($0.map(\.score).filter(\.isFinite))?.mean }
    let lowest = means.min() ?? initial
    let target = plan.targetLoss ?? lowest + (initial - lowest) / 20
    initialLoss = initial
    targetLoss = target
    parameters = comparison.parameterCount
    results = plan.entrants.enumerated().map { index, entrant in
      Result(
        entrant, finals[index], all: trials.filter { $0.identity.entrant == index },
        target: target)
    }
  }
}

extension ComparisonResults.Result {
  fileprivate init(
    _ entrant: ComparisonPlan.Entrant, _ finals: [Trial], all: [Trial], target: Double
  ) {
    typealias Spread = ComparisonResults.Spread
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
    optimizer = entrant.name
    learningRate = finals.first?.identity.learningRate
    bestLoss = Spread(best.map(\.validationLoss))
    finalLoss = Spread(last.map(\.validationLoss))
    bestAccuracy = Spread(best.compactMap(\.validationAccuracy))
    finalAccuracy = Spread(last.compactMap(\.validationAccuracy))
    bestR2 = Spread(best.compactMap(\.validationR2))
    finalR2 = Spread(last.compactMap(\.validationR2))
    seedsAtTarget = reached.count
    stepsToTarget = Spread(reached.map(\.steps))
    secondsToTarget = Spread(reached.map { $0.steps * $0.seconds })
    secondsPerStep = times.isEmpty ? .nan : times[times.count / 2]
    stateBytes = all.first?.stateBytes ?? 0
    liveBytes = all.first?.liveBytes ?? 0
    theory = entrant.configuration.optimizer.stateSize
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
  ) -> [Double]? {
    let isGood = rates.map { $0.validationLoss ?? .infinity <= target }
    guard let start = rates.firstIndex(where: { $0.learningRate == best }), isGood[start] else {
      return nil
    }
    let low = (0...start).reversed().prefix { isGood[$0] }.last ?? start
    let high = (start..<rates.count).prefix { isGood[$0] }.last ?? start
    return [rates[low].learningRate, rates[high].learningRate]
  }
}
