import CKernels
import Synchronization

/// Runs the kernels that sort and select along an axis.
///
/// Orders are stable, and NaN counts as greater than every number, so each order is the only one:
/// the results do not depend on how the work is cut.
package enum Sorting {
  /// Returns the elements sorted along `axis`.
  package static func sort(_ x: Tensor, along axis: Int, descending: Bool) -> Tensor {
    let axis = x.shape.axis(axis, in: "sorted")
    let kernels = kernels(x.dtype)
    return alongLast(x, axis, count: x.shape[axis], x.dtype) { source, rows, length, result in
      forEachRow(
        rows, length, scratch: 2 * length * kernels.key_size,
        short: { row, count, scratch in
          let start = row * length * x.dtype.byteCount
          kernels.sort(source + start, count, length, descending ? 1 : 0, scratch, result + start)
        },
        long: { row in
          let start = row * length * x.dtype.byteCount
          sortLong(source + start, length, x.dtype, descending, kernels, result + start)
        })
    }
  }

  /// Returns the int32 positions that sort the elements along `axis`.
  package static func argsort(_ x: Tensor, along axis: Int, descending: Bool) -> Tensor {
    let axis = x.shape.axis(axis, in: "argsort")
    let kernels = kernels(x.dtype)
    return alongLast(x, axis, count: x.shape[axis], .int32) { source, rows, length, result in
      let order = result.assumingMemoryBound(to: Int32.self)
      forEachRow(
        rows, length, scratch: 2 * length * rankSize,
        short: { row, count, scratch in
          kernels.argsort(
            source + row * length * x.dtype.byteCount, count, length, descending ? 1 : 0, scratch,
            order + row * length)
        },
        long: { row in
          argsortLong(
            source + row * length * x.dtype.byteCount, length, x.dtype, descending, kernels,
            order + row * length)
        })
    }
  }

  /// Returns the int32 positions of the `count` greatest elements along `axis`, in descending
  /// order.
  package static func topPositions(_ x: Tensor, count: Int, along axis: Int) -> Tensor {
    let length = x.shape[axis]
    if length > Grain.sortedElements && count <= Grain.sortedElements / 16 {
      return topPositionsOfPieces(x, count: count, along: axis)
    }
    let kernels = kernels(x.dtype)
    return alongLast(x, axis, count: count, .int32) { source, rows, length, result in
      let order = result.assumingMemoryBound(to: Int32.self)
      let scratch = 2 * (count * rankSize + ck_top_capacity(length, count) * kernels.key_size)
      forEachRow(rows, length, scratch: scratch) { row, rows, scratch in
        kernels.top(
          source + row * length * x.dtype.byteCount, rows, length, count, 1, scratch,
          order + row * count)
      }
    }
  }

  /// Selects from each of several pieces first, and then from what they gave.
  ///
  /// Of equal elements the first one stands first among the candidates, too.
  private static func topPositionsOfPieces(_ x: Tensor, count: Int, along axis: Int) -> Tensor {
    let length = x.shape[axis]
    let pieces = (length + Grain.sortedElements - 1) / Grain.sortedElements
    let size = (length + pieces - 1) / pieces
    let kernels = kernels(x.dtype)
    let candidates = alongLast(x, axis, count: pieces * count, .int32) {
      source, rows, length, result in
      let scratch = 2 * (count * rankSize + ck_top_capacity(size, count) * kernels.key_size)
      ThreadPool.run(tasks: rows * pieces) { task in
        let (row, piece) = task.quotientAndRemainder(dividingBy: pieces)
        let first = piece * size
        let order = result.assumingMemoryBound(to: Int32.self) + task * count
        withScratch(byteCount: scratch) {
          kernels.top(
            source + (row * length + first) * x.dtype.byteCount, 1,
            Swift.min(size, length - first), count, 1, $0, order)
        }
        for i in 0..<count { order[i] += Int32(first) }
      }
    }
    let elements = Gathering.gather(x, candidates, along: axis, name: "topK")
    let best = topPositions(elements, count: count, along: axis)
    return Gathering.gather(candidates, best, along: axis, name: "topK")
  }

  private static let rankSize = MemoryLayout<Int64>.stride

  static func kernels(_ dtype: DType) -> ck_order {
    guard let kernels = ck_order_for(Execution.current.kernels, dtype.code) else {
      fail("sort: \(dtype.isUndefined)")
    }
    return kernels.pointee
  }

  // MARK: Rows

  /// Returns a tensor with `count` elements along `axis`, which `body` writes as rows from the rows
  /// along this axis.
  private static func alongLast(
    _ x: Tensor, _ axis: Int, count: Int, _ dtype: DType,
    _ body: (UnsafeMutableRawPointer, _ rows: Int, _ length: Int, UnsafeMutableRawPointer) -> Void
  ) -> Tensor {
    let mask = AxisMask(axis: axis)
    let isLast = axis == x.rank - 1
    let source = isLast ? x.contiguous : Views.permute(x, movingToEnd: mask).contiguous
    var shape = source.shape
    shape[x.rank - 1] = count
    let result = Tensor(uninitialized: shape, dtype: dtype)
    let length = x.shape[axis]
    if result.elementCount > 0 && length > 0 {
      body(source.pointer, source.elementCount / length, length, result.pointer)
    }
    if isLast { return result }
    var order = Array(0..<x.rank - 1)
    order.insert(x.rank - 1, at: axis)
    return Elementwise.copy(Views.permute(result, order: order, name: "sort"))
  }

  /// Calls `short` with ranges of rows and scratch memory, or `long` with each row if a row is
  /// itself worth several tasks.
  private static func forEachRow(
    _ rows: Int, _ length: Int, scratch byteCount: Int,
    short: (_ row: Int, _ count: Int, UnsafeMutableRawPointer) -> Void,
    long: ((_ row: Int) -> Void)? = nil
  ) {
    if let long, length > Grain.sortedElements {
      for row in 0..<rows { long(row) }
      return
    }
    forEachChunk(of: rows, each: length, grain: Grain.sortedElements / 8) { range in
      withScratch(byteCount: byteCount) { short(range.lowerBound, range.count, $0) }
    }
  }

  // MARK: A long row

  private static func sortLong(
    _ x: UnsafeMutableRawPointer, _ count: Int, _ dtype: DType, _ descending: Bool,
    _ kernels: ck_order, _ result: UnsafeMutableRawPointer
  ) {
    let (size, keySize) = (dtype.byteCount, kernels.key_size)
    let memory = Storage(byteCount: 2 * count * keySize)
    let keys = memory.pointer
    let isRestored = Atomic<Bool>(false)
    forEachChunk(of: count, grain: Grain.elements) { range in
      let first = range.lowerBound
      let found = kernels.write_keys(
        x + first * size, range.count, descending ? 1 : 0, keys + first * keySize)
      if found != 0 { isRestored.store(true, ordering: .relaxed) }
    }
    sortParts(
      keys, keys + count * keySize, count, keySize, kernels.split_keys, kernels.sort_keys
    ) { part in
      kernels.write_values(
        keys + part.lowerBound * keySize, part.count, descending ? 1 : 0,
        result + part.lowerBound * size)
    }
    if isRestored.load(ordering: .relaxed) { kernels.restore(x, count, result) }
    withExtendedLifetime(memory) {}
  }

  private static func argsortLong(
    _ x: UnsafeMutableRawPointer, _ count: Int, _ dtype: DType, _ descending: Bool,
    _ kernels: ck_order, _ order: UnsafeMutablePointer<Int32>
  ) {
    let memory = Storage(byteCount: 2 * count * rankSize)
    let ranks = memory.pointer.assumingMemoryBound(to: Int64.self)
    let scratch = ranks + count
    forEachChunk(of: count, grain: Grain.elements) { range in
      kernels.write_ranks(
        x, range.lowerBound, range.count, descending ? 1 : 0, ranks + range.lowerBound)
    }
    sortParts(
      ranks, scratch, count, rankSize, kernels.split_ranks, kernels.sort_ranks
    ) { _ in }
    // Keys of 64 bits are cut where their upper halves change.
    var bounds = Array(stride(from: 0, to: count, by: Grain.elements)) + [count]
    if kernels.key_size == rankSize {
      for i in 1..<bounds.count {
        bounds[i] = Swift.max(bounds[i], bounds[i - 1])
        while bounds[i] < count && ranks[bounds[i]] >> 32 == ranks[bounds[i] - 1] >> 32 {
          bounds[i] += 1
        }
      }
    }
    ThreadPool.run(tasks: bounds.count - 1) { task in
      let first = bounds[task]
      kernels.write_order(
        x, bounds[task + 1] - first, descending ? 1 : 0, ranks + first, scratch + first,
        order + first)
    }
    withExtendedLifetime(memory) {}
  }

  /// A range of keys, none of which is greater than a key of a later part.
  private struct Part {
    var range: Range<Int>
    /// Whether the keys are in the scratch memory.
    var isInScratch = false
    var isSorted = false
  }

  /// Sorts keys in place by splitting them into parts, each part by one task, until the parts are
  /// small, and sorting these; calls `finish` with each sorted part.
  private static func sortParts(
    _ keys: UnsafeMutableRawPointer, _ scratch: UnsafeMutableRawPointer, _ count: Int, _ size: Int,
    _ split:
      @convention(c) (
        UnsafeRawPointer?, UnsafeMutableRawPointer?, Int, Int32, UnsafeMutablePointer<Int32>?
      ) -> Int,
    _ sort: @convention(c) (UnsafeMutableRawPointer?, UnsafeMutableRawPointer?, Int, Int32) -> Void,
    finish: (Range<Int>) -> Void
  ) {
    var parts = [Part(range: 0..<count)]
    // Medians of samples that turn out badly are left to the kernel.
    for _ in 0..<2 * (Int.bitWidth - (count / Grain.sortedElements).leadingZeroBitCount) {
      let large = parts.indices.filter {
        !parts[$0].isSorted && parts[$0].range.count > Grain.sortedElements
      }
      if large.isEmpty { break }
      var halves = [(count: Int, isSorted: Bool)](repeating: (0, false), count: large.count)
      halves.withUnsafeMutableBufferPointer { halves in
        nonisolated(unsafe) let halves = halves
        ThreadPool.run(tasks: large.count) { task in
          let part = parts[large[task]]
          let start = part.range.lowerBound * size
          let (from, to) = part.isInScratch ? (scratch, keys) : (keys, scratch)
          var isSorted: Int32 = 0
          let count = split(from + start, to + start, part.range.count, 0, &isSorted)
          halves[task] = (count, isSorted != 0)
        }
      }
      for (i, half) in zip(large, halves).reversed() {
        let part = parts[i]
        let middle = part.range.lowerBound + half.count
        let first = Part(
          range: part.range.lowerBound..<middle, isInScratch: !part.isInScratch,
          isSorted: half.isSorted)
        let second = Part(
          range: middle..<part.range.upperBound, isInScratch: !part.isInScratch,
          isSorted: middle == part.range.upperBound)
        parts.replaceSubrange(i...i, with: [first, second])
      }
    }
    ThreadPool.run(tasks: parts.count) { task in
      let part = parts[task]
      let (start, length) = (part.range.lowerBound * size, part.range.count)
      if !part.isSorted {
        let (from, other) = part.isInScratch ? (scratch, keys) : (keys, scratch)
        sort(from + start, other + start, length, part.isInScratch ? 1 : 0)
      } else if part.isInScratch {
        (keys + start).copyMemory(from: scratch + start, byteCount: length * size)
      }
      finish(part.range)
    }
  }
}
