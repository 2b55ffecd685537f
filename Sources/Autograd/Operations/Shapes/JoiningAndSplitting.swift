import Tensor

extension Tensor {
  /// Views of consecutive parts along an axis; the given sizes add up to the size of the axis.
  public func split(sizes: [Int], along axis: Int = 0) -> [Tensor] {
    let size = shape[shape.axis(axis, in: "split")]
    require(
      sizes.allSatisfy { $0 >= 0 } && sizes.reduce(0, +) == size,
      "split: the sizes \(sizes) do not add up to \(size) of axis \(axis) of shape \(shape)")
    var start = 0
    return sizes.map { count in
      defer { start += count }
      return slice(along: axis, start: start, count: count)
    }
  }

  /// Views of `count` parts along an axis, as equal as possible, the longer ones first.
  public func split(into count: Int, along axis: Int = 0) -> [Tensor] {
    require(count > 0, "split: the number of parts must be at least 1, got \(count)")
    let size = shape[shape.axis(axis, in: "split")]
    return split(
      sizes: (0..<count).map { size / count + ($0 < size % count ? 1 : 0) }, along: axis)
  }

  /// Views of parts of size `size` along an axis; the last one may be smaller.
  public func chunks(of size: Int, along axis: Int = 0) -> [Tensor] {
    require(size > 0, "chunks: the size must be at least 1, got \(size)")
    let total = shape[shape.axis(axis, in: "chunks")]
    return split(
      sizes: stride(from: 0, to: total, by: size).map { Swift.min(size, total - $0) }, along: axis)
  }
}

extension Tensor {
  /// Views of the slices along an axis, without the axis: `for row in x.unstacked()`.
  ///
  /// It is the inverse of ``stacked(_:along:)``.
  public func unstacked(along axis: Int = 0) -> [Tensor] {
    let axis = shape.axis(axis, in: "unstacked")
    return (0..<shape[axis]).map { self[along: axis, TensorIndex.position($0)] }
  }
}

/// The tensors joined along an existing axis; their other sizes agree.
public func concatenated(_ tensors: [Tensor], along axis: Int = 0) -> Tensor {
  concatenated(tensors, along: axis, in: "concatenated")
}

private func concatenated(
  _ tensors: [Tensor], along axis: Int, in operation: StaticString
) -> Tensor {
  let sizes = tensors.map { $0.rank > 0 ? $0.shape[$0.shape.axis(axis, in: operation)] : 0 }
  return record(operation, tensors, attributes: ["axis": .integer(axis)]) {
    Concatenation.forward($0, along: axis, name: operation)
  } pullback: { dy, _, index in
    dy.slice(along: axis, start: sizes[..<index].reduce(0, +), count: sizes[index])
  }
}

/// The tensors, of equal shape, joined along a new axis inserted before `axis`.
public func stacked(_ tensors: [Tensor], along axis: Int = 0) -> Tensor {
  for tensor in tensors {
    require(
      tensor.shape == tensors[0].shape,
      "stacked: shapes \(tensors[0].shape) and \(tensor.shape) differ")
  }
  guard let first = tensors.first else { fail("stacked: no tensors") }
  // There is one more place than axes: after the last one.
  let places = first.shape.inserting(1, at: 0)
  require(
    axis >= -places.rank && axis < places.rank,
    "stacked: axis \(axis) is out of range for tensors of shape \(first.shape)")
  return concatenated(tensors.map { $0.expanded(along: axis) }, along: axis, in: "stacked")
}

/// The coordinates of the points of a grid: one tensor for each vector, which holds its elements
/// along its own axis and repeats them along the others.
///
/// Vectors of sizes n₀, n₁, … give views of shape [n₀, n₁, …], as `torch.meshgrid` with
/// `indexing="ij"`.
public func meshGrid(_ vectors: Tensor...) -> [Tensor] {
  for vector in vectors {
    require(vector.rank == 1, "meshGrid: a tensor of shape \(vector.shape) is not a vector")
  }
  let shape = Shape(vectors.map(\.elementCount))
  return vectors.enumerated().map { axis, vector in
    var column = Shape(repeating: 1, rank: vectors.count)
    column[axis] = vector.elementCount
    return vector.reshaped(to: column).broadcast(to: shape)
  }
}
