import Tensor
import TestSupport
import Testing
import Training

@testable import Train

struct RunSliceTests {
  /// ‖dᵢ‖ = ‖wᵢ‖ for each row i, whatever its shape.
  @Test(arguments: [[4, 3], [4, 3, 2], [2, 3, 3, 3]])
  func directionsAreNormalizedByFilters(shape: [Int]) {
    var generator = RandomGenerator(seed: 3)
    let weights = generator.normal(Shape(shape), standardDeviation: 3)
    let direction = RunSlice.direction(like: weights, using: &generator)
    #expect(direction.shape == weights.shape)
    for row in 0..<shape[0] {
      let norms = [weights, direction].map { tensor in
        tensor[row].scalars(as: Float.self).reduce(0) { $0 + $1 * $1 }.squareRoot()
      }
      #expect(abs(norms[0] - norms[1]) < 1e-4 * norms[0])
    }
  }

  @Test func aSliceIsTheLossAroundTheBestWeights() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/run"
      let summary = try FitLine("moons --steps 60 --model mlp(hidden=8)").summary(in: path)
      func slice(_ seed: UInt64, sample: Int = 100_000) throws -> RunSlice {
        try #require(
          try RunSlice(
            of: path, start: nil, sampleSize: sample, gridCount: 5, seed: seed,
            isInterrupted: { false }))
      }
      let slice0 = try slice(0)
      // The whole training data: the center is the loss of the best weights.
      #expect(abs(slice0.value(at: [0, 0]) - summary.trainLoss) < 1e-5)
      #expect(slice0.gridValues.count == 25)
      #expect(abs(slice0.gridValues[12] - slice0.value(at: [0, 0])) < 1e-6)
      #expect(slice0.gridValues[0] == slice0.value(at: [-1, -1]))
      #expect(try slice(0).gridValues == slice0.gridValues)
      #expect(try slice(1).gridValues != slice0.gridValues)
      // The gradient within the slice is that of differences.
      let rules = RaceRules(
        optimizers: [try .init("sgd")], rates: .fixed(1e-3), steps: 1, distance: 0.1)
      let race = try #require(Race(on: slice0, rules, isInterrupted: { false }))
      let step = race.racers[0].path.points[1] - slice0.start
      let h = 1e-2
      for (index, offset) in [SIMD2(h, 0), SIMD2(0, h)].enumerated() {
        let slope =
          (slice0.value(at: slice0.start + offset) - slice0.value(at: slice0.start - offset))
          / (2 * h)
        #expect(abs(-step[index] / 1e-3 - slope) < 0.02 * max(abs(slope), 1))
      }
      #expect(throws: TrainingError.self) {
        try RunSlice(of: folder + "/none", start: nil, sampleSize: 1, gridCount: 3, seed: 0)
      }
    }
  }
}
