import CLibrary

/// The curve of a schedule from one value to another: the fraction of the way that is left after a
/// fraction p of the steps.
public enum DecayShape: String, Codable, Sendable, CaseIterable {
  /// A line: 1 − p.
  case linear
  /// Half a cosine: (1 + cos πp)/2. (Loshchilov and Hutter, 2016, 1608.03983)
  case cosine
  /// One minus the square root: 1 − √p. (Hägele et al., 2024, 2405.18392)
  case oneMinusSquareRoot = "1-sqrt"

  /// Returns the fraction of the way that is left, from 1 at p = 0 to 0 at p = 1.
  public func remaining(at progress: Double) -> Double {
    switch self {
    case .linear: 1 - progress
    case .cosine: 0.5 * (1 + cos(Double.pi * progress))
    case .oneMinusSquareRoot: 1 - progress.squareRoot()
    }
  }

  /// Returns end + (start − end) · remaining(p), with p clamped to 0...1.
  func value(from start: Double, to end: Double, progress: Double) -> Double {
    interpolated(from: start, to: end, progress: progress, remaining: remaining(at:))
  }
}

/// Returns end + (start − end) · remaining(p), which is exactly the start for p ≤ 0 and the end for
/// p ≥ 1.
func interpolated(
  from start: Double, to end: Double, progress: Double, remaining: (Double) -> Double
) -> Double {
  if progress <= 0 { return start }
  if progress >= 1 { return end }
  return end + (start - end) * remaining(progress)
}
