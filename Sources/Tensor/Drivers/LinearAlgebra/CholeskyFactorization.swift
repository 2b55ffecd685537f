/// The Cholesky factors of symmetric positive definite matrices.
package enum CholeskyFactorization {
  /// Returns the lower triangular L with L Lᵀ = (a + aᵀ) / 2; NaN where the matrix is not positive
  /// definite.
  package static func lower(_ a: Tensor) -> Tensor {
    let (size, batch) = (a.shape[a.rank - 1], Shape(a.shape.dropLast(2)))
    if MatrixBatch.isSmall(rows: size, columns: size) {
      return MatrixBatch.mapLanes([a], batch: batch, rows: size, columns: size) {
        $0.kernels.cholesky(size, $0[0], $0.results)
      }
    }
    return MatrixBatch.map([a], batch: batch, rows: size, columns: size) { inputs, result in
      MatrixView.withScratch(size, size) { work in
        work.setSymmetricPart(of: inputs[0])
        guard MatrixView.factor(size: size, { factor(work) }) else { return result.fill(.nan) }
        result.copyTriangle(work.transposed, isLower: true)
      }
    }
  }

  /// Replaces the upper triangle by U with Uᵀ U = a, or returns false if a pivot is not positive.
  private static func factor(_ a: MatrixView) -> Bool {
    let size = a.rows
    if size <= MatrixView.smallest {
      return MatrixView.kernels.cholesky_panel(size, a.start, a.rowStep) != 0
    }
    let half = MatrixView.half(of: size)
    let (first, second) = (0..<half, half..<size)
    let (start, side, end) = (
      a.block(first, first), a.block(first, second), a.block(second, second)
    )
    guard factor(start) else { return false }
    start.transposed.solveTriangular(isLower: true, hasUnitDiagonal: false, side)
    end.setUpperProduct(side.transposed, side, .subtract)
    return factor(end)
  }
}

extension MatrixView {
  /// Sets the matrix to (a + aᵀ) / 2.
  func setSymmetricPart(of a: MatrixView) {
    Self.kernels.symmetric_part(rows, a.start, a.rowStep, start, rowStep)
  }
}
