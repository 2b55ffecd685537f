/// Householder reflectors H = I − τ v vᵀ, in blocks I − V T Vᵀ (Schreiber and Van Loan, 1989, "A
/// storage-efficient WY representation for products of Householder transformations").
///
/// Vectors are rows in memory, so matrices are handled transposed.
enum Householder {
  /// The number of reflectors of a block.
  static let blockSize = 32

  /// Sets t to the transpose of the triangular T of a block whose vectors are the rows of `v`.
  static func setTriangle(_ t: MatrixView, of v: MatrixView, taus: UnsafePointer<Double>) {
    let count = v.rows
    MatrixView.withScratch(count, count) { gram in
      gram.setProduct(v, v.transposed)
      t.fill(0)
      for j in 0..<count {
        let (target, products) = (t.row(j), gram.row(j))
        for k in 0..<j {
          let (factor, source) = (-taus[j] * products[k], t.row(k))
          for i in 0...k { target[i] += factor * source[i] }
        }
        target[j] = taus[j]
      }
    }
  }

  /// Replaces the rows w of a matrix by w − (w V) T Vᵀ, with the vectors as rows of `v`.
  static func apply(_ t: MatrixView, _ v: MatrixView, to w: MatrixView) {
    if w.rows == 0 || v.rows == 0 { return }
    MatrixView.withScratch(2 * w.rows, v.rows) { scratch in
      let first = scratch.block(rows: 0..<w.rows)
      let second = scratch.block(rows: w.rows..<2 * w.rows)
      first.setProduct(w, v.transposed)
      second.setProduct(first, t)
      w.subtractProduct(second, v)
    }
  }

  /// The blocks of reflectors whose vectors are the rows of a matrix.
  static func blocks(of count: Int) -> [Range<Int>] {
    stride(from: 0, to: count, by: blockSize).map { $0..<Swift.min($0 + blockSize, count) }
  }

  /// Sets g to the first rows of Qᵀ, where Q is the product of all reflectors, the first of them
  /// leftmost.
  ///
  /// Vector j is row j of `v` and 0 before element j. The rows of `triangles` are those of the
  /// transposed T of each block.
  static func formTransposedProduct(
    _ g: MatrixView, of v: MatrixView, triangles: MatrixView
  ) {
    g.setIdentity()
    for rows in blocks(of: v.rows).reversed() {
      let vectors = v.block(rows, rows.lowerBound..<v.columns)
      apply(
        triangles.block(rows, 0..<rows.count), vectors,
        to: g.block(rows.lowerBound..<g.rows, rows.lowerBound..<g.columns))
    }
  }
}

/// QR factors of matrices with at least as many rows as columns.
package enum QRFactorization {
  /// Returns [.., n, m + n] for a matrix of m ≥ n rows: row i is column i of Q, then row i of R.
  ///
  /// The signs are those of LAPACK: an element of the diagonal of R is negative where the pivot was
  /// positive.
  package static func packed(_ a: Tensor) -> Tensor {
    let (m, n) = (a.shape[a.rank - 2], a.shape[a.rank - 1])
    let batch = Shape(a.shape.dropLast(2))
    if MatrixBatch.isSmall(rows: m, columns: n) {
      return MatrixBatch.mapLanes([a], batch: batch, rows: n, columns: m + n) {
        $0.kernels.qr(m, n, $0[0], $0.results)
      }
    }
    return MatrixBatch.map([a], batch: batch, rows: n, columns: m + n) { inputs, result in
      factor(
        inputs[0], q: result.block(columns: 0..<m), r: result.block(columns: m..<m + n))
    }
  }

  /// Sets q to Qᵀ and r to R.
  static func factor(_ a: MatrixView, q: MatrixView, r: MatrixView) {
    let (m, n) = (a.rows, a.columns)
    let (width, kernels) = (Householder.blockSize, MatrixView.kernels)
    MatrixView.withScratch(3 * n + 2, Swift.max(m, width)) { scratch in
      // w is the transpose of the matrix, of which row j becomes column j of R.
      let w = scratch.block(0..<n, 0..<m)
      let v = scratch.block(n..<2 * n, 0..<m)
      let triangles = scratch.block(2 * n..<3 * n, 0..<width)
      let (taus, factors) = (scratch.row(3 * n), scratch.row(3 * n + 1))
      w.copy(a.transposed)
      v.fill(0)
      MatrixView.factor(size: m) {
        for rows in Householder.blocks(of: n) {
          for j in rows {
            let vector = v.block(j..<j + 1, j..<m)
            vector.copy(w.block(j..<j + 1, j..<m))
            taus[j] = kernels.reflector(vector.start, m - j, w.row(j) + j)
            let rest = w.block(j + 1..<rows.upperBound, j..<m)
            if rest.rows == 0 { continue }
            let products = MatrixView(factors, rows: rest.rows, columns: 1)
            products.setProduct(rest, vector.transposed)
            for i in 0..<rest.rows { factors[i] *= taus[j] }
            rest.subtractProduct(products, vector)
          }
          let vectors = v.block(rows, rows.lowerBound..<m)
          let triangle = triangles.block(rows, 0..<rows.count)
          Householder.setTriangle(triangle, of: vectors, taus: taus + rows.lowerBound)
          Householder.apply(
            triangle.transposed, vectors, to: w.block(rows.upperBound..<n, rows.lowerBound..<m))
        }
      }
      r.copy(w.block(columns: 0..<n).transposed)
      for i in 0..<n { r.row(i).update(repeating: 0, count: i) }
      Householder.formTransposedProduct(q, of: v, triangles: triangles)
    }
  }
}
