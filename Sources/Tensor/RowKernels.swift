import CKernels

/// Softmax and its logarithm along the last axis, in one pass over each row.
package enum RowKernels {
  /// y = op(x) for each row of the last axis.
  package static func apply(_ op: ck_rows_op, _ x: Tensor, name: StaticString) -> Tensor {
    guard let kernel = ck_rows(Execution.current.kernels, op, x.dtype.code) else {
      fail("\(name): not defined for \(x.dtype)")
    }
    let result = Tensor(uninitialized: x.shape, dtype: x.dtype)
    let source = x.contiguous
    let (from, to) = (source.pointer, result.pointer)
    forEachBlock(of: x) { rows, columns, start in
      kernel(from + start, to + start, rows, columns)
    }
    return result
  }

  /// dx from dy and the output y of the same operation.
  package static func gradient(_ op: ck_rows_op, _ dy: Tensor, _ y: Tensor) -> Tensor {
    guard let kernel = ck_rows_grad(Execution.current.kernels, op, y.dtype.code) else {
      fail("softmax: not defined for \(y.dtype)")
    }
    let result = Tensor(uninitialized: y.shape, dtype: y.dtype)
    let (incoming, output) = (dy.contiguous, y.contiguous)
    let (from, saved, to) = (incoming.pointer, output.pointer, result.pointer)
    forEachBlock(of: y) { rows, columns, start in
      kernel(from + start, saved + start, to + start, rows, columns)
    }
    return result
  }

  private static func forEachBlock(of x: Tensor, _ body: (Int, Int, Int) -> Void) {
    if x.elementCount == 0 { return }
    let columns = x.shape[x.rank - 1]
    let rowBytes = columns * x.dtype.byteCount
    forEachChunk(of: x.elementCount / columns, grain: Swift.max(1, (1 << 14) / columns)) { rows in
      body(rows.count, columns, rows.lowerBound * rowBytes)
    }
  }
}
