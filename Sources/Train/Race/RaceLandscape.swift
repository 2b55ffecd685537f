import Autograd
import Tensor

/// A function of two numbers that optimizers descend.
protocol RaceLandscape: Sendable {
  /// The name, which files and addresses within a page take.
  var name: String { get }
  /// The name as a heading.
  var title: String { get }
  /// The formula, or what the function is.
  var formula: String { get }
  /// The part of the plane to show, and the points at which it is drawn.
  var grid: RaceGrid { get }
  /// Where the optimizers start.
  var start: SIMD2<Double> { get }
  /// The minima to reach.
  var minima: [SIMD2<Double>] { get }
  /// The dtype in which points are optimized.
  var dtype: DType { get }

  /// The value at a point of shape `[2]`, as a scalar to differentiate.
  func value(at point: Tensor) -> Tensor

  /// The values on the grid, row after row from the lowest y.
  var gridValues: [Double] { get }
}

extension RaceLandscape {
  /// The part of the plane to show.
  var domain: RaceDomain { grid.domain }

  /// Returns the point as a tensor of the landscape's dtype.
  func tensor(_ point: SIMD2<Double>) -> Tensor {
    Tensor([point.x, point.y], shape: [2]).converted(to: dtype)
  }

  /// Returns the value at a point.
  func value(at point: SIMD2<Double>) -> Double {
    withMode(.inference) { value(at: tensor(point)).scalar() }
  }
}

/// A rectangle of the plane.
struct RaceDomain: Sendable, Equatable {
  var x: ClosedRange<Double>
  var y: ClosedRange<Double>

  /// The larger of width and height.
  var size: Double {
    max(x.upperBound - x.lowerBound, y.upperBound - y.lowerBound)
  }

  /// The rectangle, made so large that a point is inside of it, with a margin.
  func including(_ point: SIMD2<Double>) -> RaceDomain {
    RaceDomain(x: Self.extended(x, to: point.x), y: Self.extended(y, to: point.y))
  }

  private static func extended(
    _ range: ClosedRange<Double>, to value: Double
  ) -> ClosedRange<Double> {
    guard !range.contains(value) else { return range }
    let (low, high) = (min(range.lowerBound, value), max(range.upperBound, value))
    let margin = (high - low) / 20
    return value < range.lowerBound ? low - margin...high : low...high + margin
  }
}

/// Points at equal distances that cover a rectangle.
struct RaceGrid: Sendable {
  let domain: RaceDomain
  /// The number of points on a side.
  let count: Int

  /// Returns the point in a column and a row.
  func point(_ column: Int, _ row: Int) -> SIMD2<Double> { SIMD2(x(column), y(row)) }

  func x(_ column: Int) -> Double { Self.place(column, count, domain.x) }
  func y(_ row: Int) -> Double { Self.place(row, count, domain.y) }

  private static func place(_ index: Int, _ count: Int, _ range: ClosedRange<Double>) -> Double {
    // The last point is the end of the range exactly.
    let share = Double(index) / Double(count - 1)
    return range.lowerBound * (1 - share) + range.upperBound * share
  }
}
