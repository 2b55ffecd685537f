import CKernels

extension MatrixProduct {
  /// The right operand of many products, packed once.
  ///
  /// A product runs on the calling thread. Its elements have the bits that ``MatrixProduct`` gives
  /// them, however many rows are multiplied at once.
  struct PackedOperand {
    private let kernels: UnsafePointer<ck_gemm>
    private let k: Int
    private let n: Int
    private let size: Int
    /// The depth of a block of panels, and the columns of a panel.
    private let block: Int
    private let panel: Int
    private let packed: Storage

    /// Packs a k×n matrix for products with at most `rows` rows.
    ///
    /// A single row is multiplied fastest by a matrix in row order.
    init(_ b: Operand, k: Int, n: Int, dtype: DType, rows: Int) {
      guard let kernels = ck_gemm_for(Execution.current.kernels, dtype.code) else {
        fail("matrix product: \(dtype.isUndefined)")
      }
      let size = dtype.byteCount
      let nr = Int(kernels.pointee.nr)
      let isInRowOrder = rows == 1
      let block = isInRowOrder ? k : Swift.max(1, ck_gemm_block(k, kernels.pointee.kc))
      let panel = isInRowOrder ? n : nr
      let panels = isInRowOrder ? 1 : (n + nr - 1) / nr
      let packed = Storage(byteCount: panels * panel * k * size)
      (self.kernels, self.k, self.n, self.size) = (kernels, k, n, size)
      (self.block, self.panel, self.packed) = (block, panel, packed)
      let target = packed.pointer
      if isInRowOrder {
        let levels = [
          ck_level(size: k, from: b.row, to: n), ck_level(size: n, from: b.column, to: 1),
        ]
        ck_move(Execution.current.kernels, size)?(levels, levels.count, b.start, target)
        return
      }
      let grain = Grain.items(Grain.multiplyAdds / 16, each: nr * k)
      forEachChunk(of: panels, grain: grain) { range in
        let first = range.lowerBound * nr
        let columns = Swift.min(n, range.upperBound * nr) - first
        for p in stride(from: 0, to: k, by: block) {
          let depth = Swift.min(block, k - p)
          kernels.pointee.pack_b(
            b.start + (p * b.row + first * b.column) * size, b.row, b.column, depth, columns,
            target + (p * panels * nr + first * depth) * size)
        }
      }
    }

    /// Computes C = A B or C += A B for m rows of unit column stride.
    func multiply(
      _ m: Int, _ a: UnsafeRawPointer, row aRow: Int, into c: UnsafeMutableRawPointer,
      row cRow: Int, accumulate: Bool
    ) {
      let width = (n + panel - 1) / panel * panel
      for p in stride(from: 0, to: k, by: block) {
        let depth = Swift.min(block, k - p)
        for first in stride(from: 0, to: n, by: panel) {
          kernels.pointee.small(
            m, Swift.min(panel, n - first), depth, a + p * size, aRow, 1,
            packed.pointer + (p * width + first * depth) * size, panel, c + first * size, cRow,
            p > 0 || accumulate ? 1 : 0)
        }
      }
    }
  }
}
