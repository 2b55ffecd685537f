import CKernels

extension MatrixProduct {
  /// Returns the matrix product over the last two axes of tensors of rank 2 or more, with the axes
  /// before them broadcast.
  package static func multiply(_ a: Tensor, _ b: Tensor, name: StaticString) -> Tensor {
    let batch = batchShape(a, b, name: name)
    let (m, k, n) = (a.shape[a.rank - 2], a.shape[a.rank - 1], b.shape[b.rank - 1])
    var shape = batch
    shape.append(m)
    shape.append(n)
    if k == 1 && n >= 128 { return Elementwise.binary(CK_BINARY_MUL, rounded(a), rounded(b)) }
    let result = Tensor(uninitialized: shape, dtype: a.dtype)
    // A batch of contiguous rows times one matrix is a single product.
    if b.rank == 2 && a.rank > 2 {
      let rows = a.isContiguous ? a : Elementwise.copy(a)
      multiply(
        dtype: a.dtype, m: batch.elementCount * m, n: n, k: k,
        a: rows.pointer, aRow: k, aColumn: 1,
        b: b.pointer, bRow: b.strides[0], bColumn: b.strides[1],
        c: result.pointer, cRow: n)
      return result
    }
    let size = a.dtype.byteCount
    let (rowA, columnA) = (a.strides[a.rank - 2], a.strides[a.rank - 1])
    let (rowB, columnB) = (b.strides[b.rank - 2], b.strides[b.rank - 1])
    let (startA, startB, target) = (a.pointer, b.pointer, result.pointer)
    if batch.rank == 0 {
      multiply(
        dtype: a.dtype, m: m, n: n, k: k, a: startA, aRow: rowA, aColumn: columnA,
        b: startB, bRow: rowB, bColumn: columnB, c: target, cRow: n)
      return result
    }
    if m * n * k <= 1 << 15 && n * k <= CK_GEMM_BATCH {
      multiplySmall(rounded(a), rounded(b), m: m, n: n, k: k, batch: batch, into: target)
      return result
    }
    let offsetsA = BatchOffsets(of: a, innerRank: 2, broadcastTo: batch)
    let offsetsB = BatchOffsets(of: b, innerRank: 2, broadcastTo: batch)
    // Small products share a task; a large one, which is cut itself, finds the pool busy and runs
    // inline.
    forEachChunk(of: batch.elementCount, each: 2 * m * n * k, grain: Grain.multiplyAdds) { range in
      for i in range {
        multiply(
          dtype: a.dtype, m: m, n: n, k: k,
          a: startA + offsetsA[i] * size, aRow: rowA, aColumn: columnA,
          b: startB + offsetsB[i] * size, bRow: rowB, bColumn: columnB,
          c: target + i * m * n * size, cRow: n)
      }
    }
    return result
  }

  /// Returns an operand rounded if products round, for loops that read it in place.
  static func rounded(_ x: Tensor) -> Tensor {
    guard let round = kernels(x.dtype).pointee.round else { return x }
    let (x, result) = (x.contiguous, Tensor(uninitialized: x.shape, dtype: x.dtype))
    let (from, to, size) = (x.pointer, result.pointer, x.dtype.byteCount)
    forEachChunk(of: x.elementCount, grain: Grain.elements) { range in
      let start = range.lowerBound * size
      round(from + start, 1, to + start, range.count)
    }
    withExtendedLifetime(x) {}
    return result
  }

  /// Returns the shape of the axes before the last two, of operands that have a product.
  private static func batchShape(_ a: Tensor, _ b: Tensor, name: StaticString) -> Shape {
    require(a.dtype == b.dtype, "\(name): \(DType.differ(a.dtype, b.dtype))")
    require(a.dtype.isFloatingPoint, "\(name): \(a.dtype.isUndefined)")
    let (k, rows) = (a.shape[a.rank - 1], b.shape[b.rank - 2])
    require(
      rows == k, "\(name): inner dimensions differ: \(a.shape) x \(b.shape), \(k) != \(rows)")
    if a.rank == 2 && b.rank == 2 { return [] }
    let (batchA, batchB) = (Shape(a.shape.dropLast(2)), Shape(b.shape.dropLast(2)))
    guard let batch = batchA.broadcast(with: batchB) else {
      fail("\(name): the axes before the last two do not broadcast: \(a.shape) x \(b.shape)")
    }
    return batch
  }

  /// Returns the same product as a view in which rows, columns and matrices repeat where those of
  /// the operands do: the gradient of a sum repeats one number.
  package static func multiplyDistinct(
    _ a: Tensor, _ b: Tensor, name: StaticString
  ) -> Tensor {
    let batch = batchShape(a, b, name: name)
    func moves(_ x: Tensor, _ axis: Int) -> Bool {
      axis >= 0 && x.shape.size(axis) > 1 && x.strides[axis] != 0
    }
    func first(_ x: Tensor, _ axis: Int) -> Tensor {
      axis < 0 || x.shape.size(axis) <= 1 ? x : Views.slice(x, axis: axis, start: 0, count: 1)
    }
    var (left, right) = (a, b)
    if !moves(a, a.rank - 2) { left = first(left, a.rank - 2) }
    if !moves(b, b.rank - 1) { right = first(right, b.rank - 1) }
    for distance in 3..<Swift.max(a.rank, b.rank, 2) + 1 {
      let (axisA, axisB) = (a.rank - distance, b.rank - distance)
      if moves(a, axisA) || moves(b, axisB) { continue }
      (left, right) = (first(left, axisA), first(right, axisB))
    }
    if left.shape == a.shape && right.shape == b.shape { return multiply(a, b, name: name) }
    var shape = batch
    shape.append(a.shape[a.rank - 2])
    shape.append(b.shape[b.rank - 1])
    return Views.broadcast(multiply(left, right, name: name), to: shape)
  }

  /// Multiplies small matrices, as many at a time as step uniformly through memory.
  private static func multiplySmall(
    _ a: Tensor, _ b: Tensor, m: Int, n: Int, k: Int, batch: Shape,
    into target: UnsafeMutableRawPointer
  ) {
    let kernels = kernels(a.dtype)
    let size = a.dtype.byteCount
    let offsetsA = BatchOffsets(of: a, innerRank: 2, broadcastTo: batch)
    let offsetsB = BatchOffsets(of: b, innerRank: 2, broadcastTo: batch)
    let (runA, runB) = (offsetsA.lastRun, offsetsB.lastRun)
    let count = Swift.min(runA.count, runB.count)
    let (startA, startB) = (a.pointer, b.pointer)
    let (rowA, columnA) = (a.strides[a.rank - 2], a.strides[a.rank - 1])
    let (rowB, columnB) = (b.strides[b.rank - 2], b.strides[b.rank - 1])
    forEachChunk(of: batch.elementCount, each: m * n * k + 32, grain: Grain.multiplyAdds / 4) {
      range in
      var index = range.lowerBound
      while index < range.upperBound {
        let end = Swift.min(range.upperBound, (index / count + 1) * count)
        kernels.pointee.batch(
          end - index, m, n, k,
          startA + offsetsA[index] * size, runA.step, rowA, columnA,
          startB + offsetsB[index] * size, runB.step, rowB, columnB,
          target + index * m * n * size, m * n)
        index = end
      }
    }
  }
}
