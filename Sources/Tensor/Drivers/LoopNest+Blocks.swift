import CKernels

// The walk of element-wise kernels over a nest. Runs that would read far apart, or are short, are
// gathered block by block into the nearest cache, so that a transposed or a broadcast operand costs
// little more than a contiguous one.

extension LoopNest {
  /// The elements of a call of a kernel.
  struct Run {
    /// The first element of each operand.
    var pointers: InlineArray<3, UnsafeRawPointer>
    /// The step of each operand in elements.
    var steps: InlineArray<3, Int>
    /// The position of the first element in the result.
    var output: Int
    var count: Int
  }

  /// Calls `body` for runs that together visit all elements of the operands of the nest.
  ///
  /// The runs are spread over threads in tasks that depend on the nest and `grain`, a number of
  /// elements, alone.
  func forEachRun(of a: Tensor, grain: Int, _ body: (Run) -> Void) {
    forEachRun([Operand(a), Operand(a), Operand(a)], grain: grain, body)
  }

  func forEachRun(of a: Tensor, _ b: Tensor, grain: Int, _ body: (Run) -> Void) {
    forEachRun([Operand(a), Operand(b), Operand(b)], grain: grain, body)
  }

  func forEachRun(of a: Tensor, _ b: Tensor, _ c: Tensor, grain: Int, _ body: (Run) -> Void) {
    forEachRun([Operand(a), Operand(b), Operand(c)], grain: grain, body)
  }

  private func forEachRun(
    _ operands: InlineArray<3, Operand>, grain: Int, _ body: (Run) -> Void
  ) {
    if let blocks = LoopBlocks(self) {
      return blocks.forEachRun(of: operands, grain: grain, body)
    }
    let steps = InlineArray<3, Int> { runStep($0) }
    forEachRun(grain: grain) { offsets, output, count in
      body(
        Run(
          pointers: InlineArray { operands[$0].start + offsets[$0] * operands[$0].size },
          steps: steps, output: output, count: count))
    }
  }

  /// An operand in memory: its first element and the bytes of an element.
  fileprivate struct Operand {
    var start: UnsafeRawPointer
    var size: Int

    init(_ x: Tensor) {
      start = UnsafeRawPointer(x.pointer)
      size = x.dtype.byteCount
    }
  }
}

/// A cut of a nest into blocks of rows and columns: the columns are elements of a run, the rows are
/// runs that follow one another along another level.
struct LoopBlocks {
  /// A block: the offsets of its first element in the operands and in the result, and the distance
  /// of its rows in the result.
  struct Block {
    var rows: Int
    var columns: Int
    var offsets: InlineArray<3, Int>
    var output: Int
    var outputStep: Int
  }

  private let nest: LoopNest
  /// The level of the rows.
  private let level: Int
  /// The most rows and columns of a block.
  private let rows: Int
  private let columns: Int
  /// Whether an operand is copied into a block without gaps before the kernel reads it.
  private var isGathered = InlineArray<3, Bool>(repeating: false)
  /// Whether the rows of a block follow one another in all operands and in the result.
  private var isJoined = false

  /// The most elements of a block: with those of the result they fit the first-level cache.
  private static let capacity = 4096
  /// The length up to which calling a kernel for each run costs more than gathering.
  private static let shortRun = 64

  /// Creates the blocks of a nest, or nil if its runs are best read as they are.
  init?(_ nest: LoopNest) {
    guard nest.runCount > 1 else { return nil }
    let last = nest.depth - 1
    var turned: Int?
    for i in 0..<nest.operandCount where turned == nil && nest.steps[i][last] > 1 {
      turned = (0..<last).first { nest.steps[i][$0] == 1 }
    }
    let isShort = nest.runLength < Self.shortRun
    guard turned != nil || isShort else { return nil }
    self.nest = nest
    level = turned ?? last - 1
    columns = Swift.min(nest.runLength, 256)
    rows = Swift.min(nest.sizes[level], Self.capacity / columns)
    let hasWholeRows = level == last - 1 && columns == nest.runLength
    isJoined = hasWholeRows
    for i in 0..<nest.operandCount {
      let (down, along) = (nest.steps[i][level], nest.steps[i][last])
      let follows = along == 1 && down == nest.runLength || along == 0 && down == 0
      isGathered[i] = along > 1 && down == 1 || hasWholeRows && isShort && !follows
      if !isGathered[i] && !follows { isJoined = false }
    }
  }

