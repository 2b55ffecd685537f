/// Joining tensors, and picking and adding elements by integer index.
package enum Gathering {
  /// The tensors one after another along `axis`; the other sizes agree.
  package static func concatenate(_ tensors: [Tensor], along axis: Int) -> Tensor {
    guard let first = tensors.first else { fail("concatenated: no tensors") }
    let axis = first.shape.axis(axis, in: "concatenated")
    var shape = first.shape
    shape[axis] = 0
    for tensor in tensors {
      require(
        tensor.dtype == first.dtype,
        "concatenated: dtypes \(first.dtype) and \(tensor.dtype) differ")
      require(
        tensor.rank == first.rank
          && tensor.shape.removing(axis: axis) == first.shape.removing(axis: axis),
        "concatenated: shapes \(first.shape) and \(tensor.shape) differ elsewhere than along axis \(axis)"
      )
      shape[axis] += tensor.shape[axis]
    }
    let result = Tensor(uninitialized: shape, dtype: first.dtype)
    var start = 0
    for tensor in tensors where tensor.elementCount > 0 {
      let count = tensor.shape[axis]
      Views.assign(tensor, over: Views.slice(result, axis: axis, start: start, count: count))
      start += count
    }
    return result
  }

  /// y[.., i, ..] = x[.., indices[.., i, ..], ..] along `axis`; the shapes agree along the other axes.
  package static func take(
    _ x: Tensor, _ indices: Tensor, along axis: Int, name: StaticString
  ) -> Tensor {
    let axis = checkedAxis(x.shape, indices, along: axis, name: name)
    let result = Tensor(uninitialized: indices.shape, dtype: x.dtype)
    let source = x.contiguous
    switch x.dtype.byteCount {
    case 1: take(UInt8.self, source, indices.contiguous, axis, result, name)
    case 4: take(UInt32.self, source, indices.contiguous, axis, result, name)
    default: take(UInt64.self, source, indices.contiguous, axis, result, name)
    }
    return result
  }

  private static func take<Element: BitwiseCopyable>(
    _ type: Element.Type, _ x: Tensor, _ indices: Tensor, _ axis: Int, _ result: Tensor,
    _ name: StaticString
  ) {
    let source = x.pointer.assumingMemoryBound(to: type)
    let target = result.pointer.assumingMemoryBound(to: type)
    forEachIndex(indices, x.shape, axis, name) { target[$0] = source[$1] }
  }

  /// A tensor of zeros of `shape` to which `values` are added at the places that ``take(_:_:along:name:)``
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
    require(indices.dtype == .int32, "\(name): the indices are \(indices.dtype), not int32")
    require(
      indices.rank == shape.rank
        && indices.shape.removing(axis: axis) == shape.removing(axis: axis),
      "\(name): shapes \(shape) and \(indices.shape) differ elsewhere than along axis \(axis)")
    return axis
  }

  /// Calls `body` with the position of each index and the position of the element that it names.
  private static func forEachIndex(
    _ indices: Tensor, _ shape: Shape, _ axis: Int, _ name: StaticString,
    _ body: (Int, Int) -> Void
  ) {
    let size = shape[axis]
    let length = indices.shape[axis]
    let (outer, _, inner) = shape.around(axis)
    let values = indices.pointer.assumingMemoryBound(to: Int32.self)
    // What one block names is in no other.
    forEachChunk(of: outer, grain: Swift.max(1, (1 << 14) / Swift.max(1, length * inner))) {
      blocks in
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

  /// A copy of `base` in which the elements that ``take(_:_:along:name:)`` with the same indices reads are
  /// replaced by `values`, in order.
  package static func scatter(
    _ values: Tensor, _ indices: Tensor, along axis: Int, over base: Tensor, name: StaticString
  ) -> Tensor {
    let axis = checkedAxis(base.shape, indices, along: axis, name: name)
    require(
      values.shape == indices.shape && values.dtype == base.dtype,
      "\(name): values of \(values.dtype) \(values.shape) for indices of shape \(indices.shape) and a tensor of \(base.dtype)"
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

  /// The slices of `x` at the positions of a vector along an axis.
  package static func select(
    _ x: Tensor, _ positions: Tensor, along axis: Int, name: StaticString
  ) -> Tensor {
    let axis = x.shape.axis(axis, in: name)
    return slices(of: x, at: checkedPositions(positions, axis, of: x.shape, name: name), axis)
  }

  /// The slices of `x` at some indices along the first axis, as a constant.
  package static func rows(_ x: Tensor, at indices: some Collection<Int>) -> Tensor {
    require(x.rank > 0, "rows: a scalar has no rows")
    let size = x.shape[0]
    let picks = indices.map { index in
      require(
        index >= 0 && index < size,
        "rows: index \(index) is out of range for axis 0 of size \(size)")
      return Int32(truncatingIfNeeded: index)
    }
    return slices(of: x, at: picks, 0)
  }

  private static func slices(of x: Tensor, at picks: [Int32], _ axis: Int) -> Tensor {
    var shape = x.shape
    shape[axis] = picks.count
    let result = Tensor(uninitialized: shape, dtype: x.dtype)
    let source = x.contiguous
    let (from, to) = (source.pointer, result.pointer)
    let (outer, length, inner) = x.shape.around(axis)
    let bytes = inner * x.dtype.byteCount
    forEachChunk(of: outer * picks.count, grain: Swift.max(1, (1 << 17) / Swift.max(bytes, 1))) {
      for i in $0 {
        let (block, pick) = (i / picks.count, Int(picks[i % picks.count]))
        (to + i * bytes).copyMemory(
          from: from + (block * length + pick) * bytes, byteCount: bytes)
      }
    }
    return result
  }

  /// A tensor of zeros of `shape` to whose slices at the positions those of `values` are added, in order.
  ///
  /// Where the positions are few the cost is that of their slices, however large the result.
  package static func addSlices(
    _ values: Tensor, _ positions: Tensor, along axis: Int, into shape: Shape, name: StaticString
  ) -> Tensor {
    let axis = shape.axis(axis, in: name)
    let picks = checkedPositions(positions, axis, of: shape, name: name)
    let (outer, _, inner) = shape.around(axis)
    let result = zeros(
      shape, values.dtype, written: outer * picks.count, sliceSize: inner * values.dtype.byteCount)
    let source = values.contiguous
    switch values.dtype {
    case .float32: addSlices(Float.self, source, picks, axis, result)
    case .float64: addSlices(Double.self, source, picks, axis, result)
    default: fail("\(name): not defined for \(values.dtype)")
    }
    return result
  }

  /// Zeros of which a number of slices is about to be written: all of them filled in, or, where that would be
  /// most of the work, the pages that will be touched alone.
  private static func zeros(
    _ shape: Shape, _ dtype: DType, written count: Int, sliceSize: Int
  ) -> Tensor {
    let page = 4096
    let pages = shape.elementCount * dtype.byteCount / page
    // A fresh page costs about as much as filling ten that are known.
    let isSparse = pages >= 256 && count * (sliceSize / page + 2) * 10 <= pages
    return isSparse
      ? Tensor(untouchedZeros: shape, dtype: dtype)
      : Elementwise.copy(Tensor.zeros(shape, dtype: dtype))
  }

  private static func addSlices<Scalar: TensorScalar & FloatingPoint>(
    _ type: Scalar.Type, _ values: Tensor, _ picks: [Int32], _ axis: Int, _ result: Tensor
  ) {
    let (outer, length, inner) = result.shape.around(axis)
    let source = values.pointer.assumingMemoryBound(to: type)
    let target = result.pointer.assumingMemoryBound(to: type)
    for block in 0..<outer {
      for (i, pick) in picks.enumerated() {
        let from = source + (block * picks.count + i) * inner
        let to = target + (block * length + Int(pick)) * inner
        for j in 0..<inner { to[j] += from[j] }
      }
    }
  }

  private static func checkedPositions(
    _ positions: Tensor, _ axis: Int, of shape: Shape, name: StaticString
  ) -> [Int32] {
    require(
      positions.dtype == .int32 && positions.rank == 1,
      "\(name): positions of \(positions.dtype) \(positions.shape), not an int32 vector")
    let picks = positions.scalars(as: Int32.self)
    for pick in picks where pick < 0 || Int(pick) >= shape[axis] {
      fail("\(name): position \(pick) is out of range for axis \(axis) of size \(shape[axis])")
    }
    return picks
  }
}
