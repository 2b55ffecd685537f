import Tensor

/// Decompositions of matrices and what follows from them, with gradients of any order.
///
/// The matrices are the last two axes of float32 or float64 tensors; the axes before them are a
/// batch. All computation is in float64, and float32 results are rounded once.
///
/// ```swift
/// let x = LinearAlgebra.solve(a, b)                    // a x = b
/// let (u, s, vt) = LinearAlgebra.svd(a)                // a = u · diag(s) · vt
/// let (values, vectors) = LinearAlgebra.eigh(a)
/// ```
///
/// Misuse of shapes stops the program, as everywhere. What depends on the numbers does not: a
/// matrix that is singular (`solve`, `inverse`), not positive definite (`cholesky`) or not finite
/// (`eigh`, `svd`) gives NaN in its whole result, as in JAX, and leaves the rest of the batch
/// alone; check with `isFinite`.
public enum LinearAlgebra {
  /// A triangle of a matrix.
  public enum Triangle: Sendable {
    /// The diagonal and what is below it.
    case lower
    /// The diagonal and what is above it.
    case upper

    var opposite: Triangle { self == .lower ? .upper : .lower }

    func part(of x: Tensor) -> Tensor {
      self == .lower ? x.lowerTriangle() : x.upperTriangle()
    }
  }
}

// MARK: - Checks

extension LinearAlgebra {
  /// Stops the program unless `x` holds floating-point matrices.
  static func requireMatrix(_ x: Tensor, for name: StaticString) {
    require(x.rank >= 2, "\(name): shape \(x.shape) has fewer than two axes")
    requireFloatingPoint(x, for: name)
  }

  /// Stops the program unless `x` holds square floating-point matrices.
  static func requireSquare(_ x: Tensor, for name: StaticString) {
    requireMatrix(x, for: name)
    require(
      x.shape[x.rank - 1] == x.shape[x.rank - 2], "\(name): shape \(x.shape) is not square")
  }

  /// The result of `body` for a right side that is a vector, taken as one column, or a batch of
  /// matrices.
  static func withColumns(
    _ a: Tensor, _ b: Tensor, for name: StaticString, _ body: (Tensor) -> Tensor
  ) -> Tensor {
    require(a.dtype == b.dtype, "\(name): \(DType.differ(a.dtype, b.dtype))")
    require(
      b.rank > 0 && b.shape[Swift.max(b.rank - 2, 0)] == a.shape[a.rank - 2],
      "\(name): a right side of shape \(b.shape) does not fit a matrix of shape \(a.shape)")
    return b.rank == 1 ? body(b.expanded(along: 1)).squeezed(along: -1) : body(b)
  }

  /// The shape to which the batches of two tensors of matrices broadcast.
  static func batch(_ a: Tensor, _ b: Tensor, for name: StaticString) -> Shape {
    let (batchA, batchB) = (Shape(a.shape.dropLast(2)), Shape(b.shape.dropLast(2)))
    guard let batch = batchA.broadcast(with: batchB) else {
      fail("\(name): the axes before the last two do not broadcast: \(a.shape) and \(b.shape)")
    }
    return batch
  }

  /// The symmetric part (x + xᵀ) / 2.
  static func symmetric(_ x: Tensor) -> Tensor { (x + x.transposed()) * 0.5 }
}
