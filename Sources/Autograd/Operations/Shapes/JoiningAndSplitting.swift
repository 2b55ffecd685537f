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

/// The tensors joined along an existing axis; their other sizes agree.
public func concatenated(_ tensors: [Tensor], along axis: Int = 0) -> Tensor {
  let sizes = tensors.map { $0.rank > 0 ? $0.shape[$0.shape.axis(axis, in: "concatenated")] : 0 }
  return record("concatenated", tensors) {
    Concatenation.forward($0, along: axis)
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
  return concatenated(tensors.map { $0.expanded(along: axis) }, along: axis)
}
