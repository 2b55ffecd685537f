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

  /// Writes the tensors one after another, or those that have one element each in a row of the
  /// result together.
  private static func join(_ tensors: [Tensor], along axis: Int, into result: Tensor) {
    let (cut, length) = (0..<axis).map { ($0, result.shape[$0]) }.max { $0.1 < $1.1 } ?? (0, 1)
    let each = result.elementCount / length
    if each == tensors.count && result.shape[axis] == each,
      let kernel = ck_move(Execution.current.kernels, result.dtype.byteCount)
    {
      forEachChunk(of: length, each: each, grain: Grain.elements) {
        interleave(tensors, $0, of: cut, into: result, kernel)
      }
      return
    }
    var start = 0
    for tensor in tensors {
      let count = tensor.shape[axis]
      Views.move(tensor, over: Views.slice(result, axis: axis, start: start, count: count))
      start += count
    }
  }

  /// Writes tensors that have one element each in a row of the result: they are gathered into the
  /// rows of a matrix, which is transposed.
  private static func interleave(
    _ tensors: [Tensor], _ range: Range<Int>, of cut: Int, into result: Tensor,
    _ kernel: ck_move_fn
  ) {
    let (count, size) = (tensors.count, result.dtype.byteCount)
    let length = Grain.items(Move.cachedElements, each: count)
    withScratch(byteCount: count * length * size) { matrix in
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
