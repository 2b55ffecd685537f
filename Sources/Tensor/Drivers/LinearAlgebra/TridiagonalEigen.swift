import CKernels
import CLibrary

/// Eigenvalues and eigenvectors of symmetric tridiagonal matrices by divide and conquer (Cuppen,
/// 1981, "A divide and conquer method for the symmetric tridiagonal eigenproblem"): a matrix is two
/// of half the size, whose eigenvectors are known, and a matrix of rank one; implicit QL iterations
/// (Dubrulle, Martin and Wilkinson, 1968, "The implicit QL algorithm") for parts of few rows.
///
/// Eigenvectors are rows.
struct TridiagonalEigen {
  /// The number of rows up to which a matrix is not halved.
  private static let leaf = 16

  /// The diagonal, which becomes the eigenvalues.
  private let d: UnsafeMutablePointer<Double>
  /// The elements beside the diagonal.
  private let e: UnsafeMutablePointer<Double>
  private let vectors: MatrixView
  /// The rows of eigenvectors that a product reads.
  private let gathered: MatrixView
  /// The eigenvectors of the matrices of rank one.
  private let turns: MatrixView
  /// Scratch of a number for each row.
  private let lists: MatrixView
  /// The rows of each part in the order of their values.
  private let order: UnsafeMutablePointer<Int>

  /// Finds the eigenvalues and the rows of eigenvectors of the matrix with a diagonal and elements
  /// beside it, in any order, and returns the order of the values; nil if an iteration does not
  /// converge.
  ///
  /// The largest element is about 1.
  static func decompose(
    _ d: UnsafeMutablePointer<Double>, _ e: UnsafeMutablePointer<Double>, _ vectors: MatrixView
  ) -> [Int]? {
    let n = vectors.rows
    return MatrixView.withScratch(2 * n + 6, n) { scratch in
      var order = Array(0..<n)
      let isDone = order.withUnsafeMutableBufferPointer { order in
        guard let first = order.baseAddress else { return true }
        return TridiagonalEigen(
          d: d, e: e, vectors: vectors, gathered: scratch.block(rows: 0..<n),
          turns: scratch.block(rows: n..<2 * n), lists: scratch.block(rows: 2 * n..<2 * n + 6),
          order: first
        ).run()
      }
      return isDone ? order : nil
    }
  }

  private func run() -> Bool {
    let n = vectors.rows
    var count = 1
    while (n + count - 1) / count > Self.leaf { count *= 2 }
    var bounds = (0...count).map { $0 * n / count }
    vectors.setIdentity()
    for bound in bounds.dropFirst().dropLast() {
      d[bound - 1] -= Swift.abs(e[bound - 1])
      d[bound] -= Swift.abs(e[bound - 1])
    }
    forEachChunk(of: count, grain: 8) { parts in
      for part in parts { iterate(bounds[part]..<bounds[part + 1]) }
    }
    if (0..<n).contains(where: { d[$0].isNaN }) { return false }
    while bounds.count > 2 {
      let rows = Swift.max(1, bounds[2])
      forEachChunk(of: bounds.count / 2, each: rows * rows * rows, grain: Grain.multiplyAdds / 4) {
        parts in
        for part in parts { merge(bounds[2 * part], bounds[2 * part + 1], bounds[2 * part + 2]) }
      }
      bounds = stride(from: 0, to: bounds.count, by: 2).map { bounds[$0] }
    }
    return true
  }

  /// Orders rows by their values.
  private func sort(_ rows: Range<Int>) {
    var part = UnsafeMutableBufferPointer(start: order + rows.lowerBound, count: rows.count)
    part.sort { d[$0] < d[$1] }
  }

  // MARK: Union