  /// Whether the first operand is contiguous along the rows, not along the runs.
  var isTransposed: Bool { step(0, along: level) == 1 && nest.runStep(0) > 1 }

  private func step(_ operand: Int, along level: Int) -> Int { nest.steps[operand][level] }

  /// Calls `body` for all blocks, with tasks of about `grain` elements.
  func forEachBlock(
    grain: Int, _ body: (Block, _ scratch: UnsafeMutableRawPointer) -> Void
  ) {
    let down = (nest.sizes[level] + rows - 1) / rows
    let across = (nest.runLength + columns - 1) / columns
    let count = nest.runCount / nest.sizes[level] * down * across
    forEachChunk(of: count, grain: Grain.items(grain, each: rows * columns)) { tasks in
      withUnsafeTemporaryAllocation(byteCount: scratchByteCount, alignment: 64) { scratch in
        guard let start = scratch.baseAddress else { return }
        for task in tasks {
          let (place, column) = (task / across, task % across * columns)
          body(block(place / down, row: place % down * rows, column: column), start)
        }
      }
    }
  }

  /// The bytes that hold the gathered blocks of all operands; those of one operand lie at its number
  /// times the size of a block of the widest elements.
  private var scratchByteCount: Int {
    let last = (0..<nest.operandCount).last { isGathered[$0] }
    return last.map { ($0 + 1) * rows * columns * 8 } ?? 1
  }

  /// The block at a row and a column, for one combination of the indices of the other levels.
  private func block(_ combination: Int, row: Int, column: Int) -> Block {
    let last = nest.depth - 1
    var block = Block(
      rows: Swift.min(rows, nest.sizes[level] - row),
      columns: Swift.min(columns, nest.runLength - column),
      offsets: InlineArray { column * nest.runStep($0) }, output: column, outputStep: 0)
    var (rest, unit) = (combination, nest.runLength)
    for other in stride(from: last - 1, through: 0, by: -1) {
      var index = row
      if other == level {
        block.outputStep = unit
      } else {
        index = rest % nest.sizes[other]
        rest /= nest.sizes[other]
      }
      for i in 0..<nest.operandCount { block.offsets[i] += index * step(i, along: other) }
      block.output += index * unit
      unit *= nest.sizes[other]
    }
    return block
  }

  fileprivate func forEachRun(
    of operands: InlineArray<3, LoopNest.Operand>, grain: Int, _ body: (LoopNest.Run) -> Void
  ) {
    let kernels = Execution.current.kernels
    forEachBlock(grain: grain) { block, scratch in
      var run = LoopNest.Run(
        pointers: InlineArray { operands[$0].start + block.offsets[$0] * operands[$0].size },
        steps: InlineArray { nest.runStep($0) }, output: block.output, count: block.columns)
      // The bytes from one row of an operand to the next.
      var rowBytes = InlineArray<3, Int> { step($0, along: level) * operands[$0].size }
      for i in 0..<nest.operandCount where isGathered[i] {
        let (size, target) = (operands[i].size, scratch + i * rows * columns * 8)
        if rowBytes[i] == size && run.steps[i] > 1 {
          ck_transpose(kernels, size)?(
            run.pointers[i], run.steps[i], target, block.columns, block.columns, block.rows)
        } else if let copy = ck_copy(kernels, size) {
          for row in 0..<block.rows {
            copy(
              run.pointers[i] + row * rowBytes[i], run.steps[i],
              target + row * block.columns * size, 1, block.columns)
          }
        }
        run.pointers[i] = UnsafeRawPointer(target)
        run.steps[i] = 1
        rowBytes[i] = block.columns * size
      }
      if isJoined {
        run.count = block.rows * block.columns
        return body(run)
      }
      for _ in 0..<block.rows {
        body(run)
        for i in 0..<nest.operandCount { run.pointers[i] += rowBytes[i] }
        run.output += block.outputStep
      }
    }
  }
}
