import Tensor
import Training

/// The output of a sweep as text.
enum SweepReport {
  /// The rows of the table in a terminal.
  private static let shownRows = 10

  /// The header that is printed before the first trial.
  static func start(of sweep: Sweep, in folder: SweepFolder) -> String {
    let plan = sweep.plan
    let configuration = plan.candidates[0].configuration
    let done = sweep.records.isEmpty ? "" : ", \(counted(sweep.records.count, "result")) so far"
    return """
      task   \(configuration.dataText)
      plan   \(planText(of: plan))\(done)
      files  \(folder.path)
      """
  }

  /// What a sweep does, in a line.
  static func planText(of plan: SweepPlan) -> String {
    var parts = [
      "\(plan.method.rawValue): \(counted(plan.candidates.count, "trial")) of "
        + plan.settings.joined(separator: ", ")
    ]
    if plan.rungs > 1 {
      // Options that are varied may change the number of steps.
      let longest =
        plan.candidates.indices.max {
          plan.steps($0, rung: plan.rungs - 1) < plan.steps($1, rung: plan.rungs - 1)
        } ?? 0
      let steps = (0..<plan.rungs).map { String(plan.steps(longest, rung: $0)) }
      let rungs = steps.dropLast().joined(separator: ", ")
      parts.append("one in \(plan.reduction) goes on after \(rungs) of \(steps.last ?? "") steps")
    }
    if plan.seeds.count > 1 {
      parts.append("seeds \(plan.seeds[0]) to \(plan.seeds[plan.seeds.count - 1])")
    }
    if plan.seeds.count == 1 { parts.append("seed \(plan.seeds[0])") }
    if let folds = plan.folds { parts.append("\(folds) folds") }
    return parts.joined(separator: "; ")
  }

  /// A line on a trial that has reached a rung.
  static func line(on job: SuccessiveHalving.Job, of sweep: Sweep) -> String {
    let plan = sweep.plan
    let records = sweep.records(of: job) ?? []
    let steps = records.map(\.step).max() ?? 0
    let mean = { (value: (SweepRecord) -> Double?) -> Double? in
      MeanAndDeviation(records.compactMap(value))?.mean
    }
    var outcome = "diverged"
    if let loss = sweep.score(of: job), loss.isFinite {
      outcome = plan.candidates[job.trial].configuration.describe(
        Evaluation(loss: loss, accuracy: mean(\.accuracy), r2: mean(\.r2)))
    }
    return "trial \(job.trial + 1)/\(plan.candidates.count), \(counted(steps, "step")): \(outcome)"
      + "  (\(plan.text(of: job.trial)))"
  }

  /// The results: the best trials, what mattered, and where to find the rest.
  static func end(of sweep: Sweep, _ results: SweepResults, in folder: SweepFolder) -> String {
    var parts = ["", table(of: results)]
    if results.trials.count > shownRows {
      parts.append("and \(results.trials.count - shownRows) more in \(folder.report)")
    }
    parts.append("")
    parts.append("shares  " + results.importance.map(text).joined(separator: ", "))
    parts.append("steps   \(stepsText(of: results))")
    let best = results.best == nil ? "" : "best.json, "
    parts.append("files   \(folder.path): \(best)report.html, sweep.json, trials.jsonl")
    if results.best != nil {
      parts.append("again   train fit \(results.task) --config \(folder.best)")
    }
    return parts.joined(separator: "\n")
  }

  /// The steps taken, and their share of those of all trials in full.
  static func stepsText(of results: SweepResults) -> String {
    let share = Format.percentage(Double(results.steps) / max(results.fullSteps, 1))
    return "\(results.steps), \(share) of all trials in full"
  }

  /// The share of a setting in words.
  private static func text(_ importance: SettingImportance) -> String {
    "\(importance.setting) \(shareText(importance))"
  }

  static func shareText(_ importance: SettingImportance) -> String {
    guard let share = importance.share else { return "unknown (too few trials)" }
    return Format.percentage((share * 100).rounded() / 100)
      + (importance.isUncertain ? " (uncertain)" : "")
  }

  /// The best trials as a table for a terminal.
  static func table(of results: SweepResults) -> String {
    let score = scoreName(of: results)
    let header = ["trial"] + results.settings + ["loss"] + [score].compactMap(\.self) + ["steps"]
    let rows = results.trials.prefix(shownRows).map { cells(of: $0, results) }
    return TextTable.text(header, Array(rows))
  }

  /// The name of the figure beside the loss; nil if there is none.
  static func scoreName(of results: SweepResults) -> String? {
    if results.trials.contains(where: { $0.accuracy != nil }) { return "accuracy" }
    return results.trials.contains { $0.r2 != nil } ? "R²" : nil
  }

  /// The cells of a trial in the columns of the table.
  static func cells(of row: SweepResults.Row, _ results: SweepResults) -> [String] {
    var cells = [String(row.trial + 1)] + results.settings.map { row.values[$0] ?? "" }
    cells.append(row.loss.map { lossText($0) } ?? "diverged")
    switch scoreName(of: results) {
    case nil: break
    case "accuracy": cells.append(row.accuracy.map { Format.percentage($0.mean) } ?? "-")
    default: cells.append(row.r2.map { Format.number($0.mean, digits: 4) } ?? "-")
    }
    return cells + [String(row.steps)]
  }

  /// A loss in digits that tell good trials apart, with its deviation over seeds and folds.
  static func lossText(_ loss: MeanAndDeviation) -> String {
    Format.number(loss.mean, digits: 4)
      + (loss.deviation.map { " ± \(Format.number($0, digits: 2))" } ?? "")
  }
}
