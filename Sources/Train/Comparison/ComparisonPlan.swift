import CLibrary
import Optim
import Training

/// The plan of a comparison: one task and model under several optimizers.
struct ComparisonPlan: Codable, Sendable, Equatable {
  /// An optimizer that is compared.
  struct Candidate: Codable, Sendable, Equatable {
    /// The optimizer as it was asked for.
    var name: String
    /// The configuration of its runs, except for the learning rate and the seed.
    var configuration: TrainingConfiguration
  }

  /// The optimizers, in the order of the report.
  var candidates: [Candidate]
  /// The learning rates to try; nil to search around the standard rate of each optimizer.
  var rates: [Double]?
  /// The number of learning rates that each optimizer tries in a search.
  var searchBudget: Int
  /// The seeds: the first is used for tuning, all of them for the results.
  var seeds: [UInt64]
  /// The number of evaluations in a run, not counting the one before the first step.
  var evaluations: Int
  /// The validation loss to reach; nil to derive it from the results.
  var targetLoss: Double?

  /// The configuration of a trial.
  func configuration(of trial: Trial.Identity) -> TrainingConfiguration {
    var result = candidates[trial.candidate].configuration
    result[FitOptions.learningRate] = trial.learningRate
    result[FitOptions.seed] = seeds[trial.seed]
    return result
  }

  /// The trial to run after some others; nil when nothing is left, or when it depends on those
  /// that are running.
  ///
  /// Alone, all candidates are tuned, over the same number of rates, before any is run with further
  /// seeds; several workers take what is known to be needed.
  func next(after trials: [Trial], running: [Trial.Identity] = []) -> Trial.Identity? {
    func tuning(of candidate: Int) -> (trials: [Trial], running: [Double]) {
      (
        trials.filter { $0.identity.isTuning(candidate) },
        running.filter { $0.isTuning(candidate) }.map(\.learningRate)
      )
    }
    for candidate in candidates.indices {
      let tuning = tuning(of: candidate)
      if let rate = nextRate(of: candidate, after: tuning.trials, running: tuning.running) {
        return Trial.Identity(candidate: candidate, learningRate: rate, seed: 0)
      }
    }
    for seed in seeds.indices.dropFirst() {
      for candidate in candidates.indices {
        guard tuning(of: candidate).running.isEmpty,
          let rate = bestRate(of: candidate, in: trials)
        else { continue }
        let identity = Trial.Identity(candidate: candidate, learningRate: rate, seed: seed)
        if !running.contains(identity), !trials.contains(where: { $0.identity == identity }) {
          return identity
        }
      }
    }
    return nil
  }

  /// The trials in the order in which one worker trains them, whoever has finished when.
  func inOrder(_ trials: [Trial]) -> [Trial] {
    let tuning = candidates.indices.flatMap { candidate in
      var rest = trials.filter { $0.identity.isTuning(candidate) }
      var ordered: [Trial] = []
      while let rate = nextRate(of: candidate, after: ordered, running: []),
        let index = rest.firstIndex(where: { $0.identity.learningRate == rate })
      {
        ordered.append(rest.remove(at: index))
      }
      return ordered + rest
    }
    let further = trials.filter { $0.identity.seed > 0 }.sorted {
      ($0.identity.seed, $0.identity.candidate) < ($1.identity.seed, $1.identity.candidate)
    }
    return tuning + further
  }

  /// The number of trials in all.
  var trialCount: Int {
    candidates.count * ((rates?.count ?? searchBudget) + seeds.count - 1)
  }

  /// The rate with the lowest validation loss in tuning; nil if every trial diverged.
  func bestRate(of candidate: Int, in trials: [Trial]) -> Double? {
    trials.filter { $0.identity.isTuning(candidate) && $0.score.isFinite }
      .min { $0.score < $1.score }?.identity.learningRate
  }

  private func nextRate(
    of candidate: Int, after tuning: [Trial], running: [Double]
  ) -> Double? {
    let tried = tuning.map(\.identity.learningRate) + running
    if let rates { return rates.first { !tried.contains($0) } }
    guard tried.count < searchBudget else { return nil }
    let standard = candidates[candidate].configuration[FitOptions.learningRate]
    // First around the standard rate; then beyond the edge if the best rate lies there, else
    // between the best two.
    let ladder = [0.0, 0.5, -0.5, 1, -1].map { roundedRate(standard * pow(10, $0)) }
    if let rate = ladder.first(where: { !tried.contains($0) }) { return rate }
    guard running.isEmpty else { return nil }
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
    let neighbors = [best - 1, best + 1].sorted { sorted[$0].score < sorted[$1].score }
    for neighbor in neighbors {
      let middle = roundedRate((rate(best) * rate(neighbor)).squareRoot())
      if !tried.contains(middle) { return middle }
    }
    return roundedRate(rate(0) / 10.squareRoot())
  }
}

/// A learning rate rounded to two significant digits.
private func roundedRate(_ rate: Double) -> Double {
  Double(Format.scientific(rate, digits: 1)) ?? rate
}
