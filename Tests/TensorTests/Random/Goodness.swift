import Foundation
import Testing

/// Tests of whether numbers could be a sample of a distribution.
///
/// Each fails for one in a thousand seeds, and the seeds are fixed.
enum Goodness {
  /// Expects a sample to have the given cumulative distribution function (Kolmogorov and Smirnov).
  static func expectDistribution(
    of sample: [Double], _ cumulative: (Double) -> Double, _ comment: String = "",
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let count = Double(sample.count)
    var distance = 0.0
    for (i, x) in sample.sorted().enumerated() {
      let share = cumulative(x)
      distance = max(distance, share - Double(i) / count, Double(i + 1) / count - share)
    }
    #expect(
      distance * count.squareRoot() < 1.95, "\(comment): distance \(distance)",
      sourceLocation: sourceLocation)
  }

  /// Expects counts to be those of categories of the given probabilities (chi-square, with the
  /// normal approximation of Wilson and Hilferty to its quantile).
  static func expectCounts(
    _ counts: [Int], probabilities: [Double], _ comment: String = "",
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let total = Double(counts.reduce(0, +))
    let freedom = Double(probabilities.filter { $0 > 0 }.count - 1)
    var statistic = 0.0
    for (count, probability) in zip(counts, probabilities) {
      let expected = total * probability
      if expected == 0 {
        #expect(count == 0, "\(comment): an impossible category", sourceLocation: sourceLocation)
      } else {
        statistic += (Double(count) - expected) * (Double(count) - expected) / expected
      }
    }
    if freedom == 0 { return }
    let root = 1 - 2 / (9 * freedom) + 3.1 * (2 / (9 * freedom)).squareRoot()
    #expect(
      counts.count == probabilities.count && statistic < freedom * root * root * root,
      "\(comment): chi-square \(statistic), counts \(counts)", sourceLocation: sourceLocation)
  }

  /// Expects the mean and the variance of a sample; `kurtosis` is the fourth moment over the
  /// squared variance.
  static func expectMoments(
    of sample: [Double], mean: Double, variance: Double, kurtosis: Double, _ comment: String = "",
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let count = Double(sample.count)
    let found = sample.reduce(0, +) / count
    let spread = sample.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count
    #expect(
      abs(found - mean) < 3.3 * (variance / count).squareRoot(), "\(comment): mean \(found)",
      sourceLocation: sourceLocation)
    #expect(
      abs(spread - variance) < 3.3 * variance * ((kurtosis - 1) / count).squareRoot(),
      "\(comment): variance \(spread)", sourceLocation: sourceLocation)
  }

  /// Expects two samples of one length to be uncorrelated: their correlation is below a limit in
  /// standard deviations.
  static func expectUncorrelated(
    _ a: some Collection<Double>, _ b: some Collection<Double>, _ comment: String = "",
    limit: Double = 3.3, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let count = Double(a.count)
    let (meanA, meanB) = (a.reduce(0, +) / count, b.reduce(0, +) / count)
    let products = zip(a, b).reduce(0) { $0 + ($1.0 - meanA) * ($1.1 - meanB) }
    let scale =
      (a.reduce(0) { $0 + ($1 - meanA) * ($1 - meanA) }
      * b.reduce(0) { $0 + ($1 - meanB) * ($1 - meanB) }).squareRoot()
    #expect(
      abs(products / scale) * count.squareRoot() < limit, "\(comment): \(products / scale)",
      sourceLocation: sourceLocation)
  }
}
