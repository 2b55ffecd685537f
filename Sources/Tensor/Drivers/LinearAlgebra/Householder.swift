/// Householder reflectors H = I − τ v vᵀ, in blocks I − V T Vᵀ (Schreiber and Van Loan, 1989, "A
/// storage-efficient WY representation for products of Householder transformations").
///
/// Vectors are rows in memory, so matrices are handled transposed.
enum Householder {
  /// The number of reflectors of a block.
  static let blockSize = 32

  /// Sets t to the transpose of the triangular T of a block whose vectors are the rows of `v`.
  static func setTriangle(_ t: MatrixView, of v: MatrixView, taus: UnsafePointer<Double>) {
    if v.rows <= MatrixView.smallest {
      return MatrixView.withScratch(v.rows, v.rows) { products in
        products.setProduct(v, v.transposed)
        MatrixView.kernels.reflector_triangle(
          v.rows, products.start, products.rowStep, taus, t.start, t.rowStep)
      }
    }
    let half = MatrixView.half(of: v.rows)
    let (first, second) = (0..<half, half..<v.rows)
    setTriangle(t.block(first, first), of: v.block(rows: first), taus: taus)
    setTriangle(t.block(second, second), of: v.block(rows: second), taus: taus + half)
    joinTriangles(t, of: v)
  }

  /// Completes t, of whose halves the triangles are set.
  static func joinTriangles(_ t: MatrixView, of v: MatrixView) {
    let half = MatrixView.half(of: v.rows)
    let (first, second) = (0..<half, half..<v.rows)
    MatrixView.withScratch(2 * second.count, half) { scratch in
      let products = scratch.block(rows: 0..<second.count)
      let turned = scratch.block(rows: second.count..<2 * second.count)
      products.setProduct(v.block(rows: second), v.block(rows: first).transposed)
      turned.setProduct(products, t.block(first, first))
      t.block(first, second).fill(0)
      t.block(second, first).fill(0)
      t.block(second, first).subtractProduct(t.block(second, second), turned)
    }
  }

  /// Replaces the rows w of a matrix by w − (w V) T Vᵀ, with the vectors as rows of `v` and as
  /// columns of `columns`.
  static func apply(_ t: MatrixView, _ v: MatrixView, columns: MatrixView, to w: MatrixView) {
    if w.rows == 0 || v.rows == 0 { return }
    MatrixView.withScratch(2 * w.rows, v.rows) { scratch in
      let first = scratch.block(rows: 0..<w.rows)
      let second = scratch.block(rows: w.rows..<2 * w.rows)
      first.setProduct(w, columns)
      second.setProduct(first, t)
      w.subtractProduct(second, v)
    }
  }

  /// The blocks of a number of reflectors.
  static func blocks(of count: Int) -> [Range<Int>] {
    stride(from: 0, to: count, by: blockSize).map { $0..<Swift.min($0 + blockSize, count) }
  }
}

/// Reflectors and the blocks that they make.
struct Reflectors {
  /// The rows are the vectors; vector j is 0 before element j.
  let vectors: MatrixView
  /// The transpose of the vectors, which products read in place.
  let columns: MatrixView
  /// The rows are those of the transposed T of each block.
  let triangles: MatrixView

  /// Calls `body` with room for a number of reflectors, whose vectors are 0.
  static func withScratch<Result>(
    _ count: Int, length: Int, _ body: (Reflectors) -> Result
  ) -> Result {
    let width = Householder.blockSize
    return MatrixView.withScratch(2 * count, Swift.max(length, width)) { rows in
      MatrixView.withScratch(length, count) { columns in
        let vectors = rows.block(0..<count, 0..<length)
        vectors.fill(0)
        return body(
          Reflectors(
            vectors: vectors, columns: columns,
            triangles: rows.block(count..<2 * count, 0..<width)))
      }
    }
  }

