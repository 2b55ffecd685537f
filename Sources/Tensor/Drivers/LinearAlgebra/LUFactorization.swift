import CLibrary

/// The factors P A = L U of square matrices, with partial pivoting.
///
/// The columns are halved recursively (Toledo, 1997, "Locality of reference in LU decomposition
/// with partial pivoting").
package struct LUFactorization: Sendable {
  /// L below the diagonal, whose own diagonal is 1, and U on and above it, float64.
  private let factors: Tensor
  /// The row with which each row was exchanged, in float64, as a row for each matrix.
  private let pivots: Tensor
  private let dtype: DType

  /// Factors the matrices of the last two axes.
  package init(_ a: Tensor) {
    dtype = a.dtype
    let size = a.shape[a.rank - 1]
    let batch = Shape(a.shape.dropLast(2))
    let packed = MatrixBatch.map(
      [a], batch: batch, rows: size + 1, columns: size, dtype: .float64
    ) { inputs, result in
      let matrix = result.block(rows: 0..<size)
      matrix.copy(inputs[0])
      Self.factor(matrix, pivots: result.row(size))
    }
    factors = Views.slice(packed, axis: batch.rank, start: 0, count: size)
    pivots = Views.slice(packed, axis: batch.rank, start: size, count: 1)
  }

  /// Factors a matrix with at least as many rows as columns in place.
  private static func factor(_ a: MatrixView, pivots: UnsafeMutablePointer<Double>) {
    let (m, n) = (a.rows, a.columns)
    if n <= MatrixView.smallest {
      factorPanel(a, pivots: pivots)
      return
    }
    let half = MatrixView.half(of: n)
    let (first, second) = (0..<half, half..<n)
    let (left, right) = (a.block(columns: first), a.block(columns: second))
    factor(left, pivots: pivots)
    exchange(right, by: pivots, count: half)
    let (above, below) = (right.block(rows: first), right.block(rows: half..<m))
    left.block(rows: first).solveTriangular(isLower: true, hasUnitDiagonal: true, above)
    below.subtractProduct(left.block(rows: half..<m), above)
    factor(below, pivots: pivots + half)
    exchange(left.block(rows: half..<m), by: pivots + half, count: n - half)
    for j in second { pivots[j] += Double(half) }
  }

  private static func factorPanel(_ a: MatrixView, pivots: UnsafeMutablePointer<Double>) {
    for j in 0..<a.columns {
      var pivot = j
      for i in j + 1..<Swift.max(a.rows, j + 1) where Swift.abs(a[i, j]) > Swift.abs(a[pivot, j]) {
        pivot = i
      }
      pivots[j] = Double(pivot)
      a.swapRows(j, pivot)
      let source = a.row(j)
      if source[j] == 0 { continue }
      for i in j + 1..<Swift.max(a.rows, j + 1) {
        let target = a.row(i)
        let factor = target[j] / source[j]
        target[j] = factor
        for c in j + 1..<Swift.max(a.columns, j + 1) { target[c] -= factor * source[c] }
      }
    }
  }

  private static func exchange(
    _ a: MatrixView, by pivots: UnsafeMutablePointer<Double>, count: Int, reversed: Bool = false
  ) {
    for step in 0..<count {
      let j = reversed ? count - 1 - step : step
      a.swapRows(j, Int(pivots[j]))
    }
  }

  /// Returns x with A x = b, or Aᵀ x = b, for b of shape [.., n, columns]; a singular matrix gives
  /// NaN.
  package func solve(_ b: Tensor, batch: Shape, isTransposed: Bool = false) -> Tensor {
    let (size, columns) = (b.shape[b.rank - 2], b.shape[b.rank - 1])
    return MatrixBatch.map(
      [factors, pivots, b], batch: batch, rows: size, columns: columns, dtype: b.dtype
    ) { inputs, x in
      let (matrix, pivots) = (inputs[0], inputs[1].start)
      if (0..<size).contains(where: { matrix[$0, $0] == 0 }) { return x.fill(.nan) }
      x.copy(inputs[2])
      if isTransposed {
        let transpose = matrix.transposed
        transpose.solveTriangular(isLower: true, hasUnitDiagonal: false, x)
        transpose.solveTriangular(isLower: false, hasUnitDiagonal: true, x)
        Self.exchange(x, by: pivots, count: size, reversed: true)
      } else {
        Self.exchange(x, by: pivots, count: size)
        matrix.solveTriangular(isLower: true, hasUnitDiagonal: true, x)
        matrix.solveTriangular(isLower: false, hasUnitDiagonal: false, x)
      }
    }
  }

  /// Returns the inverses.
  package func inverse() -> Tensor {
    let size = factors.shape[factors.rank - 1]
    let identity = Tensor.eye(size, dtype: .float64)
    let batch = Shape(factors.shape.dropLast(2))
    return Elementwise.convert(solve(identity, batch: batch), to: dtype)
  }

  /// Returns [.., 3]: the determinant, its sign, and the logarithm of its magnitude.
  ///
  /// The product is kept as a significand and an exponent, so it overflows only if the determinant
  /// does.
  package func determinants() -> Tensor {
    let size = factors.shape[factors.rank - 1]
    let batch = Shape(factors.shape.dropLast(2))
    let result = MatrixBatch.map(
      [factors, pivots], batch: batch, rows: 1, columns: 3, dtype: dtype
    ) { inputs, result in
      let (matrix, pivots) = (inputs[0], inputs[1].start)
      var (significand, exponent) = (1.0, 0)
      for i in 0..<size {
        let factor = matrix[i, i]
        significand *= Int(pivots[i]) == i ? factor : -factor
        if significand == 0 || !significand.isFinite { break }
        exponent += Int(significand.exponent)
        significand = Double(
          sign: significand.sign, exponent: 0, significand: significand.significand)
      }
      let magnitude = Swift.abs(significand)
      let sign = magnitude > 0 ? (significand > 0 ? 1.0 : -1.0) : significand
      result[0, 0] = Double(sign: .plus, exponent: exponent, significand: significand)
      result[0, 1] = sign
      result[0, 2] = log(magnitude) + Double(exponent) * log(2)
    }
    return Views.reshape(result, to: batch.appending(3))
  }
}

extension Shape {
  fileprivate func appending(_ size: Int) -> Shape {
    var result = self
    result.append(size)
    return result
  }
}
