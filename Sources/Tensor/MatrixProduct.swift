import CKernels

/// Interim simple driver until the blocked, threaded one replaces this file.
package enum MatrixProduct {
  package static func multiply(
    dtype: DType, m: Int, n: Int, k: Int, a: UnsafeRawPointer, aRow: Int, aColumn: Int,
    b: UnsafeRawPointer, bRow: Int, bColumn: Int, c: UnsafeMutableRawPointer, cRow: Int,
    accumulate: Bool
  ) {
    guard let gemm = ck_gemm_for(Execution.current.kernels, dtype.code)?.pointee else { return }
    if m == 0 || n == 0 { return }
    if k == 0 {
      for i in 0..<m { (c + i * cRow * dtype.byteCount).initializeMemory(as: UInt8.self, repeating: 0, count: n * dtype.byteCount) }
      return
    }
    if bColumn == 1 {
      gemm.small(m, n, k, a, aRow, aColumn, b, bRow, c, cRow, 0)
      return
    }
    let nr = Int(gemm.nr)
    let packed = Tensor(uninitialized: [k, n], dtype: dtype)
    _ = nr
    guard let transpose = ck_transpose(Execution.current.kernels, dtype.byteCount) else { return }
    if bRow == 1 {
      transpose(b, bColumn, packed.pointer, n, n, k)
    } else {
      for p in 0..<k { for j in 0..<n {
        (packed.pointer + (p * n + j) * dtype.byteCount).copyMemory(from: b + (p * bRow + j * bColumn) * dtype.byteCount, byteCount: dtype.byteCount)
      } }
    }
    gemm.small(m, n, k, a, aRow, aColumn, packed.pointer, n, c, cRow, 0)
  }
}