  /// The vectors of a block, the same as columns, and the transposed T; elements before those of
  /// the first vector are left out.
  private func parts(
    of block: Range<Int>
  ) -> (vectors: MatrixView, columns: MatrixView, triangle: MatrixView) {
    let elements = block.lowerBound..<vectors.columns
    return (
      vectors.block(block, elements), columns.block(elements, block),
      triangles.block(block, 0..<block.count)
    )
  }

  /// Completes a block, whose vectors and triangle are set.
  func complete(_ block: Range<Int>) {
    let (vectors, columns, _) = parts(of: block)
    columns.copy(vectors.transposed)
  }

  /// Completes all blocks, whose vectors are set.
  func complete(taus: UnsafePointer<Double>) {
    let blocks = Householder.blocks(of: vectors.rows)
    let work = Householder.blockSize * Householder.blockSize * vectors.columns
    forEachChunk(of: blocks.count, each: work, grain: Grain.multiplyAdds / 4) {
      for block in blocks[$0] {
        let (vectors, _, triangle) = parts(of: block)
        Householder.setTriangle(triangle, of: vectors, taus: taus + block.lowerBound)
        complete(block)
      }
    }
  }

  /// The transposed T of some reflectors of one block.
  func triangle(of rows: Range<Int>) -> MatrixView {
    let first = rows.lowerBound % Householder.blockSize
    return triangles.block(rows, first..<first + rows.count)
  }

  /// Multiplies the rows of w by the product of the reflectors of a block, the first of them
  /// leftmost.
  func apply(_ block: Range<Int>, to w: MatrixView) {
    let (vectors, columns, triangle) = parts(of: block)
    Householder.apply(
      triangle.transposed, vectors, columns: columns,
      to: w.block(columns: block.lowerBound..<w.columns))
  }

  /// Multiplies the rows of g by Qᵀ, where Q is the product of all reflectors, the first of them
  /// leftmost.
  func multiplyByTranspose(_ g: MatrixView) {
    // 48 rows make whole tiles of products.
    forEachChunk(of: g.rows, grain: grain(unit: 48)) { rows in
      for block in Householder.blocks(of: vectors.rows).reversed() {
        applyTranspose(block, to: g.block(rows: rows))
      }
    }
  }

  /// Sets g to the first rows of Qᵀ.
  func formTranspose(_ g: MatrixView) {
    g.setIdentity()
    forEachChunk(of: g.rows, grain: grain(unit: Householder.blockSize)) { rows in
      for block in Householder.blocks(of: vectors.rows).reversed()
      where block.lowerBound < rows.upperBound {
        // The rows of the block are still those of an identity, and their products with the vectors
        // are elements of these; the rows before it stay so.
        let first = Swift.max(rows.lowerBound, block.upperBound)
        let others = first..<Swift.max(rows.upperBound, first)
        applyTranspose(block, to: g.block(rows: others))
        if block.lowerBound < rows.lowerBound { continue }
        let (vectors, columns, triangle) = parts(of: block)
        MatrixView.withScratch(block.count, block.count) { factors in
          factors.setProduct(columns.block(rows: 0..<block.count), triangle)
          g.block(block, block.lowerBound..<g.columns).subtractProduct(factors, vectors)
        }
      }
    }
  }

  private func applyTranspose(_ block: Range<Int>, to w: MatrixView) {
    let (vectors, columns, triangle) = parts(of: block)
    Householder.apply(
      triangle, vectors, columns: columns, to: w.block(columns: block.lowerBound..<w.columns))
  }

  /// The number of rows of a task that applies all reflectors to them, a multiple of `unit`.
  private func grain(unit: Int) -> Int {
    let rows = Grain.items(Grain.multiplyAdds / 2, each: vectors.rows * vectors.columns)
    return Swift.max(1, rows / unit) * unit
  }
}

