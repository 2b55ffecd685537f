import Tensor

/// Indices that include tensors, applied to a shape by the rules of NumPy's advanced indexing: a
/// view by the other indices, and positions that pick along some of its axes.
///
/// All picked axes together are replaced by the shape to which the tensors broadcast. It stands in
/// the place of the first of them if tensors and single positions follow one another without
/// another index between them, otherwise in front of all axes.
struct AdvancedIndices: Sendable {
  /// The other indices, with whole axes in place of the tensors.
  let others: [TensorIndex]
  /// The shape of the view that the other indices give.
  let viewShape: Shape
  /// The axes of the view along which positions pick, in ascending order.
  let axes: [Int]
  /// The positions in the picked axes, joined to one; an int32 vector.
  let positions: Tensor
  /// The shape that replaces the picked axes.
  let pickShape: Shape
  /// Whether an element may be picked twice.
  let mayRepeat: Bool
  /// Whether another index stands between tensors or single positions.
  private let isSeparated: Bool

  /// Applies indices, at least one of which is a tensor, to the axes of a tensor.
  ///
  /// Misuse stops the program with a message that names `operation`.
  init(_ indices: [TensorIndex], of x: Tensor, in operation: StaticString = "subscript") {
    let shape = x.shape
    let taken = TensorIndex.checkedAxisCount(indices, of: shape, in: operation)
    var (axis, viewAxis) = (0, 0)
    var (others, axes, picks) = ([TensorIndex](), [Int](), [(positions: Tensor, size: Int)]())
    var (isRun, isEnded, isSeparated, isMask) = (false, false, false, true)
    for index in indices {
      var keeps = true
      switch index.kind {
      case .tensor(let tensor):
        let count = index.axisCount
        let positions = Self.positions(tensor, axis, of: shape, in: operation)
        picks.append((positions, shape[axis..<axis + count].reduce(1, *)))
        axes += viewAxis..<viewAxis + count
        others += [TensorIndex](repeating: .all, count: count)
        viewAxis += count
        isMask = isMask && tensor.dtype == .bool
        keeps = false
      case .ellipsis:
        let count = shape.rank - taken
        others += [TensorIndex](repeating: .all, count: count)
        (axis, viewAxis) = (axis + count, viewAxis + count)
      case .position:
        others.append(index)
        keeps = false
      case .range, .newAxis:
        others.append(index)
        viewAxis += 1
      }
      axis += index.axisCount
      isEnded = isEnded || isRun && keeps
      isSeparated = isSeparated || isEnded && !keeps
      isRun = !keeps
    }
    self.others = others
    self.axes = axes
    self.isSeparated = isSeparated
    viewShape = x.view(at: others, in: operation).shape
    mayRepeat = !(isMask && picks.count == 1)
    let joined = Self.joined(picks, in: operation)
    pickShape = joined.shape
    positions = Views.reshape(joined, to: [joined.elementCount])
  }

  /// The positions in the axes of all picks, joined to one.
  private static func joined(
    _ picks: [(positions: Tensor, size: Int)], in operation: StaticString
  ) -> Tensor {
    picks.dropFirst().reduce(picks[0].positions) { joined, pick in
      require(
        joined.shape.broadcast(with: pick.positions.shape) != nil,
        """
        \(operation): shapes \(joined.shape) and \(pick.positions.shape) of two indices do not \
        broadcast
        """)
      return joined * Double(pick.size) + pick.positions
    }
  }

  /// The positions of a tensor of positions or a mask, counted from the start of an axis, or of the
  /// axes that the mask covers, joined to one.
  private static func positions(
    _ index: Tensor, _ axis: Int, of shape: Shape, in operation: StaticString
  ) -> Tensor {
    switch index.dtype {
    case .int32: return counted(index, axis, of: shape, in: operation)
    case .bool:
      require(index.rank > 0, "\(operation): a bool scalar is not a mask of an axis")
      let covered = Shape(shape[axis..<axis + index.rank])
      let axes = index.rank == 1 ? "axis \(axis)" : "axes \(axis) to \(axis + index.rank - 1)"
      require(
        index.shape == covered,
        """
        \(operation): a mask of shape \(index.shape) for \(axes) of shape \(shape) does not have \
        shape \(covered)
        """)
      return Searching.truePositions(index)
    default:
      fail(
        """
        \(operation): a \(index.dtype) tensor cannot be an index; convert it to int32 for \
        positions or compare it for a mask
        """)
    }
  }

