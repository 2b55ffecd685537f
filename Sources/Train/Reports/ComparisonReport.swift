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
      \(Format.counted(configuration[FitOptions.steps], "step")) of \
      \(configuration.stepSize) examples
      plan   \(Format.counted(plan.candidates.count, "optimizer")), \
      \(Format.counted(plan.rates?.count ?? plan.searchBudget, "learning rate")), \
      \(Format.counted(plan.seeds.count, "seed")) from \(plan.seeds[0]): \
      \(Format.counted(plan.trialCount, "run"))\(done)
      files  \(folder.path)
      """
  }

  /// A line on the trial that finished last.
  static func lastTrial(of comparison: Comparison) -> String {
    guard let trial = comparison.trials.last else { return "" }
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
    let score = Score(results)
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
    return tableText(header, rows)
  }

  /// The cells of a result, in the columns of the table of the page.
  static func cells(
    of result: ComparisonResults.Result, _ score: Score, _ seeds: Int
  ) -> [String] {
    [
      result.optimizer, rateText(of: result),
      text(result.bestLoss), text(result.finalLoss), score.text(of: result),
      score.finalText(of: result),
      result.stepsToTarget.map {
        let some = result.seedsAtTarget < seeds ? " (\(result.seedsAtTarget)/\(seeds))" : ""
        return "\(Int($0.mean.rounded()))\(some)"
      } ?? "-",
      result.secondsToTarget.map { Format.duration($0.mean) } ?? "-",
      Format.duration(result.secondsPerStep), Format.count(Double(result.stateBytes)) + "B",
      result.goodRates.map { rangeText($0) } ?? "-",
    ]
  }

  private static func rateText(of result: ComparisonResults.Result) -> String {
    guard let rate = result.learningRate else { return "all diverged" }
    let lost =
      result.divergedSeeds > 0 ? " (\(Format.counted(result.divergedSeeds, "seed")) diverged)" : ""
    let tried = result.rates.filter { $0.validationLoss != nil }.map(\.learningRate)
    let isEdge = tried.count > 1 && (rate == result.rates.last?.learningRate || rate == tried.first)
    return Format.number(rate) + (isEdge ? " (edge)" : "") + lost
  }

  private static func text(_ spread: ComparisonResults.MeanAndDeviation?) -> String {
    guard let spread else { return "-" }
    let deviation = spread.deviation.map { " ± \(Format.number($0, digits: 2))" } ?? ""
    return Format.number(spread.mean, digits: 4) + deviation
  }
}

/// The figure that is shown beside the loss: accuracy, or R² for a regression.
struct Score {
  /// The name of the figure.
  let name: String
  private let isAccuracy: Bool
  /// Whether there is such a figure; a language model has only its loss.
  let isKnown: Bool

  init(_ results: ComparisonResults) {
    isAccuracy = results.results.contains { $0.bestAccuracy != nil }
    isKnown = isAccuracy || results.results.contains { $0.bestR2 != nil }
    name = isAccuracy ? "accuracy" : "R²"
  }

  /// The mean where the loss was lowest.
  func mean(of result: ComparisonResults.Result) -> Double? { best(result)?.mean }

  /// The mean after the last step.
  func finalMean(of result: ComparisonResults.Result) -> Double? { final(result)?.mean }

  /// The mean and the deviation where the loss was lowest.
  func text(of result: ComparisonResults.Result) -> String { text(best(result)) }

  /// The mean and the deviation after the last step.
  func finalText(of result: ComparisonResults.Result) -> String { text(final(result)) }

  private func best(_ result: ComparisonResults.Result) -> ComparisonResults.MeanAndDeviation? {
    isAccuracy ? result.bestAccuracy : result.bestR2
  }

  private func final(_ result: ComparisonResults.Result) -> ComparisonResults.MeanAndDeviation? {
    isAccuracy ? result.finalAccuracy : result.finalR2
  }

  private func text(_ spread: ComparisonResults.MeanAndDeviation?) -> String {
    guard let spread else { return "-" }
    let figure = { (value: Double) in isAccuracy ? Format.percentage(value) : Format.number(value) }
    return figure(spread.mean) + (spread.deviation.map { " ± \(figure($0))" } ?? "")
  }
}

/// A range of learning rates, and how wide it is.
func rangeText(_ rates: [Double]) -> String {
  rates[0] == rates[1]
    ? Format.number(rates[0])
    : "\(Format.number(rates[0])) to \(Format.number(rates[1])), ×\(Format.number(rates[1] / rates[0], digits: 3))"
}

/// A table of text with a line under the header; the first column is aligned left, the others
/// right.
func tableText(_ header: [String], _ rows: [[String]]) -> String {
  let widths = header.indices.map { column in
    ([header] + rows).map { $0[column].count }.max() ?? 0
  }
  func line(_ cells: [String]) -> String {
    cells.enumerated().map { column, cell in
      let padding = String(repeating: " ", count: widths[column] - cell.count)
      return column == 0 ? cell + padding : padding + cell
    }.joined(separator: "  ")
  }
  let rule = widths.map { String(repeating: "─", count: $0) }.joined(separator: "  ")
  return ([line(header), rule] + rows.map(line)).joined(separator: "\n")
}
