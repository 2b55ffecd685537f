import CLibrary

/// A logarithm of numbers of either sign, sign(x) · log(1 + |x| / unit), for columns with a heavy
/// tail: a few numbers that are hundreds of times as large as the others.
///
/// Standardized as they are, those few would leave the others next to no difference.
public struct SignedLogarithm: Codable, Sendable, Equatable {
  /// The size below which numbers are scaled nearly evenly.
  public let unit: Double

  /// Creates a logarithm with a unit above 0.
  public init(unit: Double) { self.unit = unit }

  /// Creates the logarithm for some numbers, usually those of the training rows; `nil` if they have
  /// no heavy tail.
  ///
  /// They have one if their deviation is over 5 times what the middle half of them suggests, which
  /// for a normal distribution is 1, for an exponential one 1.2. Zeros do not count.
  public init?(fitting values: [Double]) {
    let sorted = values.filter { $0 != 0 }.sorted()
    guard sorted.count >= 40 else { return nil }
    func quantile(_ fraction: Double, _ sorted: [Double]) -> Double {
      sorted[Int(fraction * Double(sorted.count - 1))]
    }
    // The middle half of a normal distribution is 1.349 deviations wide.
    let spread = (quantile(0.75, sorted) - quantile(0.25, sorted)) / 1.349
    let deviation = meanAndDeviation(values).deviation
    guard spread > 0, deviation.isFinite, deviation > 5 * spread else { return nil }
    let unit = quantile(0.05, sorted.map(\.magnitude).sorted())
    guard unit.isNormal, (values.max() ?? 0) / unit < .infinity else { return nil }
    self.unit = unit
  }

  /// Returns the logarithm of a number.
  public func callAsFunction(_ value: Double) -> Double {
    value < 0 ? -log1p(-value / unit) : log1p(value / unit)
  }

  /// Returns the number with a logarithm.
  public func inverse(_ logarithm: Double) -> Double {
    logarithm < 0 ? -expm1(-logarithm) * unit : expm1(logarithm) * unit
  }
}
