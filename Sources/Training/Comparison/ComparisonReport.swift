/// What a comparison tells a user, as text.
package enum ComparisonReport {
  /// What is about to be compared.
  package static func start(of comparison: Comparison, in folder: ComparisonFolder) -> String {
    let plan = comparison.plan
    let configuration = plan.entrants[0].configuration
    let done = comparison.trials.isEmpty ? "" : ", \(comparison.trials.count) of them done"
    return """
      task   \(configuration.task), \(configuration.model.rawValue), \
      \(counted(configuration.steps, "step")) of \
      \(configuration.batchSize * configuration.accumulate) examples
      plan   \(counted(plan.entrants.count, "optimizer")), \
      \(counted(plan.rates?.count ?? plan.searchBudget, "learning rate")), \
      \(counted(plan.seeds.count, "seed")) from \(plan.seeds[0]): \
      \(counted(plan.trialCount, "run"))\(done)
      files  \(folder.path)
      """
  }

  /// The trial that was finished last.
  package static func lastTrial(of comparison: Comparison) -> String {
    guard let trial = comparison.trials.last else { return "" }
    let plan = comparison.plan
    let number = "\(comparison.trials.count)/\(plan.trialCount)"
    let name = plan.entrants[trial.identity.entrant].name
    let best = trial.points.min { $0.validationLoss < $1.validationLoss }
    let outcome: String
    if trial.isDiverged {
      outcome = "diverged after step \(trial.points.last?.step ?? 0)"
    } else {
      outcome = best.map { RunReport.figures($0.evaluation) } ?? ""
    }
    return
      "\(number)  \(name)  rate \(shortText(trial.identity.learningRate)), seed "
      + "\(plan.seeds[trial.identity.seed]): \(outcome)"
  }

  /// The results as a table for a terminal.
  package static func table(of comparison: Comparison) -> String {
    guard let results = comparison.results else { return "" }
    let score = Score(results)
    let header = [
      "optimizer", "rate", "best loss", "final loss", "best \(score.name)",
      "steps to \(shortText(results.targetLoss))", "time to it", "a step", "state", "good rates",
    ]
    let rows = results.results.map { result in
      [
        result.optimizer, result.learningRate.map { shortText($0) } ?? "all diverged",
        text(result.bestLoss), text(result.finalLoss), score.text(of: result),
        result.stepsToTarget.map {
          let count = comparison.plan.seeds.count
          let some = result.seedsAtTarget < count ? " (\(result.seedsAtTarget)/\(count))" : ""
          return "\(Int($0.mean.rounded()))\(some)"
        } ?? "-",
        result.secondsToTarget.map { durationText($0.mean) } ?? "-",
        durationText(result.secondsPerStep, precise: true),
        shortCount(Double(result.stateBytes)) + "B",
        result.goodRates.map { rangeText($0) } ?? "-",
      ]
    }
    return tableText(header, rows)
  }

  private static func text(_ spread: ComparisonResults.Spread?) -> String {
    guard let spread else { return "-" }
    let deviation = spread.deviation.map { " ± \(shortText($0, digits: 2))" } ?? ""
    return shortText(spread.mean, digits: 4) + deviation
  }
}
