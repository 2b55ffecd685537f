/// The Cholesky factors of symmetric positive definite matrices.
package enum CholeskyFactorization {
  /// The width of the bands in which the triangle of a product is computed.
  private static let band = 128

  /// Returns the lower triangular L with L Lᵀ = (a + aᵀ) / 2; NaN where the matrix is not positive
  /// definite.
  package static func lower(_ a: Tensor) -> Tensor {
    let size = a.shape[a.rank - 1]
    return MatrixBatch.map([a], batch: Shape(a.shape.dropLast(2)), rows: size, columns: size) {
      inputs, result in
      let a = inputs[0]
      MatrixView.withScratch(size, size) { work in
        for i in 0..<size {
          for j in i..<size { work[i, j] = a[i, j] / 2 + a[j, i] / 2 }
        }
        guard factor(work) else { return result.fill(.nan) }
        result.fill(0)
        for i in 0..<size {
          for j in i..<size { result[j, i] = work[i, j] }
        }
      }
    }
  }

  /// Replaces the upper triangle by U with Uᵀ U = a, or returns false if a pivot is not positive.
  private static func factor(_ a: MatrixView) -> Bool {
    let size = a.rows
    if size <= MatrixView.smallest { return factorSmall(a) }
    let half = MatrixView.half(of: size)
    let (first, second) = (0..<half, half..<size)
    let (start, side, end) = (
      a.block(first, first), a.block(first, second), a.block(second, second)
    )
    guard factor(start) else { return false }
    start.transposed.solveTriangular(isLower: true, hasUnitDiagonal: false, side)
    for top in stride(from: 0, to: end.rows, by: band) {
      let (rows, rest) = (top..<Swift.min(top + band, end.rows), top..<end.rows)
      end.block(rows, rest).subtractProduct(
        side.block(columns: rows).transposed, side.block(columns: rest))
    }
    return factor(end)
  }

  private static func factorSmall(_ a: MatrixView) -> Bool {
    for j in 0..<a.rows {
      let source = a.row(j)
      guard source[j] > 0 && source[j] < .infinity else { return false }
      let root = source[j].squareRoot()
      source[j] = root
      for c in j + 1..<Swift.max(a.rows, j + 1) { source[c] /= root }
      for i in j + 1..<Swift.max(a.rows, j + 1) {
        let target = a.row(i)
        for c in i..<a.rows { target[c] -= source[i] * source[c] }
      }
    }
    return true
  }
}
