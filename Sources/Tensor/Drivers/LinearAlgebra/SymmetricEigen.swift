import CLibrary

/// Eigenvalues and eigenvectors of symmetric matrices: reduction to tridiagonal form by blocked
/// reflectors, then implicit QL iterations (Dubrulle, Martin and Wilkinson, 1968, "The implicit QL
/// algorithm").
package enum SymmetricEigen {
  /// Returns [.., n, 1 + n] for the symmetric part of each matrix: row i is the eigenvalue number i
  /// in ascending order, then its unit eigenvector; NaN for a matrix that is not finite.
  package static func packed(_ a: Tensor) -> Tensor {
    let n = a.shape[a.rank - 1]
    return MatrixBatch.map([a], batch: Shape(a.shape.dropLast(2)), rows: n, columns: n + 1) {
      inputs, result in
      let a = inputs[0]
      MatrixView.withScratch(n, n) { work in
        for i in 0..<n {
          for j in 0..<n { work[i, j] = a[i, j] / 2 + a[j, i] / 2 }
        }
        decompose(work, result)
      }
    }
  }

  /// Sets the rows of `result` to eigenvalues in ascending order and eigenvectors of a symmetric
  /// matrix, which is overwritten.
  static func decompose(_ a: MatrixView, _ result: MatrixView) {
    let n = a.rows
    let largest = a.largestMagnitude
    guard largest.isFinite else { return result.fill(.nan) }
    // A power of two, so that scaling is exact and no square overflows.
    let exponent = largest > 0 ? Int(largest.exponent) : 0
    let half = Double(sign: .plus, exponent: -exponent / 2, significand: 1)
    let rest = Double(sign: .plus, exponent: -exponent + exponent / 2, significand: 1)
    MatrixView.withScratch(n + 2, n) { scratch in
      let vectors = scratch.block(rows: 0..<n)
      let (values, sides) = (scratch.row(n), scratch.row(n + 1))
      for i in 0..<n {
        for j in 0..<n { a[i, j] = a[i, j] * half * rest }
      }
      tridiagonalize(a, values, sides, vectors)
      guard iterate(values, sides, vectors) else { return result.fill(.nan) }
      let order = (0..<n).sorted { values[$0] < values[$1] }
      for (i, source) in order.enumerated() {
        result[i, 0] = values[source] / half / rest
        for j in 0..<n { result[i, 1 + j] = vectors[source, j] }
      }
    }
  }

  // MARK: Reduction

  /// Finds Q and tridiagonal T with a = Q T Qᵀ; `diagonal` and `sides` become those of T, and the
  /// rows of `vectors` the columns of Q.
  ///
  /// The trailing matrix is changed once for each block of columns (Dongarra, Sorensen and
  /// Hammarling, 1989, "Block reduction of matrices to condensed forms").
  private static func tridiagonalize(
    _ a: MatrixView, _ diagonal: UnsafeMutablePointer<Double>,
    _ sides: UnsafeMutablePointer<Double>, _ vectors: MatrixView
  ) {
    let n = a.rows
    MatrixView.withScratch(n + Householder.blockSize + 2, n) { scratch in
      let v = scratch.block(rows: 0..<n)
      let w = scratch.block(rows: n..<n + Householder.blockSize)
      let taus = scratch.row(n + Householder.blockSize)
      let factors = scratch.row(n + Householder.blockSize + 1)
      v.fill(0)
      for start in stride(from: 0, to: n, by: Householder.blockSize) {
        let end = Swift.min(start + Householder.blockSize, n)
        for j in start..<end {
          let done = j - start
          let tail = j..<n
          let (blockV, blockW) = (v.block(start..<j, tail), w.block(0..<done, tail))
          let row = a.block(j..<j + 1, tail)
          row.subtractProduct(blockV.block(columns: 0..<1).transposed, blockW)
          row.subtractProduct(blockW.block(columns: 0..<1).transposed, blockV)
          diagonal[j] = row[0, 0]
          taus[j] = 0
          sides[j] = 0
          w.block(done..<done + 1, start..<n).fill(0)
          if j == n - 1 { continue }
          let rest = j + 1..<n
          let vector = v.block(j..<j + 1, rest)
          vector.copy(a.block(j..<j + 1, rest))
          let (tau, beta) = Householder.reflect(vector.start, count: rest.count)
          (taus[j], sides[j]) = (tau, beta)
          let target = w.block(done..<done + 1, rest)
          target.transposedProduct(a.block(rest, rest), vector)
          let (olderV, olderW) = (v.block(start..<j, rest), w.block(0..<done, rest))
          let sums = MatrixView(factors, rows: 1, columns: done)
          sums.setProduct(vector, olderW.transposed)
          target.subtractProduct(sums, olderV)
          sums.setProduct(vector, olderV.transposed)
          target.subtractProduct(sums, olderW)
          var inner = 0.0
          for i in 0..<rest.count { inner += target[0, i] * vector[0, i] }
          let share = tau * inner / 2
          for i in 0..<rest.count { target[0, i] = tau * (target[0, i] - share * vector[0, i]) }
        }
        let trailing = a.block(end..<n, end..<n)
        let (blockV, blockW) = (v.block(start..<end, end..<n), w.block(0..<end - start, end..<n))
        trailing.subtractProduct(blockV.transposed, blockW)
        trailing.subtractProduct(blockW.transposed, blockV)
      }
      Householder.formTransposedProduct(vectors, of: v, taus: taus)
    }
  }

  // MARK: Iteration

  /// The rotation of two adjacent rows.
  private struct Rotation {
    var cosine: Double
    var sine: Double
  }

  /// Makes a tridiagonal matrix diagonal and rotates the rows of `vectors` along; returns false if
  /// the iteration does not converge.
  private static func iterate(
    _ d: UnsafeMutablePointer<Double>, _ e: UnsafeMutablePointer<Double>, _ vectors: MatrixView
  ) -> Bool {
    let n = vectors.rows
    var rotations = [Rotation](repeating: Rotation(cosine: 1, sine: 0), count: n)
    for l in 0..<n {
      var steps = 0
      while true {
        var m = l
        while m < n - 1 && !isNegligible(e[m], d[m], d[m + 1]) { m += 1 }
        if m == l { break }
        steps += 1
        if steps > 60 { return false }
        let first = step(d, e, l, m, &rotations)
        apply(rotations, first..<m, to: vectors)
      }
    }
    return true
  }

  private static func isNegligible(_ side: Double, _ a: Double, _ b: Double) -> Bool {
    Swift.abs(side) <= Double.ulpOfOne / 2 * (Swift.abs(a) + Swift.abs(b))
      || Swift.abs(side) < Double.leastNormalMagnitude
  }

  /// One implicit QL step with Wilkinson's shift on rows l to m; returns the first row that it
  /// rotates.
  private static func step(
    _ d: UnsafeMutablePointer<Double>, _ e: UnsafeMutablePointer<Double>, _ l: Int, _ m: Int,
    _ rotations: inout [Rotation]
  ) -> Int {
    var g = (d[l + 1] - d[l]) / (2 * e[l])
    let root = hypot(g, 1)
    g = d[m] - d[l] + e[l] / (g + (g < 0 ? -root : root))
    var (s, c, p) = (1.0, 1.0, 0.0)
    for i in (l..<m).reversed() {
      let (f, b) = (s * e[i], c * e[i])
      let r = hypot(f, g)
      e[i + 1] = r
      if r == 0 {
        d[i + 1] -= p
        e[m] = 0
        return i + 1
      }
      s = f / r
      c = g / r
      g = d[i + 1] - p
      let q = (d[i] - g) * s + 2 * c * b
      p = s * q
      d[i + 1] = g + p
      g = c * q - b
      rotations[i] = Rotation(cosine: c, sine: s)
    }
    d[l] -= p
    e[l] = g
    e[m] = 0
    return l
  }

  /// Rotates rows i and i + 1 of a matrix for the numbers i of a range, the last first.
  private static func apply(_ rotations: [Rotation], _ range: Range<Int>, to matrix: MatrixView) {
    // Columns are independent, so they can be cut anywhere.
    let grain = Grain.items(Grain.elements, each: range.count) / 64 * 64 + 64
    forEachChunk(of: matrix.columns, grain: grain) { columns in
      for i in range.reversed() {
        let (c, s) = (rotations[i].cosine, rotations[i].sine)
        let (x, y) = (matrix.row(i), matrix.row(i + 1))
        for k in columns {
          let (a, b) = (x[k], y[k])
          x[k] = c * a - s * b
          y[k] = s * a + c * b
        }
      }
    }
  }
}

extension MatrixView {
  /// Sets a row to (a vᵀ)ᵀ for a row v and a symmetric matrix a.
  fileprivate func transposedProduct(_ a: MatrixView, _ v: MatrixView) {
    let column = MatrixView(start, rows: columns, columns: 1, rowStep: 1)
    column.setProduct(a, v.transposed)
  }
}
