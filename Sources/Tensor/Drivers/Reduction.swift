import CKernels

/// Runs the reduction kernels over shapes.
///
/// Long runs are cut into pieces by their length alone and the partial results are combined in
/// order, so results do not depend on the number of threads.
package enum Reduction {
  /// Returns the reduction of `x` along the axes in `mask`, which are dropped or kept with size 1.
  ///
  /// The sum of no elements is 0 and the product 1; max and min of no elements stop the program.
  package static func reduce(
    _ op: ck_reduce_op, _ x: Tensor, along mask: AxisMask, keepingAxes: Bool,
    name: StaticString
  ) -> Tensor {
    let kernels = Execution.current.kernels
    // Partial results are combined by the same operation, except that sums of squares are summed.
    let next = op == CK_REDUCE_SUM_SQUARES ? CK_REDUCE_SUM : op
    guard let runs = ck_reduce(kernels, op, x.dtype.code),
      let partialRuns = ck_reduce(kernels, next, x.dtype.code),
      let rows = ck_reduce_rows(kernels, op, x.dtype.code),
      let partialRows = ck_reduce_rows(kernels, next, x.dtype.code)
    else { fail("\(name): \(x.dtype.isUndefined)") }
    if op == CK_REDUCE_MAX || op == CK_REDUCE_MIN {
      for axis in 0..<x.rank where mask.contains(axis) && x.shape[axis] == 0 {
        fail("\(name): no elements along axis \(axis) of shape \(x.shape)")
      }
    }
    let dtype = x.dtype == .bool && op == CK_REDUCE_SUM ? DType.int32 : x.dtype
    let shape = x.shape.reduced(along: mask, keepingAxes: keepingAxes)
    let result = Tensor(uninitialized: shape, dtype: dtype)
    let source: Tensor
    let outer: Int
    let reduced: Int
    let inner: Int
    if x.isContiguous, let split = x.shape.split(by: mask) {
      source = x
      (outer, reduced, inner) = split
    } else {
      source = Views.permute(x, movingToEnd: mask).contiguous
      outer = result.elementCount
      reduced = outer == 0 ? 0 : x.elementCount / outer
      inner = 1
    }
    if inner == 1 {
      reduceRuns(
        source, into: result, count: outer, length: reduced, runs, combining: partialRuns)
    } else {
      reduceRows(
        source, into: result, blocks: outer, rows: reduced, columns: inner, rows,
        combining: partialRows)
    }
    return result
  }

  /// Reduces `count` consecutive runs of `length` elements to one element each.
  private static func reduceRuns(
    _ x: Tensor, into result: Tensor, count: Int, length: Int, _ kernel: ck_reduce_fn,
    combining: ck_reduce_fn
  ) {
    let (source, target) = (x.pointer, result.pointer)
    let (size, resultSize) = (x.dtype.byteCount, result.dtype.byteCount)
    let grain = Grain.elements
    let pieces = (length + grain - 1) / grain
    if pieces > 1 && x.dtype == result.dtype {
      let partial = Tensor(uninitialized: [count * pieces], dtype: result.dtype)
      let partialStart = partial.pointer
      ThreadPool.run(tasks: count * pieces) { task in
        let (run, piece) = (task / pieces, task % pieces)
        let start = piece * grain
        kernel(
          source + (run * length + start) * size, 1, Swift.min(grain, length - start),
          partialStart + task * resultSize)
      }
      reduceRuns(
        partial, into: result, count: count, length: pieces, combining, combining: combining)
      return
    }
    forEachChunk(of: count, grain: Grain.items(Grain.elements, each: length)) { runs in
      for run in runs {
        kernel(source + run * length * size, 1, length, target + run * resultSize)
      }
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
    let rowsPerPiece = Swift.max(64, Grain.elements / Swift.max(columns, 1))
    let pieces = (rows + rowsPerPiece - 1) / rowsPerPiece
    if pieces > 1 && x.dtype == result.dtype {
      let partial = Tensor(uninitialized: [blocks, pieces, columns], dtype: result.dtype)
      let partialStart = partial.pointer
      ThreadPool.run(tasks: blocks * pieces) { task in
        let (block, piece) = (task / pieces, task % pieces)
        let first = piece * rowsPerPiece
        kernel(
          source + (block * rows + first) * columns * size, columns,
          Swift.min(rowsPerPiece, rows - first), columns, partialStart + task * columns * resultSize
        )
      }
      reduceRows(
        partial, into: result, blocks: blocks, rows: pieces, columns: columns, combining,
        combining: combining)
      return
    }
    let columnGrain = Swift.max(64, Grain.elements / Swift.max(rows, 1))
    let columnPieces = (columns + columnGrain - 1) / columnGrain
    let tasks = blocks * columnPieces
    let taskGrain = Grain.items(Grain.elements, each: rows * Swift.min(columns, columnGrain))
    forEachChunk(of: tasks, grain: taskGrain) { range in
      for task in range {
        let (block, piece) = (task / columnPieces, task % columnPieces)
        let first = piece * columnGrain
        kernel(
          source + (block * rows * columns + first) * size, columns, rows,
          Swift.min(columnGrain, columns - first), target + (block * columns + first) * resultSize)
      }
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
    let result = Tensor(
      uninitialized: x.shape.reduced(along: mask, keepingAxes: keepingAxes), dtype: .int32)
    let moved = Views.permute(x, movingToEnd: mask).contiguous
    let (source, size) = (moved.pointer, x.dtype.byteCount)
    let target = result.pointer.assumingMemoryBound(to: Int32.self)
    forEachChunk(of: result.elementCount, grain: Grain.items(Grain.elements, each: length)) {
      runs in
      for run in runs { kernel(source + run * length * size, 1, length, target + run) }
    }
    return result
  }
}
