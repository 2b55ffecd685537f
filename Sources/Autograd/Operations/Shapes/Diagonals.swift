import Tensor

// Diagonals and triangles of the matrices that the last two axes form.

extension Tensor {
  /// A view of a diagonal of the last two axes; `offset` 1 is the diagonal above the main one.
  public func diagonal(offset: Int = 0) -> Tensor {
    let shape = self.shape
    return record("diagonal", self, attributes: ["offset": .integer(offset)]) {
      Views.diagonal($0, offset: offset)
    } pullback: { dy, _ in
      dy.onDiagonal(offset: offset, of: shape)
    }
  }

  /// Zeros of `shape` with the elements of this tensor on a diagonal of the last two axes.
  ///
  /// This is the transpose of ``diagonal(offset:)``, and its gradient.
  func onDiagonal(offset: Int, of shape: Shape) -> Tensor {
    record("onDiagonal", self, attributes: ["offset": .integer(offset)]) {
      let result = Elementwise.copy(Self.zeros(shape, dtype: $0.dtype))
      Views.assign($0, over: Views.diagonal(result, offset: offset))
      return result
    } pullback: { dy, _ in
      dy.diagonal(offset: offset)
    }
  }

  /// The matrices with the elements of the last axis on their main diagonal: [.., n] → [.., n, n].
  public func diagonalMatrix() -> Tensor {
    require(rank > 0, "diagonalMatrix: a scalar has no last axis")
    return onDiagonal(offset: 0, of: shape.inserting(shape[rank - 1], at: rank))
  }

  /// The sums of the main diagonals of the matrices of the last two axes, [.., m, n] → [..].
  public func trace() -> Tensor {
    require(rank >= 2, "trace: shape \(shape) has fewer than two axes")
    return diagonal().sum(along: -1)
  }

  /// The matrices of the last two axes with zeros above a diagonal.
  ///
  /// With `offset` 0 it is the main diagonal, with 1 the one above it.
  public func lowerTriangle(offset: Int = 0) -> Tensor {
    triangle(isUpper: false, offset: offset, in: "lowerTriangle")
  }

  /// The matrices of the last two axes with zeros below a diagonal.
  ///
  /// With `offset` 0 it is the main diagonal, with 1 the one above it.
  public func upperTriangle(offset: Int = 0) -> Tensor {
    triangle(isUpper: true, offset: offset, in: "upperTriangle")
  }

  private func triangle(isUpper: Bool, offset: Int, in name: StaticString) -> Tensor {
    require(rank >= 2, "\(name): shape \(shape) has fewer than two axes")
    // Further away, a diagonal leaves the same triangle.
    let offset = Swift.min(Swift.max(offset, -shape[rank - 2]), shape[rank - 1])
    if Trace.isRunning {
      // Other programs know it as a mask.
      let mask = Self.lowerTriangleMask(
        rows: shape[rank - 2], columns: shape[rank - 1], offset: isUpper ? offset - 1 : offset)
      let zero = Tensor(0, dtype: dtype)
      return isUpper ? select(mask, zero, self) : select(mask, self, zero)
    }
    return record(name, self) {
      Triangles.forward($0, isUpper: isUpper, offset: offset)
    } pullback: { dy, _ in
      dy.triangle(isUpper: isUpper, offset: offset, in: name)
    }
  }

  /// The bool matrix that is true where column ≤ row + offset.
  ///
  /// With offset 0 it is the mask of causal attention.
  public static func lowerTriangleMask(rows: Int, columns: Int, offset: Int = 0) -> Tensor {
    require(
      rows >= 0 && columns >= 0,
      "lowerTriangleMask: the sizes must be at least 0, got \(rows) and \(columns)")
    let row = Self.arange(to: Double(rows), dtype: .int32).expanded(along: 1)
    let column = Self.arange(to: Double(columns), dtype: .int32)
    return column - row .<= Double(offset)
  }
}
