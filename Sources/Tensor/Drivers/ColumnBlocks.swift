import CKernels

/// Lines along an axis of contiguous tensors, read as columns of matrices that fit a near cache.
///
/// Where such a matrix lies in memory, it is read there. Otherwise it is gathered: from short lines
/// by a transposition, or from a strip of a wide matrix; this keeps its lines together, which in
/// memory may be a power of two apart and so share few places of the cache. The number of columns
/// is a multiple of `CK_STRIP`.
struct ColumnBlocks {
  private let outer: Int
  private let length: Int
  private let inner: Int
  /// The columns of a block in each of the matrices around the axis.
  private let width: Int
  /// The number of matrices whose columns make a block: more than one if they are transposed.
  private let matrices: Int

  private static let strip = Int(CK_STRIP)
  /// The elements of a block at least, if it has several matrices, and at most.
  private static let elements = (least: 1 << 12, most: 1 << 15)

  /// Creates blocks of lines of `length` elements, given the number of elements outside and inside
  /// of the axis.
  init(_ shape: (outer: Int, length: Int, inner: Int)) {
    (outer, length, inner) = shape
    if inner < Self.strip {
      matrices = Self.strips(
        Swift.min(outer, Self.elements.least / Swift.max(1, length * inner)))
      width = Swift.max(1, inner)
    } else {
      matrices = 1
      width = Swift.min(inner, Self.strips(Self.elements.most / Swift.max(1, length)))
    }
  }

  /// The least number of columns of whole strips, at least one, from `columns` on.
  private static func strips(_ columns: Int) -> Int {
    Swift.max(1, (columns + strip - 1) / strip) * strip
  }

  /// Whether blocks are not too large for the cache, and parts of rows long enough to be gathered.
  var areFast: Bool {
    matrices * length * width <= 2 * Self.elements.most && (width >= inner || width >= 256)
  }

  /// Calls `body` for each block of `x`, to write the same block of the result.
  ///
  /// The tensor `dy` has the same shape, or one element in place of each line: then the step
  /// between its rows is 0. Each row of a block has `scratchSize` bytes of scratch memory.
  func forEachBlock(
    of x: Tensor, _ dy: Tensor? = nil, into result: Tensor, scratchSize: Int = 0,
    _ body: (
      _ x: UnsafeMutableRawPointer, _ dy: UnsafeMutableRawPointer?, _ dyStep: Int, _ rows: Int,
      _ columns: Int, _ result: UnsafeMutableRawPointer, _ scratch: UnsafeMutableRawPointer
    ) -> Void
  ) {
    if x.elementCount == 0 { return }
    let size = x.dtype.byteCount
    let dyLength = dy.map { $0.elementCount == x.elementCount ? length : 1 } ?? 0
    let columns = Self.strips(matrices * width)
    let isInPlace = matrices == 1 && width == inner && columns == inner
    let gatheredSize = isInPlace ? 0 : columns * size
    let bytes = length * (gatheredSize + scratchSize) + dyLength * gatheredSize
    let strips = (inner + width - 1) / width
    let blocks = (outer + matrices - 1) / matrices * strips
    let (from, incoming, to) = (x.pointer, dy?.pointer, result.pointer)
    forEachChunk(of: blocks, each: length * columns, grain: Grain.rowElements) {
      range in
      let memory = Storage(byteCount: bytes)
      withExtendedLifetime(memory) {
        let scratch = memory.pointer
        let gathered = scratch + length * scratchSize
        let gatheredDy = gathered + length * gatheredSize
        for index in range {
          let (group, strip) = index.quotientAndRemainder(dividingBy: strips)
          let block = Block(
            first: group * matrices, count: Swift.min(matrices, outer - group * matrices),
            column: strip * width, width: Swift.min(width, inner - strip * width),
            columns: columns)
          let step = dyLength == length ? columns : 0
          if isInPlace {
            let start = block.first * inner * size
            body(
              from + start * length, incoming.map { $0 + start * dyLength }, step, length, columns,
              to + start * length, scratch)
            continue
          }
          gather(block, from, length: length, size: size, into: gathered)
          if let incoming {
            gather(block, incoming, length: dyLength, size: size, into: gatheredDy)
          }
          body(
            gathered, dy == nil ? nil : gatheredDy, step, length, columns, gathered, scratch)
          scatter(block, gathered, size: size, into: to)
        }
      }
    }
  }

  /// Columns of some matrices, in a block of so many columns.
  private struct Block {
    var first: Int
    var count: Int
    var column: Int
    var width: Int
    var columns: Int
  }

  /// Copies a block of lines of `length` elements; columns that are not there are 0.
  private func gather(
    _ block: Block, _ x: UnsafeMutableRawPointer, length: Int, size: Int,
    into target: UnsafeMutableRawPointer
  ) {
    if block.count * block.width < block.columns {
      target.initializeMemory(as: UInt8.self, repeating: 0, count: length * block.columns * size)
    }
    let (kernels, elements) = (Execution.current.kernels, length * inner)
    let source = x + (block.first * elements + block.column) * size
    if matrices > 1 {
      ck_transpose(kernels, size)?(source, elements, target, matrices, block.count, elements)
    } else {
      move(block, length, source, inner, target, block.columns, size)
    }
  }

  /// Copies a block back.
  private func scatter(
    _ block: Block, _ y: UnsafeMutableRawPointer, size: Int, into result: UnsafeMutableRawPointer
  ) {
    let (kernels, elements) = (Execution.current.kernels, length * inner)
    let target = result + (block.first * elements + block.column) * size
    if matrices > 1 {
      ck_transpose(kernels, size)?(y, matrices, target, elements, elements, block.count)
    } else {
      move(block, length, y, block.columns, target, inner, size)
    }
  }

  private func move(
    _ block: Block, _ rows: Int, _ x: UnsafeMutableRawPointer, _ xStep: Int,
    _ y: UnsafeMutableRawPointer, _ yStep: Int, _ size: Int
  ) {
    withUnsafeTemporaryAllocation(of: ck_level.self, capacity: 2) { levels in
      levels.initializeElement(at: 0, to: ck_level(size: rows, from: xStep, to: yStep))
      levels.initializeElement(at: 1, to: ck_level(size: block.width, from: 1, to: 1))
      ck_move(Execution.current.kernels, size)?(levels.baseAddress, 2, x, y)
    }
  }
}
