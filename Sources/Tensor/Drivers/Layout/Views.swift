import CKernels

/// Views of the same storage under another shape, which copy no elements unless documented
/// otherwise.
///
/// The results are constants.
package enum Views {
  /// Returns the elements in row order under another shape, in which one size may be -1 to be
  /// inferred.
  ///
  /// Copies the elements if the layout does not allow a view.
  package static func reshape(_ x: Tensor, to shape: Shape) -> Tensor {
    guard let target = shape.inferring(elementCount: x.elementCount) else {
      let count = counted(x.elementCount, "element")
      fail("reshaped: shape \(shape) does not fit the \(count) of shape \(x.shape)")
    }
    if target == x.shape { return x.detached }
    if x.isContiguous {
      return Tensor(
        viewing: x, shape: target, strides: target.contiguousStrides, offset: x.offset)
    }
    if let strides = x.shape.strides(x.strides, reshapedTo: target) {
      return Tensor(viewing: x, shape: target, strides: strides, offset: x.offset)
    }
    return Tensor(Elementwise.copy(x).storage, target, x.dtype)
  }

  /// Returns `x` with its axes reordered: axis i of the result is axis `order[i]` of `x`.
  package static func permute(_ x: Tensor, order: [Int], name: StaticString) -> Tensor {
    require(
      order.count == x.rank && x.shape.axisMask(order, in: name).count == x.rank,
      "\(name): \(order) does not name each axis of shape \(x.shape) once")
    var shape = Shape()
    var strides = Strides()
    for (axis, source) in order.enumerated() {
      let source = x.shape.axis(source, in: name)
      shape.append(x.shape[source])
      strides[axis] = x.strides[source]
    }
    return Tensor(viewing: x, shape: shape, strides: strides, offset: x.offset)
  }

  /// Returns `x` with the axes in `mask` moved after the others, in order.
  static func permute(_ x: Tensor, movingToEnd mask: AxisMask) -> Tensor {
    permute(x, order: x.shape.order(movingToEnd: mask), name: "reduce")
  }

  /// Returns `x` with two axes swapped.
  package static func transpose(_ x: Tensor, _ a: Int, _ b: Int) -> Tensor {
    let (a, b) = (x.shape.axis(a, in: "transposed"), x.shape.axis(b, in: "transposed"))
    var shape = x.shape
    var strides = x.strides
    (shape[a], shape[b]) = (shape[b], shape[a])
    (strides[a], strides[b]) = (strides[b], strides[a])
    return Tensor(viewing: x, shape: shape, strides: strides, offset: x.offset)
  }

  /// Returns `x` with axes of size 1 stretched and axes added in front to give `shape`.
  package static func broadcast(_ x: Tensor, to shape: Shape) -> Tensor {
    guard x.shape.broadcast(with: shape) == shape else {
      fail("broadcast: shape \(x.shape) does not broadcast to \(shape)")
    }
    return Tensor(
      viewing: x, shape: shape, strides: x.strides(broadcastTo: shape), offset: x.offset)
  }

  /// Returns the `count` slices start, start + step, … along an axis; the step may be negative.
  package static func slice(
    _ x: Tensor, axis: Int, start: Int, count: Int, step: Int = 1
  ) -> Tensor {
    var shape = x.shape
    var strides = x.strides
    shape[axis] = count
    strides[axis] *= step
    let offset = count == 0 ? x.offset : x.offset + start * x.strides[axis]
    return Tensor(viewing: x, shape: shape, strides: strides, offset: offset)
  }

  /// Returns the slice at a position of an axis, without the axis.
  package static func select(_ x: Tensor, axis: Int, position: Int) -> Tensor {
    var (shape, strides) = (Shape(), Strides())
    for other in 0..<x.rank where other != axis {
      strides[shape.rank] = x.strides[other]
      shape.append(x.shape.size(other))
    }
    return Tensor(
      viewing: x, shape: shape, strides: strides, offset: x.offset + position * x.strides[axis])
  }

  /// Returns the diagonal of the last two axes that lies `offset` places above the main one.
  package static func diagonal(_ x: Tensor, offset: Int) -> Tensor {
    require(x.rank >= 2, "diagonal: shape \(x.shape) has fewer than two axes")
    let (rows, columns) = (x.shape[x.rank - 2], x.shape[x.rank - 1])
    let (firstRow, firstColumn) = (Swift.max(0, -offset), Swift.max(0, offset))
    let length = Swift.max(0, Swift.min(rows - firstRow, columns - firstColumn))
    var shape = Shape(x.shape.dropLast(2))
    shape.append(length)
    var strides = x.strides
    strides[x.rank - 2] = x.strides[x.rank - 2] + x.strides[x.rank - 1]
    let start = firstRow * x.strides[x.rank - 2] + firstColumn * x.strides[x.rank - 1]
    return Tensor(
      viewing: x, shape: shape, strides: strides, offset: x.offset + (length > 0 ? start : 0))
  }

  /// Stops the program unless a tensor can be assigned to elements of a dtype and a shape.
  package static func requireAssignable(_ source: Tensor, dtype: DType, shape: Shape) {
    require(source.dtype == dtype, "assignment: \(DType.differ(source.dtype, dtype))")
    require(
      source.shape.broadcast(with: shape) == shape,
      "assignment: shape \(source.shape) does not broadcast to \(shape)")
  }

  /// Copies the elements of `source`, broadcast, over those of a view of uniquely held storage.
  package static func assign(_ source: Tensor, over view: Tensor) {
    requireAssignable(source, dtype: view.dtype, shape: view.shape)
    move(source, over: view)
  }

  /// Copies the elements of `source`, which broadcasts, over those of a view of the same dtype.
  static func move(_ source: Tensor, over view: Tensor) {
    Move(view.shape, from: source.strides(broadcastTo: view.shape), to: view.strides)
      .run(source.pointer, view.pointer, size: view.dtype.byteCount)
  }

  /// Copies slices over those of a view of uniquely held storage that lie at positions along some
  /// of its axes, in order: of slices for the same position the last one remains.
  ///
  /// - Parameters:
  ///   - source: The slices along the first axis; its other axes are those that `axes` leaves.
  ///   - view: The view.
  ///   - positions: The positions in the axes of `axes`, joined to one; an int32 vector.
  ///   - axes: Some of the axes of the view.
  package static func assign(
    _ source: Tensor, over view: Tensor, at positions: Tensor, along axes: [Int]
  ) {
    if view.isContiguous && axes.elementsEqual(axes[0]..<axes[0] + axes.count) {
      return Gathering.put(source, over: view, at: positions, along: axes)
    }
    let values = source.contiguous
    let picks = positions.contiguous
    var (shape, strides) = (Shape(), Strides())
    for axis in 0..<view.rank where !axes.contains(axis) {
      strides[shape.rank] = view.strides[axis]
      shape.append(view.shape.size(axis))
    }
    let slice = Move(shape, from: shape.contiguousStrides, to: strides)
    let numbers = picks.pointer.assumingMemoryBound(to: Int32.self)
    let size = view.dtype.byteCount
    for i in 0..<picks.elementCount {
      var (rest, offset) = (Int(numbers[i]), 0)
      for axis in axes.dropFirst().reversed() {
        offset += rest % view.shape.size(axis) * view.strides[axis]
        rest /= view.shape.size(axis)
      }
      offset += rest * view.strides[axes[0]]
      slice.run(
        values.pointer + i * shape.elementCount * size, view.pointer + offset * size, size: size)
    }
    withExtendedLifetime((values, picks)) {}
  }
}
