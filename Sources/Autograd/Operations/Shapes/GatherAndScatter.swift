import Tensor

// Elements and slices are picked, added and replaced at the positions that an int32 tensor holds.

extension Tensor {
  /// The elements at int32 positions along an axis.
  ///
  /// For the last of two axes, y[i, j] = x[i, indices[i, j]]. The shapes of the tensor and of the
  /// indices agree along the other axes. The gradient is added up at the positions. A position out
  /// of range stops the program.
  public func gathered(at indices: Tensor, along axis: Int) -> Tensor {
    let shape = self.shape
    return record("gathered", self) {
      Gathering.gather($0, indices, along: axis, name: "gathered")
    } pullback: { dy, _ in
      dy.scatterAdded(at: indices, along: axis, into: shape)
    }
  }

  /// Zeros of `shape` with the elements of this tensor added at int32 positions along an axis.
  ///
  /// This is the transpose of ``gathered(at:along:)``, and its gradient.
  public func scatterAdded(at indices: Tensor, along axis: Int, into shape: Shape) -> Tensor {
    record("scatterAdded", self) {
      Gathering.scatterAdd($0, indices, along: axis, into: shape, name: "scatterAdded")
    } pullback: { dy, _ in
      dy.gathered(at: indices, along: axis)
    }
  }

  /// The tensor with the elements at int32 positions along an axis replaced by `values`.
  ///
  /// The indices and the values have one shape, which agrees with that of the tensor along the
  /// other axes. Where a position occurs twice, the last of its values remains. Elements and values
  /// that were replaced have gradient 0.
  public func scattered(_ values: Tensor, at indices: Tensor, along axis: Int) -> Tensor {
    record("scattered", self, values) {
      Gathering.scatter($1, indices, along: axis, over: $0, name: "scattered")
    } lhs: { dy, _ in
      dy.scattered(Self.zeros(indices.shape, dtype: dy.dtype), at: indices, along: axis)
    } rhs: { dy, _ in
      // Values that others were written over have no gradient.
      let numbers = Self.numbers(indices.shape)
      let owners = Self.zeros(dy.shape, dtype: .int32).scattered(numbers, at: indices, along: axis)
      return select(
        owners.gathered(at: indices, along: axis) .== numbers,
        dy.gathered(at: indices, along: axis), Tensor(0, dtype: dy.dtype))
    }
  }

  /// The slices along an axis at int32 positions; the axis is replaced by the shape of the
  /// positions.
  ///
  /// This is `x[.all, positions]` for axis 1, but positions count from the start: one out of range,
  /// also a negative one, stops the program. The gradient is added up at the positions.
  public func selected(at positions: Tensor, along axis: Int) -> Tensor {
    selected(at: positions, along: axis, in: "selected")
  }

  /// The slices along an axis at int32 positions, for an operation that the user called.
  func selected(
    at positions: Tensor, along axis: Int, in operation: StaticString
  ) -> Tensor {
    let shape = self.shape
    let axis = shape.axis(axis, in: operation)
    let vector = Views.reshape(positions, to: [positions.elementCount])
    let slices = record(operation, self) {
      Gathering.indexSelect($0, vector, along: axis, name: operation)
    } pullback: { dy, _ in
      dy.indexAdded(at: vector, along: axis, into: shape)
    }
    if positions.rank == 1 { return slices }
    let target = Array(shape.prefix(axis)) + positions.shape + shape.dropFirst(axis + 1)
    return slices.reshaped(to: Shape(target))
  }

  /// Zeros of `shape` to which the slices of this tensor are added at positions along an axis.
  ///
  /// This is the transpose of ``selected(at:along:)``, and its gradient.
  func indexAdded(at positions: Tensor, along axis: Int, into shape: Shape) -> Tensor {
    record("indexAdded", self) {
      Gathering.indexAdd($0, positions, along: axis, into: shape, name: "indexAdded")
    } pullback: { dy, _ in
      dy.selected(at: positions, along: axis)
    }
  }
}

/// The rows of a table at int32 positions of any shape.
///
/// [rows, ..] and [positions..] → [positions.., ..].
///
/// The gradient is added up in the rows that were looked up. For a large table it costs only as
/// much as those rows: the others are fresh pages of zeros that are never touched.
public func embedding(_ table: Tensor, at positions: Tensor) -> Tensor {
  require(table.rank >= 1, "embedding: a scalar has no rows")
  return table.selected(at: positions, along: 0, in: "embedding")
}

/// The one-hot encoding of int32 labels: 1 at the class and 0 elsewhere along a new last axis.
///
/// [..] → [.., classes]. A label outside of 0..<classes stops the program.
public func oneHot(_ labels: Tensor, classes: Int, dtype: DType = .float32) -> Tensor {
  require(
    labels.dtype == .int32,
    "oneHot: the labels are \(labels.dtype), not int32; convert them: 'x.converted(to: .int32)'")
  let isOut = (labels .< 0) .| (labels .>= Double(classes))
  if isOut.any().scalar(as: Bool.self) {
    let label = Int(labels[isOut][0].scalar())
    fail(
      """
      oneHot: label \(label) is out of range for \(classes) \(classes == 1 ? "class" : "classes")
      """)
  }
  let numbers = Tensor.arange(to: Double(classes), dtype: .int32)
  return (labels.expanded(along: -1) .== numbers).converted(to: dtype)
}
