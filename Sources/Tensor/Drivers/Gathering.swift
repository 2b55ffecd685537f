/// Reads and writes elements and slices by int32 index.
package enum Gathering {
  /// Returns the elements of `x` at indices along an axis: y[.., i, ..] = x[.., indices[.., i, ..],
  /// ..].
  ///
  /// The shapes of `x` and the indices agree along the other axes.
  package static func gather(
    _ x: Tensor, _ indices: Tensor, along axis: Int, name: StaticString
  ) -> Tensor {
    let axis = checkedAxis(x.shape, indices, along: axis, name: name)
    let result = Tensor(uninitialized: indices.shape, dtype: x.dtype)
    let source = x.contiguous
    switch x.dtype.byteCount {
    case 1: gather(UInt8.self, source, indices.contiguous, axis, result, name)
    case 4: gather(UInt32.self, source, indices.contiguous, axis, result, name)
    default: gather(UInt64.self, source, indices.contiguous, axis, result, name)
    }
    return result
  }

  private static func gather<Element: BitwiseCopyable>(
    _ type: Element.Type, _ x: Tensor, _ indices: Tensor, _ axis: Int, _ result: Tensor,
    _ name: StaticString
  ) {
    let source = x.pointer.assumingMemoryBound(to: type)
    let target = result.pointer.assumingMemoryBound(to: type)
    forEachIndex(indices, x.shape, axis, name) { target[$0] = source[$1] }
  }

  /// Returns zeros of `shape` with `values` added at the elements that ``gather(_:_:along:name:)``
  /// with the same indices reads.
  package static func scatterAdd(
    _ values: Tensor, _ indices: Tensor, along axis: Int, into shape: Shape, name: StaticString
  ) -> Tensor {
    let axis = checkedAxis(shape, indices, along: axis, name: name)
    require(
      values.shape == indices.shape,
      "\(name): shapes \(values.shape) of the values and \(indices.shape) of the indices differ")
    let result = Elementwise.copy(Tensor.zeros(shape, dtype: values.dtype))
    let (source, picks) = (values.contiguous, indices.contiguous)
    switch values.dtype {
    case .float32: scatterAdd(Float.self, source, picks, axis, result, name, +)
    case .float64: scatterAdd(Double.self, source, picks, axis, result, name, +)
    case .int32: scatterAdd(Int32.self, source, picks, axis, result, name, &+)
    case .bool: fail("\(name): not defined for bool")
    }
    return result
  }

  private static func scatterAdd<Scalar: TensorScalar>(
    _ type: Scalar.Type, _ values: Tensor, _ indices: Tensor, _ axis: Int, _ result: Tensor,
    _ name: StaticString, _ add: (Scalar, Scalar) -> Scalar
  ) {
    let source = values.pointer.assumingMemoryBound(to: type)
    let target = result.pointer.assumingMemoryBound(to: type)
    forEachIndex(indices, result.shape, axis, name) { target[$1] = add(target[$1], source[$0]) }
  }

  private static func checkedAxis(
    _ shape: Shape, _ indices: Tensor, along axis: Int, name: StaticString
  ) -> Int {
    let axis = shape.axis(axis, in: name)
    require(
      indices.dtype == .int32,
      "\(name): the indices are \(indices.dtype), not int32; convert them: 'x.converted(to: .int32)'"
    )
    require(
      indices.rank + 1 != shape.rank,
      """
      \(name): indices of shape \(indices.shape) for shape \(shape) lack an axis, \
      which 'indices.expanded(along: \(axis))' gives them
      """)
    require(
      indices.rank == shape.rank
        && indices.shape.removing(axis: axis) == shape.removing(axis: axis),
      "\(name): shapes \(shape) and \(indices.shape) differ along an axis other than \(axis)")
    return axis
  }

  /// Calls `body` with the position of each index and the position of the element to which it
  /// refers.
  private static func forEachIndex(
    _ indices: Tensor, _ shape: Shape, _ axis: Int, _ name: StaticString,
    _ body: (Int, Int) -> Void
  ) {
    let size = shape[axis]
    let length = indices.shape[axis]
    let (outer, _, inner) = shape.around(axis)
    let values = indices.pointer.assumingMemoryBound(to: Int32.self)
    // Blocks are disjoint, so tasks never write the same element.
    let grain = Grain.items(Grain.indexedElements, each: length * inner)
    forEachChunk(of: outer, grain: grain) { blocks in
      var position = blocks.lowerBound * length * inner
      for block in blocks {
        for _ in 0..<length {
          for column in 0..<inner {
            let index = Int(values[position])
            require(
              index >= 0 && index < size,
              "\(name): index \(index) is out of range for axis \(axis) of size \(size)")
            body(position, (block * size + index) * inner + column)
            position += 1
          }
        }
      }
    }
  }

  /// Returns a copy of `base` with `values` written to the elements that
  /// ``gather(_:_:along:name:)`` with the same indices reads, in order.
  package static func scatter(
    _ values: Tensor, _ indices: Tensor, along axis: Int, over base: Tensor, name: StaticString
  ) -> Tensor {
    let axis = checkedAxis(base.shape, indices, along: axis, name: name)
    require(
      values.shape == indices.shape && values.dtype == base.dtype,
      """
      \(name): values of \(values.dtype) \(values.shape) for indices of shape \(indices.shape) \
      and a tensor of \(base.dtype)
      """
    )
    let result = Elementwise.copy(base)
    let (source, picks) = (values.contiguous, indices.contiguous)
    switch base.dtype.byteCount {
    case 1: scatter(UInt8.self, source, picks, axis, result, name)
    case 4: scatter(UInt32.self, source, picks, axis, result, name)
    default: scatter(UInt64.self, source, picks, axis, result, name)
    }
    return result
  }

  private static func scatter<Element: BitwiseCopyable>(
    _ type: Element.Type, _ values: Tensor, _ indices: Tensor, _ axis: Int, _ result: Tensor,
    _ name: StaticString
  ) {
    let source = values.pointer.assumingMemoryBound(to: type)
    let target = result.pointer.assumingMemoryBound(to: type)
    forEachIndex(indices, result.shape, axis, name) { target[$1] = source[$0] }
  }

  /// Returns the slices of `x` at the positions in a vector along an axis, which are counted from its
  /// start.
  package static func indexSelect(
    _ x: Tensor, _ positions: Tensor, along axis: Int, name: StaticString
  ) -> Tensor {
    let axis = x.shape.axis(axis, in: name)
    let picks = checkedPositions(positions, axis, of: x.shape, name: name)
    return picks.withUnsafeBufferPointer { slices(of: x, at: $0, axis) }
  }

  /// Returns the slices of `x` at the given indices along the first axis, as a constant.
  package static func rows(_ x: Tensor, at indices: some Collection<Int>) -> Tensor {
    indices.withContiguousStorageIfAvailable { rows(x, $0) }
      ?? Array(indices).withUnsafeBufferPointer { rows(x, $0) }
  }

  private static func rows(_ x: Tensor, _ indices: UnsafeBufferPointer<Int>) -> Tensor {
    require(x.rank > 0, "rows: a scalar has no rows")
    let size = x.shape[0]
    for index in indices where index < 0 || index >= size {
      fail("rows: index \(index) is out of range for axis 0 of size \(size)")
    }
    return slices(of: x, at: indices, 0)
  }

  private static func slices(
    of x: Tensor, at picks: UnsafeBufferPointer<some FixedWidthInteger>, _ axis: Int
  ) -> Tensor {
    var shape = x.shape
    shape[axis] = picks.count
    let result = Tensor(uninitialized: shape, dtype: x.dtype)
    let source = x.contiguous
    let (from, to) = (source.pointer, result.pointer)
    let (outer, length, inner) = x.shape.around(axis)
    let bytes = inner * x.dtype.byteCount
    let grain = Grain.items(Grain.copiedBytes, each: bytes)
    forEachChunk(of: outer * picks.count, grain: grain) { slices in
      var (block, column) = slices.lowerBound.quotientAndRemainder(dividingBy: picks.count)
      for i in slices {
        copy(from + (block * length + Int(picks[column])) * bytes, to + i * bytes, bytes)
        column += 1
        if column == picks.count { (block, column) = (block + 1, 0) }
      }
    }
    return result
  }

  /// Copies a slice; one of a single element without a call.
  @inline(__always)
  private static func copy(
    _ from: UnsafeMutableRawPointer, _ to: UnsafeMutableRawPointer, _ byteCount: Int
  ) {
    switch byteCount {
    case 4: to.storeBytes(of: from.load(as: UInt32.self), as: UInt32.self)
    case 8 where Int(bitPattern: from) & 7 == 0:
      to.storeBytes(of: from.load(as: UInt64.self), as: UInt64.self)
    default: to.copyMemory(from: from, byteCount: byteCount)
    }
  }

  /// Returns zeros of `shape` with the slices of `values` added at the positions in a vector along
  /// an axis, in order.
  ///
  /// - Complexity: If the positions are few, proportional to the size of `values`, however large
  ///   the result.
  package static func indexAdd(
    _ values: Tensor, _ positions: Tensor, along axis: Int, into shape: Shape, name: StaticString
  ) -> Tensor {
    let axis = shape.axis(axis, in: name)
    let picks = checkedPositions(positions, axis, of: shape, name: name)
    let (outer, _, inner) = shape.around(axis)
    let result = zeros(
      shape, values.dtype, written: outer * picks.count, sliceSize: inner * values.dtype.byteCount)
    let source = values.contiguous
    switch values.dtype {
    case .float32: indexAdd(Float.self, source, picks, axis, result, +)
    case .float64: indexAdd(Double.self, source, picks, axis, result, +)
    case .int32: indexAdd(Int32.self, source, picks, axis, result, &+)
    case .bool: fail("\(name): not defined for bool")
    }
    return result
  }

  /// Returns zeros to which `count` slices are about to be written.
  ///
  /// If filling the whole tensor would be most of the work, only the pages that are touched get
  /// filled.
  private static func zeros(
    _ shape: Shape, _ dtype: DType, written count: Int, sliceSize: Int
  ) -> Tensor {
    let page = 4096
    let pages = shape.elementCount * dtype.byteCount / page
    // A fresh page costs about as much as filling ten pages in use.
    let isSparse = pages >= 256 && count * (sliceSize / page + 2) * 10 <= pages
    return isSparse
      ? Tensor(untouchedZeros: shape, dtype: dtype)
      : Elementwise.copy(Tensor.zeros(shape, dtype: dtype))
  }

  // Inlined, so that the innermost loop is compiled for the addition.
  @inline(__always)
  private static func indexAdd<Scalar: TensorScalar>(
    _ type: Scalar.Type, _ values: Tensor, _ picks: [Int32], _ axis: Int, _ result: Tensor,
    _ add: (Scalar, Scalar) -> Scalar
  ) {
    let (outer, length, inner) = result.shape.around(axis)
    let source = values.pointer.assumingMemoryBound(to: type)
    let target = result.pointer.assumingMemoryBound(to: type)
    for block in 0..<outer {
      for (i, pick) in picks.enumerated() {
        let from = source + (block * picks.count + i) * inner
        let to = target + (block * length + Int(pick)) * inner
        for j in 0..<inner { to[j] = add(to[j], from[j]) }
      }
    }
  }

  private static func checkedPositions(
    _ positions: Tensor, _ axis: Int, of shape: Shape, name: StaticString
  ) -> [Int32] {
    require(
      positions.dtype == .int32,
      "\(name): the positions are \(positions.dtype), not int32; convert them: 'x.converted(to: .int32)'"
    )
    let picks = positions.scalars(as: Int32.self)
    for pick in picks where pick < 0 || Int(pick) >= shape[axis] {
      fail("\(name): position \(pick) is out of range for axis \(axis) of size \(shape[axis])")
    }
    return picks
  }
}
