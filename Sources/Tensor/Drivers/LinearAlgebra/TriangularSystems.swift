import CKernels

extension MatrixView {
  /// The size up to which triangles are solved and factored as panels; larger ones are halved, so
  /// that nearly all the work is in products.
  static let smallest = Int(CK_LINEAR_PANEL)

  /// The place at which a size is halved.
  static func half(of size: Int) -> Int { (size / 2 + smallest - 1) / smallest * smallest }

  /// Replaces b by the solution x of t · x = b, with this matrix as t, of which only one triangle
  /// is read.
  ///
  /// A zero on the diagonal divides by zero.
  func solveTriangular(isLower: Bool, hasUnitDiagonal: Bool, _ b: MatrixView) {
    // Columns are independent.
    forEachChunk(of: b.columns, grain: Self.columnGrain(rows: rows)) { columns in
      solveColumns(isLower: isLower, hasUnitDiagonal: hasUnitDiagonal, b.block(columns: columns))
    }
  }

  /// The number of columns of a task that solves systems of a size: whole vectors.
  static func columnGrain(rows: Int) -> Int {
    Swift.max(32, Grain.items(Grain.multiplyAdds / 2, each: rows * rows) / 16 * 16)
  }

  private func solveColumns(isLower: Bool, hasUnitDiagonal: Bool, _ b: MatrixView) {
    if rows <= Self.smallest {
      Self.kernels.triangular_panel(
        rows, start, rowStep, columnStep, b.start, b.rowStep, b.columns, isLower ? 1 : 0,
        hasUnitDiagonal ? 1 : 0)
      return
    }
    let half = Self.half(of: rows)
    let (first, second) = (0..<half, half..<rows)
    let (upper, lower) = (b.block(rows: first), b.block(rows: second))
    let (start, end) = (block(first, first), block(second, second))
    if isLower {
      start.solveColumns(isLower: true, hasUnitDiagonal: hasUnitDiagonal, upper)
      lower.subtractProduct(block(second, first), upper)
      end.solveColumns(isLower: true, hasUnitDiagonal: hasUnitDiagonal, lower)
    } else {
      end.solveColumns(isLower: false, hasUnitDiagonal: hasUnitDiagonal, lower)
      upper.subtractProduct(block(first, second), lower)
      start.solveColumns(isLower: false, hasUnitDiagonal: hasUnitDiagonal, upper)
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
    let (rows, columns) = (b.shape[b.rank - 2], b.shape[b.rank - 1])
    let solvesLower = isLower != isTransposed
    if MatrixBatch.isSmall(rows: rows, columns: rows) {
      let t = isTransposed ? Views.transpose(t, t.rank - 2, t.rank - 1) : t
      return MatrixBatch.mapLanes(
        [t, b], batch: batch, rows: rows, columns: columns, dtype: b.dtype
      ) { lanes in
        lanes.kernels.triangular_solve(
          rows, columns, lanes[0], lanes[1], lanes.results, solvesLower ? 1 : 0,
          hasUnitDiagonal ? 1 : 0)
      }
    }
    return MatrixBatch.map([t, b], batch: batch, rows: rows, columns: columns, dtype: b.dtype) {
      inputs, result in
      result.copy(inputs[1])
      let matrix = isTransposed ? inputs[0].transposed : inputs[0]
      matrix.solveTriangular(isLower: solvesLower, hasUnitDiagonal: hasUnitDiagonal, result)
    }
  }
}
