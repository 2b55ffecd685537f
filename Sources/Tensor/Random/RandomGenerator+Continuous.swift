import CLibrary

extension RandomGenerator {
  /// Returns a tensor of uniformly distributed numbers from `range`, float32 or float64.
  ///
  /// Each is u · (b − a) + a, with u from [0, 1) a multiple of 2⁻²⁴ (float32) or 2⁻⁵³ (float64).
  /// Rounding never leaves the range.
  public mutating func uniform(
    _ shape: Shape, in range: Range<Double> = 0..<1, dtype: DType = .float32
  ) -> Tensor {
    let (low, width) = (range.lowerBound, range.upperBound - range.lowerBound)
    require(width.isFinite, "uniform: the range \(range) is not finite")
    switch dtype {
    case .float32:
      let bounds = Bounds<Float>(range)
      return fillFromWords(shape) { word, _ in
        bounds.clamp(low + width * Double(word >> 8) * 0x1p-24)
      }
    case .float64:
      let bounds = Bounds<Double>(range)
      return fillFromLongs(shape) { long, _ in
        bounds.clamp(low + width * Self.uniform(long))
      }
    default: fail("uniform: not defined for \(dtype)")
    }
  }

  /// Returns a tensor of normally distributed numbers with the given mean and standard deviation,
  /// float32 or float64.
  ///
  /// They are drawn in pairs by the method of Box and Muller (1958).
  public mutating func normal(
    _ shape: Shape, mean: Double = 0, standardDeviation: Double = 1, dtype: DType = .float32
  ) -> Tensor {
    switch dtype {
    case .float32:
      return fillFromBlocks(shape, perBlock: 4) { words, _, store in
        for lane in [0, 2] {
          let (a, b) = Self.normals(
            Double(words[lane]) * 0x1p-32, Double(words[lane + 1]) * 0x1p-32)
          store(lane, Float(mean + standardDeviation * a))
          store(lane + 1, Float(mean + standardDeviation * b))
        }
      }
    case .float64:
      return fillFromBlocks(shape, perBlock: 2) { words, _, store in
        let (u, v) = Self.longs(words)
        let (a, b) = Self.normals(Self.uniform(u), Self.uniform(v))
        store(0, mean + standardDeviation * a)
        store(1, mean + standardDeviation * b)
      }
    default: fail("normal: not defined for \(dtype)")
    }
  }

  /// Returns a tensor of numbers from the normal distribution truncated to `bounds`, float32 or
  /// float64.
  ///
  /// As in PyTorch's `trunc_normal_`, the bounds are in the units of the result, not in standard
  /// deviations. Either may be infinite, and both may lie far out in a tail. The numbers are drawn
  /// by rejection (Robert, 1995, "Simulation of truncated normal variables"), so no quantile
  /// function limits their accuracy. A standard deviation that is not positive stops the program.
  public mutating func truncatedNormal(
    _ shape: Shape, mean: Double = 0, standardDeviation: Double = 1,
    in bounds: ClosedRange<Double> = -2...2, dtype: DType = .float32
  ) -> Tensor {
    require(
      mean.isFinite && standardDeviation.isFinite && standardDeviation > 0,
      """
      truncatedNormal: the mean must be finite and the standard deviation positive, \
      got \(mean) and \(standardDeviation)
      """
    )
    require(
      bounds.lowerBound < .infinity && bounds.upperBound > -.infinity,
      "truncatedNormal: no number lies within \(bounds)")
    // So far out, the distribution is a spike at its bound, and the square of the bound could
    // overflow.
    let farOut = 0x1p30
    let low = Swift.min((bounds.lowerBound - mean) / standardDeviation, farOut)
    let high = Swift.max((bounds.upperBound - mean) / standardDeviation, -farOut)
    func draw(_ generator: inout RandomGenerator) -> Double {
      mean + standardDeviation * generator.standardNormal(from: low, to: high)
    }
    switch dtype {
    case .float32:
      let limits = Bounds<Float>(bounds)
      return fillFromStreams(shape) { generator in limits.clamp(draw(&generator)) }
    case .float64:
      let limits = Bounds<Double>(bounds)
      return fillFromStreams(shape) { generator in limits.clamp(draw(&generator)) }
    default: fail("truncatedNormal: not defined for \(dtype)")
    }
  }

  /// Returns a number from the standard normal distribution truncated to [a, b].
  private mutating func standardNormal(from a: Double, to b: Double) -> Double {
    if b < 0 { return -standardNormal(from: -b, to: -a) }
    if a <= 0 {
      // The peak lies within: either half of the normal numbers or more are accepted, or the
      // density is flat.
      if b - a < 2.5 { return flatNormal(from: a, to: b, peak: 0) }
      while true {
        let x = normal()
        if x >= a && x <= b { return x }
      }
    }
    let root = (a * a + 4).squareRoot()
    let rate = (a + root) / 2
    if b - a < exp(0.5 - a / (a + root)) / rate { return flatNormal(from: a, to: b, peak: a) }
    while true {
      let x = a + exponential() / rate
      if x <= b && uniform() < exp(-(x - rate) * (x - rate) / 2) { return x }
    }
  }

  /// Returns a normal number by rejection from the uniform distribution; the density is largest at
  /// `peak`.
  private mutating func flatNormal(from a: Double, to b: Double, peak: Double) -> Double {
    while true {
      let x = uniform(in: a..<b)
      if uniform() < exp((peak - x) * (peak + x) / 2) { return x }
    }
  }

  /// Returns a tensor of exponentially distributed numbers with the density rate · exp(−rate · x),
  /// x > 0, float32 or float64.
  ///
  /// Each is −log(u) / rate with u from (0, 1), so that none is 0; the mean is 1 / rate. A rate
  /// that is not positive stops the program.
  public mutating func exponential(
    _ shape: Shape, rate: Double = 1, dtype: DType = .float32
  ) -> Tensor {
    require(
      rate.isFinite && rate > 0, "exponential: the rate must be positive and finite, got \(rate)")
    switch dtype {
    case .float32:
      return fillFromWords(shape) { word, _ in Float(-log((Double(word) + 0.5) * 0x1p-32) / rate) }
    case .float64:
      return fillFromLongs(shape) { long, _ in Self.exponential(long) / rate }
    default: fail("exponential: not defined for \(dtype)")
    }
  }

  private mutating func exponential() -> Double { Self.exponential(next()) }

  /// Returns a number from the exponential distribution of rate 1, made of the upper 52 of 64
  /// random bits.
  private static func exponential(_ bits: UInt64) -> Double {
    -log((Double(bits >> 12) + 0.5) * 0x1p-52)
  }
}
