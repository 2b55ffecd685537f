import CKernels

extension MatrixProduct {
  /// The right operand of one or more products, packed and rounded once.
  ///
  /// A product runs on the calling thread. Its elements have the same bits however many rows and
  /// columns are multiplied at once, and whether the rows are packed or not.
  struct PackedOperand {
    private let kernels: UnsafePointer<ck_gemm>
    private let k: Int
    private let n: Int
    private let size: Int
    /// The depth of a block of panels and of an element of a panel, and the columns of a panel.
    private let block: Int
    private let unit: Int
    private let panel: Int
    private let isInRowOrder: Bool
    private let packed: Storage

    /// Packs a k×n matrix.
    ///
    /// The blocks of k follow one another, and each holds all panels.
    init(_ b: Operand, k: Int, n: Int, size: Int, kernels: UnsafePointer<ck_gemm>) {
      let nr = Int(kernels.pointee.nr)
      let unit = Int(kernels.pointee.unit)
      let block = Swift.max(1, (ck_gemm_block(k, kernels.pointee.kc) + unit - 1) / unit) * unit
      let panels = (n + nr - 1) / nr
      let width = panels * nr
      let packed = Storage(byteCount: width * ((k + unit - 1) / unit) * size)
      (self.kernels, self.k, self.n, self.size) = (kernels, k, n, size)
      (self.block, self.unit, panel, isInRowOrder) = (block, unit, nr, false)
      self.packed = packed
      let target = packed.pointer
      // Four panels are packed at once.
      let grain = Swift.max(4, Grain.items(Grain.multiplyAdds / 16, each: nr * k))
      forEachChunk(of: panels, grain: Grain.even(grain, of: panels, inPartsOf: 4)) { range in
        let first = range.lowerBound * nr
        let columns = Swift.min(n, range.upperBound * nr) - first
        for p in stride(from: 0, to: k, by: block) {
          let depth = Swift.min(block, k - p)
          kernels.pointee.pack_b(
            b.start + (p * b.row + first * b.column) * size, b.row, b.column, depth, columns,
            target + (p / unit * width + first * ((depth + unit - 1) / unit)) * size)
        }
      }
    }

    /// Lays out a k×n matrix in row order, by which one row is multiplied fastest, and no more may
    /// be.
    init(inRowOrder b: Operand, k: Int, n: Int, size: Int, kernels: UnsafePointer<ck_gemm>) {
      packed = Storage(byteCount: n * k * size)
      (self.kernels, self.k, self.n, self.size) = (kernels, k, n, size)
      (block, unit, panel, isInRowOrder) = (Swift.max(1, k), 1, n, true)
      let levels = [
        ck_level(size: k, from: b.row, to: n), ck_level(size: n, from: b.column, to: 1),
      ]
      ck_move(Execution.current.kernels, size)?(levels, levels.count, b.start, packed.pointer)
      kernels.pointee.round?(packed.pointer, 1, packed.pointer, n * k)
    }

    /// Computes m rows and some columns of C = A B, C += A B or C −= A B, as `accumulate` is 0, 1
    /// or −1.
    ///
    /// A is packed if `packsRows`, and in any case if it is to be rounded.
    func multiply(
      _ m: Int, _ columns: Range<Int>, _ a: Operand, into c: UnsafeMutableRawPointer,
      row cRow: Int, accumulate: Int32, packsRows: Bool = false
    ) {
      let round = kernels.pointee.round
      let mr = Int(kernels.pointee.mr)
      let packs = !isInRowOrder && (packsRows || round != nil)
      let rows =
        packs
        ? Storage(byteCount: (m + mr - 1) / mr * mr * (block / unit) * size)
        : round.map { _ in Storage(byteCount: k * size) }
      var a = a
      if !packs, let rows, let round {
        round(a.start, a.column, rows.pointer, k)
        a = Operand(start: rows.pointer, row: k, column: 1)
      }
      let width = (n + panel - 1) / panel * panel
      for p in stride(from: 0, to: k, by: block) {
        let depth = Swift.min(block, k - p)
        let from = a.start + p * a.column * size
        let panels = packed.pointer + p / unit * width * size
        let update = p > 0 && accumulate == 0 ? 1 : accumulate
        if packs, let rows {
          kernels.pointee.pack_a(from, a.row, a.column, m, depth, rows.pointer)
          kernels.pointee.macro(
            m, columns.count, depth, rows.pointer,
            panels + columns.lowerBound * ((depth + unit - 1) / unit) * size,
            c + columns.lowerBound * size, cRow, update)
          continue
        }
        for first in stride(from: columns.lowerBound, to: columns.upperBound, by: panel) {
          kernels.pointee.small(
            m, Swift.min(panel, columns.upperBound - first), depth, from, a.row, a.column,
            panels + first * depth * size, panel, c + first * size, cRow, update)
        }
      }
      withExtendedLifetime((rows, packed)) {}
    }
  }
}
