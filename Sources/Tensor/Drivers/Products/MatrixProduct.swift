import CKernels

/// The product of two float32 or float64 matrices in memory, C = A B, C += A B or C −= A B.
///
/// The shape and strides of a product determine its strategy, and its size alone how it is cut into
/// tasks. Operands that are to be rounded are rounded as they are packed; strategies that read them
/// in place give way to packing, or read copies of parts that stay in a near cache.
package enum MatrixProduct {
  /// A matrix in memory: its first element, and the steps in elements between its rows and between
  /// its columns.
  struct Operand {
    var start: UnsafeRawPointer
    var row: Int
    var column: Int

    var transposed: Operand { Operand(start: start, row: column, column: row) }
  }

  /// The loops over a dtype, in the precision of products if none is given.
  ///
  /// With `inPairs`, panels hold pairs of bfloat16 where the processor multiplies these.
  static func kernels(
    _ dtype: DType, _ precision: MatmulPrecision? = nil, inPairs: Bool = false
  ) -> UnsafePointer<ck_gemm> {
    let execution = Execution.current
    let code = (precision ?? execution.precision).code(inPairs: inPairs)
    guard let kernels = ck_gemm_for(execution.kernels, dtype.code, code) else {
      fail("matrix product: \(dtype.isUndefined)")
    }
    return kernels
  }

  /// What becomes of C.
  package enum Update: Int32 {
    case set = 0
    case add = 1
    case subtract = -1
  }

  /// Computes C = A B, C += A B or C −= A B, where A is m×k, B is k×n, both with any strides, and C
  /// is m×n with unit column stride; in the precision of products, or by the loops that are given.
  package static func multiply(
    dtype: DType, m: Int, n: Int, k: Int, a: UnsafeRawPointer, aRow: Int, aColumn: Int,
    b: UnsafeRawPointer, bRow: Int, bColumn: Int, c: UnsafeMutableRawPointer, cRow: Int,
    update: Update = .set, kernels: UnsafePointer<ck_gemm>? = nil
  ) {
    let kernels = kernels ?? self.kernels(dtype, inPairs: true)
    if m == 0 || n == 0 { return }
    let product = Product(
      kernels: kernels, dtype: dtype, m: m, n: n, k: k,
      a: Operand(start: a, row: aRow, column: aColumn),
      b: Operand(start: b, row: bRow, column: bColumn),
      c: c, cRow: cRow, accumulate: update.rawValue)
    product.run()
  }
}

/// A product: its operands, and the strategies for computing it.
private struct Product {
  let kernels: UnsafePointer<ck_gemm>
  let dtype: DType
  let m: Int
  let n: Int
  let k: Int
  let a: MatrixProduct.Operand
  let b: MatrixProduct.Operand
  let c: UnsafeMutableRawPointer
  let cRow: Int
  let accumulate: Int32

  private var size: Int { dtype.byteCount }
  private var mr: Int { Int(kernels.pointee.mr) }
  private var nr: Int { Int(kernels.pointee.nr) }
  private var work: Int { m * n * k }
  private var rounds: Bool { kernels.pointee.round != nil }

  /// The maximum number of elements of B that are packed at once, 64 MiB of float32.
  private static let packedLimit = 1 << 24

  func run() {
    let parts = depthParts
    if parts > 1 { deep(parts) } else { runAtFullDepth() }
  }

  private func runAtFullDepth() {
    if isRowsTimesVector {
      timesVector(a, rows: m, vector: b.start, step: b.row, targetStep: cRow)
    } else if isVectorTimesColumns {
      timesVector(b.transposed, rows: n, vector: a.start, step: a.column, targetStep: 1)
    } else if n == 1 && cRow == 1 && a.row == 1 {
      // A column of C is a row of its transpose.
      transposed(into: c, row: 1, accumulate: accumulate).direct()
    } else if isNarrow {
      narrow()
    } else if b.column == 1 || n == 1 || k == 0 {
      if isWorthPacking { packed() } else { direct() }
    } else if !rounds && accumulate == 0 && 2 * m * (n + k) < n * k {
      throughTranspose()
    } else {
      packed()
    }
  }

  /// Whether packing costs less than reading the operands in place.
  ///
  /// Large operands read row by row, and rows whose starts fall into the same cache set, thrash the
  /// caches.
  private var isWorthPacking: Bool {
    let isLarge = m >= 128 && n >= 128 && work >= 384 * 384 * 384
    let collides = b.row * size % 4096 == 0 && m > 4 * mr && k > 64 && n > 2 * nr
    return isLarge || collides
  }

  /// Whether sums along rows of A and columns of B waste fewer lanes than a tile; more columns are
  /// not worth a copy.
  private var isNarrow: Bool {
    m >= 4 && k >= 256 && a.column == 1 && n >= 2 && n <= (b.row == 1 && !rounds ? 16 : 8)
  }

  private var isRowsTimesVector: Bool { n == 1 && (m == 1 || k >= 64) && a.column == 1 }
  private var isVectorTimesColumns: Bool { m == 1 && k >= 64 && b.row == 1 }

