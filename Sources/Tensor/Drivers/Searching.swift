import CKernels

/// Finds positions of elements.
package enum Searching {
  /// Returns the positions of the true elements of a bool tensor in row order, an int32 vector.
  package static func truePositions(_ mask: Tensor) -> Tensor {
    require(mask.dtype == .bool, "nonzero: the mask is \(mask.dtype), not bool")
    let source = mask.contiguous
    let isTrue = source.pointer.assumingMemoryBound(to: UInt8.self)
    let (count, grain) = (source.elementCount, Grain.elements)
    let pieces = (count + grain - 1) / grain
    return withUnsafeTemporaryAllocation(of: Int.self, capacity: pieces + 1) { ends in
      ends.initialize(repeating: 0)
      forEachChunk(of: count, grain: grain) { range in
        ends[range.lowerBound / grain + 1] = ck_count_true(isTrue + range.lowerBound, range.count)
      }
      for piece in 0..<pieces { ends[piece + 1] += ends[piece] }
      let result = Tensor(uninitialized: [ends[pieces]], dtype: .int32)
      let positions = result.pointer.assumingMemoryBound(to: Int32.self)
      forEachChunk(of: count, grain: grain) { range in
        let (start, piece) = (range.lowerBound, range.lowerBound / grain)
        ck_true_positions(
          isTrue + start, Int32(start), ends[piece + 1] - ends[piece], positions + ends[piece])
      }
      return result
    }
  }

  /// Returns how often each of the numbers below `count` occurs among int32 elements, all of which
  /// are such numbers.
  package static func binCounts(_ x: Tensor, count: Int) -> Tensor {
    let source = x.contiguous
    let numbers = source.pointer.assumingMemoryBound(to: Int32.self)
    // Each piece counts for itself, if the counts are few beside the elements.
    let total = source.elementCount
    let grain = Swift.max(4 * Grain.elements, 8 * count)
    let pieces = Swift.max(1, (total + grain - 1) / grain)
    let parts = Elementwise.copy(Tensor.zeros([pieces, count], dtype: .int32))
    let counts = parts.pointer.assumingMemoryBound(to: Int32.self)
    forEachChunk(of: total, grain: grain) { range in
      let piece = range.lowerBound / grain
      ck_count_bins(numbers + range.lowerBound, range.count, counts + piece * count)
    }
    withExtendedLifetime(source) {}
    return Reduction.reduce(
      CK_REDUCE_SUM, parts, along: AxisMask(axis: 0), keepingAxes: false, name: "binCounts")
  }

  /// Returns the int32 positions at which values would be inserted into an ascending vector: in
  /// front of elements that are equal to them, or behind these.
  ///
  /// NaN counts as greater than every number.
  package static func insertionPoints(
    of values: Tensor, in sorted: Tensor, afterEqual: Bool
  ) -> Tensor {
    require(
      sorted.rank == 1, "searchSorted: a tensor of shape \(sorted.shape) is not a sorted vector")
    require(
      values.dtype == sorted.dtype,
      "searchSorted: \(DType.differ(sorted.dtype, values.dtype))")
    let result = Tensor(uninitialized: values.shape, dtype: .int32)
    let (source, picks) = (sorted.contiguous, values.contiguous)
    let (count, size) = (sorted.elementCount, sorted.dtype.byteCount)
    let kernels = Sorting.kernels(sorted.dtype)
    let memory = Storage(byteCount: count * kernels.key_size)
    let (keys, from) = (memory.pointer, picks.pointer)
    let target = result.pointer.assumingMemoryBound(to: Int32.self)
    forEachChunk(of: count, grain: Grain.elements) { range in
      let start = range.lowerBound
      _ = kernels.write_keys(
        source.pointer + start * size, range.count, 0, keys + start * kernels.key_size)
    }
    forEachChunk(of: result.elementCount, each: 4, grain: Grain.indexedElements) {
      range in
      let start = range.lowerBound
      kernels.search(
        keys, count, from + start * size, range.count, afterEqual ? 1 : 0, target + start)
    }
    withExtendedLifetime((memory, source, picks)) {}
    return result
  }
}
