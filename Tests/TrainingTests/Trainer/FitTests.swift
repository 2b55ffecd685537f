import TestSupport
import Testing

private let corners = (
  x: Tensor([[0, 0], [0, 1], [1, 0], [1, 1]]), y: Tensor([0, 1, 1, 0], dtype: .int32)
)

private func smallModel(_ sizes: [Int] = [2, 8, 2]) -> MLP {
  withRandomSeed(3) { MLP(sizes, activation: .tanh) }
}

struct FitTests {
  @Test func learnsXor() throws {
    let model = smallModel()
    let result = try fit(
      model, corners.x, corners.y, validation: (corners.x, corners.y), epochs: 300,
      learningRate: 0.05)
    #expect(result.validation?.accuracy == 1)
    #expect(result.trainLoss < 0.05)
    #expect(result.history.count == 300 && result.history.last?.epoch == 300)
    #expect(model(corners.x).argmax(along: 1).scalars(as: Int32.self) == [0, 1, 1, 0])
  }

  @Test func learnsALine() throws {
    let x = Tensor.linspace(from: -1, to: 1, count: 50).reshaped(to: [50, 1])
    let model = withRandomSeed(1) { MLP([1, 1]) }
    let result = try fit(
      model, x, (x * 3.0 - 1.0).reshaped(to: [50]), validation: (x, x * 3.0 - 1.0), epochs: 200,
      learningRate: 0.1)
    #expect(try #require(result.validation?.r2) > 0.9999)
    #expect(result.validation?.accuracy == nil)
  }

  /// With averaged weights, the kept running statistics are those of the averaged weights.
  @Test func batchNormalizationSeesTheAveragedWeights() throws {
    let x = withRandomSeed(2) { Tensor.normal([64, 3]) }
    let labels = (x[.all, 0] .> 0).converted(to: .int32)
    let (first, norm) = withRandomSeed(1) { (Linear(3, 8), BatchNorm(8)) }
    let model = withRandomSeed(1) {
      Sequential {
        first
        norm
        Linear(8, 2)
      }
    }
    let optimizer = WeightAverage(
      SGD(model.parameters, learningRate: 0.5), .exponential(decay: 0.95))
    try fit(
      model, x, labels, validation: (x, labels), epochs: 30, batchSize: 64, learningRate: 0.5,
      optimizer: optimizer, seed: 1)
    let expected = first(x).mean(along: 0)
    let distance = abs(try #require(norm.runningMean).value - expected).max().scalar()
    #expect(distance < 0.01, "\(distance)")
  }

  @Test func equalSeedsGiveEqualWeights() throws {
    let weights = try [5, 5, 6].map { (seed: UInt64) in
      let model = smallModel()
      try fit(model, corners.x, corners.y, epochs: 5, batchSize: 2, seed: seed)
      return model.parameters.map { $0.parameter.value.scalars(as: Float.self) }
    }
    #expect(weights[0] == weights[1])
    #expect(weights[0] != weights[2])
  }

  @Test func cancellationStopsFitAfterTheStep() async {
    let model = smallModel()
    let before = model.parameters.map { $0.parameter.value.scalars(as: Float.self) }
    let task = Task {
      withUnsafeCurrentTask { $0?.cancel() }
      // Longer than any test lasts.
      return try await fit(model, corners.x, corners.y, epochs: 100_000_000)
    }
    await #expect(throws: CancellationError.self) { try await task.value }
    #expect(model.parameters.map { $0.parameter.value.scalars(as: Float.self) } == before)
  }
}
