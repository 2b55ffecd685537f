import TestSupport
import Testing

/// Adafactor's rate of a matrix, whose state is factored.
struct AdafactorRateTests {
  private static func path(
    _ variant: AdafactorRule.Variant, rate: (Int) -> Double
  ) -> [Tensor] {
    let start = Tensor.seeded([4, 3], seed: 1, in: 1..<2, dtype: .float64)
    let parameters = Parameters([("w", Parameter(start))])
    let optimizer = Adafactor(parameters, learningRate: 1, variant: variant)
    return (1...9).map { step in
      optimizer.learningRate = rate(step)
      let gradient = Tensor.seeded([4, 3], seed: UInt64(step), dtype: .float64)
      optimizer.step(Gradients([gradient], for: parameters))
      return parameters[0].parameter.value
    }
  }

  /// A rate above 1/√t acts as 1/√t, and one below it as it is.
  @Test(arguments: [AdafactorRule.Variant.torch, .relativeStep])
  func aRateAboveTheBoundActsAsTheBound(_ variant: AdafactorRule.Variant) {
    let bound = Self.path(variant) { 1 / Double($0).squareRoot() }
    let above = Self.path(variant) { _ in 5 }
    for (a, b) in zip(above, bound) { expectIdentical(a, b) }
    let below = Self.path(variant) { 0.5 / Double($0).squareRoot() }
    for (a, b) in zip(below, bound) { #expect(differenceInBits(a, b) != nil) }
  }

  /// A step is as large as the rate and the root mean square of the parameter together.
  @Test(arguments: [AdafactorRule.Variant.torch, .relativeStep], [0.01, 0.2, 40])
  func aStepIsRelativeToTheParameter(_ variant: AdafactorRule.Variant, _ rate: Double) {
    for size in [1e-2, 1, 1e3] {
      let start = Tensor.seeded([4, 3], seed: 1, in: 1..<2, dtype: .float64) * size
      let parameters = Parameters([("w", Parameter(start))])
      let optimizer = Adafactor(parameters, learningRate: rate, variant: variant)
      optimizer.step(Gradients([Tensor.ones([4, 3], dtype: .float64)], for: parameters))
      // All elements of the direction are 1.
      let step = (start - parameters[0].parameter.value).contiguous
      let expected = square(start).mean().scalar().squareRoot() * min(rate, 1)
      expectClose(step, Tensor.full([4, 3], expected, dtype: .float64), relative: 1e-9)
    }
  }
}