  /// Finds the eigenvectors of two adjacent parts together.
  private func merge(_ first: Int, _ middle: Int, _ end: Int) {
    let (bridge, count) = (e[middle - 1], end - first)
    let rho = Swift.abs(bridge)
    for row in first..<end { order[row] = row }
    sort(first..<end)
    // z, whose squares and ρ make the matrix of rank one.
    let z = lists.row(0)
    for row in first..<middle { z[row] = vectors[row, middle - 1] }
    for row in middle..<end { z[row] = bridge < 0 ? -vectors[row, middle] : vectors[row, middle] }
    // The values that stay as they are: those with a z that is negligible, and one of two that are
    // close, after a rotation that makes its z 0.
    let largest = Swift.max(
      rho, Swift.abs(d[order[first]]), Swift.abs(d[order[end - 1]]))
    let negligible = 4 * Double.ulpOfOne * largest
    // Rows with elements in the columns of both parts are marked.
    let isDense = lists.row(1)
    for row in first..<end { isDense[row] = 0 }
    var (kept, rest): ([Int], [Int]) = ([], [])
    kept.reserveCapacity(count)
    for index in first..<end {
      let row = order[index]
      if rho * Swift.abs(z[row]) <= negligible {
        rest.append(row)
        continue
      }
      if let last = kept.last {
        let length = hypot(z[last], z[row])
        let (cosine, sine) = (z[row] / length, z[last] / length)
        if Swift.abs((d[row] - d[last]) * cosine * sine) <= negligible {
          rotate(last, row, cosine, sine, first..<end)
          (z[last], z[row]) = (0, length)
          let (a, b) = (d[last], d[row])
          d[last] = a * cosine * cosine + b * sine * sine
          d[row] = a * sine * sine + b * cosine * cosine
          if (last < middle) != (row < middle) || isDense[last] + isDense[row] > 0 {
            (isDense[last], isDense[row]) = (1, 1)
          }
          rest.append(last)
          kept.removeLast()
        }
      }
      kept.append(row)
    }
    // The rows that are kept by the columns in which they have elements, then the others.
    let left = kept.filter { $0 < middle && isDense[$0] == 0 }
    let dense = kept.filter { isDense[$0] != 0 }
    let right = kept.filter { $0 >= middle && isDense[$0] == 0 }
    let grouped = left + dense + right
    for (i, row) in grouped.enumerated() {
      let isLeft = i < left.count + dense.count
      copy(row, to: first + i, isLeft ? first : middle, i < left.count ? middle : end)
    }
    for (i, row) in rest.enumerated() { copy(row, to: first + kept.count + i, first, end) }
    let values = lists.row(2)
    for (i, row) in rest.enumerated() { values[first + kept.count + i] = d[row] }
    turn(kept, grouped, rho, first)
    let (rows, inner) = (first..<first + kept.count, left.count + dense.count)
    let turns = turns.block(rows, first..<first + kept.count)
    vectors.block(rows, first..<middle).setProduct(
      turns.block(columns: 0..<inner), gathered.block(first..<first + inner, first..<middle))
    vectors.block(rows, middle..<end).setProduct(
      turns.block(columns: left.count..<kept.count),
      gathered.block(first + left.count..<first + kept.count, middle..<end))
    for row in first + kept.count..<end {
      (vectors.row(row) + first).update(from: gathered.row(row) + first, count: count)
    }
    for row in first..<end { (d[row], order[row]) = (values[row], row) }
    sort(first..<end)
  }

  private func copy(_ row: Int, to target: Int, _ first: Int, _ end: Int) {
    (gathered.row(target) + first).update(from: vectors.row(row) + first, count: end - first)
  }

  /// Replaces row i by c · i − s · j, and row j by s · i + c · j.
  private func rotate(_ i: Int, _ j: Int, _ cosine: Double, _ sine: Double, _ columns: Range<Int>) {
    var (cosine, sine) = (cosine, i < j ? sine : -sine)
    MatrixView.kernels.rotate_rows(
      &cosine, &sine, 1, vectors.row(Swift.min(i, j)) + columns.lowerBound,
      Swift.abs(i - j) * vectors.rowStep, columns.count)
  }

