import CLibrary

/// Functions that are computed element by element in float64, and rounded once for float32.
package enum SpecialFunctions {
  /// Returns `function` of each element, in the dtype of the tensor.
  package static func map(
    _ x: Tensor, name: StaticString, _ function: (Double) -> Double
  ) -> Tensor {
    require(x.dtype.isFloatingPoint, "\(name): \(x.dtype.isUndefined)")
    let source = Elementwise.convert(x, to: .float64).contiguous
    let result = Tensor(uninitialized: x.shape, dtype: .float64)
    let input = source.pointer.assumingMemoryBound(to: Double.self)
    let output = result.pointer.assumingMemoryBound(to: Double.self)
    forEachChunk(of: x.elementCount, grain: Grain.randomStreams) { range in
      for i in range { output[i] = function(input[i]) }
    }
    withExtendedLifetime(source) {}
    return Elementwise.convert(result, to: x.dtype)
  }

  /// ln |Γ(x)|.
  package static func logGamma(_ x: Double) -> Double {
    if x == -.infinity { return .infinity }
    return lgamma(x).0
  }

  /// The derivative of order `order` of the digamma function; order 0 is digamma itself.
  ///
  /// By the recurrence up to an argument at which the asymptotic series is exact to rounding
  /// (Abramowitz and Stegun, 6.4.6 and 6.4.11), and for digamma by reflection below 0.
  package static func polygamma(_ order: Int, _ x: Double) -> Double {
    if x.isNaN || x == -.infinity { return .nan }
    if x <= 0 && x == x.rounded() { return order == 0 ? .nan : (order % 2 == 1 ? .infinity : .nan) }
    if order == 0 && x < 0 {
      return polygamma(0, 1 - x) - Double.pi / tan(Double.pi * (x - x.rounded()))
    }
    // The recurrence would take a step for each unit.
    if x < -10_000 { return .nan }
    let n = Double(order)
    let factorial = tgamma(n + 1)
    let sign = order % 2 == 0 ? -1.0 : 1.0
    var (sum, y) = (0.0, x)
    while y < 16 + n {
      sum += sign * factorial / power(y, order + 1)
      y += 1
    }
    if y == .infinity { return order == 0 ? .infinity : 0 }
    // The terms B₂ₖ (2k + n − 1)! / ((2k)! yᵏ⁺ⁿ).
    var series =
      order == 0
      ? log(y) - 0.5 / y
      : sign * factorial * (1 / (n * power(y, order)) + 0.5 / power(y, order + 1))
    var ratio = order == 0 ? -0.5 : sign * factorial * (n + 1) / 2
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

  /// The y with erf y = x.
  ///
  /// By Halley's iteration from the approximation of Giles (2010, "Approximating the erfinv
  /// function"); the complement keeps the digits near ±1.
  package static func inverseErf(_ x: Double) -> Double {
    let magnitude = abs(x)
    if magnitude == 1 { return x * .infinity }
    if !(magnitude < 1) { return .nan }
    if magnitude < 1e-8 { return x * (Double.pi.squareRoot() / 2) }
    let w = -log((1 - magnitude) * (1 + magnitude))
    // Winitzki's closed form, good to three digits, is enough for three steps.
    let a = 2 / (Double.pi * 0.147) - w / 2
    var y = ((a * a + w / 0.147).squareRoot() - a).squareRoot()
    for _ in 0..<3 {
      let excess = magnitude < 0.5 ? erf(y) - magnitude : (1 - magnitude) - erfc(y)
      let step = excess / (2 / Double.pi.squareRoot() * exp(-y * y))
      y -= step / (1 + y * step)
    }
    return x < 0 ? -y : y
  }
}
