import CKernels
import Tensor

// Operations that change where elements stand, not what they are.  Most of them give views, which share
// storage with their input.

extension Tensor {
  /// The elements in row order under another shape; one size may be −1, inferred from the others.
  ///
  /// - Complexity: a view where the layout allows it, otherwise a copy.
  public func reshaped(to shape: Shape) -> Tensor {
    let original = self.shape
    return record("reshaped", self) {
      Views.reshape($0, to: shape)
    } pullback: { dy, _ in
      dy.reshaped(to: original)
    }
  }

  /// The tensor with two axes swapped, the last two by default; a view.
  public func transposed(_ a: Int = -2, _ b: Int = -1) -> Tensor {
    record("transposed", self) {
      Views.transpose($0, a, b)
    } pullback: { dy, _ in
      dy.transposed(a, b)
    }
  }

  /// The tensor with its axes in another order: axis i of the result is axis `axes[i]`; a view.
  public func permuted(_ axes: [Int]) -> Tensor {
    let shape = self.shape
    return record("permuted", self) {
      Views.permute($0, order: axes, name: "permuted")
    } pullback: { dy, _ in
      var inverse = [Int](repeating: 0, count: axes.count)
      for (i, axis) in axes.enumerated() { inverse[shape.axis(axis, in: "permuted")] = i }
      return dy.permuted(inverse)
    }
  }

  /// The tensor with its axes in another order; see ``permuted(_:)-([Int])``.
  public func permuted(_ axes: Int...) -> Tensor { permuted(axes) }

  /// The tensor with axes of size 1 stretched and axes added in front; a view.
  ///
  /// The gradient is summed.
  public func broadcast(to shape: Shape) -> Tensor {
    record("broadcast", self) {
      Views.broadcast($0, to: shape)
    } pullback: { dy, _ in
      dy
    }
  }

  /// The tensor with an axis of size 1 put before `axis`; −1 puts it last.
  ///
  /// A view.
  public func expandedDimensions(axis: Int) -> Tensor {
    // One more place than axes: behind the last one.
    let place = shape.inserting(1, at: 0).axis(axis, in: "expandedDimensions")
    return reshaped(to: shape.inserting(1, at: place))
  }

  /// The tensor without the axis `axis`, which must have size 1.
  ///
  /// A view.
  public func squeezed(axis: Int) -> Tensor {
    let resolved = shape.axis(axis, in: "squeezed")
    require(
      shape[resolved] == 1, "squeezed: axis \(axis) of shape \(shape) has size \(shape[resolved])")
    return reshaped(to: shape.removing(axis: resolved))
  }

  /// The tensor with the axes from `start` on joined into one.
  ///
  /// A view where the layout allows it.
  public func flattened(from start: Int = 0) -> Tensor {
    if rank == 0 { return reshaped(to: [1]) }
    let first = shape.axis(start, in: "flattened")
    var target = Shape(shape.prefix(first))
    target.append(shape.dropFirst(first).reduce(1, *))
    return reshaped(to: target)
  }

  /// The elements converted to another dtype.
  ///
  /// Between floating-point dtypes the gradient is converted back; it ends at integers and bool.
  ///
  /// Toward int32 numbers are truncated toward zero and saturate, NaN gives 0; toward bool, what is not 0
  /// is true.
  public func converted(to dtype: DType) -> Tensor {
    if dtype == self.dtype { return self }
    if !dtype.isFloatingPoint { return Elementwise.convert(self, to: dtype) }
    let original = self.dtype
    return record("converted", self) {
      Elementwise.convert($0, to: dtype)
    } pullback: { dy, _ in
      dy.converted(to: original)
    }
  }
}

/// Tensors one after another along an axis; their other sizes agree.
public func concatenated(_ tensors: [Tensor], along axis: Int = 0) -> Tensor {
  let sizes = tensors.map { $0.rank > 0 ? $0.shape[$0.shape.axis(axis, in: "concatenated")] : 0 }
  return record("concatenated", tensors) {
    Gathering.concatenate($0, along: axis)
  } pullback: { dy, _, index in
    dy.slice(along: axis, start: sizes[..<index].reduce(0, +), count: sizes[index])
  }
}

/// Tensors of equal shape side by side along a new axis put before `axis`.
public func stacked(_ tensors: [Tensor], along axis: Int = 0) -> Tensor {
  for tensor in tensors {
    require(
      tensor.shape == tensors[0].shape,
      "stacked: shapes \(tensors[0].shape) and \(tensor.shape) differ")
  }
  return concatenated(tensors.map { $0.expandedDimensions(axis: axis) }, along: axis)
}
