import CKernels

/// Scaled dot-product attention, computed for one block of queries at a time, so that only a block
/// of the matrix of scores exists at any moment.
package struct AttentionKernels {
  private let batch: Shape
  private let queries: Int
  private let keys: Int
  private let width: Int
  private let valueWidth: Int
  private let scale: Double
  private let isCausal: Bool
  private let mask: Tensor?
  private let dtype: DType

  /// The number of queries in a block.
  private static let block = 64

  /// Creates the attention of q [.., t, d] to k [.., s, d] and v [.., s, e].
  ///
  /// The mask, which must broadcast to [.., t, s], is added to the scores. With `isCausal`, query i
  /// attends only to the keys up to i + s − t.
  package init(
    q: Tensor, k: Tensor, v: Tensor, mask: Tensor?, isCausal: Bool, scale: Double
  ) {
    batch = Shape(q.shape.dropLast(2))
    queries = q.shape[q.rank - 2]
    keys = k.shape[k.rank - 2]
    width = q.shape[q.rank - 1]
    valueWidth = v.shape[v.rank - 1]
    self.scale = scale
    self.isCausal = isCausal
    self.mask = mask
    dtype = q.dtype
  }

  /// Returns softmax(q kᵀ · scale + mask) v, [.., t, e].
  package func forward(_ q: Tensor, _ k: Tensor, _ v: Tensor) -> Tensor {
    var shape = batch
    shape.append(queries)
    shape.append(valueWidth)
    let result = Tensor(uninitialized: shape, dtype: dtype)
    let operands = (Operand(q), Operand(k), Operand(v), Operand(result))
    forEachHead { head in
      let (q, k, v, y) = (operands.0[head], operands.1[head], operands.2[head], operands.3[head])
      let scores = Storage(byteCount: Self.block * keys * dtype.byteCount)
      forEachBlock { rows, seen in
        weights(head, rows, seen, q, k, into: scores.pointer)
        product(rows.count, valueWidth, seen, scores.pointer, seen, 1, v, y.row(rows.lowerBound))
      }
    }
    return result
  }

  /// Returns the gradients with respect to q, k and v; the weights are computed again.
  package func backward(
    _ dy: Tensor, _ q: Tensor, _ k: Tensor, _ v: Tensor
  ) -> (q: Tensor, k: Tensor, v: Tensor) {
    let dq = Tensor(uninitialized: q.shape, dtype: dtype)
    let dk = Elementwise.copy(Tensor.zeros(k.shape, dtype: dtype))
    let dv = Elementwise.copy(Tensor.zeros(v.shape, dtype: dtype))
    let kernels = Execution.current.kernels
    guard let softmaxGradient = ck_rows_grad(kernels, CK_ROWS_SOFTMAX, dtype.code),
      let multiply = ck_binary(kernels, CK_BINARY_MUL, dtype.code)
    else { fail("scaledDotProductAttention: \(dtype.isUndefined)") }
    let factor = Tensor(repeating: scale, shape: [], dtype: dtype)
    let inputs = (Operand(q), Operand(k), Operand(v), Operand(dy))
    let outputs = (Operand(dq), Operand(dk), Operand(dv))
    forEachHead { head in
      let (q, k, v, dy) = (inputs.0[head], inputs.1[head], inputs.2[head], inputs.3[head])
      let (dq, dk, dv) = (outputs.0[head], outputs.1[head], outputs.2[head])
      let size = Self.block * keys * dtype.byteCount
      let (p, dp) = (Storage(byteCount: size), Storage(byteCount: size))
      forEachBlock { rows, seen in
        weights(head, rows, seen, q, k, into: p.pointer)
        let (dyRows, qRows) = (dy.row(rows.lowerBound), q.row(rows.lowerBound))
        // dv += pᵀ dy
        product(seen, valueWidth, rows.count, p.pointer, 1, seen, dyRows, dv, accumulate: true)
        // dp = dy vᵀ, then the gradients of the softmax and the scale
        product(
          rows.count, seen, valueWidth, dyRows.start, dyRows.rowStep, dyRows.columnStep,
          v.transposed, HeadMatrix(start: dp.pointer, rowStep: seen, columnStep: 1, size: q.size))
        softmaxGradient(dp.pointer, seen, p.pointer, dp.pointer, rows.count, seen)
        multiply(dp.pointer, 1, factor.pointer, 0, dp.pointer, rows.count * seen)
        product(rows.count, width, seen, dp.pointer, seen, 1, k, dq.row(rows.lowerBound))
        // dk += dpᵀ q
        product(seen, width, rows.count, dp.pointer, 1, seen, qRows, dk, accumulate: true)
      }
    }
    return (dq, dk, dv)
  }

  // MARK: Parts

  /// A matrix of a batch: its first element, and its steps in elements.
  private struct HeadMatrix {
    var start: UnsafeMutableRawPointer
    var rowStep: Int
    var columnStep: Int
    var size: Int

    func row(_ row: Int) -> HeadMatrix {
      var result = self
      result.start += row * rowStep * size
      return result
    }

    var transposed: HeadMatrix {
      HeadMatrix(start: start, rowStep: columnStep, columnStep: rowStep, size: size)
    }
  }

  /// A batch of matrices; it keeps its tensor alive.
  private struct Operand {
    let tensor: Tensor
    let offsets: BatchOffsets

    init(_ tensor: Tensor) {
      self.tensor = tensor
      offsets = BatchOffsets(of: tensor, innerRank: 2)
    }

    subscript(head: Int) -> HeadMatrix {
      let size = tensor.dtype.byteCount
      return HeadMatrix(
        start: tensor.pointer + offsets[head] * size, rowStep: tensor.strides[tensor.rank - 2],
        columnStep: tensor.strides[tensor.rank - 1], size: size)
    }
  }

  private func forEachHead(_ body: (Int) -> Void) {
    let work = queries * keys * (width + valueWidth)
    forEachChunk(of: batch.elementCount, each: work, grain: Grain.attentionMultiplyAdds) { heads in
      for head in heads { body(head) }
    }
  }

  /// Calls `body` with the rows of each block and the number of keys to which the last of them
  /// attends.
  private func forEachBlock(_ body: (Range<Int>, Int) -> Void) {
    for first in stride(from: 0, to: queries, by: Self.block) {
      let rows = first..<Swift.min(queries, first + Self.block)
      let seen = isCausal ? Swift.min(keys, rows.upperBound + keys - queries) : keys
      body(rows, Swift.max(1, seen))
    }
  }

  /// Writes the rows of softmax(q kᵀ · scale + mask) in row order without gaps.
  private func weights(
    _ head: Int, _ rows: Range<Int>, _ seen: Int, _ q: HeadMatrix, _ k: HeadMatrix,
    into scores: UnsafeMutableRawPointer
  ) {
    let kernels = Execution.current.kernels
    let from = q.row(rows.lowerBound)
    product(
      rows.count, seen, width, from.start, from.rowStep, from.columnStep, k.transposed,
      HeadMatrix(start: scores, rowStep: seen, columnStep: 1, size: q.size))
    let factor = Tensor(repeating: scale, shape: [], dtype: dtype)
    ck_binary(kernels, CK_BINARY_MUL, dtype.code)?(
      scores, 1, factor.pointer, 0, scores, rows.count * seen)
    if let mask {
      let offsets = BatchOffsets(of: mask, innerRank: 2)
      let (start, size) = (mask.pointer + offsets[head] * q.size, q.size)
      let (rowStep, columnStep) = (mask.strides[mask.rank - 2], mask.strides[mask.rank - 1])
      for row in rows {
        let target = scores + (row - rows.lowerBound) * seen * size
        ck_binary(kernels, CK_BINARY_ADD, dtype.code)?(
          target, 1, start + row * rowStep * size, columnStep, target, seen)
      }
    }
    if isCausal {
      for row in rows {
        let visible = Swift.max(0, Swift.min(seen, row + 1 + keys - queries))
        let target = scores + (row - rows.lowerBound) * seen * q.size
        hide(target, visible..<seen)
      }
    }
    ck_rows(kernels, CK_ROWS_SOFTMAX, dtype.code)?(scores, scores, rows.count, seen)
  }

  /// Sets the scores of a row in some columns to −∞.
  private func hide(_ row: UnsafeMutableRawPointer, _ columns: Range<Int>) {
    if dtype == .float32 {
      let scores = row.assumingMemoryBound(to: Float.self)
      for column in columns { scores[column] = -.infinity }
    } else {
      let scores = row.assumingMemoryBound(to: Double.self)
      for column in columns { scores[column] = -.infinity }
    }
  }

  /// Computes c = a b or c += a b, where a is m×k.
  private func product(
    _ m: Int, _ n: Int, _ k: Int, _ a: UnsafeMutableRawPointer, _ aRow: Int, _ aColumn: Int,
    _ b: HeadMatrix, _ c: HeadMatrix, accumulate: Bool = false
  ) {
    MatrixProduct.multiply(
      dtype: dtype, m: m, n: n, k: k, a: a, aRow: aRow, aColumn: aColumn, b: b.start,
      bRow: b.rowStep, bColumn: b.columnStep, c: c.start, cRow: c.rowStep,
      update: accumulate ? .add : .set)
  }
}
