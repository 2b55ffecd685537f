import Tensor

/// Straight lines from point to point; the first value before the first of them, the last after the
/// last.
///
/// - Complexity: O(log n) in the number of points.
public struct PiecewiseLinear: Schedule {
  /// The steps and their values, ascending in the steps.
  public let points: [(step: Int, value: Double)]

  /// Creates lines through one or more points, in the order of their steps.
  public init(_ points: [(step: Int, value: Double)]) {
    requireAscending(points, "PiecewiseLinear")
    self.points = points
  }

  /// Returns the value of a step.
  public func callAsFunction(_ step: Int) -> Double {
    let passed = points.countUpTo(max(step, 0), \.step)
    guard passed > 0 else { return points[0].value }
    let start = points[passed - 1]
    guard passed < points.count else { return start.value }
    let end = points[passed]
    return DecayShape.linear.value(
      from: start.value, to: end.value,
      progress: Double(step - start.step) / Double(end.step - start.step))
  }
}

/// A value from each of some steps on; the first value before the first of them too.
///
/// - Complexity: O(log n) in the number of pieces.
public struct PiecewiseConstant: Schedule {
  /// The first step of each piece and its value, ascending in the steps.
  public let pieces: [(step: Int, value: Double)]

  /// Creates one or more pieces, in the order of their steps.
  public init(_ pieces: [(step: Int, value: Double)]) {
    requireAscending(pieces, "PiecewiseConstant")
    self.pieces = pieces
  }

  /// Returns the value of a step.
  public func callAsFunction(_ step: Int) -> Double {
    pieces[max(pieces.countUpTo(max(step, 0), \.step) - 1, 0)].value
  }
}

private func requireAscending(_ points: [(step: Int, value: Double)], _ name: String) {
  require(!points.isEmpty, "\(name): needs at least one point")
  for point in points { requireValue(point.value, "\(name): the value at step \(point.step)") }
  require(points[0].step >= 0, "\(name): the steps must be at least 0, got \(points[0].step)")
  for (point, next) in zip(points, points.dropFirst()) {
    require(
      point.step < next.step,
      "\(name): the steps must ascend, got \(next.step) after \(point.step)")
  }
}

extension Array {
  /// The number of elements whose key is at most a step, where the keys ascend.
  func countUpTo(_ step: Int, _ key: (Element) -> Int) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = low + (high - low) / 2
      if key(self[middle]) <= step { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
