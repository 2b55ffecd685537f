extension MatrixProduct {
  /// Returns the matrix product over the last two axes of tensors of rank 2 or more, with the axes
  /// before them broadcast.
  package static func multiply(_ a: Tensor, _ b: Tensor, name: StaticString) -> Tensor {
    require(a.dtype == b.dtype, "\(name): \(DType.differ(a.dtype, b.dtype))")
    require(a.dtype.isFloatingPoint, "\(name): \(a.dtype.isUndefined)")
    let (m, k, n) = (a.shape[a.rank - 2], a.shape[a.rank - 1], b.shape[b.rank - 1])
    require(
      b.shape[b.rank - 2] == k,
      "\(name): inner dimensions differ: \(a.shape) x \(b.shape), \(k) != \(b.shape[b.rank - 2])")
    let (batchA, batchB) = (Shape(a.shape.dropLast(2)), Shape(b.shape.dropLast(2)))
    guard let batch = batchA.broadcast(with: batchB) else {
      fail("\(name): the axes before the last two do not broadcast: \(a.shape) x \(b.shape)")
    }
    var shape = batch
    shape.append(m)
    shape.append(n)
    let result = Tensor(uninitialized: shape, dtype: a.dtype)
    // A batch of contiguous rows times one matrix is a single product.
    if b.rank == 2 && a.rank > 2 {
      let rows = a.isContiguous ? a : Elementwise.copy(a)
      multiply(
        dtype: a.dtype, m: batch.elementCount * m, n: n, k: k,
        a: rows.pointer, aRow: k, aColumn: 1,
        b: b.pointer, bRow: b.strides[0], bColumn: b.strides[1],
        c: result.pointer, cRow: n, accumulate: false)
      return result
    }
    let size = a.dtype.byteCount
    let (rowA, columnA) = (a.strides[a.rank - 2], a.strides[a.rank - 1])
    let (rowB, columnB) = (b.strides[b.rank - 2], b.strides[b.rank - 1])
    let (startA, startB, target) = (a.pointer, b.pointer, result.pointer)
    if batch.rank == 0 {
      multiply(
        dtype: a.dtype, m: m, n: n, k: k, a: startA, aRow: rowA, aColumn: columnA,
        b: startB, bRow: rowB, bColumn: columnB, c: target, cRow: n, accumulate: false)
      return result
    }
    let offsetsA = BatchOffsets(of: a, innerRank: 2, broadcastTo: batch)
    let offsetsB = BatchOffsets(of: b, innerRank: 2, broadcastTo: batch)
    // Small products share a task; a large one, which is cut itself, finds the pool busy and runs
    // inline.
    let grain = Grain.items(Grain.multiplyAdds, each: 2 * m * n * k)
    forEachChunk(of: batch.elementCount, grain: grain) { range in
      for i in range {
        multiply(
          dtype: a.dtype, m: m, n: n, k: k,
          a: startA + offsetsA[i] * size, aRow: rowA, aColumn: columnA,
          b: startB + offsetsB[i] * size, bRow: rowB, bColumn: columnB,
          c: target + i * m * n * size, cRow: n, accumulate: false)
      }
    }
    return result
  }
}
