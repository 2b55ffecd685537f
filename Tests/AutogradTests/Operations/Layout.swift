import TestSupport

/// A layout of a tensor in memory: equal elements with other strides.
enum Layout: String, CaseIterable {
  /// The axes are stored in the opposite order.
  case transposed
  /// Every second element of a larger tensor along each axis.
  case spaced
  /// Each axis is stored in reverse.
  case reversed
  /// The inside of a larger tensor.
  case inside

  func callAsFunction(_ x: Tensor) -> Tensor {
    switch self {
    case .transposed:
      let order = Array((0..<x.rank).reversed())
      return x.permuted(order).contiguous.permuted(order)
    case .spaced:
      return hole(in: x, size: { 2 * $0 }, [TensorIndex](repeating: .every(2), count: x.rank))
    case .reversed:
      let backwards = [TensorIndex](repeating: .every(-1), count: x.rank)
      return x[backwards].contiguous[backwards]
    case .inside:
      return hole(in: x, size: { $0 + 3 }, x.shape.map { .range(start: 1, end: $0 + 1) })
    }
  }

  /// A view of a larger tensor with the elements of `x`.
  private func hole(in x: Tensor, size: (Int) -> Int, _ indices: [TensorIndex]) -> Tensor {
    var larger = Tensor.ones(Shape(x.shape.map(size)), dtype: x.dtype)
    larger[indices] = x
    return larger[indices]
  }
}

extension Tensor {
  /// A view of the same shape that repeats the first element along an axis, with a stride of 0.
  func repeatingFirst(along axis: Int) -> Tensor {
    var indices = [TensorIndex](repeating: .all, count: axis)
    indices.append(.range(start: 0, end: 1))
    return self[indices].broadcast(to: shape)
  }
}
