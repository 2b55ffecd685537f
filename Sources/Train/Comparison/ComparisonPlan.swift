import Training
import Foundation
import Optim

/// What is compared: one task and model under several optimizers.
struct ComparisonPlan: Codable, Sendable, Equatable {
  /// An optimizer that takes part.
  struct Entrant: Codable, Sendable, Equatable {
    /// The optimizer as it was asked for.
    var name: String
    /// The run that trains with it, but for its learning rate and seed.
    var configuration: TrainingConfiguration

    init(name: String, configuration: TrainingConfiguration) {
      self.name = name
      self.configuration = configuration
    }
  }

  /// The optimizers, in the order of the report.
  var entrants: [Entrant]
  /// The learning rates to try; nil to search from each optimizer's standard one.
  var rates: [Double]?
  /// The number of learning rates that each optimizer may try when they are searched.
  var searchBudget: Int
  /// The first seed is for tuning, and all are for the result.
  var seeds: [UInt64]
  /// The evaluations in a run, besides the one before the first step.
  var evaluations: Int
  /// The validation loss to reach; nil for one that follows from the results.
  var targetLoss: Double?

  /// The configuration of a trial.
  func configuration(of trial: Trial.Identity) -> TrainingConfiguration {
    var result = entrants[trial.entrant].configuration
    result.setLearningRate(trial.learningRate)
    result.seed = seed(of: trial)
    return result
  }

  private func seed(of trial: Trial.Identity) -> UInt64 { seeds[trial.seed] }

  /// What to train next, when some trials are done; nil when nothing is left.
  ///
  /// All entrants tune before any is run with further seeds, each over the same number of rates.
  func next(after trials: [Trial]) -> Trial.Identity? {
    for entrant in entrants.indices {
      let tuning = trials.filter { $0.identity.entrant == entrant && $0.identity.seed == 0 }
      if let rate = nextRate(of: entrant, after: tuning) {
        return Trial.Identity(entrant: entrant, learningRate: rate, seed: 0)
      }
    }
    for seed in seeds.indices.dropFirst() {
      for entrant in entrants.indices {
        guard let rate = bestRate(of: entrant, in: trials) else { continue }
        let identity = Trial.Identity(entrant: entrant, learningRate: rate, seed: seed)
        if !trials.contains(where: { $0.identity == identity }) { return identity }
      }
    }
    return nil
  }

  /// The number of trials in all.
  var trialCount: Int {
    entrants.count * ((rates?.count ?? searchBudget) + seeds.count - 1)
  }

  /// The rate of the lowest validation loss in tuning; nil where every trial diverged.
  func bestRate(of entrant: Int, in trials: [Trial]) -> Double? {
    trials.filter { $0.identity.entrant == entrant && $0.identity.seed == 0 && $0.score.isFinite }
      .min { $0.score < $1.score }?.identity.learningRate
  }

  private func nextRate(of entrant: Int, after tuning: [Trial]) -> Double? {
    let tried = tuning.map(\.identity.learningRate)
    if let rates { return rates.first { !tried.contains($0) } }
    guard tuning.count < searchBudget else { return nil }
    let standard = entrants[entrant].configuration.learningRate
    // First around the standard rate, then beyond an edge that is best, then between the best two.
    let ladder = [0.0, 0.5, -0.5, 1, -1].map { roundedRate(standard * pow(10, $0)) }
    if let rate = ladder.first(where: { !tried.contains($0) }) { return rate }
    let sorted = tuning.sorted { $0.identity.learningRate < $1.identity.learningRate }
    guard let best = sorted.indices.min(by: { sorted[$0].score < sorted[$1].score }) else {
      return nil
    }
    let rate = { (index: Int) in sorted[index].identity.learningRate }
    if best == sorted.count - 1, sorted[best].score.isFinite {
      return roundedRate(rate(best) * 10.squareRoot())
    }
    // All diverged: lower.
    if best == 0 || !sorted[best].score.isFinite { return roundedRate(rate(0) / 10.squareRoot()) }
    let neighbours = [best - 1, best + 1].sorted { sorted[$0].score < sorted[$1].score }
    for neighbour in neighbours {
      let middle = roundedRate((rate(best) * rate(neighbour)).squareRoot())
      if !tried.contains(middle) { return middle }
    }
    return roundedRate(rate(0) / 10.squareRoot())
  }
}

/// A learning rate with two digits, which reads well and loses nothing.
private func roundedRate(_ rate: Double) -> Double {
  Double(String(format: "%.1e", rate)) ?? rate
}

extension TrainingConfiguration {
  /// Sets the largest learning rate, and those at the start and the end in proportion.
  mutating func setLearningRate(_ rate: Double) {
    initialLearningRate = initialLearningRate.map { $0 / learningRate * rate }
    finalLearningRate = finalLearningRate.map { $0 / learningRate * rate }
    learningRate = rate
  }
}
