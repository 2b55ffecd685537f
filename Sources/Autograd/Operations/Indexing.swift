import Tensor

/// What may stand between the brackets of `tensor[...]`: an integer, a range, or one of ``TensorIndex``.
///
/// Negative positions count from the end.  Ranges are as in Swift: `0..<3`, `1...`, `..<(-1)`.
public protocol TensorIndexing: Sendable {
  /// The index in its general form.
  var tensorIndex: TensorIndex { get }
}

/// The general form of an index for one axis.
public struct TensorIndex: Sendable, TensorIndexing {
  enum Kind {
    case position(Int)
    case range(start: Int?, end: Int?, step: Int)
    case newAxis
    /// No index was written; the axis, if there is one, is taken whole.
    case omitted
  }

  let kind: Kind

  /// What stands for an index that was not written.
  public static var omitted: TensorIndex { .init(kind: .omitted) }

  /// The index itself.
  public var tensorIndex: TensorIndex { self }
}

extension TensorIndexing where Self == TensorIndex {
  /// One position; the axis is dropped.
  public static func position(_ position: Int) -> TensorIndex { .init(kind: .position(position)) }

  /// The positions from `start` (nil: the beginning) up to but not including `end` (nil: the end), every
  /// `step`-th; a negative step walks back from `start` (nil: the end).
  public static func range(start: Int?, end: Int?, step: Int = 1) -> TensorIndex {
    .init(kind: .range(start: start, end: end, step: step))
  }

  /// The whole axis.
  public static var all: TensorIndex { .range(start: nil, end: nil) }

  /// Every `step`-th position of the axis, backwards if negative.
  public static func every(_ step: Int) -> TensorIndex { .range(start: nil, end: nil, step: step) }

  /// A new axis of size 1.
  public static var newAxis: TensorIndex { .init(kind: .newAxis) }
}

extension Int: TensorIndexing {
  /// This one position.
  public var tensorIndex: TensorIndex { .position(self) }
}

extension Range<Int>: TensorIndexing {
  /// The positions of the range.
  public var tensorIndex: TensorIndex { .range(start: lowerBound, end: upperBound) }
}

extension ClosedRange<Int>: TensorIndexing {
  /// The positions of the range.
  public var tensorIndex: TensorIndex { .range(start: lowerBound, end: upperBound + 1) }
}

extension PartialRangeFrom<Int>: TensorIndexing {
  /// The positions from the bound on.
  public var tensorIndex: TensorIndex { .range(start: lowerBound, end: nil) }
}

extension PartialRangeUpTo<Int>: TensorIndexing {
  /// The positions before the bound.
  public var tensorIndex: TensorIndex { .range(start: nil, end: upperBound) }
}

extension PartialRangeThrough<Int>: TensorIndexing {
  /// The positions up to the bound.
  public var tensorIndex: TensorIndex {
    .range(start: nil, end: upperBound == -1 ? nil : upperBound + 1, step: 1)
  }
}

extension Tensor {
  /// The elements at the given positions, one index for each axis from the first on; a view.
  ///
  /// ```swift
  /// x[0]                // the first row
  /// x[.all, -1]         // the last column
  /// x[1..<3, 0...]      // rows 1 and 2
  /// x[0..<2] = y        // writes, broadcasting y
  /// ```
  /// A position outside of its axis stops the program; ranges must lie within it.  Assignment copies
  /// the tensor first where it shares storage, and is differentiable: the elements that were written take
  /// their gradient to the new values.
  public subscript<
    A: TensorIndexing, B: TensorIndexing, C: TensorIndexing, D: TensorIndexing, E: TensorIndexing,
    F: TensorIndexing, G: TensorIndexing, H: TensorIndexing
  >(
    _ a: A, _ b: B = TensorIndex.omitted, _ c: C = TensorIndex.omitted,
    _ d: D = TensorIndex.omitted, _ e: E = TensorIndex.omitted, _ f: F = TensorIndex.omitted,
    _ g: G = TensorIndex.omitted, _ h: H = TensorIndex.omitted
  ) -> Tensor {
    get { self[Tensor.written([a, b, c, d, e, f, g, h])] }
    set { self[Tensor.written([a, b, c, d, e, f, g, h])] = newValue }
  }

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
        var gradient = Tensor.zeros(shape, dtype: dy.dtype)
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

  /// The elements at the positions of an index along one axis, and all along the others.
  subscript(along axis: Int, index: TensorIndex) -> Tensor {
    get { self[indices(index, along: axis)] }
    set { self[indices(index, along: axis)] = newValue }
  }

  private func indices(_ index: TensorIndex, along axis: Int) -> [TensorIndex] {
    let axis = shape.axis(axis, in: "subscript")
    return [TensorIndex](repeating: .all, count: axis) + [index]
  }

