/// The step in elements from one index to the next along each axis.
///
/// A step of 0 repeats an element; a negative one walks backward.
package struct Strides: Sendable {
  private var steps = InlineArray<8, Int32>(repeating: 0)

  /// Creates strides of 0.
  package init() {}

  package subscript(axis: Int) -> Int {
    @inline(__always) get { Int(steps[axis]) }
    @inline(__always) set { steps[axis] = Int32(truncatingIfNeeded: newValue) }
  }
}

extension Shape {
  /// The strides of an array of this shape stored in row order without gaps.
  package var contiguousStrides: Strides {
    var strides = Strides()
    var step = 1
    for axis in stride(from: rank - 1, through: 0, by: -1) {
      strides[axis] = step
      step *= Swift.max(size(axis), 1)
    }
    return strides
  }

  /// Returns whether `strides` are those of an array stored in row order; axes of size 1 may have
  /// any stride.
  func isContiguous(_ strides: Strides) -> Bool {
    var step = 1
    for axis in stride(from: rank - 1, through: 0, by: -1) {
      if size(axis) == 1 { continue }
      if strides[axis] != step { return size(axis) == 0 || elementCount == 0 }
      step *= size(axis)
    }
    return true
  }

  /// Returns the strides with which an array of this shape and `strides` reads as one of shape
  /// `target`, which has as many elements, or `nil` if the layout does not allow it.
  func strides(_ strides: Strides, reshapedTo target: Shape) -> Strides? {
    if elementCount == 0 { return target.contiguousStrides }
    var result = Strides()
    var axis = 0
    var newAxis = 0
    while axis < rank || newAxis < target.rank {
      // Find the smallest groups of axes on both sides with the same number of elements.
      let (groupStart, newStart) = (axis, newAxis)
      var (size, newSize) = (1, 1)
      if axis < rank {
        size = self.size(axis)
        axis += 1
      }
      if newAxis < target.rank {
        newSize = target.size(newAxis)
        newAxis += 1
      }
      while size != newSize {
        if size < newSize {
          size *= self.size(axis)
          axis += 1
        } else {
          newSize *= target.size(newAxis)
          newAxis += 1
        }
      }
      // Within a group the old axes must step evenly; those of size 1 do not matter.
      var step: Int?
      var innermost = 1
      for i in stride(from: axis - 1, through: groupStart, by: -1) where self.size(i) != 1 {
        if let expected = step {
          if strides[i] != expected { return nil }
        } else {
          innermost = strides[i]
        }
        step = strides[i] * self.size(i)
      }
      var next = innermost
      for i in stride(from: newAxis - 1, through: newStart, by: -1) {
        result[i] = next
        next *= target.size(i)
      }
    }
    return result
  }
}

extension Tensor {
  /// The order of the axes in which the tensor is contiguous, or `nil` if it has gaps, or repeats
  /// or reverses elements.
  var memoryOrder: [Int]? {
    let order = (0..<rank).sorted { strides[$0] > strides[$1] }
    var step = 1
    for axis in order.reversed() where shape[axis] != 1 {
      if strides[axis] != step { return nil }
      step *= shape[axis]
    }
    return order
  }

  /// The only element in memory, a scalar, or `nil` if there is not just one.
  var broadcastNumber: Tensor? {
    if rank == 0 { return self }
    for axis in 0..<rank where shape.size(axis) != 1 && strides[axis] != 0 { return nil }
    if elementCount == 0 { return nil }
    return Tensor(viewing: self, shape: [], strides: Strides(), offset: offset)
  }

  /// Returns what `body` computes of the tensor, once for axes other than `axes` along which the
  /// tensor repeats its elements: it gets the first index along them, and its result is repeated.
  ///
  /// The body computes the same for all indices along such axes, and keeps their sizes.
  func withoutRepeats(exceptAlong axes: Range<Int>, _ body: (Tensor) -> Tensor) -> Tensor {
    if isContiguous || elementCount == 0 { return body(self) }
    var (once, repeated) = (self, AxisMask())
    for axis in 0..<rank where strides[axis] == 0 && shape[axis] > 1 && !axes.contains(axis) {
      once = Views.slice(once, axis: axis, start: 0, count: 1)
      repeated.insert(axis)
    }
    let result = body(once)
    if repeated.count == 0 { return result }
    var shape = result.shape
    for axis in 0..<rank where repeated.contains(axis) { shape[axis] = self.shape[axis] }
    return Views.broadcast(result, to: shape)
  }

  /// Returns what `body` computes element by element, with the axes in the order of memory, which
  /// is passed too and is put back, or `nil` if the tensor is contiguous or has no such order.
  func inOrderOfMemory(_ body: (Tensor, [Int]) -> Tensor) -> Tensor? {
    guard !isContiguous, let order = memoryOrder else { return nil }
    let result = body(Views.permute(self, order: order, name: "permuted"), order)
    var back = order
    for (axis, source) in order.enumerated() { back[source] = axis }
    return Views.permute(result, order: back, name: "permuted")
  }

  /// Returns the strides with which this tensor reads as one of `shape`, to which it broadcasts: 0
  /// along stretched axes.
  func strides(broadcastTo shape: Shape) -> Strides {
    var result = Strides()
    let shift = shape.rank - self.shape.rank
    for axis in shift..<shape.rank where self.shape.size(axis - shift) != 1 {
      result[axis] = strides[axis - shift]
    }
    return result
  }
}
