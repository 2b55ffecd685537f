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

extension Tensor {
  /// The elements of an axis in reverse order; a view.
  public func flipped(along axes: Int...) -> Tensor {
    axes.reduce(self) { $0[along: $1, TensorIndex.every(-1)] }
  }

  /// The elements moved along an axis by `shift` places; those that leave at one end enter at the other.
  public func rolled(by shift: Int, along axis: Int) -> Tensor {
    let size = shape[shape.axis(axis, in: "rolled")]
    if size == 0 { return self }
    let start = ((-shift) % size + size) % size
    if start == 0 { return self }
    return concatenated(
      [
        slice(along: axis, start: start, count: size - start),
        slice(along: axis, start: 0, count: start),
      ], along: axis)
  }

  /// The whole tensor `counts[i]` times side by side along each axis i, as many counts as axes.
  public func tiled(_ counts: Int...) -> Tensor {
    require(
      counts.count == rank && counts.allSatisfy { $0 >= 0 },
      "tiled: the counts \(counts) for shape \(shape) of rank \(rank)")
    var result = self
    for (axis, count) in counts.enumerated() where count != 1 {
      var stretched = result.shape.inserting(count, at: axis)
      result = result.expandedDimensions(axis: axis).broadcast(to: stretched)
      stretched[axis + 1] *= count
      result = result.reshaped(to: stretched.removing(axis: axis))
    }
    return result
  }

  /// Each element `count` times in a row along an axis.
  public func repeated(_ count: Int, along axis: Int) -> Tensor {
    require(count >= 0, "repeated: \(count) times")
    let axis = shape.axis(axis, in: "repeated")
    var target = shape
    target[axis] *= count
    return expandedDimensions(axis: axis + 1)
      .broadcast(to: shape.inserting(count, at: axis + 1)).reshaped(to: target)
  }

  /// Parts of the given sizes one after another along an axis, whose size they add up to; views.
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

  /// `count` parts along an axis, as equal as possible, the longer ones first; views.
  public func split(into count: Int, along axis: Int = 0) -> [Tensor] {
    require(count > 0, "split: into \(count) parts")
    let size = shape[shape.axis(axis, in: "split")]
    return split(
      sizes: (0..<count).map { size / count + ($0 < size % count ? 1 : 0) }, along: axis)
  }

  /// Parts of `size` along an axis, of which the last may be smaller; views.
  public func chunks(of size: Int, along axis: Int = 0) -> [Tensor] {
    require(size > 0, "chunks: of \(size)")
    let total = shape[shape.axis(axis, in: "chunks")]
    return split(
      sizes: stride(from: 0, to: total, by: size).map { Swift.min(size, total - $0) }, along: axis)
  }

  /// The tensor with elements added at both ends of an axis.
  ///
  /// - Parameters:
  ///   - before: How many are added in front.
  ///   - after: How many are added behind.
  ///   - axis: The axis.
  ///   - mode: What is added.
  /// - Returns: A tensor with `before + after` more elements along the axis.
  public func padded(
    before: Int, after: Int, along axis: Int, with mode: Padding = .constant(0)
  ) -> Tensor {
    let axis = shape.axis(axis, in: "padded")
    let size = shape[axis]
    require(before >= 0 && after >= 0, "padded: by \(before) and \(after) elements")
    switch mode {
    case .constant(let value):
      var target = shape
      target[axis] = size + before + after
      var result = Tensor.full(target, value, dtype: dtype)
      result[along: axis, TensorIndex.range(start: before, end: before + size)] = self
      return result
    case .edge:
      require(size > 0, "padded: shape \(shape) has no edge along axis \(axis)")
      return selected((-before..<size + after).map { Swift.min(Swift.max($0, 0), size - 1) }, axis)
    case .reflect:
      require(
        before < size && after < size,
        "padded: \(before) and \(after) elements are too many to reflect of axis \(axis) of shape \(shape)"
      )
      return selected(
        (-before..<size + after).map {
          $0 < 0 ? -$0 : $0 < size ? $0 : 2 * (size - 1) - $0
        }, axis)
    }
  }

  private func selected(_ positions: [Int], _ axis: Int) -> Tensor {
    selected(at: Tensor(positions.map(Int32.init), shape: [positions.count]), along: axis)
  }

  /// The elements of a diagonal of the last two axes; `offset` 1 is the one above the main diagonal.
  ///
  /// A view.
  public func diagonal(offset: Int = 0) -> Tensor {
    let shape = self.shape
    return record("diagonal", self) {
      Views.diagonal($0, offset: offset)
    } pullback: { dy, _ in
      dy.onDiagonal(offset: offset, of: shape)
    }
  }

  /// Zeros of `shape` with the elements of this tensor on a diagonal of the last two axes: the transpose of
  /// ``diagonal(offset:)``, and its gradient.
  func onDiagonal(offset: Int, of shape: Shape) -> Tensor {
    record("onDiagonal", self) {
      let result = Elementwise.copy(Tensor.zeros(shape, dtype: $0.dtype))
      Views.assign($0, over: Views.diagonal(result, offset: offset))
      return result
    } pullback: { dy, _ in
      dy.diagonal(offset: offset)
    }
  }

  /// Matrices with the elements of the last axis on the main diagonal: [.., n] → [.., n, n].
  public func diagonalMatrix() -> Tensor {
    require(rank > 0, "diagonalMatrix: a scalar is no diagonal")
    return onDiagonal(offset: 0, of: shape.inserting(shape[rank - 1], at: rank))
  }

  /// The matrices of the last two axes with 0 above a diagonal; `offset` 1 keeps one more diagonal.
  public func lowerTriangle(offset: Int = 0) -> Tensor {
    select(triangle(offset, in: "lowerTriangle"), self, Tensor(0, dtype: dtype))
  }

  /// The matrices of the last two axes with 0 below a diagonal; `offset` 1 drops one more diagonal.
  public func upperTriangle(offset: Int = 0) -> Tensor {
    select(triangle(offset - 1, in: "upperTriangle"), Tensor(0, dtype: dtype), self)
  }

  private func triangle(_ offset: Int, in name: StaticString) -> Tensor {
    require(rank >= 2, "\(name): shape \(shape) has fewer than two axes")
    return Tensor.lowerTriangleMask(
      rows: shape[rank - 2], columns: shape[rank - 1], offset: offset)
  }

  /// Where column ≤ row + offset, a bool matrix; with offset 0 what a causal attention may see.
  public static func lowerTriangleMask(rows: Int, columns: Int, offset: Int = 0) -> Tensor {
    let row = Tensor.arange(to: Double(rows), dtype: .int32).expandedDimensions(axis: 1)
    let column = Tensor.arange(to: Double(columns), dtype: .int32)
    return column .<= row + Double(offset)
  }
}

/// What ``Tensor/padded(before:after:along:with:)`` adds.
public enum Padding: Sendable {
  /// One value.
  case constant(Double)
  /// The elements next to the end, mirrored at it: b c | a b c …
  case reflect
  /// The element at the end, repeated.
  case edge
}

/// Tensors one after another along an axis; their other sizes agree.
public func concatenated(_ tensors: [Tensor], along axis: Int = 0) -> Tensor {
  let sizes = tensors.map { $0.rank > 0 ? $0.shape[$0.shape.axis(axis, in: "concatenated")] : 0 }
  return record("concatenated", tensors) {
    Concatenation.forward($0, along: axis)
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