  /// The number of parts of k that are multiplied apart and then added: more than one where C is
  /// too small to be cut into a task for each grain of work.
  private var depthParts: Int {
    let isVector = isRowsTimesVector || isVectorTimesColumns
    let tiles = (m + 2 * mr - 1) / (2 * mr) * ((n + 2 * nr - 1) / (2 * nr))
    if (isVector ? m * n : tiles) >= 4 { return 1 }
    let grain = isVector ? Grain.multiplyAdds / 16 : Grain.multiplyAdds
    let parts = Swift.min(16, work / grain, k / 1024)
    // Of three parts, one thread of two would do two.
    return isVector && parts > 1 ? parts / 2 * 2 : parts
  }

  /// Returns the product Cᵀ = Bᵀ Aᵀ.
  private func transposed(
    into target: UnsafeMutableRawPointer, row: Int, accumulate: Int32
  ) -> Product {
    Product(
      kernels: kernels, dtype: dtype, m: n, n: m, k: k, a: b.transposed, b: a.transposed,
      c: target, cRow: row, accumulate: accumulate)
  }

  // MARK: Strategies

  /// Multiplies parts of the columns of A by those rows of B, and adds the products in order.
  private func deep(_ parts: Int) {
    let depth = (k + parts - 1) / parts
    let count = m * n
    let products = Storage(byteCount: parts * count * size)
    let target = products.pointer
    ThreadPool.run(tasks: parts) { part in
      let first = part * depth
      Product(
        kernels: kernels, dtype: dtype, m: m, n: n, k: Swift.max(0, Swift.min(depth, k - first)),
        a: MatrixProduct.Operand(
          start: a.start + first * a.column * size, row: a.row, column: a.column),
        b: MatrixProduct.Operand(
          start: b.start + first * b.row * size, row: b.row, column: b.column),
        c: target + part * count * size, cRow: n, accumulate: 0
      ).runAtFullDepth()
    }
    let table = Execution.current.kernels
    guard let add = ck_binary(table, CK_BINARY_ADD, dtype.code),
      let subtract = ck_binary(table, CK_BINARY_SUB, dtype.code), let copy = ck_copy(table, size)
    else { return }
    for part in 1..<parts {
      add(target, 1, target + part * count * size, 1, target, count)
    }
    for row in 0..<m {
      let (from, to) = (target + row * n * size, c + row * cRow * size)
      switch accumulate {
      case 0: copy(from, 1, to, 1, n)
      case 1: add(to, 1, from, 1, to, n)
      default: subtract(to, 1, from, 1, to, n)
      }
    }
    withExtendedLifetime(products) {}
  }

  /// Multiplies a matrix with unit column stride by a vector.
  private func timesVector(
    _ matrix: MatrixProduct.Operand, rows: Int, vector: UnsafeRawPointer, step: Int, targetStep: Int
  ) {
    var vector = vector
    let copy = step == 1 && !rounds ? nil : Storage(byteCount: k * size)
    if let copy {
      self.copy(vector, step, to: copy.pointer)
      vector = UnsafeRawPointer(copy.pointer)
    }
    forEachChunk(of: rows, each: k, grain: Grain.multiplyAdds / 4) { range in
      forEachPart(of: range, matrix) { part, start, step in
        kernels.pointee.matvec(
          part.count, k, start, step, vector, c + part.lowerBound * targetStep * size, targetStep,
          accumulate)
      }
    }
    withExtendedLifetime(copy) {}
  }

  /// Multiplies a matrix with unit column stride by few columns.
  private func narrow() {
    var columns = b
    let copy = b.row == 1 && !rounds ? nil : Storage(byteCount: n * k * size)
    if let copy {
      for j in 0..<n {
        self.copy(b.start + j * b.column * size, b.row, to: copy.pointer + j * k * size)
      }
      columns = MatrixProduct.Operand(start: copy.pointer, row: 1, column: k)
    }
    let grain = Grain.even(
      Grain.items(Grain.multiplyAdds / 2, each: n * k), of: m, inPartsOf: 2)
    forEachChunk(of: m, grain: grain) { rows in
      forEachPart(of: rows, a) { part, start, step in
        kernels.pointee.narrow(
          part.count, n, k, start, step, columns.start, columns.column,
          c + part.lowerBound * cRow * size, cRow, accumulate)
      }
    }
    withExtendedLifetime(copy) {}
  }

  /// Copies a row or a column of k elements that are `step` apart.
  private func copy(_ from: UnsafeRawPointer, _ step: Int, to target: UnsafeMutableRawPointer) {
    if let round = kernels.pointee.round { return round(from, step, target, k) }
    ck_copy(Execution.current.kernels, size)?(from, step, target, 1, k)
  }

  /// The elements of an operand that are rounded at once, 64 KiB of float32.
  private static let roundedAtOnce = 1 << 14

