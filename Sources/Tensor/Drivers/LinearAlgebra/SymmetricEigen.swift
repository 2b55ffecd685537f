import CLibrary

/// Eigenvalues and eigenvectors of symmetric matrices: reduction to tridiagonal form by blocked
/// reflectors, then divide and conquer; for small matrices, cyclic Jacobi rotations.
package enum SymmetricEigen {
  /// Returns [.., n, 1 + n] for the symmetric part of each matrix: row i is the eigenvalue number i
  /// in ascending order, then its unit eigenvector; NaN for a matrix that is not finite.
  package static func packed(_ a: Tensor) -> Tensor {
    let (n, batch) = (a.shape[a.rank - 1], Shape(a.shape.dropLast(2)))
    if MatrixBatch.isSmall(rows: n, columns: n) {
      return MatrixBatch.mapLanes([a], batch: batch, rows: n, columns: n + 1) {
        $0.kernels.eigen(n, $0[0], $0.results)
      }
    }
    return MatrixBatch.map([a], batch: batch, rows: n, columns: n + 1) { inputs, result in
      MatrixView.withScratch(n, n) { work in
        work.setSymmetricPart(of: inputs[0])
        decompose(work, result)
      }
    }
  }

  /// Sets the rows of `result` to eigenvalues in ascending order and eigenvectors of a symmetric
  /// matrix, which is overwritten and of which the upper triangle alone counts.
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
      a.scale(by: half, rest)
      Reflectors.withScratch(n, length: n) { reflectors in
        tridiagonalize(a, values, sides, reflectors)
        guard let order = TridiagonalEigen.decompose(values, sides, vectors) else {
          return result.fill(.nan)
        }
        reflectors.multiplyByTranspose(vectors)
        for (i, source) in order.enumerated() {
          result[i, 0] = values[source] / half / rest
          (result.row(i) + 1).update(from: vectors.row(source), count: n)
        }
      }
    }
  }

  // MARK: Reduction

  /// Finds tridiagonal T, whose diagonal and elements beside it are set, and the reflectors whose
  /// product is Q with a = Q T Qᵀ.
  ///
  /// Only the upper triangle is read. The trailing matrix is changed once for each panel of columns
  /// (Dongarra, Sorensen and Hammarling, 1989, "Block reduction of matrices to condensed forms"):
  /// with reflectors v and their products w, it is a − Σ (v wᵀ + w vᵀ), kept as one product of
  /// pairs of rows.
  private static func tridiagonalize(
    _ a: MatrixView, _ diagonal: UnsafeMutablePointer<Double>,
    _ sides: UnsafeMutablePointer<Double>, _ reflectors: Reflectors
  ) {
    let n = a.rows
    let (width, kernels) = (panel, MatrixView.kernels)
    MatrixView.withScratch(4 * width + 2 + parts, Swift.max(n, 2 * width)) { scratch in
      // v and w by turns, and w and v.
      let pairs = scratch.block(0..<2 * width, 0..<n)
      let swapped = scratch.block(2 * width..<4 * width, 0..<n)
      let (taus, factors) = (scratch.row(4 * width), scratch.row(4 * width + 1))
      let sums = scratch.block(4 * width + 2..<4 * width + 2 + parts, 0..<n)
      for first in stride(from: 0, to: n, by: width) {
        let block = first..<Swift.min(first + width, n)
        for j in block {
          let done = 0..<2 * (j - first)
          let row = a.block(j..<j + 1, j..<n)
          row.subtractProduct(
            pairs.block(done, j..<j + 1).transposed, swapped.block(done, j..<n))
          diagonal[j] = row[0, 0]
          (taus[j], sides[j]) = (0, 0)
          let (x, y) = (done.upperBound..<done.upperBound + 1, done.upperBound + 1..<done.count + 2)
          // What follows is set below.
          for next in [x, y] {
            pairs.block(next, first..<j + 1).fill(0)
            swapped.block(next, first..<j + 1).fill(0)
          }
          if j == n - 1 { continue }
          let rest = j + 1..<n
          let vector = reflectors.vectors.block(j..<j + 1, rest)
          vector.copy(a.block(j..<j + 1, rest))
          taus[j] = kernels.reflector(vector.start, rest.count, sides + j)
          let target = pairs.block(y, rest)
          multiply(a.block(rest, rest), by: vector.start, into: target.start, sums)
          let products = MatrixView(factors, rows: done.count, columns: 1)
          products.setProduct(swapped.block(done, rest), vector.transposed)
          target.subtractProduct(products.transposed, pairs.block(done, rest))
          let (v, w) = (vector.start, target.start)
          let share = taus[j] * kernels.dot(v, w, rest.count) / 2
          for i in 0..<rest.count { w[i] = taus[j] * (w[i] - share * v[i]) }
          pairs.block(x, rest).copy(vector)
          swapped.block(x, rest).copy(target)
          swapped.block(y, rest).copy(vector)
        }
        let (end, all) = (block.upperBound..<n, 0..<2 * block.count)
        a.block(end, end).setUpperProduct(
          pairs.block(all, end).transposed, swapped.block(all, end), .subtract)
      }
      reflectors.complete(taus: taus)
    }
  }

  /// The number of columns after which the trailing matrix is changed.
  private static let panel = 16
  /// The maximum number of parts of the rows of a matrix whose products are summed apart.
  private static let parts = 8

  /// Sets y to the product of a symmetric matrix, of which the upper triangle is read once, and x.
  private static func multiply(
    _ a: MatrixView, by x: UnsafePointer<Double>, into y: UnsafeMutablePointer<Double>,
    _ sums: MatrixView
  ) {
    let n = a.rows
    let count = Swift.max(1, Swift.min(parts, n * n / (Grain.multiplyAdds / 4)))
    // Row i has n - i elements, and parts have equally many.
    func bound(_ part: Int) -> Int {
      part == count
        ? n : Int(Double(n) * (1 - (1 - Double(part) / Double(count)).squareRoot())) / 4 * 4
    }
    ThreadPool.run(tasks: count) { part in
      let sum = part == 0 ? y : sums.row(part)
      sum.update(repeating: 0, count: n)
      MatrixView.kernels.symmetric_rows(
        n, bound(part), bound(part + 1), a.start, a.rowStep, x, sum)
    }
    for part in 1..<count {
      let sum = sums.row(part)
      for i in 0..<n { y[i] += sum[i] }
    }
  }
}
