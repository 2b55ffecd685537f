/// Householder reflectors H = I − τ v vᵀ, in blocks I − V T Vᵀ (Schreiber and Van Loan, 1989, "A
/// storage-efficient WY representation for products of Householder transformations").
///
/// Vectors are rows in memory, so matrices are handled transposed.
enum Householder {
  /// The number of reflectors of a block.
  static let blockSize = 32

  /// Finds the reflector that maps x to (β, 0, …, 0), and replaces x by its vector v with v₀ = 1.
  static func reflect(
    _ x: UnsafeMutablePointer<Double>, count: Int
  ) -> (tau: Double, beta: Double) {
    let alpha = x[0]
    x[0] = 1
    var largest = 0.0
    for i in 1..<Swift.max(count, 1) { largest = Swift.max(largest, Swift.abs(x[i])) }
    if largest == 0 { return (0, alpha) }
    largest = Swift.max(largest, Swift.abs(alpha))
    var sum = (alpha / largest) * (alpha / largest)
    for i in 1..<count {
      let scaled = x[i] / largest
      sum += scaled * scaled
    }
    let norm = largest * sum.squareRoot()
    let beta = alpha > 0 ? -norm : norm
    let pivot = alpha - beta
    for i in 1..<count { x[i] /= pivot }
    return (-pivot / beta, beta)
  }

  /// Calls `body` with the upper triangular T of a block whose vectors are the rows of `v`.
  static func withTriangle(
    of v: MatrixView, taus: UnsafePointer<Double>, _ body: (_ t: MatrixView) -> Void
  ) {
    let count = v.rows
    MatrixView.withScratch(2 * count, count) { scratch in
      let (t, gram) = (scratch.block(rows: 0..<count), scratch.block(rows: count..<2 * count))
      gram.setProduct(v, v.transposed)
      t.fill(0)
      for j in 0..<count {
        for i in 0..<j {
          var sum = 0.0
          for k in i..<j { sum += t[i, k] * gram[k, j] }
          t[i, j] = -taus[j] * sum
        }
        t[j, j] = taus[j]
      }
      body(t)
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

  /// Sets g to the first rows of Qᵀ, where Q is the product of all reflectors, the first of them
  /// leftmost; vector j is row j of `v` and 0 before element j.
  static func formTransposedProduct(
    _ g: MatrixView, of v: MatrixView, taus: UnsafePointer<Double>
  ) {
    g.setIdentity()
    for start in stride(from: 0, to: v.rows, by: blockSize).reversed() {
      let rows = start..<Swift.min(start + blockSize, v.rows)
      let vectors = v.block(rows, start..<v.columns)
      withTriangle(of: vectors, taus: taus + start) { t in
        apply(t.transposed, vectors, to: g.block(start..<g.rows, start..<g.columns))
      }
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
    return MatrixBatch.map([a], batch: Shape(a.shape.dropLast(2)), rows: n, columns: m + n) {
      inputs, result in
      factor(
        inputs[0], q: result.block(columns: 0..<m), r: result.block(columns: m..<m + n))
    }
  }

  /// Sets q to Qᵀ and r to R.
  static func factor(_ a: MatrixView, q: MatrixView, r: MatrixView) {
    let (m, n) = (a.rows, a.columns)
    MatrixView.withScratch(2 * n + 1, Swift.max(m, n)) { scratch in
      // w is the transpose of the matrix, of which row j becomes column j of R.
      let w = scratch.block(0..<n, 0..<m)
      let v = scratch.block(n..<2 * n, 0..<m)
      let taus = scratch.row(2 * n)
      w.copy(a.transposed)
      v.fill(0)
      for start in stride(from: 0, to: n, by: Householder.blockSize) {
        let rows = start..<Swift.min(start + Householder.blockSize, n)
        for j in rows {
          let count = m - j
          let vector = v.row(j) + j
          for i in 0..<count { vector[i] = w[j, j + i] }
          let (tau, beta) = Householder.reflect(vector, count: count)
          taus[j] = tau
          w[j, j] = beta
          reflect(w.block(j + 1..<rows.upperBound, j..<m), v.block(j..<j + 1, j..<m), tau)
        }
        let vectors = v.block(rows, start..<m)
        Householder.withTriangle(of: vectors, taus: taus + start) { t in
          Householder.apply(t, vectors, to: w.block(rows.upperBound..<n, start..<m))
        }
      }
      for i in 0..<n {
        for j in 0..<n { r[i, j] = j < i ? 0 : w[j, i] }
      }
      Householder.formTransposedProduct(q, of: v, taus: taus)
    }
  }

  /// Applies one reflector to rows.
  private static func reflect(_ w: MatrixView, _ v: MatrixView, _ tau: Double) {
    if w.rows == 0 { return }
    MatrixView.withScratch(w.rows, 1) { factors in
      factors.setProduct(w, v.transposed)
      for i in 0..<w.rows { factors[i, 0] *= -tau }
      w.setProduct(factors, v, adding: true)
    }
  }
}
