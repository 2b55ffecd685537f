import Tensor

/// A type that can index one axis in `tensor[...]`: an integer, a range, a stride, an array of
/// integers, a tensor or a ``TensorIndex``.
///
/// Negative positions count from the end. Ranges are Swift's: `0..<3`, `1...`, `..<(-1)`.
public protocol TensorIndexing: Sendable {
  /// The index as a ``TensorIndex``.
  var tensorIndex: TensorIndex { get }
}

/// An index into the axes of a tensor: a position, a range with a step, a tensor of positions, a
/// mask, a new axis or an ellipsis.
public struct TensorIndex: Sendable, TensorIndexing {
  enum Kind {
    case position(Int)
    case range(start: Int?, end: Int?, step: Int)
    case newAxis
    case ellipsis
    /// Positions in one axis, int32, or a mask of one axis or several, bool.
    indirect case tensor(Tensor)
  }

  let kind: Kind

  /// This index.
  public var tensorIndex: TensorIndex { self }
}

extension TensorIndexing where Self == TensorIndex {
  /// One position; the axis is dropped from the result.
  public static func position(_ position: Int) -> TensorIndex { .init(kind: .position(position)) }

  /// Every `step`-th position from `start` up to but not including `end`; `nil` is the end of the
  /// axis on that side.
  ///
  /// A negative step goes backward from `start` (`nil`: the last position).
  public static func range(start: Int?, end: Int?, step: Int = 1) -> TensorIndex {
    .init(kind: .range(start: start, end: end, step: step))
  }

  /// The whole axis.
  public static var all: TensorIndex { .range(start: nil, end: nil) }

  /// Every `step`-th position of the axis; a negative step goes backward from the end.
  public static func every(_ step: Int) -> TensorIndex { .range(start: nil, end: nil, step: step) }

  /// A new axis of size 1.
  public static var newAxis: TensorIndex { .init(kind: .newAxis) }

  /// As many whole axes as the other indices leave, `...` in NumPy; it may occur once.
  public static var ellipsis: TensorIndex { .init(kind: .ellipsis) }
}

extension TensorIndex {
  /// The number of axes that the index takes from a tensor; an ellipsis takes those that are left.
  var axisCount: Int {
    switch kind {
    case .position, .range: 1
    case .tensor(let tensor): tensor.dtype == .bool ? tensor.rank : 1
    case .newAxis, .ellipsis: 0
    }
  }

  var isTensor: Bool { if case .tensor = kind { true } else { false } }
  var isEllipsis: Bool { if case .ellipsis = kind { true } else { false } }

  /// Whether the index takes a whole axis in its order.
  var isWholeAxis: Bool {
    if case .range(nil, nil, 1) = kind { true } else { false }
  }

  /// Whether the index takes a whole axis in its order or in the reverse one.
  var keepsAxis: Bool {
    if case .range(nil, nil, let step) = kind { abs(step) == 1 } else { false }
  }

  /// The first position and the number of positions of a range along an axis of the given size, or
  /// `nil` if the range is not within the axis.
  static func resolve(
    _ start: Int?, _ end: Int?, _ step: Int, size: Int
  ) -> (first: Int, count: Int)? {
    func counted(_ position: Int) -> Int { position < 0 ? position + size : position }
    let first = start.map(counted) ?? (step > 0 ? 0 : size - 1)
    let last = end.map(counted) ?? (step > 0 ? size : -1)
    let distance = step > 0 ? last - first : first - last
    let isWithin =
      distance >= 0 && first >= (step > 0 ? 0 : -1) && Swift.max(first, last) <= size
    return isWithin ? (first, (distance + abs(step) - 1) / abs(step)) : nil
  }

  /// The positions of a stride, all of which count from the same end of the axis.
  fileprivate init(_ stride: some Sequence<Int>) {
    var (first, second, last) = (Int?.none, Int?.none, 0)
    for position in stride {
      if first == nil { first = position } else if second == nil { second = position }
      last = position
    }
    guard let first else {
      self = .range(start: 0, end: 0)
      return
    }
    require(
      (first < 0) == (last < 0),
      "subscript: the stride from \(first) to \(last) counts from both ends of the axis")
    let step = (second ?? first + 1) - first
    let end = last + step.signum()
    // One step beyond an end of the axis is not −1 or 0, which are positions, but no bound.
    self = .range(start: first, end: (end < 0) == (last < 0) ? end : nil, step: step)
  }
}

// MARK: - What can be an index

extension Int: TensorIndexing {
  /// The position as an index.
  public var tensorIndex: TensorIndex { .position(self) }
}

extension Range<Int>: TensorIndexing {
  /// The positions of the range as an index.
  public var tensorIndex: TensorIndex { .range(start: lowerBound, end: upperBound) }
}

extension ClosedRange<Int>: TensorIndexing {
  /// The positions of the range as an index.
  public var tensorIndex: TensorIndex {
    .range(start: lowerBound, end: upperBound == -1 ? nil : upperBound + 1)
  }
}

extension PartialRangeFrom<Int>: TensorIndexing {
  /// The positions from the bound on, as an index.
  public var tensorIndex: TensorIndex { .range(start: lowerBound, end: nil) }
}

extension PartialRangeUpTo<Int>: TensorIndexing {
  /// The positions before the bound, as an index.
  public var tensorIndex: TensorIndex { .range(start: nil, end: upperBound) }
}

extension PartialRangeThrough<Int>: TensorIndexing {
  /// The positions up to and including the bound, as an index.
  public var tensorIndex: TensorIndex {
    .range(start: nil, end: upperBound == -1 ? nil : upperBound + 1, step: 1)
  }
}

extension StrideTo: TensorIndexing where Element == Int {
  /// The positions of the stride as an index, all of them counted from the same end of the axis.
  public var tensorIndex: TensorIndex { TensorIndex(self) }
}

extension StrideThrough: TensorIndexing where Element == Int {
  /// The positions of the stride as an index, all of them counted from the same end of the axis.
  public var tensorIndex: TensorIndex { TensorIndex(self) }
}

extension Array: TensorIndexing where Element == Int {
  /// The positions as an index, in the order of the array.
  public var tensorIndex: TensorIndex { self[...].tensorIndex }
}

extension ArraySlice: TensorIndexing where Element == Int {
  /// The positions as an index, in the order of the array.
  public var tensorIndex: TensorIndex {
    // No axis has positions beyond int32, so those that are clamped are out of range too.
    Tensor(map { Int32(clamping: $0) }, shape: [count]).tensorIndex
  }
}

extension Tensor: TensorIndexing {
  /// The tensor as an index: int32 positions along one axis, which is replaced by the shape of the
  /// tensor, or a bool mask of one axis or several, which become one.
  public var tensorIndex: TensorIndex { TensorIndex(kind: .tensor(detached)) }
}

/// A number literal that is written to elements of a tensor: the `0` of `x[mask] = 0`.
///
/// It is not `Double`, whose operators would take part wherever a subscript stands in a formula,
/// and make the type checker slow.
public struct NumberLiteral: ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral, Sendable {
  let value: Double

  init(_ value: Double) { self.value = value }

  /// Creates an integer, which is exact up to 2⁵³.
  public init(integerLiteral value: Int) { self.init(Double(value)) }
  /// Creates a number.
  public init(floatLiteral value: Double) { self.init(value) }

  /// Infinity, as in `scores[mask] = -.infinity`.
  public static let infinity = NumberLiteral(.infinity)
  /// Not a number.
  public static let nan = NumberLiteral(.nan)

  /// The negative of a number.
  public static prefix func - (number: NumberLiteral) -> NumberLiteral { .init(-number.value) }
}
