import Foundation

/// One axis of a plot: a range, how values map to it, and the values that are labelled.
package struct Axis: Sendable {
  /// The lowest and highest value shown.
  package let range: ClosedRange<Double>
  /// Whether equal distances are equal ratios.
  package let isLogarithmic: Bool
  /// The values that get a label, ascending.
  package let ticks: [Double]

  /// An axis that shows all the values.
  ///
  /// Where `logarithmic` allows it, it is logarithmic when all values are positive and the largest is
  /// over `leastRatio` times the smallest.
  package init(
    showing values: [Double], tickCount: Int, logarithmic: Bool = false, leastRatio: Double = 20
  ) {
    let finite = values.filter(\.isFinite)
    var low = finite.min() ?? 0
    var high = finite.max() ?? 1
    if low == high {
      let margin = low == 0 ? 1 : abs(low) / 2
      (low, high) = (low - margin, high + margin)
    }
    isLogarithmic = logarithmic && low > 0 && high / low > leastRatio
    if isLogarithmic {
      // A little room, so that the lowest point does not lie on the frame.
      range = low / 1.2...high * 1.2
      ticks = logarithmicTicks(in: range, count: tickCount)
    } else {
      range = low...high
      ticks = linearTicks(in: range, count: tickCount)
    }
  }

  /// Where a value lies, from 0 at the low end to 1 at the high end; values outside are moved in.
  package func position(of value: Double) -> Double {
    let scaled =
      isLogarithmic
      ? log(max(value, range.lowerBound) / range.lowerBound)
        / log(range.upperBound / range.lowerBound)
      : (value - range.lowerBound) / (range.upperBound - range.lowerBound)
    return min(max(scaled, 0), 1)
  }
}

/// Multiples of 1, 2 or 5 times a power of ten.
private func linearTicks(in range: ClosedRange<Double>, count: Int) -> [Double] {
  let rough = (range.upperBound - range.lowerBound) / Double(max(count, 1))
  let power = pow(10, floor(log10(rough)))
  let step = ([1, 2, 5, 10].first { $0 * power >= rough } ?? 10) * power
  let first = (range.lowerBound / step).rounded(.up)
  let last = (range.upperBound / step).rounded(.down)
  return stride(from: first, through: max(first, last), by: 1).map { $0 * step }
}

/// 1, 2 and 5 in each decade, or fewer where those would be too many.
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