  /// The positions, negative ones counted from the end of an axis.
  private static func counted(
    _ index: Tensor, _ axis: Int, of shape: Shape, in operation: StaticString
  ) -> Tensor {
    if Gathering.areWithin(index, size: shape[axis]) { return index.contiguous }
    let size = Int32(shape[axis])
    var numbers = index.scalars(as: Int32.self)
    for (i, position) in numbers.enumerated() {
      if position < -size || position >= size {
        TensorIndex.failOutOfRange(Int(position), axis, of: shape, in: operation)
      }
      if position < 0 { numbers[i] = position + size }
    }
    return Tensor(numbers, shape: index.shape)
  }
}

// MARK: - Shapes

extension AdvancedIndices {
  /// The order of axes that brings the picked ones next to each other; `nil` if they are.
  private var order: [Int]? {
    if axes[axes.count - 1] - axes[0] == axes.count - 1 { return nil }
    return axes + (0..<viewShape.rank).filter { !axes.contains($0) }
  }

  /// The axis at which the picked ones are joined.
  private var joinedAxis: Int { order == nil ? axes[0] : 0 }

  /// The axis of the result at which ``pickShape`` starts.
  private var place: Int { isSeparated ? 0 : joinedAxis }

  private var ordered: Shape { order.map { Shape($0.map { viewShape[$0] }) } ?? viewShape }

  /// The shape of the view with the picked axes replaced.
  private func replacing(with sizes: some Sequence<Int>) -> Shape {
    let shape = ordered
    return Shape(
      Array(shape.prefix(joinedAxis)) + sizes + shape.dropFirst(joinedAxis + axes.count))
  }

  private var joinedShape: Shape {
    replacing(with: [axes.reduce(1) { $0 * viewShape[$1] }])
  }

  /// The shape of the result.
  var shape: Shape {
    let shape = replacing(with: pickShape)
    let order = Self.order(moving: pickShape.rank, from: joinedAxis, to: place, of: shape.rank)
    return order.map { Shape($0.map { shape[$0] }) } ?? shape
  }

  /// The order of axes that moves some of them, or `nil` if none moves.
  private static func order(moving count: Int, from start: Int, to end: Int, of rank: Int) -> [Int]?
  {
    if start == end || count == 0 { return nil }
    var order = Array(0..<rank)
    let moved = Array(order[start..<start + count])
    order.removeSubrange(start..<start + count)
    order.insert(contentsOf: moved, at: end)
    return order
  }
}

// MARK: - Reading and writing

extension AdvancedIndices {
  private var isWhole: Bool { others.allSatisfy(\.isWholeAxis) }

  /// The elements at the indices.
  func read(_ x: Tensor) -> Tensor {
    var y = isWhole ? x : x.viewed(at: others)
    if let order { y = y.permuted(order) }
    if axes.count > 1 { y = y.reshaped(to: joinedShape) }
    y = y.selected(at: positions, along: joinedAxis, in: "subscript")
    if pickShape.rank != 1 { y = y.reshaped(to: replacing(with: pickShape)) }
    let moved = Self.order(moving: pickShape.rank, from: joinedAxis, to: place, of: y.rank)
    return moved.map { y.permuted($0) } ?? y
  }

  /// Zeros of `shape` with values added at the indices; the transpose of ``read(_:)``.
  func spread(_ values: Tensor, into shape: Shape) -> Tensor {
    var y = values.broadcast(to: self.shape)
    let moved = Self.order(moving: pickShape.rank, from: place, to: joinedAxis, of: y.rank)
    if let moved { y = y.permuted(moved) }
    if pickShape.rank != 1 {
      y = y.reshaped(to: replacing(with: [pickShape.elementCount]))
    }
    y = y.indexAdded(at: positions, along: joinedAxis, into: joinedShape)
    if axes.count > 1 { y = y.reshaped(to: ordered) }
    if let order {
      y = y.permuted(order.indices.map { axis in order.firstIndex(of: axis) ?? axis })
    }
    if isWhole { return y }
    var result = Tensor.zeros(shape, dtype: values.dtype)
    result[others] = y
    return result
  }

  /// Writes values, broadcast, to the elements of uniquely held storage at the indices, in order.
  func write(_ values: Tensor, over x: Tensor) {
    let target = shape
    Views.requireAssignable(values, dtype: x.dtype, shape: target)
    var source = Views.broadcast(values, to: target)
    if let moved = Self.order(moving: pickShape.rank, from: place, to: 0, of: target.rank) {
      source = Views.permute(source, order: moved, name: "assignment")
    }
    if pickShape.rank != 1 {
      let slices = [pickShape.elementCount] + source.shape.dropFirst(pickShape.rank)
      source = Views.reshape(source, to: Shape(slices))
    }
    Views.assign(source, over: x.view(at: others), at: positions, along: axes)
  }
}
