import Foundation
import TestSupport
import Testing

struct RateRangeTests {
  private let objective: SupervisedObjective<Sequential>
  private let optimizer: any Optimizer

  init() {
    let x = withRandomSeed(1) { Tensor.normal([200, 2]) }
    let labels = (x[.all, 0] .> x[.all, 1]).converted(to: .int32)
    let model = withRandomSeed(2) {
      Sequential {
        Linear(2, 8)
        BatchNorm(8)
        Tanh()
        Linear(8, 2)
      }
    }
    objective = SupervisedObjective(model, training: (x, labels))
    optimizer = AdamW(model.parameters, learningRate: 0.5)
  }

  @Test func suggestsARateAndRestoresTheModelAndTheOptimizer() throws {
    let before = objective.model.weights
    let range = findLearningRate(
      of: objective, optimizer: optimizer, batchSize: 32, rates: 1e-5...10, steps: 120, seed: 4)
    for (a, b) in zip(objective.model.weights, before) {
      expectIdentical(a.tensor, b.tensor, a.name)
    }
    #expect(optimizer.learningRate == 0.5)
    #expect(optimizer.state.counters.values.allSatisfy { $0 == 0 })
    let rate = try #require(range.suggestion)
    #expect(rate > 1e-3 && rate < 3)
    #expect(range.points.count > 50 && range.points[0].learningRate == 1e-5)
    #expect(range.reason.contains("falls fastest"))
    let again = findLearningRate(
      of: objective, optimizer: optimizer, batchSize: 32, rates: 1e-5...10, steps: 120, seed: 4)
    #expect(again == range)
  }

  @Test func aLossThatDoesNotFallGivesNoSuggestion() {
    let rising = RateRange(
      (0..<20).map {
        .init(learningRate: pow(10, Double($0) / 5), loss: Double($0), smoothedLoss: Double($0))
      })
    #expect(rising.suggestion == nil && rising.reason.contains("did not fall"))
  }
}
