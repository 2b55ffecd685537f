import Training

/// The results of a sweep, so far or in the end.
struct SweepResults: Codable, Sendable, Equatable {
  /// What came of a configuration.
  struct Row: Codable, Sendable, Equatable {
    /// The position of the trial in the plan.
    var trial: Int
    /// The value of each setting, as one would type it.
    var values: [String: String]
    /// The steps of a run, those of the longest if they differ.
    var steps: Int
    /// Whether it was trained in full.
    var isComplete: Bool
    /// The lowest validation loss, over seeds and folds; nil if a run diverged.
    var loss: MeanAndDeviation?
    /// The accuracy there; nil for a regression.
    var accuracy: MeanAndDeviation?
    /// The explained variance there; nil for a classification.
    var r2: MeanAndDeviation?
    /// Where it came in, from 1; equal ones share the mean of their ranks.
    var rank: Double
    /// The highest rung that it has reached, counted from 0.
    var rung: Int
  }

  /// The name of the task.
  var task: String
  /// How the trials were chosen.
  var method: SearchMethod
  /// The names of the settings.
  var settings: [String]
  /// The seeds of each trial.
  var seeds: [UInt64]
  /// The folds of each seed; nil without a cross-validation.
  var folds: Int?
  /// The trials with a result.
  ///
  /// Those that were trained longer come first, among these the ones with
  /// the lower loss.
  var trials: [Row]
  /// The importance of each setting.
  var importance: [SettingImportance]
  /// The steps that all runs have taken together.
  var steps: Int
  /// The steps of all runs if every trial were trained in full.
  var fullSteps: Double

  /// Draws the results.
  init(_ sweep: Sweep) {
    let plan = sweep.plan
    task = plan.candidates[0].configuration.taskName
    (method, settings, seeds, folds) = (plan.method, plan.settings, plan.seeds, plan.folds)
    fullSteps = plan.fullSteps
    let runs = Dictionary(grouping: sweep.records) { [$0.item.job.trial, $0.item.member] }
    steps = runs.values.reduce(0) { $0 + ($1.map(\.step).max() ?? 0) }
    importance = []
    trials = plan.candidates.indices.compactMap { Self.row($0, sweep) }.sorted {
      ($1.rung, $0.score, $0.trial) < ($0.rung, $1.score, $1.trial)
    }
    rankTrials()
    let rows = trials
    importance = plan.settings.map { setting in
      SettingImportance(
        of: setting, values: rows.map { $0.values[setting] ?? "" }, ranks: rows.map(\.rank))
    }
  }

  /// Ranks the sorted trials.
  private mutating func rankTrials() {
    var start = 0
    while start < trials.count {
      let first = trials[start]
      // Those that diverged at a rung are equally bad.
      let end =
        trials[start...].firstIndex { $0.rung != first.rung || $0.score != first.score }
        ?? trials.count
      for index in start..<end { trials[index].rank = Double(start + 1 + end) / 2 }
      start = end
    }
  }

  private static func row(_ trial: Int, _ sweep: Sweep) -> Row? {
    let plan = sweep.plan
    let reached = (0..<plan.rungs).last {
      sweep.records(of: .init(trial: trial, rung: $0)) != nil
    }
    guard let reached, let records = sweep.records(of: .init(trial: trial, rung: reached)) else {
      return nil
    }
    let losses = records.compactMap(\.loss)
    let isDiverged = losses.count < records.count
    func figure(_ value: (SweepRecord) -> Double?) -> MeanAndDeviation? {
      isDiverged ? nil : MeanAndDeviation(records.compactMap(value))
    }
    return Row(
      trial: trial,
      values: Dictionary(uniqueKeysWithValues: zip(plan.settings, plan.candidates[trial].values)),
      steps: records.map(\.step).max() ?? 0, isComplete: reached == plan.rungs - 1,
      loss: figure(\.loss), accuracy: figure(\.accuracy), r2: figure(\.r2), rank: 0, rung: reached)
  }

  /// The best trial that was trained in full; nil if there is none that did not diverge.
  var best: Row? { trials.first.flatMap { $0.isComplete && $0.loss != nil ? $0 : nil } }
}

extension SweepResults.Row {
  /// The mean loss; infinity if a run diverged.
  var score: Double { loss?.mean ?? .infinity }
}
