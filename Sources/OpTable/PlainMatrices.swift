// The references of linear algebra: textbook methods on nested arrays, without pivoting or blocks
// where the samples allow it.

/// A matrix as an array of rows.
typealias PlainRows = [[Double]]

extension PlainArray {
  /// The matrices of the last two axes, each with as many rows as given.
  var matrices: [PlainRows] {
    let (m, n) = (shape[rank - 2], shape[rank - 1])
    let count = shape.dropLast(2).reduce(1, *)
    return (0..<count).map { matrix in
      (0..<m).map { i in
        let start = (matrix * m + i) * n
        return Array(values[start..<start + n])
      }
    }
  }

  /// The results of a function of each matrix, each of the given shape.
  func mapMatrices(to inner: [Int], _ function: (PlainRows) -> PlainRows) -> PlainArray {
    PlainArray(
      shape: Array(shape.dropLast(2)) + inner,
      values: matrices.flatMap { function($0).flatMap { $0 } })
  }

  /// The results of a function of each pair of matrices, whose batches are broadcast.
  static func mapMatrices(
    _ a: PlainArray, _ b: PlainArray, to inner: [Int],
    _ function: (PlainRows, PlainRows) -> PlainRows
  ) -> PlainArray {
    let batch = broadcast(Array(a.shape.dropLast(2)), Array(b.shape.dropLast(2)))
    let (x, y) = (
      a.broadcast(to: batch + a.shape.suffix(2)), b.broadcast(to: batch + b.shape.suffix(2))
    )
    return PlainArray(
      shape: batch + inner,
      values: zip(x.matrices, y.matrices).flatMap { function($0, $1).flatMap { $0 } })
  }
}

enum PlainMatrix {
  static func identity(_ n: Int) -> PlainRows {
    (0..<n).map { i in (0..<n).map { $0 == i ? 1 : 0 } }
  }

  static func transpose(_ a: PlainRows, columns: Int) -> PlainRows {
    (0..<columns).map { j in a.map { $0[j] } }
  }

  static func product(_ a: PlainRows, _ b: PlainRows) -> PlainRows {
    a.map { row in
      (b.first ?? []).indices.map { j in
        zip(row, b).reduce(0) { $0 + $1.0 * $1.1[j] }
      }
    }
  }

  static func symmetricPart(_ a: PlainRows) -> PlainRows {
    a.indices.map { i in a.indices.map { (a[i][$0] + a[$0][i]) / 2 } }
  }

  /// The solution of a x = b by Gauss–Jordan elimination with pivoting.
  static func solve(_ a: PlainRows, _ b: PlainRows) -> PlainRows {
    var (a, b) = (a, b)
    for j in a.indices {
      let pivot = (j..<a.count).max { abs(a[$0][j]) < abs(a[$1][j]) } ?? j
      a.swapAt(j, pivot)
      b.swapAt(j, pivot)
      for i in a.indices where i != j {
        let factor = a[i][j] / a[j][j]
        for c in a.indices { a[i][c] -= factor * a[j][c] }
        for c in b[i].indices { b[i][c] -= factor * b[j][c] }
      }
    }
    return a.indices.map { i in b[i].map { $0 / a[i][i] } }
  }

  /// The determinant by expansion along the first row.
  static func determinant(_ a: PlainRows) -> Double {
    guard let first = a.first else { return 1 }
    var sum = 0.0
    for (j, value) in first.enumerated() {
      let minor = a.dropFirst().map { row in
        row.enumerated().filter { $0.offset != j }.map(\.element)
      }
      sum += (j % 2 == 0 ? value : -value) * determinant(minor)
    }
    return sum
  }

  /// The lower triangular l with l lᵀ = a.
  static func cholesky(_ a: PlainRows) -> PlainRows {
    var l = a.map { $0.map { _ in 0.0 } }
    for i in a.indices {
      for j in 0...i {
        let sum = (0..<j).reduce(a[i][j]) { $0 - l[i][$1] * l[j][$1] }
        l[i][j] = i == j ? sum.squareRoot() : sum / l[j][j]
      }
    }
    return l
  }

  /// The factors q, as rows of qᵀ, and r with a positive diagonal, of a matrix of at least as many
  /// rows as columns (modified Gram–Schmidt, twice).
  static func qr(_ a: PlainRows, columns: Int) -> (qt: PlainRows, r: PlainRows) {
    var qt = transpose(a, columns: columns)
    var r = (0..<columns).map { _ in [Double](repeating: 0, count: columns) }
    for j in 0..<columns {
      for _ in 0..<2 {
        for i in 0..<j {
          let share = zip(qt[i], qt[j]).reduce(0) { $0 + $1.0 * $1.1 }
          r[i][j] += share
          for k in qt[j].indices { qt[j][k] -= share * qt[i][k] }
        }
      }
      let norm = qt[j].reduce(0) { $0 + $1 * $1 }.squareRoot()
      r[j][j] = norm
      for k in qt[j].indices { qt[j][k] /= norm }
    }
    return (qt, r)
  }

  /// The eigenvalues of a symmetric matrix in ascending order, and the eigenvectors as rows (cyclic
  /// Jacobi rotations).
  static func eigen(_ a: PlainRows) -> (values: [Double], vectors: PlainRows) {
    var (a, v) = (a, identity(a.count))
    for _ in 0..<30 {
      for p in a.indices {
        for q in a.indices where q > p && a[p][q] != 0 {
          let theta = (a[q][q] - a[p][p]) / (2 * a[p][q])
          let t = (theta < 0 ? -1 : 1) / (abs(theta) + (theta * theta + 1).squareRoot())
          let c = 1 / (t * t + 1).squareRoot()
          let s = t * c
          for k in a.indices {
            let (x, y) = (a[k][p], a[k][q])
            (a[k][p], a[k][q]) = (c * x - s * y, s * x + c * y)
          }
          for k in a.indices {
            let (x, y) = (a[p][k], a[q][k])
            (a[p][k], a[q][k]) = (c * x - s * y, s * x + c * y)
            let (u, w) = (v[p][k], v[q][k])
            (v[p][k], v[q][k]) = (c * u - s * w, s * u + c * w)
          }
        }
      }
    }
    let order = a.indices.sorted { a[$0][$0] < a[$1][$1] }
    return (order.map { a[$0][$0] }, order.map { v[$0] })
  }
}