/// QR factors of matrices with at least as many rows as columns.
package enum QRFactorization {
  /// Returns [.., n, m + n] for a matrix of m ≥ n rows: row i is column i of Q, then row i of R.
  ///
  /// The signs are those of LAPACK: an element of the diagonal of R is negative where the pivot was
  /// positive.
  package static func packed(_ a: Tensor) -> Tensor {
    let (m, n) = (a.shape[a.rank - 2], a.shape[a.rank - 1])
    let batch = Shape(a.shape.dropLast(2))
    if MatrixBatch.isSmall(rows: m, columns: n) {
      return MatrixBatch.mapLanes([a], batch: batch, rows: n, columns: m + n) {
        $0.kernels.qr(m, n, $0[0], $0.results)
      }
    }
    return MatrixBatch.map([a], batch: batch, rows: n, columns: m + n) { inputs, result in
      factor(
        inputs[0], q: result.block(columns: 0..<m), r: result.block(columns: m..<m + n))
    }
  }

  /// Sets q to Qᵀ and r to R.
  static func factor(_ a: MatrixView, q: MatrixView, r: MatrixView) {
    reduce(a, r: r) { $0.formTranspose(q) }
  }

  /// Sets r to R and calls `body` with the reflectors whose product is Q.
  static func reduce(_ a: MatrixView, r: MatrixView, _ body: (Reflectors) -> Void) {
    let (m, n) = (a.rows, a.columns)
    Reflectors.withScratch(n, length: m) { reflectors in
      MatrixView.withScratch(n + 1, m) { scratch in
        // The transpose of the matrix, of which row j becomes column j of R.
        let w = scratch.block(rows: 0..<n)
        w.copy(a.transposed)
        reduce(w, reflectors, taus: scratch.row(n))
        r.copyTriangle(w.block(columns: 0..<n).transposed, isLower: false)
      }
      body(reflectors)
    }
  }

  /// Makes the transpose of w triangular.
  ///
  /// While some tasks apply a block to the columns after it, the first finds the next block.
  private static func reduce(
    _ w: MatrixView, _ reflectors: Reflectors, taus: UnsafeMutablePointer<Double>
  ) {
    let blocks = Householder.blocks(of: w.rows)
    for (number, block) in blocks.enumerated() {
      if number == 0 { reducePanel(w, reflectors, block, taus: taus) }
      reflectors.complete(block)
      ThreadPool.run(tasks: blocks.count - number - 1) { task in
        let target = blocks[number + 1 + task]
        reflectors.apply(block, to: w.block(rows: target))
        if task == 0 { reducePanel(w, reflectors, target, taus: taus) }
      }
    }
  }

  /// Finds the reflectors and the triangle of one block, by halves, so that the first half is
  /// applied to the other in products.
  private static func reducePanel(
    _ w: MatrixView, _ reflectors: Reflectors, _ rows: Range<Int>,
    taus: UnsafeMutablePointer<Double>
  ) {
    let elements = rows.lowerBound..<w.columns
    let vectors = reflectors.vectors.block(rows, elements)
    let triangle = reflectors.triangle(of: rows)
    if rows.count <= MatrixView.smallest {
      let columns = w.block(rows, elements)
      MatrixView.kernels.reflector_panel(
        rows.count, elements.count, columns.start, columns.rowStep, vectors.start,
        vectors.rowStep, taus + rows.lowerBound)
      return Householder.setTriangle(triangle, of: vectors, taus: taus + rows.lowerBound)
    }
    let half = MatrixView.half(of: rows.count)
    let (first, second) = (
      rows.lowerBound..<rows.lowerBound + half, rows.lowerBound + half..<rows.upperBound
    )
    reducePanel(w, reflectors, first, taus: taus)
    let v = vectors.block(rows: 0..<half)
    Householder.apply(
      reflectors.triangle(of: first).transposed, v, columns: v.transposed,
      to: w.block(second, elements))
    reducePanel(w, reflectors, second, taus: taus)
    Householder.joinTriangles(triangle, of: vectors)
  }
}
