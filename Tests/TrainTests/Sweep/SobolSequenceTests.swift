import Tensor
import TestSupport
import Testing

@testable import Train

struct SobolSequenceTests {
  @Test func thePlainSequenceIsThatOfPyTorch() throws {
    let cases = try JSON.fixture("sobol.json")["points"].list
    #expect(cases.count == 14)
    for dimensions in [1, 2, SobolSequence.largestDimension] {
      let sequence = SobolSequence(dimensions: dimensions)
      for row in cases {
        let point = try row["point"].numbers
        #expect(sequence[try row["index"].integer] == Array(point.prefix(dimensions)))
      }
    }
  }

  /// Of 2ᵏ points each coordinate has one in every interval of length 2⁻ᵏ, scrambled or not.
  @Test(arguments: [nil, 0, 1, 2] as [UInt64?])
  func everyIntervalHasItsPoint(seed: UInt64?) {
    let sequence = SobolSequence(
      dimensions: SobolSequence.largestDimension,
      scrambledBy: seed.map { RandomGenerator(seed: $0) })
    for k in [0, 3, 8] {
      let count = 1 << k
      for start in [0, count] {
        let points = (start..<start + count).map { sequence[$0] }
        for dimension in 0..<SobolSequence.largestDimension {
          #expect(Set(points.map { Int($0[dimension] * Double(count)) }).count == count)
        }
      }
    }
  }

  /// The first two coordinates fill all rectangles of area 2⁻⁶ (a (0, 6, 2)-net).
  @Test func everyRectangleHasItsPoint() {
    let sequence = SobolSequence(dimensions: 2, scrambledBy: RandomGenerator(seed: 7))
    let points = (0..<64).map { sequence[$0] }
    for k in 0...6 {
      let (columns, rows) = (Double(1 << k), Double(1 << (6 - k)))
      let cells = points.map { Int($0[0] * columns) * 64 + Int($0[1] * rows) }
      #expect(Set(cells).count == 64)
    }
  }

  @Test func theSeedScrambles() {
    func point(_ seed: UInt64) -> [Double] {
      SobolSequence(dimensions: 3, scrambledBy: RandomGenerator(seed: seed))[5]
    }
    #expect(point(1) == point(1) && point(1) != point(2))
    // Uniform: the mean over seeds of the first point is that of the cube.
    let first = (0..<2000).map { point(UInt64($0))[1] }
    #expect(abs(first.reduce(0, +) / 2000 - 0.5) < 0.03)
  }
}
