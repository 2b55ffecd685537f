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
  /// of memory.
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
    if !x.isContiguous, let order = x.memoryOrder {
      // The axes in the order of memory, reduced, and put back.
      var turnedMask = AxisMask()
      for (axis, source) in order.enumerated() where mask.contains(source) {
        turnedMask.insert(axis)
      }
      let turned = Views.permute(x, order: order, name: name)
      let result = reduceContiguous(op, turned, along: turnedMask, name: name)
      var back = [Int](repeating: 0, count: order.count)
      for (axis, source) in order.enumerated() { back[source] = axis }
      return Views.reshape(Views.permute(result, order: back, name: name).contiguous, to: shape)
    }
    return Views.reshape(reduceContiguous(op, x.contiguous, along: mask, name: name), to: shape)
  }

  /// Returns the reduction of a contiguous tensor, with the axes kept.
  private static func reduceContiguous(
    _ op: ck_reduce_op, _ x: Tensor, along mask: AxisMask, name: StaticString
  ) -> Tensor {
    // Partial results are combined by the same operation, except that sums of squares are summed.
    let next = op == CK_REDUCE_SUM_SQUARES ? CK_REDUCE_SUM : op
    guard let split = x.shape.split(by: mask) else {
      // The last group of adjacent axes first, then the others.
      let group = x.shape.lastAdjacentAxes(of: mask)
      let partial = reduceContiguous(op, x, along: group, name: name)
      return reduceContiguous(next, partial, along: mask.subtracting(group), name: name)
    }
    let kernels = Execution.current.kernels
    guard let runs = ck_reduce(kernels, op, x.dtype.code),
      let partialRuns = ck_reduce(kernels, next, x.dtype.code),
      let rows = ck_reduce_rows(kernels, op, x.dtype.code),
      let partialRows = ck_reduce_rows(kernels, next, x.dtype.code)
    else { fail("\(name): \(x.dtype.isUndefined)") }
    let dtype = x.dtype == .bool && op == CK_REDUCE_SUM ? DType.int32 : x.dtype
    let result = Tensor(
      uninitialized: x.shape.reduced(along: mask, keepingAxes: true), dtype: dtype)
    if split.inner > 1 {
      reduceRows(
        x, into: result, blocks: split.outer, rows: split.masked, columns: split.inner, rows,
        combining: partialRows)
    } else if split.masked < shortRun && split.outer >= 16 {
      reduceShortRuns(x, into: result, count: split.outer, length: split.masked, rows)
    } else {
      reduceRuns(
        x, into: result, count: split.outer, length: split.masked, runs, combining: partialRuns)
    }
    return result
  }

  /// The length up to which calling a kernel for each run costs more than transposing.
  private static let shortRun = 64

  /// Reduces `count` consecutive short runs of `length` elements, transposed block by block so that
  /// each becomes a column.
  private static func reduceShortRuns(
    _ x: Tensor, into result: Tensor, count: Int, length: Int, _ kernel: ck_reduce_rows_fn
  ) {
    let (source, target) = (x.pointer, result.pointer)
    let (size, resultSize) = (x.dtype.byteCount, result.dtype.byteCount)
    guard let transpose = ck_transpose(Execution.current.kernels, size) else { return }
    let width = Swift.min(count, Swift.max(16, 4096 / Swift.max(1, length)))
    let blocks = (count + width - 1) / width
    forEachChunk(of: blocks, grain: Grain.items(Grain.elements, each: width * length)) { range in
      withUnsafeTemporaryAllocation(byteCount: width * length * size, alignment: 64) { scratch in
        guard let columns = scratch.baseAddress else { return }
        for block in range {
          let first = block * width
          let runs = Swift.min(width, count - first)
          transpose(source + first * length * size, length, columns, runs, runs, length)
          kernel(columns, runs, length, runs, target + first * resultSize)
        }
      }
    }
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
        reduceNarrow(
          source + (block * rows + first) * columns * size,
          rows: Swift.min(rowsPerPiece, rows - first), columns: columns, size: size,
          into: partialStart + task * columns * resultSize, kernel, combining: combining)
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

  /// Reduces a matrix over its rows, several of them side by side if they are narrow.
  private static func reduceNarrow(
    _ x: UnsafeMutableRawPointer, rows: Int, columns: Int, size: Int,
    into target: UnsafeMutableRawPointer, _ kernel: ck_reduce_rows_fn,
    combining: ck_reduce_rows_fn
  ) {
    let fold = 64 / Swift.max(1, columns)
    let (folded, rest) = rows.quotientAndRemainder(dividingBy: Swift.max(1, fold))
    if fold < 4 || folded < 4 { return kernel(x, columns, rows, columns, target) }
    withUnsafeTemporaryAllocation(byteCount: (fold + 1) * columns * size, alignment: 64) {
      guard let partial = $0.baseAddress else { return }
      kernel(x, fold * columns, folded, fold * columns, partial)
      if rest > 0 {
        kernel(
          x + folded * fold * columns * size, columns, rest, columns,
          partial + fold * columns * size)
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
