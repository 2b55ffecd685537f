import CLibrary

/// Eigenvalues and eigenvectors of symmetric matrices: reduction to tridiagonal form by blocked
/// reflectors, then implicit QL iterations (Dubrulle, Martin and Wilkinson, 1968, "The implicit QL
/// algorithm"); for small matrices, cyclic Jacobi rotations.
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
      a.scale(by: half, rest)
      tridiagonalize(a, values, sides, vectors)
      guard iterate(values, sides, vectors) else { return result.fill(.nan) }
      let order = (0..<n).sorted { values[$0] < values[$1] }
      for (i, source) in order.enumerated() {
        result[i, 0] = values[source] / half / rest
        (result.row(i) + 1).update(from: vectors.row(source), count: n)
      }
    }
  }

  // MARK: Reduction

  /// Finds Q and tridiagonal T with a = Q T Qᵀ; `diagonal` and `sides` become those of T, and the
  /// rows of `vectors` the columns of Q.
  ///
  /// The trailing matrix is changed once for each block of columns (Dongarra, Sorensen and
  /// Hammarling, 1989, "Block reduction of matrices to condensed forms"): with reflectors v and
  /// their products w, it is a − Σ (v wᵀ + w vᵀ), kept as one product of pairs of rows.
  private static func tridiagonalize(
    _ a: MatrixView, _ diagonal: UnsafeMutablePointer<Double>,
    _ sides: UnsafeMutablePointer<Double>, _ vectors: MatrixView
  ) {
    let n = a.rows
    let (width, kernels) = (Householder.blockSize, MatrixView.kernels)
    MatrixView.withScratch(2 * n + 4 * width + 2, Swift.max(n, 2 * width)) { scratch in
      let v = scratch.block(0..<n, 0..<n)
      let triangles = scratch.block(n..<2 * n, 0..<width)
      // v and w by turns, and w and v.
      let pairs = scratch.block(2 * n..<2 * n + 2 * width, 0..<n)
      let swapped = scratch.block(2 * n + 2 * width..<2 * n + 4 * width, 0..<n)
      let (taus, factors) = (
        scratch.row(2 * n + 4 * width), scratch.row(2 * n + 4 * width + 1)
      )
      v.fill(0)
      for block in Householder.blocks(of: n) {
        for j in block {
          let done = 0..<2 * (j - block.lowerBound)
          let row = a.block(j..<j + 1, j..<n)
          row.subtractProduct(
            pairs.block(done, j..<j + 1).transposed, swapped.block(done, j..<n))
          diagonal[j] = row[0, 0]
          (taus[j], sides[j]) = (0, 0)
          let (next, columns) = (done.upperBound..<done.upperBound + 2, block.lowerBound..<n)
          pairs.block(next, columns).fill(0)
          swapped.block(next, columns).fill(0)
          if j == n - 1 { continue }
          let rest = j + 1..<n
          let vector = v.block(j..<j + 1, rest)
          vector.copy(a.block(j..<j + 1, rest))
          taus[j] = kernels.reflector(vector.start, rest.count, sides + j)
          let target = pairs.block(done.upperBound + 1..<done.upperBound + 2, rest)
          target.setTransposedProduct(a.block(rest, rest), vector)
          let sums = MatrixView(factors, rows: 1, columns: done.count)
          sums.setTransposedProduct(swapped.block(done, rest), vector)
          target.subtractProduct(sums, pairs.block(done, rest))
          let (x, y) = (vector.start, target.start)
          let share = taus[j] * kernels.dot(x, y, rest.count) / 2
          for i in 0..<rest.count { y[i] = taus[j] * (y[i] - share * x[i]) }
          pairs.block(done.upperBound..<done.upperBound + 1, rest).copy(vector)
          swapped.block(done.upperBound..<done.upperBound + 1, rest).copy(target)
          swapped.block(done.upperBound + 1..<done.upperBound + 2, rest).copy(vector)
        }
        let end = block.upperBound..<n
        a.block(end, end).subtractProduct(
          pairs.block(0..<2 * block.count, end).transposed, swapped.block(0..<2 * block.count, end))
        Householder.setTriangle(
          triangles.block(block, 0..<block.count), of: v.block(block, block.lowerBound..<n),
          taus: taus + block.lowerBound)
      }
      Householder.formTransposedProduct(vectors, of: v, triangles: triangles)
    }
  }

  // MARK: Iteration

  /// The rotations of some steps, each of a range of adjacent rows, until they are applied.
  private struct Rotations {
    /// The number of rotations after which they are applied to all columns of a task at once.
    private static let limit = 1 << 13

    private let cosines: UnsafeMutablePointer<Double>
    private let sines: UnsafeMutablePointer<Double>
    private let vectors: MatrixView
    private var steps: [Range<Int>] = []
    private var count = 0

    static func scratchSize(for rows: Int) -> Int { limit + rows }

    init(of vectors: MatrixView, _ scratch: MatrixView) {
      (cosines, sines, self.vectors) = (scratch.row(0), scratch.row(1), vectors)
    }

    /// The place of the rotation of rows i and i + 1 in the next step.
    mutating func set(_ i: Int, in step: Range<Int>, cosine: Double, sine: Double) {
      let place = count + i - step.lowerBound
      (cosines[place], sines[place]) = (cosine, sine)
    }

    mutating func add(_ step: Range<Int>) {
      steps.append(step)
      count += step.count
      if count > Self.limit { apply() }
    }

    mutating func apply() {
      let (kernels, steps) = (MatrixView.kernels, steps)
      // Columns are independent, so they can be cut anywhere.
      forEachChunk(of: vectors.columns, grain: 16) { columns in
        var place = 0
        for step in steps {
          kernels.rotate_rows(
            cosines + place, sines + place, step.count,
            vectors.row(step.lowerBound) + columns.lowerBound, vectors.rowStep, columns.count)
          place += step.count
        }
      }
      self.steps.removeAll(keepingCapacity: true)
      count = 0
    }
  }

  /// Makes a tridiagonal matrix diagonal and rotates the rows of `vectors` along; returns false if
  /// the iteration does not converge.
  private static func iterate(
    _ d: UnsafeMutablePointer<Double>, _ e: UnsafeMutablePointer<Double>, _ vectors: MatrixView
  ) -> Bool {
    let n = vectors.rows
    return MatrixView.withScratch(2, Rotations.scratchSize(for: n)) { scratch in
      var rotations = Rotations(of: vectors, scratch)
      for l in 0..<n {
        var steps = 0
        while true {
          var m = l
          while m < n - 1 && !isNegligible(e[m], d[m], d[m + 1]) { m += 1 }
          if m == l { break }
          steps += 1
          if steps > 60 { return false }
          step(d, e, l, m, &rotations)
        }
      }
      rotations.apply()
      return true
    }
  }

  /// A magnitude that counts as 0 beside the largest element, about 1, and whose square is exact.
  private static let negligible = 0x1p-450

  private static func isNegligible(_ side: Double, _ a: Double, _ b: Double) -> Bool {
    Swift.abs(side) <= Double.ulpOfOne / 2 * (Swift.abs(a) + Swift.abs(b))
      || Swift.abs(side) < negligible
  }

  /// One implicit QL step with Wilkinson's shift on rows l to m.
  private static func step(
    _ d: UnsafeMutablePointer<Double>, _ e: UnsafeMutablePointer<Double>, _ l: Int, _ m: Int,
    _ rotations: inout Rotations
  ) {
    var g = (d[l + 1] - d[l]) / (2 * e[l])
    let root = hypot(g, 1)
    g = d[m] - d[l] + e[l] / (g + (g < 0 ? -root : root))
    var (s, c, p) = (1.0, 1.0, 0.0)
    for i in (l..<m).reversed() {
      let (f, b) = (s * e[i], c * e[i])
      let square = f * f + g * g
      if square < negligible * negligible {
        e[i + 1] = 0
        d[i + 1] -= p
        e[m] = 0
        for rest in l...i { rotations.set(rest, in: l..<m, cosine: 1, sine: 0) }
        return rotations.add(l..<m)
      }
      let r = square.squareRoot()
      let inverse = 1 / r
      e[i + 1] = r
      s = f * inverse
      c = g * inverse
      g = d[i + 1] - p
      let q = (d[i] - g) * s + 2 * c * b
      p = s * q
      d[i + 1] = g + p
      g = c * q - b
      rotations.set(i, in: l..<m, cosine: c, sine: s)
    }
    d[l] -= p
    e[l] = g
    e[m] = 0
    rotations.add(l..<m)
  }
}

extension MatrixView {
  /// Sets a row to (a vᵀ)ᵀ for a row v.
  fileprivate func setTransposedProduct(_ a: MatrixView, _ v: MatrixView) {
    if a.rows == 0 { return }
    let column = MatrixView(start, rows: columns, columns: 1, rowStep: 1)
    column.setProduct(a, v.transposed)
  }
}
