import CKernels

/// A float64 matrix in memory on which a decomposition works.
///
/// float32 matrices are decomposed in float64 and the results rounded once.
struct MatrixView {
  let start: UnsafeMutablePointer<Double>
  let rows: Int
  let columns: Int
  /// The steps in elements between rows and between columns.
  let rowStep: Int
  let columnStep: Int

  init(
    _ start: UnsafeMutablePointer<Double>, rows: Int, columns: Int, rowStep: Int? = nil,
    columnStep: Int = 1
  ) {
    self.start = start
    (self.rows, self.columns) = (rows, columns)
    (self.rowStep, self.columnStep) = (rowStep ?? columns, columnStep)
  }

  @inline(__always)
  subscript(i: Int, j: Int) -> Double {
    get { start[i * rowStep + j * columnStep] }
    nonmutating set { start[i * rowStep + j * columnStep] = newValue }
  }

  /// The first element of a row, whose elements are contiguous unless the matrix is a transpose.
  @inline(__always)
  func row(_ i: Int) -> UnsafeMutablePointer<Double> { start + i * rowStep }

  var transposed: MatrixView {
    MatrixView(start, rows: columns, columns: rows, rowStep: columnStep, columnStep: rowStep)
  }

  func block(_ rows: Range<Int>, _ columns: Range<Int>) -> MatrixView {
    MatrixView(
      start + rows.lowerBound * rowStep + columns.lowerBound * columnStep, rows: rows.count,
      columns: columns.count, rowStep: rowStep, columnStep: columnStep)
  }

  func block(rows: Range<Int>) -> MatrixView { block(rows, 0..<columns) }
  func block(columns: Range<Int>) -> MatrixView { block(0..<rows, columns) }

  /// The loops over float64 for the instruction set in use.
  static var kernels: ck_linear {
    guard let kernels = ck_linear_for(Execution.current.kernels) else {
      fail("linear algebra: \(DType.float64.isUndefined)")
    }
    return kernels.pointee
  }

  /// Runs the factorization of a matrix, on one thread unless it is large: others would fall asleep
  /// while one works on a panel, and waking them takes longer than the products in between.
  static func factor<Result>(size: Int, _ body: () -> Result) -> Result {
    size < 384 ? withThreads(1, body) : body()
  }

  /// The step between rows of a number of columns at which they are aligned, and are not in the
  /// same sets of a cache: an odd number of its lines.
  static func step(columns: Int) -> Int { ((columns + 7) / 8 | 1) * 8 }

  /// Calls `body` with an uninitialized matrix.
  static func withScratch<Result>(
    _ rows: Int, _ columns: Int, _ body: (MatrixView) -> Result
  ) -> Result {
    let step = step(columns: columns)
    let storage = Storage(byteCount: rows * step * DType.float64.byteCount)
    defer { withExtendedLifetime(storage) {} }
    let start = storage.pointer.assumingMemoryBound(to: Double.self)
    return body(MatrixView(start, rows: rows, columns: columns, rowStep: step))
  }
}

// MARK: - Elements

extension MatrixView {
  func fill(_ value: Double) {
    for i in 0..<rows { row(i).update(repeating: value, count: columns) }
  }

  /// Makes the matrix the first rows of an identity matrix.
  func setIdentity() {
    fill(0)
    for i in 0..<Swift.min(rows, columns) { self[i, i] = 1 }
  }

  /// Copies a matrix of the same shape, or the transpose of one.
  func copy(_ other: MatrixView) {
    if other.columnStep == 1 {
      for i in 0..<rows { row(i).update(from: other.row(i), count: columns) }
    } else {
      ck_transpose(Execution.current.kernels, MemoryLayout<Double>.stride)?(
        other.start, other.columnStep, start, rowStep, columns, rows)
    }
  }

  /// Copies a triangle of a square matrix, or of the transpose of one; the other is 0.
  func copyTriangle(_ other: MatrixView, isLower: Bool) {
    for band in Self.bands(of: rows) {
      let part = isLower ? 0..<band.upperBound : band.lowerBound..<columns
      block(band, part).copy(other.block(band, part))
      for i in band {
        let rest = isLower ? i + 1..<columns : 0..<i
        (row(i) + rest.lowerBound).update(repeating: 0, count: rest.count)
      }
    }
  }

  /// Multiplies all elements by two factors, one after the other.
  func scale(by first: Double, _ second: Double) {
    for i in 0..<rows {
      let elements = row(i)
      for j in 0..<columns { elements[j] = elements[j] * first * second }
    }
  }

  /// The maximum magnitude of the elements, or NaN if one is not finite.
  var largestMagnitude: Double { Self.kernels.largest_magnitude(rows, columns, start, rowStep) }
}

// MARK: - Products

extension MatrixView {
  /// Sets the matrix to a · b, adds it or subtracts it.
  func setProduct(_ a: MatrixView, _ b: MatrixView, _ update: MatrixProduct.Update = .set) {
    MatrixProduct.multiply(
      dtype: .float64, m: rows, n: columns, k: a.columns,
      a: a.start, aRow: a.rowStep, aColumn: a.columnStep,
      b: b.start, bRow: b.rowStep, bColumn: b.columnStep, c: start, cRow: rowStep, update: update)
  }

  /// Subtracts a · b.
  func subtractProduct(_ a: MatrixView, _ b: MatrixView) {
    if a.columns > 0 { setProduct(a, b, .subtract) }
  }

  /// The same as `setProduct` for the upper triangle of a square matrix, by bands; what is below it
  /// is undefined.
  func setUpperProduct(_ a: MatrixView, _ b: MatrixView, _ update: MatrixProduct.Update = .set) {
    for part in Self.bands(of: rows) {
      let rest = part.lowerBound..<columns
      block(part, rest).setProduct(a.block(rows: part), b.block(columns: rest), update)
    }
  }

  /// The parts of the rows or columns of a triangle whose products are computed in turn.
  static func bands(of count: Int) -> [Range<Int>] {
    stride(from: 0, to: count, by: 64).map { $0..<Swift.min($0 + 64, count) }
  }
}
