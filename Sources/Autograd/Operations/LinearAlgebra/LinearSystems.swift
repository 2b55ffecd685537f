import Tensor

extension LinearAlgebra {
  /// The solution x of a x = b, for square a and a vector or matrix b: [.., n, n] and [n] or
  /// [.., n, k] → [n] or [.., n, k].
  ///
  /// By LU factors with partial pivoting; the batches are broadcast. db = a⁻ᵀ dx, da = −db xᵀ
  /// (Giles, 2008, "Collected matrix derivative results"). A singular matrix gives NaN.
  ///
  /// - Complexity: ⅔ n³ + 2 n² k operations for each matrix.
  public static func solve(_ a: Tensor, _ b: Tensor) -> Tensor {
    requireSquare(a, for: "solve")
    return withColumns(a, b, for: "solve") { b in
      let batch = batch(a, b, for: "solve")
      let factors = LUFactorization(a.detached)
      return record("solve", [a, b], saving: [.everyInput, .output]) {
        factors.solve($0[1], batch: batch)
      } jointPullback: { dx, saved in
        let (a, x) = (saved[0], saved.output)
        // In the outermost scope the factors of the matrix are at hand.
        let db =
          mayUseFusedKernel(dx, a)
          ? factors.solve(dx, batch: batch, isTransposed: true) : solve(a.transposed(), dx)
        return [-matmul(db, x.transposed()), db]
      }
    }
  }

  /// The solution x of t x = b for a triangular matrix t, of which only the given triangle is read:
  /// [.., n, n] and [n] or [.., n, k] → [n] or [.., n, k].
  ///
  /// db = t⁻ᵀ dx; dt is the triangle of −db xᵀ. A zero on the diagonal divides by zero.
  ///
  /// - Parameters:
  ///   - t: The matrix.
  ///   - b: The right side.
  ///   - triangle: The triangle that is read.
  ///   - isTransposed: Whether tᵀ x = b is solved.
  ///   - hasUnitDiagonal: Whether the diagonal is taken as 1 and not read.
  /// - Returns: The solution x, of the shape of b.
  public static func triangularSolve(
    _ t: Tensor, _ b: Tensor, _ triangle: Triangle = .lower, isTransposed: Bool = false,
    hasUnitDiagonal: Bool = false
  ) -> Tensor {
    requireSquare(t, for: "triangularSolve")
    return withColumns(t, b, for: "triangularSolve") { b in
      let batch = batch(t, b, for: "triangularSolve")
      return record("triangularSolve", [t, b], saving: [.everyInput, .output]) {
        TriangularSystems.solve(
          $0[0], $0[1], batch: batch, isLower: triangle == .lower, isTransposed: isTransposed,
          hasUnitDiagonal: hasUnitDiagonal)
      } jointPullback: { dx, saved in
        let (t, x) = (saved[0], saved.output)
        let db = triangularSolve(
          t, dx, triangle, isTransposed: !isTransposed, hasUnitDiagonal: hasUnitDiagonal)
        let (left, right) = isTransposed ? (x, db) : (db, x)
        let slope = triangle.part(of: -matmul(left, right.transposed()))
        if !hasUnitDiagonal { return [slope, db] }
        return [slope - slope.diagonal().diagonalMatrix(), db]
      }
    }
  }

  /// The Cholesky factor of symmetric positive definite matrices, the lower triangular L with
  /// L Lᵀ = x; [.., n, n] → [.., n, n].
  ///
  /// The symmetric part of the input is factored. dx is the symmetric part of
  /// L⁻ᵀ Φ(Lᵀ dL) L⁻¹, where Φ takes the lower triangle and halves the diagonal (Murray, 2016,
  /// 1602.07527). A matrix that is not positive definite gives NaN.
  ///
  /// - Complexity: ⅓ n³ operations for each matrix.
  public static func cholesky(_ x: Tensor) -> Tensor {
    requireSquare(x, for: "cholesky")
    return record("cholesky", x, saving: .output) {
      CholeskyFactorization.lower($0)
    } pullback: { dy, saved in
      let factor = saved.output
      let product = matmul(factor.transposed(), dy.lowerTriangle())
      let half = product.lowerTriangle() - (product.diagonal() * 0.5).diagonalMatrix()
      let left = triangularSolve(factor, half, isTransposed: true)
      return symmetric(
        triangularSolve(factor, left.transposed(), isTransposed: true).transposed())
    }
  }

