extension MatrixView {
  /// The size below which triangular matrices are solved and factored by plain loops; larger ones
  /// are halved, so that nearly all the work is in products.
  static let smallest = 8

  /// The place at which a size is halved.
  static func half(of size: Int) -> Int { (size / 2 + smallest - 1) / smallest * smallest }

  /// Replaces b by the solution x of t · x = b, with this matrix as t, of which only one triangle
  /// is read.
  ///
  /// A zero on the diagonal divides by zero.
  func solveTriangular(isLower: Bool, hasUnitDiagonal: Bool, _ b: MatrixView) {
    if rows <= Self.smallest {
      solveSmallTriangular(isLower: isLower, hasUnitDiagonal: hasUnitDiagonal, b)
      return
    }
    let half = Self.half(of: rows)
    let (first, second) = (0..<half, half..<rows)
    let (upper, lower) = (b.block(rows: first), b.block(rows: second))
    let (start, end) = (block(first, first), block(second, second))
    if isLower {
      start.solveTriangular(isLower: true, hasUnitDiagonal: hasUnitDiagonal, upper)
      lower.subtractProduct(block(second, first), upper)
      end.solveTriangular(isLower: true, hasUnitDiagonal: hasUnitDiagonal, lower)
    } else {
      end.solveTriangular(isLower: false, hasUnitDiagonal: hasUnitDiagonal, lower)
      upper.subtractProduct(block(first, second), lower)
      start.solveTriangular(isLower: false, hasUnitDiagonal: hasUnitDiagonal, upper)
    }
  }

  private func solveSmallTriangular(isLower: Bool, hasUnitDiagonal: Bool, _ b: MatrixView) {
    for step in 0..<rows {
      let i = isLower ? step : rows - 1 - step
      let target = b.row(i)
      for k in isLower ? 0..<i : i + 1..<rows {
        let (factor, source) = (self[i, k], b.row(k))
        for c in 0..<b.columns { target[c] -= factor * source[c] }
      }
      if hasUnitDiagonal { continue }
      let pivot = self[i, i]
      for c in 0..<b.columns { target[c] /= pivot }
    }
  }
}

/// Solutions of triangular systems.
package enum TriangularSystems {
  /// Returns x with t x = b, or tᵀ x = b; both are [.., rows, columns] and broadcast to `batch`.
  package static func solve(
    _ t: Tensor, _ b: Tensor, batch: Shape, isLower: Bool, isTransposed: Bool,
    hasUnitDiagonal: Bool
  ) -> Tensor {
    MatrixBatch.map(
      [t, b], batch: batch, rows: b.shape[b.rank - 2], columns: b.shape[b.rank - 1],
      dtype: b.dtype
    ) { inputs, result in
      result.copy(inputs[1])
      let matrix = isTransposed ? inputs[0].transposed : inputs[0]
      matrix.solveTriangular(
        isLower: isLower != isTransposed, hasUnitDiagonal: hasUnitDiagonal, result)
    }
  }
}
