import TestSupport
import Testing

/// Metrics against their definitions, and accumulated over batches.
struct MetricsTests {
  private static let scores = Tensor.seeded([60, 4], seed: 3)
  private static let labels = Tensor((0..<60).map { (i: Int) in (i * i + i / 7) % 4 })

  /// The rows of batches of different sizes.
  private static let batches = [0..<1, 1..<20, 20..<20, 20..<59, 59..<60]

  private static func classified(_ ranges: [Range<Int>], k: Int = 2) -> ClassificationMetrics {
    var metrics = ClassificationMetrics(classes: 4, k: k)
    for range in ranges { metrics.add(scores[range], labels: labels[range]) }
    return metrics
  }

  @Test func classificationMetricsMatchTheirDefinitions() {
    let metrics = Self.classified([0..<60])
    let rows = (0..<60).map { Self.scores[$0].scalars(as: Double.self) }
    let truths = Self.labels.scalars(as: Int32.self).map(Int.init)
    let chosen = rows.map { row in row.firstIndex(of: row.max() ?? 0) ?? -1 }
    let pairs = Array(zip(truths, chosen))
    #expect(metrics.count == 60)
    #expect(metrics.accuracy == Double(pairs.filter { $0 == $1 }.count) / 60)
    for a in 0..<4 {
      for b in 0..<4 {
        #expect(metrics.confusion[a][b] == pairs.filter { $0.0 == a && $0.1 == b }.count)
      }
      let hits = Double(pairs.filter { $0.0 == a && $0.1 == a }.count)
      let (taken, real) = (chosen.filter { $0 == a }.count, truths.filter { $0 == a }.count)
      #expect(metrics.precision(of: a) == hits / Double(taken))
      #expect(metrics.recall(of: a) == hits / Double(real))
      let (p, r) = (metrics.precision(of: a), metrics.recall(of: a))
      expectClose(metrics.f1(of: a), 2 * p * r / (p + r), relative: 1e-14)
    }
    let within = zip(truths, rows).filter { truth, row in
      row.filter { $0 > row[truth] }.count < 2
    }
    #expect(metrics.topKAccuracy == Double(within.count) / 60)
    #expect(Self.classified([0..<60], k: 1).topKAccuracy == metrics.accuracy)
    #expect(Self.classified([0..<60], k: 9).topKAccuracy == 1)
  }

  @Test func accuracyIsTheFractionOfGreatestScoresAtTheLabels() {
    let scores = Tensor([[[1, 2], [4, 3]], [[0, 1], [5, 6]]])
    #expect(accuracy(scores, labels: Tensor([[1, 1], [1, 0]], dtype: .int32)) == 0.5)
    #expect(accuracy(scores[0], labels: Tensor([1, 0], dtype: .int32)) == 1)
  }

  @Test func batchesAccumulateExactly() {
    #expect(Self.classified(Self.batches) == Self.classified([0..<60]))
    let (predictions, targets) = (Tensor.seeded([60], seed: 1), Tensor.seeded([60], seed: 2))
    var whole = RegressionMetrics()
    whole.add(predictions, targets)
    var parts = RegressionMetrics()
    for range in Self.batches { parts.add(predictions[range], targets[range]) }
    #expect(parts == whole)
    var (area, areas) = (ROCArea(), ROCArea())
    area.add(predictions, targets .> 0)
    for range in Self.batches { areas.add(predictions[range], targets[range] .> 0) }
    #expect(areas == area && areas.value == area.value)
    // The mean is over examples, not over batches.
    var loss = MeanLoss()
    loss.add(2, count: 1)
    loss.add(5, count: 9)
    #expect(loss.mean == 4.7)
    expectClose(loss.perplexity, 109.94717245212352, relative: 1e-14)
  }