  /// Sets the first rows of `turns` and of the list of values, from `first` on, to the eigenvectors
  /// and eigenvalues of the matrix of the values of rows and of rank one, in ascending order.
  ///
  /// Columns are in the order of `grouped`.
  private func turn(_ kept: [Int], _ grouped: [Int], _ rho: Double, _ first: Int) {
    let (count, kernels) = (kept.count, MatrixView.kernels)
    if count == 0 { return }
    // In units of a power of two near ρ, so that no square is out of range.
    let exponent = rho.exponent
    let up = Double(sign: .plus, exponent: exponent, significand: 1)
    let down = Double(sign: .plus, exponent: -exponent, significand: 1)
    let (z, values) = (lists.row(0), lists.row(2) + first)
    let (poles, squares) = (lists.row(3) + first, lists.row(4) + first)
    let groupedPoles = lists.row(5) + first
    let groupedWeights = lists.row(1) + first
    let result = turns.block(first..<first + count, first..<first + count)
    var bound = 0.0
    for (i, row) in kept.enumerated() {
      poles[i] = d[row] * down
      squares[i] = z[row] * z[row] * (rho * down)
      bound += squares[i]
    }
    for (i, row) in grouped.enumerated() {
      (groupedPoles[i], groupedWeights[i]) = (d[row] * down, z[row])
    }
    bound *= 1 + Double(count) * Double.ulpOfOne
    let grain = Swift.max(1, Grain.items(Grain.multiplyAdds / 128, each: count) / 16) * 16
    forEachChunk(of: count, grain: grain) { rows in
      kernels.secular_roots(
        count, poles, squares, bound, groupedPoles, rows.lowerBound, rows.upperBound, values,
        result.start, result.rowStep)
    }
    forEachChunk(of: count, grain: grain) { columns in
      kernels.secular_weights(
        count, poles, groupedPoles, result.start, result.rowStep, columns.lowerBound,
        columns.upperBound, groupedWeights)
    }
    forEachChunk(of: count, grain: grain) { rows in
      for row in rows { kernels.secular_vector(count, groupedWeights, result.row(row)) }
    }
    for i in 0..<count { values[i] *= up }
  }

  // MARK: Iteration

  /// Makes a part of the matrix diagonal and rotates its eigenvectors along; values that do not
  /// converge become NaN.
  private func iterate(_ rows: Range<Int>) {
    let (first, n) = (rows.lowerBound, rows.count)
    if n == 0 { return }
    let (d, e, bridge) = (d + first, e + first, e[rows.upperBound - 1])
    let vectors = vectors.block(rows, rows)
    let (cosines, sines) = (lists.row(0) + first, lists.row(1) + first)
    for l in 0..<n {
      var steps = 0
      while true {
        var m = l
        while m < n - 1 && !isNegligible(e[m], d[m], d[m + 1]) { m += 1 }
        if m == l { break }
        steps += 1
        if steps > 60 {
          d[l] = .nan
          break
        }
        step(d, e, l, m, cosines, sines)
        MatrixView.kernels.rotate_rows(
          cosines + l, sines + l, m - l, vectors.row(l), vectors.rowStep, n)
      }
    }
    e[n - 1] = bridge
  }

  /// A magnitude that counts as 0 beside the largest element, about 1, and whose square is exact.
  private static let negligible = 0x1p-450

  private func isNegligible(_ side: Double, _ a: Double, _ b: Double) -> Bool {
    Swift.abs(side) <= Double.ulpOfOne / 2 * (Swift.abs(a) + Swift.abs(b))
      || Swift.abs(side) < Self.negligible
  }

  /// One implicit QL step with Wilkinson's shift on rows l to m.
  private func step(
    _ d: UnsafeMutablePointer<Double>, _ e: UnsafeMutablePointer<Double>, _ l: Int, _ m: Int,
    _ cosines: UnsafeMutablePointer<Double>, _ sines: UnsafeMutablePointer<Double>
  ) {
    var g = (d[l + 1] - d[l]) / (2 * e[l])
    let root = hypot(g, 1)
    g = d[m] - d[l] + e[l] / (g + (g < 0 ? -root : root))
    var (s, c, p) = (1.0, 1.0, 0.0)
    for i in (l..<m).reversed() {
      let (f, b) = (s * e[i], c * e[i])
      let square = f * f + g * g
      if square < Self.negligible * Self.negligible {
        e[i + 1] = 0
        d[i + 1] -= p
        e[m] = 0
        for rest in l...i { (cosines[rest], sines[rest]) = (1, 0) }
        return
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
      (cosines[i], sines[i]) = (c, s)
    }
    d[l] -= p
    e[l] = g
    e[m] = 0
  }
}
