import CKernels

/// Consecutive matrices too small for a call of a kernel each: they are transposed block by block,
/// so that each element of a matrix becomes a row of the block, which kernels of rows then read.
struct SmallMatrices {
  let count: Int
  /// The elements of a matrix, and those of its result.
  let elements: Int
  let results: Int

  /// The number of matrices of a block.
  var width: Int { Swift.min(count, Swift.max(16, 4096 / Swift.max(1, elements))) }

  /// The length up to which calling a kernel for each run costs more than transposing.
  private static let shortRun = 64
  /// The elements of a matrix from which on calling a kernel for each costs less.
  private static let enoughElements = 512

  /// Whether `outer` matrices of `masked` × `inner` elements are so small, and so many, that
  /// transposing them costs less than calling a kernel for each.
  static func areFaster(_ split: (outer: Int, masked: Int, inner: Int)) -> Bool {
    split.masked < shortRun && split.inner < shortRun && split.outer >= 16
      && split.masked * split.inner < enoughElements
  }

  /// Calls `body` for blocks of transposed matrices, with the number of matrices of a block, to
  /// write their results, which are transposed back.
  func forEachBlock(
    of x: Tensor, into result: Tensor,
    _ body: (
      _ matrices: UnsafeMutableRawPointer, _ width: Int, _ target: UnsafeMutableRawPointer
    ) -> Void
  ) {
    let (source, target) = (x.pointer, result.pointer)
    let (size, resultSize) = (x.dtype.byteCount, result.dtype.byteCount)
    let kernels = Execution.current.kernels
    guard let transpose = ck_transpose(kernels, size),
      let transposeBack = ck_transpose(kernels, resultSize)
    else { return }
    let width = width
    let blocks = (count + width - 1) / width
    // The results behind the matrices are aligned to cache lines.
    let matricesSize = (width * elements * size + 63) / 64 * 64
    let scratchSize = matricesSize + width * results * resultSize
    forEachChunk(of: blocks, each: width * elements, grain: Grain.elements) { range in
      withScratch(byteCount: scratchSize) { turned in
        for block in range {
          let first = block * width
          let matrices = Swift.min(width, count - first)
          let place = target + first * results * resultSize
          transpose(
            source + first * elements * size, elements, turned, matrices, matrices, elements)
          if results == 1 {
            body(turned, matrices, place)
          } else {
            let computed = turned + matricesSize
            body(turned, matrices, computed)
            transposeBack(computed, matrices, place, results, results, matrices)
          }
        }
      }
    }
  }
}