  @Test func labelsMayHaveSeveralAxes() {
    var metrics = ClassificationMetrics(classes: 4, k: 2)
    metrics.add(Self.scores.reshaped(to: [5, 12, 4]), labels: Self.labels.reshaped(to: [5, 12]))
    #expect(metrics == Self.classified([0..<60]))
  }

  @Test func precisionAndRecallOfAnEmptyClassAreZero() {
    var metrics = ClassificationMetrics(classes: 3)
    #expect(metrics.accuracy.isNaN && metrics.topKAccuracy.isNaN)
    metrics.add(Tensor([[0, 1, 0], [1, 0, 0]]), labels: Tensor([1, 1], dtype: .int32))
    #expect(metrics.precision(of: 2) == 0 && metrics.recall(of: 2) == 0 && metrics.f1(of: 2) == 0)
    #expect(metrics.precision(of: 1) == 1 && metrics.recall(of: 1) == 0.5)
  }

  @Test func regressionMetricsMatchTheirDefinitions() {
    // With a large offset, a naive sum of squares would lose all digits.
    let targets = Tensor.seeded([200], seed: 4) + 1e6
    let predictions = targets + Tensor.seeded([200], seed: 5)
    var metrics = RegressionMetrics()
    metrics.add(predictions, targets)
    let errors = predictions - targets
    expectClose(metrics.meanAbsoluteError, abs(errors).mean().scalar(), relative: 1e-12)
    expectClose(metrics.meanSquaredError, square(errors).mean().scalar(), relative: 1e-12)
    let spread = square(targets - targets.mean()).sum()
    expectClose(metrics.r2, 1 - (square(errors).sum() / spread).scalar(), relative: 1e-8)
    var perfect = RegressionMetrics()
    perfect.add(targets, targets)
    #expect(perfect.r2 == 1 && perfect.meanSquaredError == 0)
    #expect(RegressionMetrics().meanSquaredError.isNaN)
  }

  @Test(
    arguments: [
      ([2, 2], [2, 2], 1), ([1, 2], [2, 2], 0), ([1], [2], 0), ([], [], .nan), ([.nan], [2], .nan),
    ] as [([Double], [Double], Double)])
  func determinationOfEqualTargets(_ predictions: [Double], _ targets: [Double], _ r2: Double) {
    var metrics = RegressionMetrics()
    metrics.add(
      Tensor(predictions, shape: [predictions.count]), Tensor(targets, shape: [targets.count]))
    #expect(metrics.r2 == r2 || metrics.r2.isNaN && r2.isNaN)
  }

  /// The definition of the area: the fraction of pairs in the right order, where ties count half.
  @Test(arguments: [1, 2, 3, 10]) func rocAreaIsTheFractionOfOrderedPairs(levels: Int) {
    // A small number of levels gives many ties.
    let scores = (0..<50).map { Double(($0 * 37 + 11) % 50 % (levels * 5)) }
    let truths = (0..<50).map { ($0 * 13) % 7 < 3 }
    var pairs = 0.0
    var right = 0.0
    for (a, x) in zip(truths, scores) where a {
      for (b, y) in zip(truths, scores) where !b {
        pairs += 1
        right += x > y ? 1 : x == y ? 0.5 : 0
      }
    }
    var area = ROCArea()
    area.add(Tensor(scores, shape: [50]), Tensor(truths, shape: [50]))
    expectClose(area.value, right / pairs, relative: 1e-14)
  }

  @Test func rocAreaNeedsPositiveAndNegativeExamples() {
    var area = ROCArea()
    #expect(area.value.isNaN)
    area.add(Tensor([1, 2]), Tensor([1, 1]))
    #expect(area.value.isNaN)
    area.add(Tensor([0]), Tensor([0]))
    #expect(area.value == 1)
  }

  @Test func rocAreaOfNaNIsNaN() {
    var area = ROCArea()
    area.add(Tensor([0.5, .nan, 0.5]), Tensor([1, 0, 0]))
    #expect(area.value.isNaN)
  }
}
