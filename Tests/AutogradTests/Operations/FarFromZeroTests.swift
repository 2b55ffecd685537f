import TestSupport
import Testing

/// Variance and normalization of float32 elements whose spread is small beside their distance from
/// zero, compared with float64.
struct FarFromZeroTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let offset: Double
    let spread: Double
    var testDescription: String { "offset \(offset), spread \(spread)" }

    static let all = [0, 1, 1e2, 1e4, 1e6].flatMap { offset in
      [1e-3, 1e-2, 1, 1e3].map { Case(offset: offset, spread: $0) }
    }

    /// float32 numbers of normal distribution.
    func numbers(_ shape: Shape, seed: UInt64 = 3) -> Tensor {
      var generator = RandomGenerator(seed: seed)
      let normal = generator.normal(shape, dtype: .float64)
      return (normal * spread + offset).converted(to: .float32)
    }
  }

  /// Σ(x − mean)² / (n − correction) along some axes, by a loop in `Double`.
  private static func variance(_ x: Tensor, along axes: [Int], correction: Double) -> [Double] {
    let kept = (0..<x.rank).filter { !axes.contains($0) }
    let rows = x.permuted(kept + axes).contiguous.scalars(as: Double.self)
    let count = axes.reduce(1) { $0 * x.shape[$1] }
    return stride(from: 0, to: rows.count, by: count).map { start in
      let row = rows[start..<start + count]
      // The first element is subtracted first, so that the sums are exact enough.
      let differences = row.map { $0 - row[start] }
      let mean = differences.reduce(0, +) / Double(count)
      return differences.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        / (Double(count) - correction)
    }
  }

  @Test(arguments: Case.all)
  func varianceAndDeviationKeepTheirDigits(_ test: Case) {
    let x = test.numbers([6, 35, 40])
    for axes in [[0], [1], [2], [0, 1], [0, 2], [1, 2], [0, 1, 2]] {
      for correction in [0.0, 1] {
        let expected = Self.variance(x, along: axes, correction: correction)
        for (layout, moved) in [("contiguous", x), ("strided", strided(x))] {
          for set in InstructionSet.available {
            let (variance, deviation) = withInstructionSet(set) {
              (
                moved.variance(along: axes, correction: correction),
                moved.standardDeviation(along: axes, correction: correction)
              )
            }
            let text = "\(layout), axes \(axes), \(set)"
            expectClose(variance.scalars(as: Double.self), expected, relative: 1e-6, text)
            expectClose(
              deviation.scalars(as: Double.self), expected.map { $0.squareRoot() },
              relative: 1e-6, text)
          }
        }
      }
    }
  }

  @Test(arguments: Case.all)
  func longRunsKeepTheirDigits(_ test: Case) {
    let x = test.numbers([100_003])
    let expected = Self.variance(x, along: [0], correction: 1)
    for set in InstructionSet.available {
      withInstructionSet(set) {
        expectClose(
          x.variance().scalars(as: Double.self), expected, relative: 1e-6, "\(set)")
        let columns = x[0..<100_000].reshaped(to: [50_000, 2])
        expectClose(
          columns.variance(along: 0).scalars(as: Double.self),
          Self.variance(columns, along: [0], correction: 1), relative: 1e-6, "columns, \(set)")
      }
    }
  }

  @Test func equalElementsHaveNoVariance() {
    for value in [0.1, 1, 12_345.678, 1e6 / 3] {
      let x = Tensor.full([7, 1000], value)
      #expect(x.variance(along: 1).max().scalar() == 0, "\(value)")
      #expect(x.variance().scalar() == 0, "\(value)")
      #expect(x.variance(along: 0).max().scalar() == 0, "\(value)")
      let columns = Tensor.full([300, 7], value)
      #expect(columns.variance(along: 0).max().scalar() == 0, "\(value)")
      let cube = Tensor.full([2, 5, 40], value)
      #expect(cube.variance(along: 0, 2).max().scalar() == 0, "\(value)")
    }
  }

  @Test(arguments: Case.all)
  func gradientsKeepTheirDigits(_ test: Case) {
    let x = test.numbers([6, 35, 40])
    let functions: [(String, @Sendable (Tensor) -> Tensor)] = [
      ("variance 0", { $0.variance(along: 0) }), ("variance 1", { $0.variance(along: 1) }),
      ("variance 2", { $0.variance(along: 2) }), ("variance", { $0.variance() }),
      ("variance 0 1", { $0.variance(along: 0, 1) }),
      ("variance 0 2", { $0.variance(along: 0, 2) }),
      ("deviation 0", { $0.standardDeviation(along: 0) }),
      ("deviation 2", { $0.standardDeviation(along: 2) }),
    ]
    for (name, function) in functions {
      let expected = gradients(of: function, at: x.converted(to: .float64)).outermost
      for moved in [x, strided(x)] {
        for set in InstructionSet.available {
          let (outermost, nested) = withInstructionSet(set) { gradients(of: function, at: moved) }
          for gradient in [outermost, nested] {
            expectClose(
              gradient.converted(to: .float64), expected, relative: 2e-6,
              absolute: 2e-6 * abs(expected).max().scalar(), "\(name), \(set)")
          }
        }
      }
    }
  }

  @Test(arguments: Case.all, [1, 5, 40, 257])
  func layerNormKeepsItsDigits(_ test: Case, _ columns: Int) {
    let x = test.numbers([12, columns])
    let weight = Tensor.seeded([columns], seed: 8, dtype: .float32)
    let bias = Tensor.seeded([columns], seed: 9, dtype: .float32)
    // Small beside the smallest variance that float32 can hold at this offset.
    let epsilon = 1e-7
    let function: @Sendable (Tensor) -> Tensor = {
      layerNorm(
        $0, weight: weight.converted(to: $0.dtype), bias: bias.converted(to: $0.dtype),
        epsilon: epsilon)
    }
    let wide = x.converted(to: .float64)
    let (expected, slope) = (function(wide), gradients(of: function, at: wide).outermost)
    for moved in [x, x.transposed().contiguous.transposed()] {
      for set in InstructionSet.available {
        withInstructionSet(set) {
          expectClose(
            function(moved).converted(to: .float64), expected, relative: 2e-6, absolute: 4e-6,
            "\(set)")
          let (outermost, nested) = gradients(of: function, at: moved)
          for gradient in [outermost, nested] {
            expectClose(
              gradient.converted(to: .float64), slope, relative: 4e-6,
              absolute: 4e-6 * abs(slope).max().scalar(), "gradient, \(set)")
          }
        }
      }
    }
  }

  /// The same elements with another order in memory.
  private func strided(_ x: Tensor) -> Tensor {
    x.transposed(0, 2).contiguous.transposed(0, 2)
  }

  /// a + (b − a) loses b where a is much larger.
  @Test func bothEndsOfAnInterpolationAreExact() {
    let (a, b) = (Tensor([1e8, 3]), Tensor([1, -1e8]))
    expectIdentical(lerp(a, b, 0), a)
    expectIdentical(lerp(a, b, 1), b)
    expectIdentical(lerp(a, b, Tensor([0, 1])), Tensor([1e8, -1e8]))
    #expect(Tensor([1e8, 1]).quantile(1 - 1e-12).scalar() == 1e8)
  }

  /// The gradients of the result times random numbers, in the outermost scope and in a nested one.
  private func gradients(
    of function: @Sendable (Tensor) -> Tensor, at x: Tensor
  ) -> (outermost: Tensor, nested: Tensor) {
    func loss(_ x: Tensor) -> Tensor {
      let y = function(x)
      return (y * Tensor.seeded(y.shape, seed: 5, dtype: .float32).converted(to: y.dtype)).sum()
    }
    let outermost = valueWithGradients(at: [x]) { loss($0[0]) }.gradients[0]
    var nested = x
    _ = valueWithGradients(at: [x]) { inputs in
      nested = valueWithGradients(at: [inputs[0]]) { loss($0[0]) }.gradients[0]
      return nested.sum()
    }
    return (outermost, nested)
  }
}
