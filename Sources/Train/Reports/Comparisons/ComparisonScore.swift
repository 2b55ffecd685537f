import Training

/// The metric that is shown next to the loss: accuracy, or R² for a regression.
struct ComparisonScore {
  /// The name of the metric.
  let name: String
  private let isAccuracy: Bool
  /// Whether there is such a metric; a language model has only its loss.
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

  private func best(_ result: ComparisonResults.Result) -> MeanAndDeviation? {
    isAccuracy ? result.bestAccuracy : result.bestR2
  }

  private func final(_ result: ComparisonResults.Result) -> MeanAndDeviation? {
    isAccuracy ? result.finalAccuracy : result.finalR2
  }

  private func text(_ spread: MeanAndDeviation?) -> String {
    guard let spread else { return "-" }
    let figure = { (value: Double) in isAccuracy ? Format.percentage(value) : Format.number(value) }
    return figure(spread.mean) + (spread.deviation.map { " ± \(figure($0))" } ?? "")
  }
}
