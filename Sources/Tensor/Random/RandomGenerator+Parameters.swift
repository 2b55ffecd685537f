import CLibrary

// Samples whose parameter differs from element to element. Each element has a generator of its own.

extension RandomGenerator {
  /// Returns gamma-distributed numbers of rate 1, one for each element of `concentration`, which is
  /// float32 or float64.
  ///
  /// By the method of Marsaglia and Tsang (2000, "A simple method for generating gamma variables").
  /// A concentration that is not positive and finite gives NaN.
  public mutating func gamma(concentration: Tensor) -> Tensor {
    Elementwise.convert(
      fill(concentration, name: "gamma(concentration:)") { exp($1.logGamma($0)) },
      to: concentration.dtype)
  }

  /// Returns the logarithms of numbers drawn as ``gamma(concentration:)`` does.
  ///
  /// Small concentrations draw numbers below the smallest positive one, whose logarithms and ratios
  /// are still exact.
  package mutating func logGamma(concentration: Tensor) -> Tensor {
    Elementwise.convert(
      fill(concentration, name: "gamma(concentration:)") { $1.logGamma($0) },
      to: concentration.dtype)
  }

  /// Returns Poisson-distributed numbers, one for each element of `rate`, in its dtype.
  ///
  /// By the product of uniform numbers for rates below 10, and by transformed rejection (Hörmann,
  /// 1993) from there on. A rate that is negative or not finite gives NaN.
  public mutating func poisson(rate: Tensor) -> Tensor {
    Elementwise.convert(
      fill(rate, name: "poisson(rate:)") { $1.poisson(rate: $0) }, to: rate.dtype)
  }

  /// Returns a float64 tensor with `draw` of each element of `parameters`.
  private mutating func fill(
    _ parameters: Tensor, name: StaticString, _ draw: (Double, inout RandomGenerator) -> Double
  ) -> Tensor {
    require(parameters.dtype.isFloatingPoint, "\(name): not defined for \(parameters.dtype)")
    let values = Elementwise.convert(parameters, to: .float64).contiguous
    let result = Tensor(uninitialized: parameters.shape, dtype: .float64)
    let input = values.pointer.assumingMemoryBound(to: Double.self)
    let output = result.pointer.assumingMemoryBound(to: Double.self)
    let source = split()
    forEachChunk(of: values.elementCount, grain: Grain.randomStreams) { range in
      for i in range {
        var generator = source.stream(i)
        output[i] = draw(input[i], &generator)
      }
    }
    withExtendedLifetime(values) {}
    return result
  }

  private mutating func logGamma(_ concentration: Double) -> Double {
    guard concentration > 0 && concentration < .infinity else { return .nan }
    if concentration < 1 {
      // A number of one concentration more, times a power of a uniform one.
      return logGamma(concentration + 1) + log(1 - uniform()) / concentration
    }
    let d = concentration - 1.0 / 3
    let c = 1 / (9 * d).squareRoot()
    while true {
      let x = normal()
      let root = 1 + c * x
      if root <= 0 { continue }
      let v = root * root * root
      let u = 1 - uniform()
      if log(u) < 0.5 * x * x + d - d * v + d * log(v) { return log(d) + log(v) }
    }
  }

  private mutating func poisson(rate: Double) -> Double {
    guard rate >= 0 && rate < .infinity else { return .nan }
    if rate < 10 {
      let limit = exp(-rate)
      var (product, count) = (1 - uniform(), 0.0)
      while product > limit {
        product *= 1 - uniform()
        count += 1
      }
      return count
    }
    let b = 0.931 + 2.53 * rate.squareRoot()
    let a = -0.059 + 0.02483 * b
    let inverse = 1.1239 + 1.1328 / (b - 3.4)
    let accepted = 0.9277 - 3.6224 / (b - 2)
    while true {
      let u = uniform() - 0.5
      let v = uniform()
      let side = 0.5 - abs(u)
      let count = ((2 * a / side + b) * u + rate + 0.43).rounded(.down)
      if side >= 0.07 && v <= accepted { return count }
      if count < 0 || (side < 0.013 && v > side) { continue }
      let bound = log(v) + log(inverse) - log(a / (side * side) + b)
      if bound <= -rate + count * log(rate) - SpecialFunctions.logGamma(count + 1) { return count }
    }
  }
}
