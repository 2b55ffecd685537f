import CKernels

/// Runs the reduction kernels over shapes.
///
/// Long runs are cut into pieces by their length alone and the partial results are combined in
/// order, so results do not depend on the number of threads.
package enum Reduction {
  /// Returns the reduction of `x` along the axes in `mask`, which are dropped or kept with size 1.
  ///
  /// The sum of no elements is 0 and the product 1; max and min of no elements stop the program.
  /// Sums depend on the layout of `x` in their last digits, because elements are read in the order
  /// of memory. Along axes of size 1 the result is a view.
  package static func reduce(
    _ op: ck_reduce_op, _ x: Tensor, along mask: AxisMask, keepingAxes: Bool,
    name: StaticString
  ) -> Tensor {
    if op == CK_REDUCE_MAX || op == CK_REDUCE_MIN {
      for axis in 0..<x.rank where mask.contains(axis) && x.shape[axis] == 0 {
        fail("\(name): no elements along axis \(axis) of shape \(x.shape)")
      }
    }
    let shape = x.shape.reduced(along: mask, keepingAxes: keepingAxes)
    if x.dtype.isFloatingPoint && op != CK_REDUCE_SUM_SQUARES && shape.elementCount > 0
      && shape.elementCount == x.elementCount
    {
      return Views.reshape(x, to: shape)
    }
    if let result = reduceRepeated(op, x, along: mask, name: name) {
      return Views.reshape(result, to: shape)
    }
    let result = inOrderOfMemory(x, mask) {
      reduceContiguous(op, $0, along: $1, name: name)
    }
    return Views.reshape(result, to: shape)
  }

  /// Puts off sums of elements that are put off themselves.
  private static func putOff(_ op: ck_reduce_op, _ x: Tensor, along mask: AxisMask) -> Tensor? {
    guard x.storage.isPending, op == CK_REDUCE_SUM || op == CK_REDUCE_SUM_SQUARES,
      let split = x.shape.split(by: mask), split.inner == 1
    else { return nil }
    return PendingOperation.sums(op, of: x, length: split.masked)
  }

  /// Returns the sums of `count` consecutive parts of a vector.
  ///
  /// They are added as the pieces of a run are.
  static func totals(of x: Tensor, count: Int) -> Tensor {
    guard let kernel = ck_reduce(Execution.current.kernels, CK_REDUCE_SUM, x.dtype.code) else {
      fail("sum: \(x.dtype.isUndefined)")
    }
    let result = Tensor(uninitialized: [count], dtype: x.dtype)
    reduceRuns(
      x, into: result, count: count, length: x.elementCount / count, kernel, combining: kernel)
    return result
  }

  /// Returns what `body` computes from a contiguous tensor and the axes in `mask`, which it keeps:
  /// with the axes of `x` in the order of memory, which are put back, or else from a copy.
  private static func inOrderOfMemory(
    _ x: Tensor, _ mask: AxisMask, _ body: (Tensor, AxisMask) -> Tensor
  ) -> Tensor {
    let result = x.inOrderOfMemory { turned, order in
      var turnedMask = AxisMask()
      for (axis, source) in order.enumerated() where mask.contains(source) {
        turnedMask.insert(axis)
      }
      return body(turned, turnedMask)
    }
    return result?.contiguous ?? body(x.contiguous, mask)
  }

  /// Returns the reduction of a tensor that repeats its elements along some of the axes in `mask`,
  /// with the axes kept, or `nil` if it repeats none: a sum is a multiple, an extreme the element.
  private static func reduceRepeated(
    _ op: ck_reduce_op, _ x: Tensor, along mask: AxisMask, name: StaticString
  ) -> Tensor? {
    if op == CK_REDUCE_PROD || x.isContiguous || x.elementCount == 0 { return nil }
    var (once, count) = (x, 1)
    for axis in 0..<x.rank where mask.contains(axis) && x.strides[axis] == 0 {
      count *= x.shape[axis]
      once = Views.slice(once, axis: axis, start: 0, count: 1)
    }
    if count == 1 { return nil }
    let isSum = op == CK_REDUCE_SUM || op == CK_REDUCE_SUM_SQUARES
    let number = Double(count)
    if isSum && !(x.dtype == .bool ? DType.int32 : x.dtype).holds(number) { return nil }
    let result = reduce(op, once, along: mask, keepingAxes: true, name: name)
    return isSum ? Elementwise.binary(CK_BINARY_MUL, result, number) : result
  }

  /// Returns the reduction of a contiguous tensor, with the axes kept.
  private static func reduceContiguous(
    _ op: ck_reduce_op, _ x: Tensor, along mask: AxisMask, name: StaticString
  ) -> Tensor {
    if let result = putOff(op, x, along: mask) {
      return Views.reshape(result, to: x.shape.reduced(along: mask, keepingAxes: true))
    }
    // Partial results are combined by the same operation, except that sums of squares are summed.
    let next = op == CK_REDUCE_SUM_SQUARES ? CK_REDUCE_SUM : op
    guard let split = x.shape.split(by: mask) else {
      // The last group of adjacent axes first, then the others.
      let group = x.shape.lastAdjacentAxes(of: mask)
      let partial = reduceContiguous(op, x, along: group, name: name)
      return reduceContiguous(next, partial, along: mask.subtracting(group), name: name)
    }
    let kernels = Execution.current.kernels
    let dtype = x.dtype == .bool && op == CK_REDUCE_SUM ? DType.int32 : x.dtype
    guard let runs = ck_reduce(kernels, op, x.dtype.code),
      let partialRuns = ck_reduce(kernels, next, dtype.code),
      let rows = ck_reduce_rows(kernels, op, x.dtype.code),
      let partialRows = ck_reduce_rows(kernels, next, dtype.code)
    else { fail("\(name): \(x.dtype.isUndefined)") }
    let result = Tensor(
      uninitialized: x.shape.reduced(along: mask, keepingAxes: true), dtype: dtype)
    // The axes that are kept may be empty, where runs would still be written.
    if result.elementCount == 0 { return result }
    if SmallMatrices.areFaster(split) {
      reduceTiny(x, into: result, along: split) { rows($0, $1, $2, $3, $4) }
    } else if split.inner > 1 {
      reduceRows(
        x, into: result, blocks: split.outer, rows: split.masked, columns: split.inner, rows,
        combining: partialRows)
    } else {
      reduceRuns(
        x, into: result, count: split.outer, length: split.masked, runs, combining: partialRuns)
    }
    return result
  }

  /// Reduces consecutive small matrices over their rows.
  private static func reduceTiny(
    _ x: Tensor, into result: Tensor, along split: (outer: Int, masked: Int, inner: Int),
    _ body: (
      _ x: UnsafeRawPointer, _ rowStride: Int, _ rows: Int, _ columns: Int,
      UnsafeMutableRawPointer
    ) -> Void
  ) {
    let (count, rows, columns) = split
    SmallMatrices(count: count, elements: rows * columns, results: columns).forEachBlock(
      of: x, into: result
    ) { matrices, width, target in
      body(matrices, columns * width, rows, columns * width, target)
    }
  }

  /// The length of the pieces into which a run is cut: one, or an even number of them.
  static func pieceLength(of length: Int) -> Int {
    length <= Grain.elements ? Swift.max(1, length) : Grain.even(Grain.elements, of: length)
  }

  /// Reduces `count` consecutive runs of `length` elements to one element each.
  private static func reduceRuns(
    _ x: Tensor, into result: Tensor, count: Int, length: Int, _ kernel: ck_reduce_fn,
    combining: ck_reduce_fn
  ) {
    let (source, target) = (x.pointer, result.pointer)
    let (size, resultSize) = (x.dtype.byteCount, result.dtype.byteCount)
    let pieceLength = pieceLength(of: length)
    let pieces = (length + pieceLength - 1) / pieceLength
    if pieces > 1 {
      let partial = Tensor(uninitialized: [count * pieces], dtype: result.dtype)
      let partialStart = partial.pointer
      ThreadPool.run(tasks: count * pieces) { task in
        let (run, piece) = (task / pieces, task % pieces)
        let start = piece * pieceLength
        kernel(
          source + (run * length + start) * size, 1, Swift.min(pieceLength, length - start),
          partialStart + task * resultSize)
      }
      reduceRuns(
        partial, into: result, count: count, length: pieces, combining, combining: combining)
      return
    }
    forEachChunk(of: count, each: length, grain: Grain.elements) { runs in
      let first = runs.lowerBound
      kernel(source + first * length * size, runs.count, length, target + first * resultSize)
    }
  }

  /// Reduces `blocks` matrices of `rows` × `columns` over their rows.
  private static func reduceRows(
    _ x: Tensor, into result: Tensor, blocks: Int, rows: Int, columns: Int,
    _ kernel: ck_reduce_rows_fn, combining: ck_reduce_rows_fn
  ) {
    let (source, target) = (x.pointer, result.pointer)
    let (size, resultSize) = (x.dtype.byteCount, result.dtype.byteCount)
    // Tall matrices are cut by rows, wide ones by columns.
    let rowsPerPiece = Swift.max(64, Grain.items(Grain.elements, each: columns, of: rows))
    let pieces = (rows + rowsPerPiece - 1) / rowsPerPiece
    if pieces > 1 {
      let partial = Tensor(uninitialized: [blocks, pieces, columns], dtype: result.dtype)
      let partialStart = partial.pointer
      ThreadPool.run(tasks: blocks * pieces) { task in
        let (block, piece) = (task / pieces, task % pieces)
        let first = piece * rowsPerPiece
        reduceNarrow(
          source + (block * rows + first) * columns * size,
          rows: Swift.min(rowsPerPiece, rows - first), columns: columns, size: size,
          into: partialStart + task * columns * resultSize, resultSize: resultSize, kernel,
          combining: combining)
      }
      reduceRows(
        partial, into: result, blocks: blocks, rows: pieces, columns: columns, combining,
        combining: combining)
      return
    }
    forEachStrip(of: columns, rows: rows, blocks: blocks) { block, strip in
      kernel(
        source + (block * rows * columns + strip.lowerBound) * size, columns, rows, strip.count,
        target + (block * columns + strip.lowerBound) * resultSize)
    }
  }

  /// Calls `body` with ranges of the columns of matrices, which tasks can take apart.
  private static func forEachStrip(
    of columns: Int, rows: Int, blocks: Int, _ body: (_ block: Int, _ columns: Range<Int>) -> Void
  ) {
    let width = Swift.min(columns, Swift.max(64, Grain.elements / Swift.max(rows, 1)))
    let strips = (columns + width - 1) / width
    forEachChunk(of: blocks * strips, each: rows * width, grain: Grain.elements) {
      range in
      for task in range {
        let (block, first) = (task / strips, task % strips * width)
        body(block, first..<Swift.min(columns, first + width))
      }
    }
  }

  /// Reduces a matrix over its rows, several of them side by side if they are narrow.
  private static func reduceNarrow(
    _ x: UnsafeMutableRawPointer, rows: Int, columns: Int, size: Int,
    into target: UnsafeMutableRawPointer, resultSize: Int, _ kernel: ck_reduce_rows_fn,
    combining: ck_reduce_rows_fn
  ) {
    let fold = 64 / Swift.max(1, columns)
    let (folded, rest) = rows.quotientAndRemainder(dividingBy: Swift.max(1, fold))
    if fold < 4 || folded < 4 { return kernel(x, columns, rows, columns, target) }
    withScratch(byteCount: (fold + 1) * columns * resultSize) { partial in
      kernel(x, fold * columns, folded, fold * columns, partial)
      if rest > 0 {
        kernel(
          x + folded * fold * columns * size, columns, rest, columns,
          partial + fold * columns * resultSize)
      }
      combining(partial, columns, fold + (rest > 0 ? 1 : 0), columns, target)
    }
  }

  /// Returns the int32 indices of the largest or smallest elements along `axis`.
  ///
  /// Of equal elements the first counts, and NaN takes precedence over every number.
  package static func argument(
    _ op: ck_arg_op, _ x: Tensor, along axis: Int, keepingAxes: Bool, name: StaticString
  ) -> Tensor {
    let axis = x.shape.axis(axis, in: name)
    let mask = AxisMask(axis: axis)
    let length = x.shape[axis]
    require(length > 0, "\(name): no elements along axis \(axis) of shape \(x.shape)")
    guard let kernel = ck_arg_reduce(Execution.current.kernels, op, x.dtype.code) else {
      fail("\(name): \(x.dtype.isUndefined)")
    }
    guard let rows = ck_arg_rows(Execution.current.kernels, op, x.dtype.code) else {
      fail("\(name): \(x.dtype.isUndefined)")
    }
    let result = inOrderOfMemory(x, mask) { x, mask in
      let result = Tensor(
        uninitialized: x.shape.reduced(along: mask, keepingAxes: true), dtype: .int32)
      guard let split = x.shape.split(by: mask), result.elementCount > 0 else { return result }
      findArguments(x, into: result, along: split, kernel, rows)
      return result
    }
    return Views.reshape(result, to: x.shape.reduced(along: mask, keepingAxes: keepingAxes))
  }

  private static func findArguments(
    _ x: Tensor, into result: Tensor, along split: (outer: Int, masked: Int, inner: Int),
    _ kernel: ck_arg_reduce_fn, _ rowsKernel: ck_arg_rows_fn
  ) {
    let (outer, length, inner) = split
    let (source, size) = (x.pointer, x.dtype.byteCount)
    let target = result.pointer.assumingMemoryBound(to: Int32.self)
    if SmallMatrices.areFaster(split) {
      reduceTiny(x, into: result, along: split) {
        rowsKernel($0, $1, $2, $3, $4.assumingMemoryBound(to: Int32.self))
      }
    } else if inner == 1 {
      forEachChunk(of: outer, each: length, grain: Grain.elements) { runs in
        let first = runs.lowerBound
        kernel(source + first * length * size, runs.count, length, target + first)
      }
    } else {
      forEachStrip(of: inner, rows: length, blocks: outer) { block, columns in
        rowsKernel(
          source + (block * length * inner + columns.lowerBound) * size, inner, length,
          columns.count, target + block * inner + columns.lowerBound)
      }
    }
  }
}
