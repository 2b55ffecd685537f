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
    var start = 0
    for tensor in tensors where tensor.elementCount > 0 {
      let count = tensor.shape[axis]
      Views.move(tensor, over: Views.slice(result, axis: axis, start: start, count: count))
      start += count
    }
    return result
  }
}
