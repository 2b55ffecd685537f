import TestSupport
import Testing

struct WorkerDataTests {
  private static func labels(_ count: Int, classes: Int) -> Tensor {
    Tensor((0..<count).map { Int32($0 % classes) }, shape: [count])
  }

  private static func byClass(
    _ labels: Tensor, _ workers: Int, _ alpha: Double, seed: UInt64 = 1
  ) -> [[Int]] {
    var generator = RandomGenerator(seed: seed)
    return WorkerData.byClass(labels, workers: workers, alpha: alpha, using: &generator)
  }

  @Test(arguments: [(0, 1), (0, 3), (1, 4), (10, 1), (10, 3), (101, 7)])
  func evenPartsHaveEachExampleOnce(_ count: Int, _ workers: Int) {
    var generator = RandomGenerator(seed: 3)
    let parts = WorkerData.even(count, workers: workers, using: &generator)
    #expect(parts.count == workers)
    #expect(parts.flatMap { $0 }.sorted() == Array(0..<count))
    let sizes = parts.map(\.count)
    #expect((sizes.max() ?? 0) - (sizes.min() ?? 0) <= 1)
    if count > 100 { #expect(parts.flatMap { $0 } != Array(0..<count)) }
  }

  @Test(arguments: [1e-3, 0.1, 1, 100])
  func partsByClassHaveEachExampleOnce(_ alpha: Double) {
    let labels = Self.labels(500, classes: 10)
    let parts = Self.byClass(labels, 6, alpha)
    #expect(parts.count == 6)
    #expect(parts.flatMap { $0 }.sorted() == Array(0..<500))
    #expect(parts == Self.byClass(labels, 6, alpha))
    #expect(parts != Self.byClass(labels, 6, alpha, seed: 2))
  }

  /// The shares of a class have the mean 1/n and the variance (1/n)(1 − 1/n)/(nα + 1).
  @Test(arguments: [0.1, 1, 10])
  func sharesAreThoseOfADirichletDistribution(_ alpha: Double) {
    let (classes, each, workers) = (400, 200, 4)
    let parts = Self.byClass(Self.labels(classes * each, classes: classes), workers, alpha)
    var squares = 0.0
    for part in parts {
      var counts = [Int](repeating: 0, count: classes)
      for example in part { counts[example % classes] += 1 }
      for count in counts {
        let deviation = Double(count) / Double(each) - 0.25
        squares += deviation * deviation
      }
      #expect(abs(Double(part.count) / Double(classes * each) - 0.25) < 0.06)
    }
    let variance = squares / Double(classes * workers)
    let expected = 0.25 * 0.75 / (4 * alpha + 1)
    #expect(abs(variance / expected - 1) < 0.15, "\(variance), \(expected)")
  }

  @Test func nearZeroEachClassGoesToOneWorker() {
    let parts = Self.byClass(Self.labels(600, classes: 6), 5, 1e-6)
    for label in 0..<6 {
      #expect(parts.count { $0.contains { $0 % 6 == label } } == 1)
    }
  }

  /// Federated averaging learns from workers that have some of the classes each.
  @Test func unevenDataIsLearned() throws {
    let points = Tensor.seeded([240, 2], seed: 5, dtype: .float32)
    let labels = (points[.all, 0] .> points[.all, 1]).converted(to: .int32)
    let parts = Self.byClass(labels, 4, 0.3, seed: 4)
    let accuracies = try SimulatedWorkers.run(4) { workers in
      let model = withRandomSeed(UInt64(workers.rank)) { MLP([2, 8, 2], activation: .tanh) }
      let own = Tensor(parts[workers.rank].map { Int32($0) }, shape: [parts[workers.rank].count])
      let (x, y) = (points.selected(at: own, along: 0), labels.selected(at: own, along: 0))
      let optimizer = Lookahead.fedAvg(
        SGD(model.parameters, learningRate: 0.5), syncPeriod: 5, across: workers,
        weight: Double(own.elementCount))
      for _ in 0..<200 {
        let gradients = valueWithGradients(for: model.parameters) {
          crossEntropy(model(x), labels: y)
        }.gradients
        optimizer.step(gradients)
      }
      return optimizer.withEvaluationWeights {
        (model(points).argmax(along: 1) .== labels).sum().scalar() / 240
      }
    }
    #expect(accuracies.allSatisfy { $0 == accuracies[0] && $0 > 0.95 }, "\(accuracies)")
  }

  @Test func whatMeansNothingStops() async {
    let alpha = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = WorkerDataTests.byClass(WorkerDataTests.labels(4, classes: 2), 2, 0)
    }
    expectMessage("WorkerData: alpha must be a finite number above 0, got 0.0", of: alpha)
    let none = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = WorkerDataTests.byClass(WorkerDataTests.labels(4, classes: 2), 0, 1)
    }
    expectMessage("WorkerData: the number of workers must be at least 1, got 0", of: none)
  }
}
