import Tensor

// Operations that change the shape of a tensor or the order of its axes. Most of them return views,
// which share storage with their input.

extension Tensor {
  /// The tensor with another shape and its elements in the same row-major order.
  ///
  /// One size may be −1; it is inferred from the others. The result is a view where the layout
  /// allows it, otherwise a copy.
  public func reshaped(to shape: Shape) -> Tensor {
    let original = self.shape
    return record("reshaped", self) {
      Views.reshape($0, to: shape)
    } pullback: { dy, _ in
      dy.reshaped(to: original)
    }
  }

  /// A view of the tensor with two axes swapped, the last two by default.
  public func transposed(_ a: Int = -2, _ b: Int = -1) -> Tensor {
    record("transposed", self, attributes: ["axes": .integers([a, b])]) {
      Views.transpose($0, a, b)
    } pullback: { dy, _ in
      dy.transposed(a, b)
    }
  }

  /// A view of the tensor with its axes in another order: axis i of the result is axis `axes[i]`.
  public func permuted(_ axes: [Int]) -> Tensor {
    let shape = self.shape
    return record("permuted", self, attributes: ["axes": .integers(axes)]) {
      Views.permute($0, order: axes, name: "permuted")
    } pullback: { dy, _ in
      var inverse = [Int](repeating: 0, count: axes.count)
      for (i, axis) in axes.enumerated() { inverse[shape.axis(axis, in: "permuted")] = i }
      return dy.permuted(inverse)
    }
  }

  /// A view of the tensor with its axes in another order; see ``permuted(_:)-([Int])``.
  public func permuted(_ axes: Int...) -> Tensor { permuted(axes) }

  /// A view of the tensor with one axis moved to another place; the others keep their order.
  ///
  /// `x.movingAxis(1, to: -1)` of shape [n, c, h, w] has shape [n, h, w, c].
  public func movingAxis(_ source: Int, to target: Int) -> Tensor {
    let (source, target) = (
      shape.axis(source, in: "movingAxis"), shape.axis(target, in: "movingAxis")
    )
    var order = Array(0..<rank)
    order.remove(at: source)
    order.insert(source, at: target)
    return permuted(order)
  }

  /// A view of the tensor with axes of size 1 repeated and axes added in front.
  ///
  /// The gradient is summed over the axes that were added or repeated.
  public func broadcast(to shape: Shape) -> Tensor {
    record("broadcast", self) {
      Views.broadcast($0, to: shape)
    } pullback: { dy, _ in
      dy
    }
  }

  /// A view of the tensor with a new axis of size 1 inserted before `axis`; −1 inserts it last.
  public func expanded(along axis: Int) -> Tensor {
    // There is one more place than axes: after the last one.
    let place = shape.inserting(1, at: 0).axis(axis, in: "expanded")
    return reshaped(to: shape.inserting(1, at: place))
  }

  /// A view of the tensor without the axis `axis`, which must have size 1.
  public func squeezed(along axis: Int) -> Tensor {
    let resolved = shape.axis(axis, in: "squeezed")
    require(
      shape[resolved] == 1, "squeezed: axis \(axis) of shape \(shape) has size \(shape[resolved])")
    return reshaped(to: shape.removing(axis: resolved))
  }

  /// The tensor with the axes from `start` on joined into one; a view where the layout allows it.
  public func flattened(from start: Int = 0) -> Tensor {
    if rank == 0 { return reshaped(to: [1]) }
    let first = shape.axis(start, in: "flattened")
    var target = Shape(shape.prefix(first))
    target.append(shape.dropFirst(first).reduce(1, *))
    return reshaped(to: target)
  }
}