  /// Calls `body` with parts of the rows of a matrix with unit column stride, the first row of each
  /// part, and the step between its rows: with all rows in place, or rounded copies of some.
  private func forEachPart(
    of rows: Range<Int>, _ matrix: MatrixProduct.Operand,
    _ body: (Range<Int>, UnsafeRawPointer, Int) -> Void
  ) {
    if !rounds { return body(rows, matrix.start + rows.lowerBound * matrix.row * size, matrix.row) }
    let count = Swift.min(rows.count, Grain.items(Self.roundedAtOnce, each: 2 * k) * 2)
    let copies = Storage(byteCount: count * k * size)
    for first in stride(from: rows.lowerBound, to: rows.upperBound, by: count) {
      let part = first..<Swift.min(rows.upperBound, first + count)
      for (i, row) in part.enumerated() {
        copy(matrix.start + row * matrix.row * size, 1, to: copies.pointer + i * k * size)
      }
      body(part, copies.pointer, k)
    }
  }

  /// Multiplies with both operands read in place, unless they are to be rounded.
  private func direct() {
    if rounds && k > 0 { return packed() }
    let cut = Cut(self, rowTilesAtLeast: 1, columnsFirst: true)
    cut.forEachTask { rows, columns in
      kernels.pointee.small(
        rows.count, columns.count, k, a.start + rows.lowerBound * a.row * size, a.row, a.column,
        b.start + columns.lowerBound * b.column * size, b.row,
        c + (rows.lowerBound * cRow + columns.lowerBound) * size, cRow, accumulate)
    }
  }

  /// Computes Cᵀ and transposes it, for products in which B would have to be packed and A and C are
  /// much smaller.
  private func throughTranspose() {
    let target = Storage(byteCount: m * n * size)
    let product = transposed(into: target.pointer, row: m, accumulate: 0)
    if a.row == 1 { product.direct() } else { product.packed() }
    ck_transpose(Execution.current.kernels, size)?(target.pointer, m, c, cRow, n, m)
  }

  /// Multiplies with all of B packed and, in each task of a large product, the rows of A that it
  /// needs.
  private func packed() {
    let columnsAtOnce = Swift.max(nr, Self.packedLimit / Swift.max(1, k) / nr * nr)
    for first in stride(from: 0, to: n, by: columnsAtOnce) {
      let part = Product(
        kernels: kernels, dtype: dtype, m: m, n: Swift.min(columnsAtOnce, n - first), k: k, a: a,
        b: MatrixProduct.Operand(
          start: b.start + first * b.column * size, row: b.row, column: b.column),
        c: c + first * size, cRow: cRow, accumulate: accumulate)
      part.packedAtOnce()
    }
  }

  private func packedAtOnce() {
    let packed = MatrixProduct.PackedOperand(b, k: k, n: n, size: size, kernels: kernels)
    let packsRows = m >= 4 * mr && n >= 4 * nr && work >= 1 << 21
    let cut = Cut(self, rowTilesAtLeast: 2, columnsFirst: false)
    cut.forEachTask { rows, columns in
      packed.multiply(
        rows.count, columns,
        MatrixProduct.Operand(
          start: a.start + rows.lowerBound * a.row * size, row: a.row, column: a.column),
        into: c + rows.lowerBound * cRow * size, row: cRow, accumulate: accumulate,
        packsRows: packsRows)
    }
  }

  // MARK: Tasks

  /// A cut of C into tasks of whole tiles, whose number is doubled until there is a task for each
  /// grain of work or tasks are as small as allowed.
  ///
  /// Tasks differ by at most a tile in either direction, so that halves of them take equal times.
  private struct Cut {
    private let m: Int
    private let n: Int
    private let mr: Int
    private let nr: Int
    private var rowParts = 1
    private var columnParts = 1

    private var rowTiles: Int { (m + mr - 1) / mr }
    private var columnTiles: Int { (n + nr - 1) / nr }

    init(_ product: Product, rowTilesAtLeast: Int, columnsFirst: Bool) {
      (m, n, mr, nr) = (product.m, product.n, product.mr, product.nr)
      let tasks = Swift.min(16, product.work / Grain.multiplyAdds)
      while rowParts * columnParts < tasks {
        let canCutRows = rowTiles >= 2 * rowParts * rowTilesAtLeast
        let canCutColumns = columnTiles >= 2 * columnParts
        if canCutColumns && (columnsFirst || !canCutRows) {
          columnParts *= 2
        } else if canCutRows {
          rowParts *= 2
        } else {
          return
        }
      }
    }

    func forEachTask(_ body: (Range<Int>, Range<Int>) -> Void) {
      if rowParts * columnParts == 1 { return body(0..<m, 0..<n) }
      let (rowTiles, columnTiles) = (rowTiles, columnTiles)
      ThreadPool.run(tasks: rowParts * columnParts) { task in
        let (row, column) = task.quotientAndRemainder(dividingBy: columnParts)
        let rows = row * rowTiles / rowParts * mr..<(row + 1) * rowTiles / rowParts * mr
        let columns =
          column * columnTiles / columnParts * nr..<(column + 1) * columnTiles / columnParts * nr
        body(rows.clamped(to: 0..<m), columns.clamped(to: 0..<n))
      }
    }
  }
}
