import CKernels
import CLibrary

extension RandomGenerator {
  /// Returns a tensor of uniformly distributed numbers from `range`, float32 or float64.
  ///
  /// Each is u · (b − a) + a, with u from [0, 1) a multiple of 2⁻²⁴ (float32) or 2⁻⁵³ (float64).
  /// Rounding never leaves the range.
  public mutating func uniform(
    _ shape: Shape, in range: Range<Double> = 0..<1, dtype: DType = .float32
  ) -> Tensor {
    let width = range.upperBound - range.lowerBound
    require(width.isFinite, "uniform: the range \(range) is not finite")
    let bounds = Bounds(range, dtype)
    var settings = ck_random_settings()
    settings.base = range.lowerBound / 2
    settings.scale = width / 2 * Self.unit(dtype)
    (settings.least, settings.most) = (bounds.smallest, bounds.largest)
    return fill(
      CK_RANDOM_UNIFORM, shape, dtype, perBlock: Self.perBlock(dtype), settings, name: "uniform")
  }

  /// Returns a tensor of normally distributed numbers with the given mean and standard deviation,
  /// float32 or float64.
  ///
  /// They are drawn in pairs by the method of Box and Muller (1958), from 62 or 106 random bits.
  /// Standard normal numbers reach 6.6 in float32 and 8.5 in float64. A standard deviation that is
  /// negative, infinite or NaN stops the program.
  public mutating func normal(
    _ shape: Shape, mean: Double = 0, standardDeviation: Double = 1, dtype: DType = .float32
  ) -> Tensor {
    require(
      standardDeviation.isFinite && standardDeviation >= 0,
      "normal: the standard deviation must be finite and not negative, got \(standardDeviation)")
    var settings = ck_random_settings()
    (settings.base, settings.scale) = (mean, standardDeviation)
    return fill(
      CK_RANDOM_NORMAL, shape, dtype, perBlock: Self.perBlock(dtype), settings, name: "normal")
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
    var settings = ck_random_settings()
    settings.scale = 1 / rate
    return fill(
      CK_RANDOM_EXPONENTIAL, shape, dtype, perBlock: Self.perBlock(dtype), settings,
      name: "exponential")
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
    let limits = Bounds(bounds, dtype)
    var settings = Self.proposals(
      mean: mean, deviation: standardDeviation, in: bounds, unit: Self.unit(dtype))
    (settings.least, settings.most) = (limits.smallest, limits.largest)
    return fill(
      CK_RANDOM_TRUNCATED, shape, dtype, perBlock: Self.perBlock(dtype) / 2, settings,
      name: "truncatedNormal")
  }

  /// Returns the proposals of a truncated normal distribution and when they are accepted.
  private static func proposals(
    mean: Double, deviation: Double, in bounds: ClosedRange<Double>, unit: Double
  ) -> ck_random_settings {
    // So far out, the distribution is a spike at its bound, and the square of the bound could
    // overflow.
    let farOut = 0x1p30
    var low = Swift.min((bounds.lowerBound - mean) / deviation, farOut)
    var high = Swift.max((bounds.upperBound - mean) / deviation, -farOut)
    var settings = ck_random_settings()
    (settings.base, settings.scale) = (bounds.lowerBound, deviation)
    if high < 0 {
      (low, high) = (-high, -low)
      (settings.base, settings.scale) = (bounds.upperBound, -deviation)
    }
    let width = high - low
    if low <= 0 && width >= 2.5 {
      // The peak lies within: half of the normal numbers or more are accepted.
      settings.base = mean
      (settings.low, settings.high) = (low, high)
      settings.proposal = CK_PROPOSAL_NORMAL
      return settings
    }
    let root = (low * low + 4).squareRoot()
    let rate = (low + root) / 2
    settings.high = width
    if low <= 0 || width < exp(0.5 - low / (low + root)) / rate {
      // The density is flat; it is largest at 0 or at the lower bound.
      settings.proposal = CK_PROPOSAL_UNIFORM
      settings.step = width * unit
      settings.slope = low
      settings.shift = low <= 0 ? low * low / 2 : 0
    } else {
      // The distance from the rate, (d − 1 / rate)² / 2.
      settings.proposal = CK_PROPOSAL_EXPONENTIAL
      settings.step = 1 / rate
      settings.slope = -1 / rate
      settings.shift = 1 / (2 * rate * rate)
    }
    return settings
  }

  /// The numbers of a dtype that a block gives.
  private static func perBlock(_ dtype: DType) -> Int { dtype == .float64 ? 2 : 4 }

  /// The step of uniform numbers from 0 to 1.
  private static func unit(_ dtype: DType) -> Double { dtype == .float64 ? 0x1p-53 : 0x1p-24 }
}
