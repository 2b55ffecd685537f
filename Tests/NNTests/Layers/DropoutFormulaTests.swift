import TestSupport
import Testing

/// Every kind of dropout is affine in what it keeps: y = a x + b where an element is kept and a
/// constant where it is dropped.
struct DropoutFormulaTests {
  private struct Kind: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let layer: @Sendable (Double) -> any Layer
    /// a, b and the value of dropped elements at a rate.
    let formula: @Sendable (Double) -> (slope: Double, shift: Double, dropped: Double)
  }

  private static let kinds = [
    Kind(testDescription: "elements") {
      Dropout($0)
    } formula: {
      (1 / (1 - $0), 0, 0)
    },
    Kind(testDescription: "channels") {
      ChannelDropout($0)
    } formula: {
      (1 / (1 - $0), 0, 0)
    },
    Kind(testDescription: "alpha") {
      AlphaDropout($0)
    } formula: { rate in
      // The limit of SELU at −∞, −λα.
      let limit = -1.0507009873554805 * 1.6732632423543772
      let slope = 1 / ((1 - rate) * (1 + rate * limit * limit)).squareRoot()
      let shift = -slope * limit * rate
      return (slope, shift, slope * limit + shift)
    },
  ]

  @Test(arguments: kinds.indices, [0.1, 0.5, 0.8])
  func valuesAndGradientsFollowTheFormula(_ index: Int, _ rate: Double) {
    let kind = Self.kinds[index]
    let (slope, shift, dropped) = kind.formula(rate)
    let layer = kind.layer(rate)
    let x = Tensor.seeded([30, 20, 2], seed: 3, in: 1..<3)
    let (y, gradient) = withMode(.training) {
      let (_, y, gradient) = valueWithGradient(at: x) { x in
        let y = withRandomSeed(5) { layer(x) }
        return (y.sum(), y)
      }
      return (y, gradient)
    }
    let isKept = (gradient .!= 0).contiguous
    let share = isKept.converted(to: .float64).mean().scalar()
    #expect(Swift.abs(share - (1 - rate)) < 0.08, "kept \(share)")
    let expected = select(isKept, x * slope + shift, Tensor(dropped, dtype: .float64))
    expectClose(y, expected, relative: 1e-12, absolute: 1e-13)
    let slopes = select(isKept, Tensor(slope, dtype: .float64), Tensor(0, dtype: .float64))
    expectClose(gradient.contiguous, slopes.contiguous, relative: 1e-12)
  }

  /// The mean over many masks is the input: of the input itself, or for alpha dropout of the
  /// moments of an input of mean 0 and variance 1.
  @Test(arguments: kinds.indices)
  func momentsAreKept(_ index: Int) {
    let x = withRandomSeed(2) { Tensor.normal([400, 300, 1], dtype: .float64) }
    let layer = Self.kinds[index].layer(0.4)
    let y = withMode(.training) { withRandomSeed(8) { layer(x + 1) } }
    let z = withMode(.training) { withRandomSeed(9) { layer(x) } }
    if index == 2 {
      expectClose(z.mean().scalar(), 0, relative: 0, absolute: 0.02)
      expectClose(square(z).mean().scalar(), 1, relative: 0.03)
    } else {
      expectClose(y.mean().scalar(), 1, relative: 0.02)
      expectClose(square(z).mean().scalar(), 1 / 0.6, relative: 0.03)
    }
  }
}
