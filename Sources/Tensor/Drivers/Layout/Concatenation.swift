import CKernels

/// Joins tensors along an axis.
package enum Concatenation {
  /// Returns the tensors one after another along `axis`; their sizes along the other axes agree.
  package static func forward(
    _ tensors: [Tensor], along axis: Int, name: StaticString = "concatenated"
  ) -> Tensor {
    guard let first = tensors.first else { fail("\(name): no tensors") }
    let axis = first.shape.axis(axis, in: name)
    var shape = first.shape
    shape[axis] = 0
    for tensor in tensors {
      require(
        tensor.dtype == first.dtype,
        "\(name): \(DType.differ(first.dtype, tensor.dtype))")
      require(
        tensor.rank == first.rank
          && tensor.shape.removing(axis: axis) == first.shape.removing(axis: axis),
        """
        \(name): shapes \(first.shape) and \(tensor.shape) differ along an axis other than \(axis)
        """
      )
      shape[axis] += tensor.shape[axis]
    }
    let result = Tensor(uninitialized: shape, dtype: first.dtype)
    if result.elementCount > 0 {
      join(tensors.filter { $0.elementCount > 0 }, along: axis, into: result)
    }
    return result
  }

  /// Writes the tensors part by part of another axis, so that a part of the result is in a near
  /// cache until all of them have been written to it, unless the parts would be too large.
  private static func join(_ tensors: [Tensor], along axis: Int, into result: Tensor) {
    let cut = (0..<axis).max { result.shape[$0] < result.shape[$1] }
    let length = cut.map { result.shape[$0] } ?? 1
    let each = result.elementCount / length
    guard let cut, each < Grain.elements,
      let kernel = ck_move(Execution.current.kernels, result.dtype.byteCount)
    else {
      var start = 0
      for tensor in tensors {
        let count = tensor.shape[axis]
        Views.move(tensor, over: Views.slice(result, axis: axis, start: start, count: count))
        start += count
      }
      return
    }
    let isInterleaved = each == tensors.count && result.shape[axis] == each
    forEachChunk(of: length, grain: Grain.items(Grain.elements, each: each)) { range in
      if isInterleaved {
        interleave(tensors, range, of: cut, along: axis, into: result, kernel)
      } else {
        join(tensors, range, of: cut, along: axis, into: result, kernel)
      }
    }
  }

  /// Writes the tensors in a range of another axis.
  private static func join(
    _ tensors: [Tensor], _ range: Range<Int>, of cut: Int, along axis: Int, into result: Tensor,
    _ kernel: ck_move_fn
  ) {
    let size = result.dtype.byteCount
    var target = result.pointer + range.lowerBound * result.strides[cut] * size
    for tensor in tensors {
      var box = tensor.shape
      box[cut] = range.count
      let source = tensor.pointer + range.lowerBound * tensor.strides[cut] * size
      Move(box, from: tensor.strides, to: result.strides).run(source, target, kernel, size: size)
      target += tensor.shape[axis] * result.strides[axis] * size
    }
  }

  /// Writes tensors that have one element each in a row of the result: they are gathered into the
  /// rows of a matrix, which is transposed.
  private static func interleave(
    _ tensors: [Tensor], _ range: Range<Int>, of cut: Int, along axis: Int, into result: Tensor,
    _ kernel: ck_move_fn
  ) {
    let (count, size) = (tensors.count, result.dtype.byteCount)
    let length = Grain.items(Move.cachedElements, each: count)
    withUnsafeTemporaryAllocation(byteCount: count * length * size, alignment: 64) {
      guard let matrix = $0.baseAddress else { return }
      for start in stride(from: range.lowerBound, to: range.upperBound, by: length) {
        let columns = Swift.min(length, range.upperBound - start)
        for (row, tensor) in tensors.enumerated() {
          Move(ck_level(size: columns, from: tensor.strides[cut], to: 1)).run(
            tensor.pointer + start * tensor.strides[cut] * size,
            matrix + row * columns * size, kernel, size: size)
        }
        Move(
          ck_level(size: columns, from: 1, to: count), ck_level(size: count, from: columns, to: 1)
        ).run(matrix, result.pointer + start * count * size, kernel, size: size)
      }
    }
  }
}
