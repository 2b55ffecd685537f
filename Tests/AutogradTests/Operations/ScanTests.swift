import CKernels
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

  /// Gradients of products with zeros, also of second order, in which nothing is divided.
  @Test(arguments: [[7], [2, 9], [3, 4, 2]] as [Shape], [0, -1])
  func gradientsOfProductsWithZeros(_ shape: Shape, _ axis: Int) {
    for zeros in [[0], [1, 4], [0, 1, 2]] {
      var values = Tensor.seeded(shape, seed: 6, dtype: .float64).scalars(as: Double.self)
      for place in zeros { values[place] = 0 }
      let report = checkGradients(
        of: { ($0[0].cumulativeProduct(along: axis) * 1.5).sum() },
        at: [Tensor(values, shape: shape)], order: 2)
      #expect(report.passed, "\(shape), \(zeros): \(report)")
    }
  }

  private static let lengths = Array(0...70) + [255, 1000, 4099]

  /// Scans of both directions, of each length, on each instruction set.
  @Test(arguments: [DType.float32, .float64, .int32])
  func scansAgreeWithPlainLoops(_ dtype: DType) {
    for length in Self.lengths {
      for (shape, axis) in [
        ([length], 0), ([2, length], 1), ([length, 3], 0), ([2, length, 19], 1),
      ]
        as [(Shape, Int)]
      {
        let x =
          Tensor.seeded(shape, seed: 4, in: 0.9..<1.1, dtype: .float64) * (dtype == .int32 ? 3 : 1)
        let input = x.converted(to: dtype)
        let wide = input.converted(to: .float64)
        for set in InstructionSet.available {
          withInstructionSet(set) {
            let text = "\(shape), \(dtype), \(set)"
            let bound = dtype == .float32 ? 1e-7 : 1e-13
            func check(_ actual: Tensor, _ expected: Tensor) {
              expectClose(actual.converted(to: .float64), expected, relative: bound, text)
            }
            check(
              Scan.run(CK_SCAN_SUM, input, along: axis, name: "test"), plain(wide, axis, 0, +))
            check(
              Scan.run(CK_SCAN_SUM, input, along: axis, reversed: true, name: "test"),
              plain(wide.flipped(along: axis).contiguous, axis, 0, +).flipped(along: axis))
            // Products of int32 beyond 2³¹ wrap around.
            if dtype != .int32 || length < 18 {
              check(
                Scan.run(CK_SCAN_PRODUCT, input, along: axis, name: "test"),
                plain(wide, axis, 1, *))
            }
          }
        }
      }
    }
  }

  /// Runs in its own process, in which no other test holds the thread pool.
  @Test func anyNumberOfThreadsGivesTheSameBits() async {
    await #expect(processExitsWith: .success) {
      for (shape, axis) in [([100_003], 0), ([20_001, 3], 0), ([2, 700, 300], 1)] as [(Shape, Int)]
      {
        for dtype in [DType.float32, .float64, .int32] {
          let x = (Tensor.seeded(shape, seed: 4, dtype: .float64) * 9).converted(to: dtype)
          func run(_ threads: Int) -> [Tensor] {
            withThreads(threads) {
              [false, true].flatMap { reversed in
                [CK_SCAN_SUM, CK_SCAN_PRODUCT].map {
                  Scan.run($0, x, along: axis, reversed: reversed, name: "test")
                }
              }
            }
          }
          let expected = run(1)
          for threads in [2, 3] {
            for (actual, expected) in zip(run(threads), expected) {
              expectIdentical(actual, expected, "\(shape), \(dtype), \(threads) threads")
            }
          }
        }
      }
    }
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
    for first in stride(from: 0, to: values.count, by: Swift.max(1, length * inner)) {
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