  /// `count` elements along one axis from `start` on; a view.
  func slice(along axis: Int, start: Int, count: Int) -> Tensor {
    self[along: axis, TensorIndex.range(start: start, end: start + count)]
  }

  /// A view of the elements at the given positions that no graph knows of.
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
        axis < result.rank, "subscript: \(indices.count) indices for shape \(shape) of rank \(rank)"
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
  /// The first position and the number of positions of a range along an axis of a size.
  fileprivate static func resolve(
    _ start: Int?, _ end: Int?, _ step: Int, size: Int
  ) -> (first: Int, count: Int) {
    require(step != 0, "subscript: a step of 0")
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

// MARK: - Picking by integer tensors

extension Tensor {
  /// The elements at int32 positions along an axis: y[i, j] = x[i, indices[i, j]] for the last of two axes.
  ///
  /// The shapes of the tensor and of the indices agree along the other axes.  The gradient is added up
  /// at the positions.  A position outside of the axis stops the program.
  public func gathered(at indices: Tensor, along axis: Int) -> Tensor {
    let shape = self.shape
    return record("gathered", self) {
      Gathering.gather($0, indices, along: axis, name: "gathered")
    } pullback: { dy, _ in
      dy.scattered(at: indices, along: axis, into: shape)
    }
  }

  /// The elements added up at int32 positions along an axis of a tensor of zeros of another shape:
  /// the transpose of ``gathered(at:along:)``, and its gradient.
  public func scattered(at indices: Tensor, along axis: Int, into shape: Shape) -> Tensor {
    record("scattered", self) {
      Gathering.scatterAdd($0, indices, along: axis, into: shape, name: "scattered")
    } pullback: { dy, _ in
      dy.gathered(at: indices, along: axis)
    }
  }

  /// The elements with those at int32 positions along an axis replaced by others.
  ///
  /// The shapes of the indices and the values agree, and with that of the tensor along the other axes.
  /// Where a position stands twice, one of the values remains.  The elements replaced have the gradient 0.
  public func scattering(_ values: Tensor, at indices: Tensor, along axis: Int) -> Tensor {
    record("scattering", self, values) {
      Gathering.scatter($1, indices, along: axis, over: $0, name: "scattering")
    } lhs: { dy, _ in
      dy.scattering(Tensor.zeros(indices.shape, dtype: dy.dtype), at: indices, along: axis)
    } rhs: { dy, _ in
      dy.gathered(at: indices, along: axis)
    }
  }

  /// The slices at the positions of an int32 vector along an axis, in its order.
  ///
  /// The gradient is added up at the positions.
  public func selected(at positions: Tensor, along axis: Int) -> Tensor {
    let shape = self.shape
    return record("selected", self) {
      Gathering.indexSelect($0, positions, along: axis, name: "selected")
    } pullback: { dy, _ in
      dy.spread(at: positions, along: axis, into: shape)
    }
  }

  /// Zeros of `shape` to whose slices at the positions those of this tensor are added: the transpose of
  /// ``selected(at:along:)``, and its gradient.
  func spread(at positions: Tensor, along axis: Int, into shape: Shape) -> Tensor {
    record("spread", self) {
      Gathering.indexAdd($0, positions, along: axis, into: shape, name: "spread")
    } pullback: { dy, _ in
      dy.selected(at: positions, along: axis)
    }
  }
}

/// The rows of a table at int32 positions of any shape: [rows, ..] and [positions..] → [positions.., ..].
///
/// The gradient is added up in the rows that were looked up.  Of a large table it costs as much as those rows:
/// the others are fresh pages of zeros, which nothing has touched.
public func embedding(_ table: Tensor, at positions: Tensor) -> Tensor {
  require(table.rank >= 1, "embedding: a scalar has no rows")
  var shape = positions.shape
  for size in table.shape.dropFirst() { shape.append(size) }
  return table.selected(at: positions.reshaped(to: [-1]), along: 0).reshaped(to: shape)
}

/// 1 at each class and 0 elsewhere, along a new last axis of `classes`.
///
/// A class outside of 0..<classes stops the program.
public func oneHot(_ labels: Tensor, classes: Int, dtype: DType = .float32) -> Tensor {
  require(labels.dtype == .int32, "oneHot: the labels are \(labels.dtype), not int32")
  let isValid = (labels .>= 0) .& (labels .< Double(classes))
  require(
    isValid.all().scalar(as: Bool.self), "oneHot: a label is outside of the \(classes) classes")
  let numbers = Tensor.arange(to: Double(classes), dtype: .int32)
  return (labels.expandedDimensions(axis: -1) .== numbers).converted(to: dtype)
}
