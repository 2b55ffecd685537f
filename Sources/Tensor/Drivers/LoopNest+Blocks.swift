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
    let size = (0..<operandCount).reduce(1) { Swift.max($0, operands[$1].size) }
    if let outline = LoopBlocks.outline(of: self) {
      return LoopBlocks(self, outline, elementSize: size)
        .forEachRun(of: operands, grain: grain, body)
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

/// A cut of a nest into blocks of rows and columns.
///
/// Where the runs are short, a row is all elements of the innermost levels, and a block is its rows
/// one after another, which the kernel takes as one run. Otherwise the columns are elements of a
/// run, and the rows are runs that follow one another along another level.
private struct LoopBlocks {
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
  /// The elements of a row of the whole nest.
  private let rowLength: Int
  /// The most rows and columns of a block.
  private let rows: Int
  private let columns: Int
  /// The elements from one row of a gathered block to the next.
  private let pitch: Int
  /// The size of the widest elements.
  private let elementSize: Int
  /// The copy of a full block of an operand before the kernel reads it.
  private var gathers = InlineArray<3, Move?>(repeating: nil)
  /// Whether the rows of a block follow one another in all operands and in the result.
  private let isJoined: Bool

  /// The most elements of a block of joined rows: with those of the result they fit the first-level
  /// cache.
  private static let capacity = 4096
  /// The bytes of a row and the columns of a block that is transposed, which fits the second-level
  /// cache: short pieces of the lines of an operand, in either direction, cost much more.
  private static let turnedBytes = 256
  private static let turnedColumns = 256
  /// What a row of a transposed block has more than columns, so that the elements of a column do
  /// not share a place of the cache.
  private static let gap = 16
  /// The length below which calling a kernel for each run costs more than gathering.
  private static let shortRun = 192
  /// The elements that are enough for a call of a kernel.
  private static let enough = 1024

  /// What is known of the blocks of a nest before they are planned: the level along which the rows
  /// of an operand follow one another, if it is turned, and whether the runs are short.
  typealias Outline = (turned: Int?, isShort: Bool)

  /// The outline of the blocks of a nest, or nil if its runs are best read as they are.
  static func outline(of nest: LoopNest) -> Outline? {
    guard nest.runCount > 1 else { return nil }
    let last = nest.depth - 1
    var turned: Int?
    for i in 0..<nest.operandCount where turned == nil && nest.steps[i][last] > 1 {
      turned = (0..<last).first { nest.steps[i][$0] == 1 }
    }
    let isShort = nest.runLength < shortRun
    return turned != nil || isShort ? (turned, isShort) : nil
  }

  /// Creates the blocks of a nest.
  init(_ nest: LoopNest, _ outline: Outline, elementSize: Int) {
    let (turned, isShort) = outline
    let last = nest.depth - 1
    self.nest = nest
    self.elementSize = elementSize
    var (level, length) = (last - 1, nest.runLength)
    if isShort {
      while level > 0 && length * nest.sizes[level] < Self.enough {
        length *= nest.sizes[level]
        level -= 1
      }
    }
    // Blocks are joined unless a long run, or a level outside of them, is turned.
    isJoined = isShort && (turned ?? level) >= level
    self.level = isJoined ? level : turned ?? level
    rowLength = isJoined ? length : nest.runLength
    columns = isJoined ? length : Swift.min(nest.runLength, Self.turnedColumns)
    pitch = isJoined ? length : columns + Self.gap
    rows = Swift.min(
      nest.sizes[self.level],
      isJoined ? Swift.max(1, Self.capacity / columns) : Self.turnedBytes / elementSize)
    for i in 0..<nest.operandCount where isGathered(i) { gathers[i] = gather(i, rows, columns) }
  }

  private func step(_ operand: Int, along level: Int) -> Int { nest.steps[operand][level] }

  private func isGathered(_ operand: Int) -> Bool {
    if !isJoined { return nest.runStep(operand) > 1 && step(operand, along: level) == 1 }
    let along = nest.runStep(operand)
    guard along == 0 || along == 1 else { return true }
    var unit = along
    for i in stride(from: nest.depth - 1, through: level, by: -1) {
      if step(operand, along: i) != unit { return true }
      unit *= nest.sizes[i]
    }
    return false
  }

  /// The copy of a block of an operand into rows that are `pitch` elements apart.
  private func gather(_ operand: Int, _ rows: Int, _ columns: Int) -> Move {
    let last = nest.depth - 1
    var (sizes, steps) = (nest.sizes, InlineArray<8, Int>(repeating: 0))
    sizes[level] = rows
    if !isJoined {
      sizes[last] = columns
      for i in level + 1..<last { sizes[i] = 1 }
      (steps[level], steps[last]) = (pitch, 1)
    } else {
      var unit = 1
      for i in stride(from: last, through: level, by: -1) {
        steps[i] = unit
        unit *= sizes[i]
      }
    }
    return Move(sizes, levels: level..<last + 1, from: nest.steps[operand], into: steps)
  }

  /// Calls `body` for all blocks, with tasks of about `grain` elements.
  ///
  /// Each task has scratch memory and keeps the offsets of the operands whose gathered blocks that
  /// holds, at first none.
  private func forEachBlock(
    grain: Int,
    _ body: (Block, _ scratch: UnsafeMutableRawPointer, _ held: inout InlineArray<3, Int>) -> Void
  ) {
    let down = (nest.sizes[level] + rows - 1) / rows
    let across = (rowLength + columns - 1) / columns
    let combinations = nest.runCount * nest.runLength / (nest.sizes[level] * rowLength)
    forEachChunk(of: combinations * down * across, each: rows * columns, grain: grain) { tasks in
      withScratch(byteCount: scratchByteCount) { scratch in
        var held = InlineArray<3, Int>(repeating: .min)
        for task in tasks {
          let (place, column) = (task / across, task % across * columns)
          body(block(place / down, row: place % down * rows, column: column), scratch, &held)
        }
      }
    }
  }

  /// The bytes of a gathered block of the widest elements.
  private var blockByteCount: Int { rows * pitch * elementSize }

  /// The bytes that hold the gathered blocks of all operands; that of an operand lies at its number
  /// times the size of a block.
  private var scratchByteCount: Int {
    let last = (0..<nest.operandCount).last { gathers[$0] != nil }
    return last.map { ($0 + 1) * blockByteCount } ?? 0
  }

  /// The block at a row and a column, for one combination of the indices of the other levels.
  private func block(_ combination: Int, row: Int, column: Int) -> Block {
    let inner = isJoined ? level + 1 : nest.depth - 1
    var block = Block(
      rows: Swift.min(rows, nest.sizes[level] - row),
      columns: Swift.min(columns, rowLength - column),
      offsets: InlineArray { column * nest.runStep($0) }, output: column, outputStep: 0)
    var (rest, unit) = (combination, rowLength)
    for other in stride(from: inner - 1, through: 0, by: -1) {
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

  func forEachRun(
    of operands: InlineArray<3, LoopNest.Operand>, grain: Int, _ body: (LoopNest.Run) -> Void
  ) {
    let kernels = Execution.current.kernels
    forEachBlock(grain: grain) { block, scratch, held in
      var run = LoopNest.Run(
        pointers: InlineArray { operands[$0].start + block.offsets[$0] * operands[$0].size },
        steps: InlineArray { nest.runStep($0) }, output: block.output, count: block.columns)
      // The bytes from one row of an operand to the next.
      var rowBytes = InlineArray<3, Int> { step($0, along: level) * operands[$0].size }
      let isFull = block.rows == rows && block.columns == columns
      for i in 0..<nest.operandCount {
        guard let full = gathers[i], let kernel = ck_move(kernels, operands[i].size) else {
          continue
        }
        let (size, target) = (operands[i].size, scratch + i * blockByteCount)
        // Of an operand that is broadcast along the rows, the next block is the same.
        if !isFull || held[i] != block.offsets[i] {
          let move = isFull ? full : gather(i, block.rows, block.columns)
          move.run(run.pointers[i], target, kernel, size: size)
          held[i] = isFull ? block.offsets[i] : .min
        }
        run.pointers[i] = UnsafeRawPointer(target)
        run.steps[i] = 1
        rowBytes[i] = pitch * size
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
