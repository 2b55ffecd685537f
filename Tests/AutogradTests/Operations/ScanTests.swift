import TestSupport
import Testing

/// Long cumulative sums and products of float32, compared with float64.
struct ScanTests {
  private static let shapes: [(Shape, Int)] = [
    ([100_003], 0), ([3, 20_001], 1), ([20_001, 3], 0), ([2, 5_000, 300], 1), ([5_000, 2, 1], 0),
  ]

  @Test(arguments: shapes.indices)
  func eachSumIsRoundedOnce(_ index: Int) {
    let (shape, axis) = Self.shapes[index]
    for range in [0.0..<1, -1..<1] {
      let x = Tensor.seeded(shape, seed: 4, in: range, dtype: .float32)
      let wide = x.converted(to: .float64)
      let magnitudes = abs(wide).cumulativeSum(along: axis)
      expectRoundedOnce(
        x.cumulativeSum(along: axis), plain(wide, axis, 0, +), magnitudes, "\(shape), \(range)")
      let cotangent = Tensor.seeded(shape, seed: 5, dtype: .float32)
      let gradient = valueWithGradients(at: [x]) {
        ($0[0].cumulativeSum(along: axis) * cotangent).sum()
      }.gradients[0]
      let flipped = cotangent.converted(to: .float64).flipped(along: axis)
      expectRoundedOnce(
        gradient, plain(flipped, axis, 0, +).flipped(along: axis),
        abs(flipped).cumulativeSum(along: axis).flipped(along: axis), "gradient, \(shape)")
    }
  }

  @Test(arguments: shapes.indices)
  func eachProductIsRoundedOnce(_ index: Int) {
    let (shape, axis) = Self.shapes[index]
    let x = Tensor.seeded(shape, seed: 4, in: 0.99..<1.01, dtype: .float32)
    let expected = plain(x.converted(to: .float64), axis, 1, *)
    expectRoundedOnce(x.cumulativeProduct(along: axis), expected, expected, "\(shape)")
  }

  /// Half a unit in the last place, and the error of the sums in double.
  private func expectRoundedOnce(
    _ actual: Tensor, _ expected: Tensor, _ magnitudes: Tensor, _ text: String
  ) {
    let bound = abs(expected) * 0x1.0001p-24 + magnitudes * 1e-11
    let error = abs(actual.converted(to: .float64) - expected)
    #expect((error .<= bound).all().scalar() == 1, "\(text): \((error / bound).max().scalar())")
  }

  private func plain(
    _ x: Tensor, _ axis: Int, _ start: Double, _ combine: (Double, Double) -> Double
  ) -> Tensor {
    let inner = x.shape[(axis + 1)...].reduce(1, *)
    let length = x.shape[axis]
    var values = x.contiguous.scalars(as: Double.self)
    for first in stride(from: 0, to: values.count, by: length * inner) {
      for column in 0..<inner {
        var result = start
        for i in 0..<length {
          let place = first + i * inner + column
          result = combine(result, values[place])
          values[place] = result
        }
      }
    }
    return Tensor(values, shape: x.shape)
  }
}