  /// The solution x of L Lᵀ x = b, or of Uᵀ U x = b, given a Cholesky factor.
  ///
  /// - Parameters:
  ///   - factor: The factor L, [.., n, n].
  ///   - b: The right side, [n] or [.., n, k].
  ///   - triangle: `.upper` if the factor is U = Lᵀ.
  /// - Returns: The solution x, of the shape of b.
  public static func choleskySolve(
    _ factor: Tensor, _ b: Tensor, _ triangle: Triangle = .lower
  ) -> Tensor {
    requireSquare(factor, for: "choleskySolve")
    return withColumns(factor, b, for: "choleskySolve") { b in
      let isUpper = triangle == .upper
      let half = triangularSolve(factor, b, triangle, isTransposed: isUpper)
      return triangularSolve(factor, half, triangle, isTransposed: !isUpper)
    }
  }

  /// The inverse of square matrices; dx = −yᵀ dy yᵀ.
  ///
  /// A singular matrix gives NaN. To solve a system, ``solve(_:_:)`` is faster and more accurate.
  public static func inverse(_ x: Tensor) -> Tensor {
    requireSquare(x, for: "inverse")
    return record("inverse", x, saving: .output) {
      LUFactorization($0).inverse()
    } pullback: { dy, saved in
      let y = saved.output.transposed()
      return -matmul(matmul(y, dy), y)
    }
  }

  /// The determinant of square matrices, [.., n, n] → [..]; dx = dy · y · x⁻ᵀ.
  ///
  /// The gradient at a singular matrix, the transpose of its adjugate, is computed from its
  /// singular values; its second derivative is NaN there.
  public static func determinant(_ x: Tensor) -> Tensor {
    requireSquare(x, for: "determinant")
    return record("determinant", x, saving: [.input, .output]) {
      LUFactorization.determinants(of: $0)
    } pullback: { dy, saved in
      let (x, y) = (saved.input, saved.output)
      func matrix(_ scalars: Tensor) -> Tensor { scalars.expanded(along: -1).expanded(along: -1) }
      let slope = matrix(y) * inverse(x).transposed()
      let isSingular = y.detached .== 0
      if x.node != nil || dy.node != nil || !isSingular.any().scalar(as: Bool.self) {
        return matrix(dy) * slope
      }
      return matrix(dy) * select(matrix(isSingular), transposedAdjugate(x), slope)
    }
  }

  /// The transpose of the adjugate: det(u) det(vt) · u · diag(Π of the other singular values) · vt.
  private static func transposedAdjugate(_ x: Tensor) -> Tensor {
    let (u, s, vt) = svd(x)
    let size = s.shape[s.rank - 1]
    let isOther = Tensor.eye(size, dtype: s.dtype) .== 0
    let others = select(isOther, s.expanded(along: -2), Tensor(1, dtype: s.dtype))
    let scaled = u * others.product(along: -1).expanded(along: -2)
    let sign = determinant(u) * determinant(vt)
    return matmul(scaled, vt) * sign.expanded(along: -1).expanded(along: -1)
  }

  /// The sign of the determinant of square matrices, 1, −1 or 0, and the natural logarithm of its
  /// magnitude, each [.., n, n] → [..].
  ///
  /// The logarithm neither overflows nor underflows, and is −∞ for a singular matrix;
  /// dx = dlog · x⁻ᵀ. No gradient flows through the sign.
  public static func logAbsDeterminant(_ x: Tensor) -> (sign: Tensor, logarithm: Tensor) {
    requireSquare(x, for: "logAbsDeterminant")
    let parts = LUFactorization.signsAndLogarithms(of: x.detached)
    func part(_ index: Int) -> Tensor {
      parts.slice(along: -1, start: index, count: 1).squeezed(along: -1)
    }
    let logarithm = record("logAbsDeterminant", x, saving: .input) { _ in
      part(1)
    } pullback: { dy, saved in
      dy.expanded(along: -1).expanded(along: -1) * inverse(saved.input).transposed()
    }
    return (part(0), logarithm)
  }
}
