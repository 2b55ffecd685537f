import Tensor
import Training

/// The output of a comparison as text.
enum ComparisonReport {
  /// The header that is printed before the first trial.
  static func start(of comparison: Comparison, in folder: ComparisonFolder) -> String {
    let plan = comparison.plan
    let configuration = plan.candidates[0].configuration
    let done = comparison.trials.isEmpty ? "" : ", \(comparison.trials.count) of them done"
    return """
      task   \(configuration.taskName), \(configuration[FitOptions.model].name), \
      \(counted(configuration[FitOptions.steps], "step")) of \
      \(configuration.stepSize) examples
      plan   \(counted(plan.candidates.count, "optimizer")), \
      \(counted(plan.rates?.count ?? plan.searchBudget, "learning rate")), \
      \(counted(plan.seeds.count, "seed")) from \(plan.seeds[0]): \
      \(counted(plan.trialCount, "run"))\(done)
      files  \(folder.path)
      """
  }

  /// A line on a trial that has finished.
  static func line(on trial: Trial, of comparison: Comparison) -> String {
    let plan = comparison.plan
    let number = "\(comparison.trials.count)/\(plan.trialCount)"
    let candidate = plan.candidates[trial.identity.candidate]
    let configuration = candidate.configuration
    let best = trial.points.min { $0.validationLoss < $1.validationLoss }
    let outcome: String
    if trial.isDiverged {
      outcome = "diverged after step \(trial.points.last?.step ?? 0)"
    } else {
      outcome = best.map { configuration.describe($0.evaluation) } ?? ""
    }
    return
      "\(number)  \(candidate.name)  rate \(Format.number(trial.identity.learningRate)), seed "
      + "\(plan.seeds[trial.identity.seed]): \(outcome)"
  }

  /// The results as a table for a terminal.
  static func table(of comparison: Comparison) -> String {
    guard let results = comparison.results else { return "" }
    let score = ComparisonScore(results)
    var header = [
      "optimizer", "rate", "best loss", "final loss", "best \(score.name)",
      "steps to \(Format.number(results.targetLoss))", "time to it", "a step", "state",
      "good rates",
    ]
    if !score.isKnown { header.remove(at: 4) }
    let rows = results.results.map { result in
      var cells = cells(of: result, score, comparison.plan.seeds.count)
      cells.remove(at: 5)
      if !score.isKnown { cells.remove(at: 4) }
      return cells
    }
    return TextTable.text(header, rows)
  }

  /// The cells of a result, in the columns of the table of the page.
  static func cells(
    of result: ComparisonResults.Result, _ score: ComparisonScore, _ seeds: Int
  ) -> [String] {
    [
      result.optimizer, rateText(of: result),
      text(result.bestLoss), text(result.finalLoss), score.text(of: result),
      score.finalText(of: result),
      result.stepsToTarget.map {
        let some = result.seedsAtTarget < seeds ? " (\(result.seedsAtTarget)/\(seeds))" : ""
        return Format.integer($0.mean) + some
      } ?? "-",
      result.secondsToTarget.map { Format.duration($0.mean) } ?? "-",
      Format.duration(result.secondsPerStep), Format.count(Double(result.stateBytes)) + "B",
      result.goodRates.map { rangeText($0) } ?? "-",
    ]
  }

  private static func rateText(of result: ComparisonResults.Result) -> String {
    guard let rate = result.learningRate else { return "all diverged" }
    let lost =
      result.divergedSeeds > 0 ? " (\(counted(result.divergedSeeds, "seed")) diverged)" : ""
    let tried = result.rates.filter { $0.validationLoss != nil }.map(\.learningRate)
    let isEdge = tried.count > 1 && (rate == result.rates.last?.learningRate || rate == tried.first)
    return Format.number(rate) + (isEdge ? " (edge)" : "") + lost
  }

  private static func text(_ spread: MeanAndDeviation?) -> String {
    guard let spread else { return "-" }
    let deviation = spread.deviation.map { " ± \(Format.number($0, digits: 2))" } ?? ""
    return Format.number(spread.mean) + deviation
  }

  /// A range of learning rates, and how wide it is.
  static func rangeText(_ rates: ClosedRange<Double>) -> String {
    let lowest = Format.number(rates.lowerBound)
    if rates.lowerBound == rates.upperBound { return lowest }
    let width = Format.number(rates.upperBound / rates.lowerBound, digits: 3)
    return "\(lowest) to \(Format.number(rates.upperBound)), ×\(width)"
  }
}
