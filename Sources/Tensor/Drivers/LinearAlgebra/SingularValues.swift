import CLibrary

/// Singular value decompositions of matrices with at least as many rows as columns.
///
/// R of the QR factors is rotated row against row until all rows are orthogonal (one-sided Jacobi;
/// Drmač and Veselić, 2008, "New fast and accurate Jacobi SVD algorithm"). The eigenvectors of R Rᵀ
/// are the start, so that few rotations are left; the accuracy is that of the rotations.
package enum SingularValues {
  /// Returns [.., n, m + 1 + n] for a matrix of m ≥ n rows: row i is column i of U, the singular
  /// value number i in descending order, then row i of Vᵀ; NaN for a matrix that is not finite.
  package static func packed(_ a: Tensor) -> Tensor {
    let (m, n) = (a.shape[a.rank - 2], a.shape[a.rank - 1])
    return MatrixBatch.map([a], batch: Shape(a.shape.dropLast(2)), rows: n, columns: m + 1 + n) {
      inputs, result in
      decompose(inputs[0], result)
    }
  }

  private static func decompose(_ a: MatrixView, _ result: MatrixView) {
    let (m, n) = (a.rows, a.columns)
    let largest = a.largestMagnitude
    guard largest.isFinite else { return result.fill(.nan) }
    let exponent = largest > 0 ? Int(largest.exponent) : 0
    let half = Double(sign: .plus, exponent: -exponent / 2, significand: 1)
    let rest = Double(sign: .plus, exponent: -exponent + exponent / 2, significand: 1)
    MatrixView.withScratch(m + 3 * n, Swift.max(m, n) + 1) { scratch in
      let work = scratch.block(0..<m, 0..<n)
      let q = scratch.block(m..<m + n, 0..<m)
      let rows = scratch.block(m + n..<m + 2 * n, 0..<n)
      let turns = scratch.block(m + 2 * n..<m + 3 * n, 0..<n)
      work.copy(a, times: half)
      work.scale(by: rest)
      QRFactorization.factor(work, q: q, r: rows)
      start(rows, turns)
      guard orthogonalize(rows, turns) else { return result.fill(.nan) }
      let norms = (0..<n).map { norm(of: rows.row($0), count: n) }
      let order = (0..<n).sorted { norms[$0] > norms[$1] }
      let u = result.block(columns: 0..<m)
      let v = result.block(columns: m + 1..<m + 1 + n)
      // The turns in the order of the result, in the place of the matrix, which is not used again.
      MatrixView.withScratch(n, n) { ordered in
        for (i, source) in order.enumerated() {
          result[i, m] = norms[source] / half / rest
          for j in 0..<n {
            v[i, j] = norms[source] > 0 ? rows[source, j] / norms[source] : 0
            ordered[i, j] = turns[source, j]
          }
        }
        u.setProduct(ordered, q)
      }
      complete(v, from: norms.reduce(0) { $0 + ($1 > 0 ? 1 : 0) })
    }
  }

  /// Multiplies the rows of R by the eigenvectors of R Rᵀ, which become the turns.
  private static func start(_ rows: MatrixView, _ turns: MatrixView) {
    let n = rows.rows
    MatrixView.withScratch(2 * n, n + 1) { scratch in
      let copy = scratch.block(0..<n, 0..<n)
      let eigen = scratch.block(rows: n..<2 * n)
      copy.setProduct(rows, rows.transposed)
      SymmetricEigen.decompose(copy, eigen)
      for i in 0..<n {
        for j in 0..<n { turns[i, j] = eigen[n - 1 - i, 1 + j] }
      }
      copy.copy(rows)
      rows.setProduct(turns, copy)
    }
  }

  /// Rotates pairs of rows until all are orthogonal to working precision; returns false if they
  /// do not become so.
  private static func orthogonalize(_ rows: MatrixView, _ turns: MatrixView) -> Bool {
    let n = rows.rows
    let tolerance = Double.ulpOfOne * Double(Swift.max(n, 4)).squareRoot()
    for _ in 0..<60 {
      var isDone = true
      MatrixView.withScratch(2 * n, n) { scratch in
        let (unit, gram) = (scratch.block(rows: 0..<n), scratch.block(rows: n..<2 * n))
        var norms = [Double](repeating: 0, count: n)
        for i in 0..<n {
          norms[i] = norm(of: rows.row(i), count: n)
          for j in 0..<n { unit[i, j] = norms[i] > 0 ? rows[i, j] / norms[i] : 0 }
        }
        gram.setProduct(unit, unit.transposed)
        for i in 0..<n {
          for j in i + 1..<Swift.max(n, i + 1) where Swift.abs(gram[i, j]) > tolerance {
            if rotate(rows, turns, i, j, tolerance) { isDone = false }
          }
        }
      }
      if isDone { return true }
    }
    return false
  }

  /// Makes two rows orthogonal; returns false if they are already.
  private static func rotate(
    _ rows: MatrixView, _ turns: MatrixView, _ i: Int, _ j: Int, _ tolerance: Double
  ) -> Bool {
    let n = rows.columns
    let (x, y) = (rows.row(i), rows.row(j))
    let (a, b) = (norm(of: x, count: n), norm(of: y, count: n))
    if a == 0 || b == 0 { return false }
    var cosine = 0.0
    for k in 0..<n { cosine += (x[k] / a) * (y[k] / b) }
    if Swift.abs(cosine) <= tolerance { return false }
    let zeta = (b / a - a / b) / (2 * cosine)
    let t = (zeta < 0 ? -1 : 1) / (Swift.abs(zeta) + hypot(zeta, 1))
    let c = 1 / hypot(t, 1)
    let s = c * t
    turn(x, y, n, c, s)
    turn(turns.row(i), turns.row(j), n, c, s)
    return true
  }

  private static func turn(
    _ x: UnsafeMutablePointer<Double>, _ y: UnsafeMutablePointer<Double>, _ count: Int,
    _ c: Double, _ s: Double
  ) {
    for k in 0..<count {
      let (a, b) = (x[k], y[k])
      x[k] = c * a - s * b
      y[k] = s * a + c * b
    }
  }

  /// The Euclidean norm, without overflow or underflow.
  private static func norm(of x: UnsafeMutablePointer<Double>, count: Int) -> Double {
    var largest = 0.0
    for i in 0..<count { largest = Swift.max(largest, Swift.abs(x[i])) }
    if largest == 0 { return 0 }
    var sum = 0.0
    for i in 0..<count {
      let scaled = x[i] / largest
      sum += scaled * scaled
    }
    return largest * sum.squareRoot()
  }

  /// Completes the first `rank` rows of a square matrix, which are orthonormal, to a basis.
  private static func complete(_ v: MatrixView, from rank: Int) {
    let n = v.rows
    if rank == n { return }
    MatrixView.withScratch(2 * n, n) { scratch in
      let (q, r) = (scratch.block(rows: 0..<n), scratch.block(rows: n..<2 * n))
      QRFactorization.factor(v.transposed, q: q, r: r)
      v.block(rows: rank..<n).copy(q.block(rows: rank..<n))
    }
  }
}

extension MatrixView {
  fileprivate func scale(by factor: Double) {
    for i in 0..<rows {
      for j in 0..<columns { self[i, j] *= factor }
    }
  }
}
