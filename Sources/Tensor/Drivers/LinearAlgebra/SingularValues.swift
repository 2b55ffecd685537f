import CKernels
import CLibrary

/// Singular value decompositions of matrices with at least as many rows as columns.
///
/// R of the QR factors is rotated row against row until all rows are orthogonal (one-sided Jacobi;
/// Drmač and Veselić, 2008, "New fast and accurate Jacobi SVD algorithm"). The eigenvectors of R Rᵀ
/// are the start, so that few rotations are left; the accuracy is that of the rotations. The
/// columns of small matrices are rotated themselves.
package enum SingularValues {
  /// Returns [.., n, m + 1 + n] for a matrix of m ≥ n rows: row i is column i of U, the singular
  /// value number i in descending order, then row i of Vᵀ; NaN for a matrix that is not finite.
  package static func packed(_ a: Tensor) -> Tensor {
    let (m, n) = (a.shape[a.rank - 2], a.shape[a.rank - 1])
    let batch = Shape(a.shape.dropLast(2))
    if MatrixBatch.isSmall(rows: m, columns: n) {
      return MatrixBatch.mapLanes([a], batch: batch, rows: n, columns: m + 1 + n) { lanes in
        let rest = lanes.kernels.svd(m, n, lanes[0], lanes.results)
        for lane in 0..<Int(lanes.kernels.lanes) where rest & 1 << UInt32(lane) != 0 {
          guard let a = lanes[0][lane], let result = lanes.results[lane] else { continue }
          decompose(
            MatrixView(UnsafeMutablePointer(mutating: a), rows: m, columns: n),
            MatrixView(result, rows: n, columns: m + 1 + n))
        }
      }
    }
    return MatrixBatch.map([a], batch: batch, rows: n, columns: m + 1 + n) { inputs, result in
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
    MatrixView.withScratch(m + 2 * n, n) { scratch in
      let work = scratch.block(rows: 0..<m)
      let rows = scratch.block(rows: m..<m + n)
      let turns = scratch.block(rows: m + n..<m + 2 * n)
      work.copy(a)
      work.scale(by: half, rest)
      QRFactorization.reduce(work, r: rows) { reflectors in
        start(rows, turns)
        guard orthogonalize(rows, turns) else { return result.fill(.nan) }
        let norms = (0..<n).map { MatrixView.kernels.norm(rows.row($0), n) }
        let order = (0..<n).sorted { norms[$0] > norms[$1] }
        let u = result.block(columns: 0..<m)
        let v = result.block(columns: m + 1..<m + 1 + n)
        u.block(columns: n..<m).fill(0)
        for (i, source) in order.enumerated() {
          result[i, m] = norms[source] / half / rest
          u.row(i).update(from: turns.row(source), count: n)
          let (x, vector) = (rows.row(source), v.row(i))
          for j in 0..<n { vector[j] = norms[source] > 0 ? x[j] / norms[source] : 0 }
        }
        reflectors.multiplyByTranspose(u)
        complete(v, from: norms.reduce(0) { $0 + ($1 > 0 ? 1 : 0) })
      }
    }
  }

  /// Multiplies the rows of R by the eigenvectors of R Rᵀ, which become the turns.
  private static func start(_ rows: MatrixView, _ turns: MatrixView) {
    let n = rows.rows
    MatrixView.withScratch(2 * n, n + 1) { scratch in
      let copy = scratch.block(0..<n, 0..<n)
      let eigen = scratch.block(rows: n..<2 * n)
      // R has zeros below the diagonal, and the upper triangle of a symmetric matrix is enough.
      copy.fill(0)
      for band in MatrixView.bands(of: n) {
        let rest = band.lowerBound..<n
        copy.block(band, rest).setProduct(rows.block(band, rest), rows.block(rest, rest).transposed)
      }
      SymmetricEigen.decompose(copy, eigen)
      for i in 0..<n {
        turns.row(i).update(from: eigen.row(n - 1 - i) + 1, count: n)
      }
      copy.copy(rows)
      for band in MatrixView.bands(of: n) {
        let above = 0..<band.upperBound
        rows.block(columns: band).setProduct(
          turns.block(columns: above), copy.block(above, band))
      }
    }
  }

  /// Rotates pairs of rows until all are orthogonal to working precision; returns false if they
  /// do not become so.
  private static func orthogonalize(_ rows: MatrixView, _ turns: MatrixView) -> Bool {
    let (n, kernels) = (rows.rows, MatrixView.kernels)
    let tolerance = Double.ulpOfOne * Double(Swift.max(n, 4)).squareRoot()
    return MatrixView.withScratch(2 * n, n) { scratch in
      let (unit, gram) = (scratch.block(rows: 0..<n), scratch.block(rows: n..<2 * n))
      for _ in 0..<60 {
        for i in 0..<n {
          let (source, target) = (rows.row(i), unit.row(i))
          let norm = kernels.norm(source, n)
          let factor = norm > 0 ? 1 / norm : 0
          if factor.isFinite {
            for j in 0..<n { target[j] = source[j] * factor }
          } else {
            for j in 0..<n { target[j] = source[j] / norm }
          }
        }
        gram.setUpperProduct(unit, unit.transposed)
        var isDone = true
        for i in 0..<n {
          let products = gram.row(i)
          for j in i + 1..<Swift.max(n, i + 1) where Swift.abs(products[j]) > tolerance {
            if rotate(rows, turns, i, j, tolerance, kernels) { isDone = false }
          }
        }
        if isDone { return true }
      }
      return false
    }
  }

  /// Makes two rows orthogonal; returns false if they are already.
  private static func rotate(
    _ rows: MatrixView, _ turns: MatrixView, _ i: Int, _ j: Int, _ tolerance: Double,
    _ kernels: ck_linear
  ) -> Bool {
    let n = rows.columns
    let (x, y) = (rows.row(i), rows.row(j))
    let (a, b) = (kernels.norm(x, n), kernels.norm(y, n))
    if a == 0 || b == 0 { return false }
    var cosine = 0.0
    if Swift.min(a, b) > 0x1p-450 && Swift.max(a, b) < 0x1p450 {
      cosine = kernels.dot(x, y, n) / a / b
    } else {
      for k in 0..<n { cosine += (x[k] / a) * (y[k] / b) }
    }
    if Swift.abs(cosine) <= tolerance { return false }
    let zeta = (b / a - a / b) / (2 * cosine)
    let t = (zeta < 0 ? -1 : 1) / (Swift.abs(zeta) + hypot(zeta, 1))
    var c = 1 / hypot(t, 1)
    var s = c * t
    kernels.rotate_rows(&c, &s, 1, x, (j - i) * rows.rowStep, n)
    kernels.rotate_rows(&c, &s, 1, turns.row(i), (j - i) * turns.rowStep, n)
    return true
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
