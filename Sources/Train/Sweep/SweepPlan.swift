import Tensor

/// The plan of a sweep: the configurations to try, and how far each is trained.
struct SweepPlan: Codable, Sendable, Equatable {
  /// A configuration to try.
  struct Candidate: Codable, Sendable, Equatable {
    /// The value of each setting, as one would type it.
    var values: [String]
    /// The configuration of its runs, with the first seed.
    var configuration: TrainingConfiguration
  }

  /// The names of the options that are varied.
  var settings: [String]
  /// How the candidates were chosen.
  var method: SearchMethod
  /// The configurations, in the order in which they begin.
  var candidates: [Candidate]
  /// The seeds of each candidate.
  var seeds: [UInt64]
  /// The folds of each seed; nil for the validation rows of the task.
  var folds: Int?
  /// η, the share of trials that do not go on to the next rung.
  var reduction: Int
  /// The number of rungs: 1 if every trial is trained in full.
  var rungs: Int
  /// The number of jobs in flight; see ``SuccessiveHalving``.
  var width: Int

  /// Whether the plan can be carried out, which someone who edits the record may have changed.
  var isPossible: Bool {
    !candidates.isEmpty && !seeds.isEmpty && (1...10_000).contains(folds ?? 1)
      && (2...100).contains(reduction) && (1...64).contains(rungs)
      && width >= 1
  }

  /// The number of runs of a candidate: one for each seed and fold.
  var members: Int { seeds.count * (folds ?? 1) }

  /// The seed of a run of a candidate.
  func seed(of member: Int) -> UInt64 { seeds[member / (folds ?? 1)] }

  /// The fold of a run of a candidate; nil without a cross-validation.
  func fold(of member: Int) -> Int? { folds.map { member % $0 } }

  /// The configuration of a run of a candidate.
  func configuration(_ trial: Int, member: Int) -> TrainingConfiguration {
    var result = candidates[trial].configuration
    result[FitOptions.seed] = seed(of: member)
    return result
  }

  /// The steps after which a trial has reached a rung: all at the last, and a share 1/η of the next
  /// one's at each of the others.
  func steps(_ trial: Int, rung: Int) -> Int {
    let all = candidates[trial].configuration[FitOptions.steps]
    if rung == rungs - 1 { return all }
    var share = 1.0
    for _ in rung..<rungs - 1 { share /= Double(reduction) }
    return max(1, Int((Double(all) * share).rounded(.up)))
  }

  /// The search, before its first result.
  var search: SuccessiveHalving {
    SuccessiveHalving(trials: candidates.count, rungs: rungs, reduction: reduction, width: width) {
      [self] job in
      let end = Double(steps(job.trial, rung: job.rung))
      return job.rung == 0 ? end : end - Double(steps(job.trial, rung: job.rung - 1))
    }
  }

  /// The steps of all runs if every candidate were trained in full.
  var fullSteps: Double {
    candidates.reduce(0) { $0 + Double($1.configuration[FitOptions.steps]) } * Double(members)
  }

  /// The values of a candidate in a line: `learning-rate 0.01, hidden 32-32`.
  func text(of trial: Int) -> String {
    zip(settings, candidates[trial].values).map { "\($0) \($1)" }.joined(separator: ", ")
  }
}
