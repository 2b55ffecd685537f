import Tensor

/// A type that can index one axis in `tensor[...]`: an integer, a range or a ``TensorIndex``.
///
/// Negative positions count from the end. Ranges are Swift's: `0..<3`, `1...`, `..<(-1)`.
public protocol TensorIndexing: Sendable {
  /// The index as a ``TensorIndex``.
  var tensorIndex: TensorIndex { get }
}

/// An index into one axis of a tensor: a position, a range with a step, or a new axis.
public struct TensorIndex: Sendable, TensorIndexing {
  enum Kind {
    case position(Int)
    case range(start: Int?, end: Int?, step: Int)
    case newAxis
    /// The index was left out; the axis, if there is one, is taken as a whole.
    case omitted
  }

  let kind: Kind

  /// The default of an index that is left out.
  public static var omitted: TensorIndex { .init(kind: .omitted) }

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
}

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
  public var tensorIndex: TensorIndex { .range(start: lowerBound, end: upperBound + 1) }
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

extension Tensor {
  /// A view of the elements at the given positions, with one index for each axis from the first on.
  ///
  /// ```swift
  /// x[0]                // the first row
  /// x[.all, -1]         // the last column
  /// x[1..<3, 0...]      // rows 1 and 2
  /// x[0..<2] = y        // writes, broadcasting y
  /// ```
  /// A position or range that is not within its axis stops the program. Assignment copies the
  /// tensor first if it shares its storage. It is differentiable: the gradient of the elements that
  /// were written flows to the new values.
  public subscript<
    A: TensorIndexing, B: TensorIndexing, C: TensorIndexing, D: TensorIndexing, E: TensorIndexing,
    F: TensorIndexing, G: TensorIndexing, H: TensorIndexing
  >(
    _ a: A, _ b: B = TensorIndex.omitted, _ c: C = TensorIndex.omitted,
    _ d: D = TensorIndex.omitted, _ e: E = TensorIndex.omitted, _ f: F = TensorIndex.omitted,
    _ g: G = TensorIndex.omitted, _ h: H = TensorIndex.omitted
  ) -> Tensor {
    get { self[Self.written([a, b, c, d, e, f, g, h])] }
    set { self[Self.written([a, b, c, d, e, f, g, h])] = newValue }
  }

  /// The indices that were not left out.
  private static func written(_ indices: [any TensorIndexing]) -> [TensorIndex] {
    indices.map(\.tensorIndex).filter { if case .omitted = $0.kind { false } else { true } }
  }

  /// The elements at the given positions; see the subscript of single indices.
  public subscript(_ indices: [TensorIndex]) -> Tensor {
    get {
      let shape = self.shape
      return record("subscript", self) {
        $0.view(at: indices)
      } pullback: { dy, _ in
        var gradient = Self.zeros(shape, dtype: dy.dtype)
        gradient[indices] = dy
        return gradient
      }
    }
    set {
      if node == nil && newValue.node == nil {
        makeUnique()
        Views.assign(newValue, over: view(at: indices))
        return
      }
      self = record("assignment", self, newValue) { base, value in
        let result = Elementwise.copy(base)
        Views.assign(value, over: result.view(at: indices))
        return result
      } lhs: { dy, _ in
        var gradient = dy
        gradient[indices] = Tensor(0, dtype: dy.dtype)
        return gradient
      } rhs: { dy, _ in
        dy[indices]
      }
    }
  }

  /// The elements at the positions of an index along one axis, and everything along the others.
  subscript(along axis: Int, index: TensorIndex) -> Tensor {
    get { self[indices(index, along: axis)] }
    set { self[indices(index, along: axis)] = newValue }
  }

  private func indices(_ index: TensorIndex, along axis: Int) -> [TensorIndex] {
    let axis = shape.axis(axis, in: "subscript")
    return [TensorIndex](repeating: .all, count: axis) + [index]
  }

  /// A view of `count` elements along one axis from `start` on.
  func slice(along axis: Int, start: Int, count: Int) -> Tensor {
    self[along: axis, TensorIndex.range(start: start, end: start + count)]
  }

  /// A view of the elements at the given positions, without a graph.
  private func view(at indices: [TensorIndex]) -> Tensor {
    var result = detached
    var axis = 0
    for index in indices {
      if case .newAxis = index.kind {
        result = Views.reshape(result, to: result.shape.inserting(1, at: axis))
        axis += 1
        continue
      }
      require(
        axis < result.rank,
        "subscript: \(counted(indices.count, "index", "indices")) for shape \(shape) of rank \(rank)"
      )
      let size = result.shape[axis]
      switch index.kind {
      case .position(let position):
        let start = position < 0 ? position + size : position
        require(
          start >= 0 && start < size,
          "subscript: position \(position) is out of range for axis \(axis) of shape \(result.shape)"
        )
        result = Views.slice(result, axis: axis, start: start, count: 1)
        result = Views.reshape(result, to: result.shape.removing(axis: axis))
      case .range(let start, let end, let step):
        let (first, count) = TensorIndex.resolve(start, end, step, size: size)
        result = Views.slice(result, axis: axis, start: first, count: count, step: step)
        axis += 1
      case .newAxis, .omitted: break
      }
    }
    return result
  }
}

extension TensorIndex {
  /// The first position and the number of positions of a range along an axis of the given size.
  fileprivate static func resolve(
    _ start: Int?, _ end: Int?, _ step: Int, size: Int
  ) -> (first: Int, count: Int) {
    require(step != 0, "subscript: the step must not be 0")
    func counted(_ position: Int) -> Int { position < 0 ? position + size : position }
    let first = start.map(counted) ?? (step > 0 ? 0 : size - 1)
    let last = end.map(counted) ?? (step > 0 ? size : -1)
    let distance = step > 0 ? last - first : first - last
    require(
      distance >= 0 && first >= (step > 0 ? 0 : -1) && Swift.max(first, last) <= size,
      "subscript: the range from \(start.map(String.init) ?? "the start") to \(end.map(String.init) ?? "the end") is not within an axis of size \(size)"
    )
    return (first, (distance + abs(step) - 1) / abs(step))
  }
}
