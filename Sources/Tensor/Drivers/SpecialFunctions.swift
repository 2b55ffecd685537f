import CLibrary

/// Functions that are computed number by number in float64, and rounded once for float32.
package enum SpecialFunctions {
  /// ln |Γ(x)|.
  package static func logGamma(_ x: Double) -> Double {
    if x == -.infinity { return .infinity }
    return lgamma(x).0
  }

  /// Returns the derivative of order `order` ≥ 1 of the digamma function of each element, in the
  /// dtype of the tensor.
  package static func polygamma(_ order: Int, _ x: Tensor) -> Tensor {
    let source = Elementwise.convert(x, to: .float64).contiguous
    let result = Tensor(uninitialized: x.shape, dtype: .float64)
    let input = source.pointer.assumingMemoryBound(to: Double.self)
    let output = result.pointer.assumingMemoryBound(to: Double.self)
    forEachChunk(of: x.elementCount, grain: Grain.randomStreams) { range in
      for i in range { output[i] = polygamma(order, input[i]) }
    }
    withExtendedLifetime(source) {}
    return Elementwise.convert(result, to: x.dtype)
  }

  /// By the recurrence up to an argument at which the asymptotic series is exact to rounding
  /// (Abramowitz and Stegun, 6.4.6 and 6.4.11).
  private static func polygamma(_ order: Int, _ x: Double) -> Double {
    // The recurrence would take a step for each unit.
    if x.isNaN || x < -10_000 { return .nan }
    if x <= 0 && x == x.rounded() { return order % 2 == 1 ? .infinity : .nan }
    let n = Double(order)
    let factorial = tgamma(n + 1)
    let sign = order % 2 == 0 ? -1.0 : 1.0
    var (sum, y) = (0.0, x)
    while y < 16 + n {
      sum += sign * factorial / power(y, order + 1)
      y += 1
    }
    if y == .infinity { return 0 }
    // The terms B₂ₖ (2k + n − 1)! / ((2k)! yᵏ⁺ⁿ).
    var series = sign * factorial * (1 / (n * power(y, order)) + 0.5 / power(y, order + 1))
    var ratio = sign * factorial * (n + 1) / 2
    var scale = 1 / power(y, order + 2)
    for (k, bernoulli) in bernoulliNumbers.enumerated() {
      // ratio is ± (2k + n + 1)! / (2k + 2)!.
      series += bernoulli * ratio * scale
      let m = Double(2 * k)
      ratio *= (m + n + 2) * (m + n + 3) / ((m + 3) * (m + 4))
      scale /= y * y
    }
    return sum + series
  }

  /// The Bernoulli numbers B₂, B₄, and so on.
  private static let bernoulliNumbers: [Double] = [
    1.0 / 6, -1.0 / 30, 1.0 / 42, -1.0 / 30, 5.0 / 66, -691.0 / 2730, 7.0 / 6, -3617.0 / 510,
  ]

  private static func power(_ x: Double, _ exponent: Int) -> Double {
    // A plain loop, which builds without optimization run quickly too.
    var (product, count) = (x, 1)
    while count < exponent {
      product *= x
      count += 1
    }
    return exponent == 0 ? 1 : product
  }
}
