import CLibrary

/// The factors P A = L U of square matrices, with partial pivoting.
///
/// Blocks of columns are halved recursively (Toledo, 1997, "Locality of reference in LU
/// decomposition with partial pivoting"). While some tasks change the columns after a block, the
/// first of them factors the next block.
package struct LUFactorization: Sendable {
  /// [.., n + 1, n or more], float64: L below the diagonal, whose own diagonal is 1, and U on and
  /// above it, then the row with which each row was exchanged.
  private let packed: Tensor
  private let dtype: DType

  private var size: Int { packed.shape[packed.rank - 2] - 1 }
  private var batch: Shape { Shape(packed.shape.dropLast(2)) }

  /// Factors the matrices of the last two axes.
  package init(_ a: Tensor) {
    dtype = a.dtype
    let (size, batch) = (a.shape[a.rank - 1], Shape(a.shape.dropLast(2)))
    if MatrixBatch.isSmall(rows: size, columns: size) {
      packed = MatrixBatch.mapLanes(
        [a], batch: batch, rows: size + 1, columns: size, dtype: .float64
      ) {
        $0.kernels.lu(size, $0[0], $0.results)
      }
      return
    }
    let columns = MatrixView.step(columns: size)
    packed = MatrixBatch.map(
      [a], batch: batch, rows: size + 1, columns: columns, dtype: .float64
    ) { inputs, result in
      let matrix = result.block(0..<size, 0..<size)
      matrix.copy(inputs[0])
      MatrixView.withScratch(MatrixView.smallest, size) { scratch in
        Self.factor(matrix, pivots: result.row(size), scratch: scratch.start)
      }
    }
  }

  /// The number of columns of a block.
  private static let blockSize = 32

  /// Factors a square matrix in place.
  private static func factor(
    _ a: MatrixView, pivots: UnsafeMutablePointer<Double>, scratch: UnsafeMutablePointer<Double>
  ) {
    let n = a.rows
    let blocks = stride(from: 0, to: n, by: blockSize).map { $0..<Swift.min($0 + blockSize, n) }
    func factorPanel(_ block: Range<Int>) {
      Self.factorPanel(
        a.block(block.lowerBound..<n, block), pivots: pivots + block.lowerBound, scratch: scratch)
    }
    // Exchanges the rows from a block on in other columns as in its own.
    func exchange(_ columns: Range<Int>, as block: Range<Int>) {
      Self.exchange(
        a.block(block.lowerBound..<n, columns), by: pivots + block.lowerBound, count: block.count)
    }
    for (number, block) in blocks.enumerated() {
      if number == 0 { factorPanel(block) }
      ThreadPool.run(tasks: blocks.count - number - 1) { task in
        let (columns, below) = (blocks[number + 1 + task], block.upperBound..<n)
        exchange(columns, as: block)
        let above = a.block(block, columns)
        a.block(block, block).solveTriangular(isLower: true, hasUnitDiagonal: true, above)
        a.block(below, columns).subtractProduct(a.block(below, block), above)
        if task == 0 { factorPanel(columns) }
      }
    }
    ThreadPool.run(tasks: blocks.count) { number in
      for later in blocks[(number + 1)...] { exchange(blocks[number], as: later) }
    }
    for block in blocks {
      for j in block { pivots[j] += Double(block.lowerBound) }
    }
  }

  /// Factors a matrix with at least as many rows as columns in place.
  private static func factorPanel(
    _ a: MatrixView, pivots: UnsafeMutablePointer<Double>, scratch: UnsafeMutablePointer<Double>
  ) {
    let (m, n) = (a.rows, a.columns)
    if n <= MatrixView.smallest {
      return MatrixView.kernels.lu_panel(m, n, a.start, a.rowStep, pivots, scratch)
    }
    let half = MatrixView.half(of: n)
    let (first, second) = (0..<half, half..<n)
    let (left, right) = (a.block(columns: first), a.block(columns: second))
    factorPanel(left, pivots: pivots, scratch: scratch)
    exchange(right, by: pivots, count: half)
    let (above, below) = (right.block(rows: first), right.block(rows: half..<m))
    left.block(rows: first).solveTriangular(isLower: true, hasUnitDiagonal: true, above)
    below.subtractProduct(left.block(rows: half..<m), above)
    factorPanel(below, pivots: pivots + half, scratch: scratch)
    exchange(left.block(rows: half..<m), by: pivots + half, count: n - half)
    for j in second { pivots[j] += Double(half) }
  }

  private static func exchange(
    _ a: MatrixView, by pivots: UnsafeMutablePointer<Double>, count: Int, reversed: Bool = false
  ) {
    MatrixView.kernels.exchange_rows(
      a.start, a.rowStep, a.columns, pivots, count, reversed ? 1 : 0)
  }

  // MARK: Solutions

  /// Returns x with A x = b, or Aᵀ x = b, for b of shape [.., n, columns]; a singular matrix gives
  /// NaN.
  package func solve(_ b: Tensor, batch: Shape, isTransposed: Bool = false) -> Tensor {
    let (size, columns) = (size, b.shape[b.rank - 1])
    if MatrixBatch.isSmall(rows: size, columns: size) {
      return MatrixBatch.mapLanes(
        [packed, b], batch: batch, rows: size, columns: columns, dtype: b.dtype
      ) {
        $0.kernels.lu_solve(size, columns, $0[0], $0[1], $0.results, isTransposed ? 1 : 0)
      }
    }
    return MatrixBatch.map(
      [packed, b], batch: batch, rows: size, columns: columns, dtype: b.dtype
    ) { inputs, result in
      let (matrix, pivots) = (inputs[0].block(0..<size, 0..<size), inputs[0].row(size))
      if Self.isSingular(matrix) { return result.fill(.nan) }
      forEachChunk(of: columns, grain: MatrixView.columnGrain(rows: size)) { range in
        let x = result.block(columns: range)
        x.copy(inputs[1].block(columns: range))
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
  }

  private static func isSingular(_ matrix: MatrixView) -> Bool {
    (0..<matrix.rows).contains { matrix[$0, $0] == 0 }
  }

  /// Returns the inverses.
  package func inverse() -> Tensor {
    let size = size
    if MatrixBatch.isSmall(rows: size, columns: size) {
      let identity = Tensor.eye(size, dtype: .float64)
      return Elementwise.convert(solve(identity, batch: batch), to: dtype)
    }
    return MatrixBatch.map([packed], batch: batch, rows: size, columns: size, dtype: dtype) {
      inputs, result in
      let (matrix, pivots) = (inputs[0].block(0..<size, 0..<size), inputs[0].row(size))
      if Self.isSingular(matrix) { return result.fill(.nan) }
      // Column i of U⁻¹ L⁻¹ is column order[i] of the inverse.
      var order = Array(0..<size)
      for i in 0..<size { order.swapAt(i, Int(pivots[i])) }
      forEachChunk(of: size, grain: MatrixView.columnGrain(rows: size)) { range in
        MatrixView.withScratch(size, range.count) { x in
          // L⁻¹ is 0 above the diagonal.
          let tail = range.lowerBound..<size
          x.block(rows: 0..<range.lowerBound).fill(0)
          let end = x.block(rows: tail)
          end.setIdentity()
          matrix.block(tail, tail).solveTriangular(isLower: true, hasUnitDiagonal: true, end)
          matrix.solveTriangular(isLower: false, hasUnitDiagonal: false, x)
          for i in 0..<size {
            let (source, target) = (x.row(i), result.row(i))
            for j in 0..<range.count { target[order[range.lowerBound + j]] = source[j] }
          }
        }
      }
    }
  }

  // MARK: Determinants

  /// Returns the determinants of the matrices of the last two axes.
  package static func determinants(of a: Tensor) -> Tensor {
    let values = determinants(of: a, logarithms: false) { product, result in
      result[0, 0] = Double(
        sign: .plus, exponent: product.exponent, significand: product.significand)
    }
    return Views.reshape(values, to: Shape(a.shape.dropLast(2)))
  }

  /// Returns [.., 2]: the sign of the determinant, and the logarithm of its magnitude.
  package static func signsAndLogarithms(of a: Tensor) -> Tensor {
    let values = determinants(of: a, logarithms: true) { product, result in
      let (significand, exponent) = product
      let magnitude = Swift.abs(significand)
      result[0, 0] = magnitude > 0 ? (significand > 0 ? 1.0 : -1.0) : significand
      result[0, 1] = log(magnitude) + Double(exponent) * log(2)
    }
    return Views.reshape(values, to: values.shape.removing(axis: values.rank - 2))
  }

  /// Returns [.., 1, 1], or [.., 1, 2] for signs and logarithms: what the kernel of small matrices
  /// computes, or `body` from the determinant of a large one.
  private static func determinants(
    of a: Tensor, logarithms: Bool,
    _ body: ((significand: Double, exponent: Int), MatrixView) -> Void
  ) -> Tensor {
    let (size, batch) = (a.shape[a.rank - 1], Shape(a.shape.dropLast(2)))
    let columns = logarithms ? 2 : 1
    if MatrixBatch.isSmall(rows: size, columns: size) {
      return MatrixBatch.mapLanes([a], batch: batch, rows: 1, columns: columns) {
        $0.kernels.determinant(size, $0[0], $0.results, logarithms ? 1 : 0)
      }
    }
    let factors = LUFactorization(a)
    return MatrixBatch.map(
      [factors.packed], batch: batch, rows: 1, columns: columns, dtype: a.dtype
    ) {
      body(product($0[0], size), $1)
    }
  }

  /// The determinant as a significand and an exponent, so that it overflows only if it is too
  /// large itself.
  ///
  /// The significand is from √½ to √2, so that the parts of a logarithm near 0 do not cancel,
  /// unless it is 0 or not finite.
  private static func product(
    _ packed: MatrixView, _ size: Int
  ) -> (significand: Double, exponent: Int) {
    var (significand, exponent) = (1.0, 0)
    func normalize(_ x: Double) -> Double {
      let magnitude = Swift.abs(x)
      if magnitude > 0x1p-400 && magnitude < 0x1p400 || magnitude == 0 || !x.isFinite { return x }
      exponent += Int(x.exponent)
      return Double(sign: x.sign, exponent: 0, significand: x.significand)
    }
    let pivots = packed.row(size)
    for i in 0..<size {
      let factor = normalize(packed[i, i])
      significand = normalize(significand * (pivots[i] == Double(i) ? factor : -factor))
    }
    guard significand != 0, significand.isFinite else { return (significand, 0) }
    let isLarge = significand.significand > 2.0.squareRoot()
    let power = significand.exponent + (isLarge ? 1 : 0)
    return (
      Double(sign: .plus, exponent: -power, significand: significand), exponent + power
    )
  }
}
