/// Finds positions of elements.
package enum Searching {
  /// Returns the positions of the true elements of a bool tensor in row order, an int32 vector.
  package static func truePositions(_ mask: Tensor) -> Tensor {
    require(mask.dtype == .bool, "nonzero: the mask is \(mask.dtype), not bool")
    let source = mask.contiguous
    let count = source.elementCount
    let isTrue = source.pointer.assumingMemoryBound(to: UInt8.self)
    var total = 0
    for i in 0..<count { total += isTrue[i] == 0 ? 0 : 1 }
    let result = Tensor(uninitialized: [total], dtype: .int32)
    let positions = result.pointer.assumingMemoryBound(to: Int32.self)
    var next = 0
    for i in 0..<count where isTrue[i] != 0 {
      positions[next] = Int32(truncatingIfNeeded: i)
      next += 1
    }
    return result
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
    switch sorted.dtype {
    case .float32:
      search(Float.self, source, picks, afterEqual, result) { $0 < $1 || !$0.isNaN && $1.isNaN }
    case .float64:
      search(Double.self, source, picks, afterEqual, result) { $0 < $1 || !$0.isNaN && $1.isNaN }
    case .int32: search(Int32.self, source, picks, afterEqual, result, <)
    case .bool: search(UInt8.self, source, picks, afterEqual, result, <)
    }
    return result
  }

  private static func search<Element: BitwiseCopyable>(
    _ type: Element.Type, _ sorted: Tensor, _ values: Tensor, _ afterEqual: Bool,
    _ result: Tensor, _ isLess: (Element, Element) -> Bool
  ) {
    let elements = sorted.pointer.assumingMemoryBound(to: type)
    let numbers = values.pointer.assumingMemoryBound(to: type)
    let target = result.pointer.assumingMemoryBound(to: Int32.self)
    let count = sorted.elementCount
    forEachChunk(of: result.elementCount, grain: Grain.items(Grain.indexedElements, each: 16)) {
      for i in $0 {
        var (low, high) = (0, count)
        while low < high {
          let middle = (low + high) / 2
          let isBefore =
            afterEqual
            ? !isLess(numbers[i], elements[middle]) : isLess(elements[middle], numbers[i])
          if isBefore { low = middle + 1 } else { high = middle }
        }
        target[i] = Int32(low)
      }
    }
  }
}
