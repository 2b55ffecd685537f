/// Other looks at the same storage: no element is moved unless the comment says so.
///
/// Results are tensors that no graph knows of.
package enum Views {
  /// The elements in row order under another shape, in which one size may be -1, inferred.
  ///
  /// Copies where the layout does not allow a view.
  package static func reshape(_ x: Tensor, to shape: Shape) -> Tensor {
    guard let target = shape.inferring(elementCount: x.elementCount) else {
      fail("reshaped: the \(x.elementCount) elements of shape \(x.shape) do not fill \(shape)")
    }
    if target == x.shape { return x.detached }
    let source = x.isContiguous || x.foldsTo(target) != nil ? x : x.contiguous
    let strides = source.isContiguous ? target.contiguousStrides : source.foldsTo(target)
    guard let strides else { fail("reshaped: \(x.shape) to \(target)") }
    return Tensor(viewing: source, shape: target, strides: strides, offset: source.offset)
  }

  /// Axis i of the result is axis `order[i]` of `x`.
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

  /// The axes in `mask` moved behind the others, in order.
  static func permute(_ x: Tensor, keepingFirst mask: AxisMask) -> Tensor {
    var order = [Int]()
    for axis in 0..<x.rank where !mask.contains(axis) { order.append(axis) }
    for axis in 0..<x.rank where mask.contains(axis) { order.append(axis) }
    return permute(x, order: order, name: "reduce")
  }

  /// Two axes swapped.
  package static func transpose(_ x: Tensor, _ a: Int, _ b: Int) -> Tensor {
    let (a, b) = (x.shape.axis(a, in: "transposed"), x.shape.axis(b, in: "transposed"))
    var shape = x.shape
    var strides = x.strides
    (shape[a], shape[b]) = (shape[b], shape[a])
    (strides[a], strides[b]) = (strides[b], strides[a])
    return Tensor(viewing: x, shape: shape, strides: strides, offset: x.offset)
  }

  /// Axes of size 1 stretched and axes added in front.
  package static func broadcast(_ x: Tensor, to shape: Shape) -> Tensor {
    guard x.shape.broadcast(with: shape) == shape else {
      fail("broadcast: shape \(x.shape) does not broadcast to \(shape)")
    }
    return Tensor(
      viewing: x, shape: shape, strides: x.strides(broadcastTo: shape), offset: x.offset)
  }

  /// The elements start, start + step, … along one axis, `count` of them; the step may be negative.
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

  /// A diagonal of the last two axes, `offset` places above the main one.
  package static func diagonal(_ x: Tensor, offset: Int) -> Tensor {
    require(x.rank >= 2, "diagonal: shape \(x.shape) has no matrices")
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

  /// Copies the elements of `source`, broadcast, over those of a view into storage that is uniquely held.
  package static func assign(_ source: Tensor, over view: Tensor) {
    require(
      source.dtype == view.dtype, "assignment: dtypes \(source.dtype) and \(view.dtype) differ")
    require(
      source.shape.broadcast(with: view.shape) == view.shape,
      "assignment: shape \(source.shape) does not broadcast to \(view.shape)")
    let values = broadcast(source, to: view.shape).contiguous
    let size = view.dtype.byteCount
    let (from, to) = (values.pointer, view.pointer)
    let nest = LoopNest(over: view.shape, view)
    let step = nest.runStep(0)
    nest.forEachRun(grain: 1 << 15) { offsets, input, count in
      let (target, start) = (to + offsets[0] * size, from + input * size)
      if step == 1 {
        target.copyMemory(from: start, byteCount: count * size)
      } else {
        for i in 0..<count {
          (target + i * step * size).copyMemory(from: start + i * size, byteCount: size)
        }
      }
    }
  }
}

extension Tensor {
  /// The strides with which this layout reads as `target`, which has as many elements; nil where it can't.
  fileprivate func foldsTo(_ target: Shape) -> Strides? {
    if elementCount == 0 { return target.contiguousStrides }
    var result = Strides()
    var axis = 0
    var newAxis = 0
    while axis < rank || newAxis < target.rank {
      // The smallest groups of axes on both sides with the same number of elements.
      let (groupStart, newStart) = (axis, newAxis)
      var (size, newSize) = (1, 1)
      if axis < rank {
        size = shape[axis]
        axis += 1
      }
      if newAxis < target.rank {
        newSize = target[newAxis]
        newAxis += 1
      }
      while size != newSize {
        if size < newSize {
          size *= shape[axis]
          axis += 1
        } else {
          newSize *= target[newAxis]
          newAxis += 1
        }
      }
      // Within a group the old axes must step evenly; axes of size 1 do not matter.
      var step: Int?
      var innermost = 1
      for i in stride(from: axis - 1, through: groupStart, by: -1) where shape[i] != 1 {
        if let expected = step {
          if strides[i] != expected { return nil }
        } else {
          innermost = strides[i]
        }
        step = strides[i] * shape[i]
      }
      var next = innermost
      for i in stride(from: newAxis - 1, through: newStart, by: -1) {
        result[i] = next
        next *= target[i]
      }
    }
    return result
  }
}
