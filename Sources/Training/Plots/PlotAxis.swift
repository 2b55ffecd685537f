import CLibrary

/// An axis of a plot: its range, its scale and its ticks.
package struct PlotAxis: Sendable {
  /// The lowest and the highest value.
  package let range: ClosedRange<Double>
  /// Whether the scale is logarithmic.
  package let isLogarithmic: Bool
  /// The labeled values, in ascending order.
  package let ticks: [Double]

  /// The largest and the least distance from 0 that an axis shows, so that sums and ratios of its
  /// ends are numbers; values beyond lie on its frame.
  private static let (largest, least) = (1e300, 1e-300)

  /// Creates an axis whose range includes all finite values.
  ///
  /// If `logarithmic` is true, the scale is logarithmic as soon as all values are positive and the
  /// largest is more than `leastRatio` times the smallest.
  package init(
    showing values: [Double], tickCount: Int, logarithmic: Bool = false, leastRatio: Double = 20
  ) {
    let finite = values.filter(\.isFinite)
    var low = max(finite.min() ?? 0, -Self.largest)
    var high = min(finite.max() ?? 1, Self.largest)
    // Ends that differ by rounding errors have no ticks between them.
    if high - low <= max(Self.least, 1e-14 * max(abs(low), abs(high))) {
      let margin = max(abs(low), abs(high)) < Self.least ? 1 : max(abs(low), abs(high)) / 2
      (low, high) = (low - margin, high + margin)
    }
    isLogarithmic = logarithmic && low > 0 && high / low > leastRatio
    if isLogarithmic {
      // A margin keeps the lowest point off the frame.
      range = max(low, Self.least) / 1.2...high * 1.2
      ticks = logarithmicTicks(in: range, count: tickCount)
    } else {
      range = low...high
      ticks = linearTicks(in: range, count: tickCount)
    }
  }

  /// Returns the position of a value, from 0 at the low end to 1 at the high end; values outside
  /// are clamped.
  package func position(of value: Double) -> Double {
    let scaled =
      isLogarithmic
      ? log(max(value, range.lowerBound) / range.lowerBound)
        / log(range.upperBound / range.lowerBound)
      : (value - range.lowerBound) / (range.upperBound - range.lowerBound)
    return min(max(scaled, 0), 1)
  }
}

/// Returns multiples of 1, 2 or 5 times a power of ten.
private func linearTicks(in range: ClosedRange<Double>, count: Int) -> [Double] {
  let rough = (range.upperBound - range.lowerBound) / Double(max(count, 1))
  let power = pow(10, floor(log10(rough)))
  let step = ([1, 2, 5, 10].first { $0 * power >= rough } ?? 10) * power
  let first = (range.lowerBound / step).rounded(.up)
  let last = (range.upperBound / step).rounded(.down)
  return stride(from: first, through: max(first, last), by: 1).map { $0 * step }
}

/// Returns 1, 2 and 5 in each decade, or fewer if those are too many.
private func logarithmicTicks(in range: ClosedRange<Double>, count: Int) -> [Double] {
  let decades =
    Int(log10(range.lowerBound).rounded(.down))...Int(log10(range.upperBound).rounded(.up))
  func ticks(_ multiples: [Double], every stride: Int) -> [Double] {
    decades.filter { $0 % stride == 0 }
      .flatMap { decade in multiples.map { $0 * pow(10, Double(decade)) } }
      .filter(range.contains)
  }
  let fine = ticks([1, 2, 5], every: 1)
  if fine.count <= count + 1 { return fine }
  let coarse = (1...decades.count).lazy.map { ticks([1], every: $0) }
  return coarse.first { $0.count <= count + 1 } ?? []
}
