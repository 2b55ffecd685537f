import CKernels

extension RandomGenerator {
  /// Returns the integers from 0 up to, but not including, `count` in random order, all orders
  /// equally likely.
  public mutating func permutation(of count: Int) -> [Int] {
    Array(unsafeUninitializedCapacity: count) { buffer, initialized in
      if let order = buffer.baseAddress { permute(order, count) }
      initialized = count
    }
  }

  /// Returns the integers from 0 up to, but not including, `count` in random order, as an int32
  /// vector.
  ///
  /// The order is that of ``permutation(of:)``.
  public mutating func permutationTensor(of count: Int) -> Tensor {
    require(
      count >= 0 && count <= Shape.maximumSize, "permutation: no tensor can have \(count) elements")
    let result = Tensor(uninitialized: [count], dtype: .int32)
    permute(result.pointer.assumingMemoryBound(to: Int32.self), count)
    return result
  }

  /// Writes the integers below `count` in random order.
  ///
  /// Many integers are first dealt to piles at random, and then each pile, which lies in the cache,
  /// is shuffled (Rao, 1961, "Generation of random permutations of given number of elements using
  /// random sampling numbers"). That gives all orders with equal probability, too.
  private mutating func permute<Element: FixedWidthInteger & BitwiseCopyable>(
    _ order: UnsafeMutablePointer<Element>, _ count: Int
  ) {
    let size = MemoryLayout<Element>.size
    let source = split()
    guard let kernels = ck_shuffle_for(Execution.current.kernels, size)?.pointee else {
      fail("permutation: no kernel for integers of \(size) bytes")
    }
    if count <= Self.sizeOfPile {
      for i in 0..<count { order[i] = Element(truncatingIfNeeded: i) }
      withUnsafePointer(to: source.state()) { kernels.shuffle($0, order, count) }
      return
    }
    // At most 256 piles, so that a block of random words deals 16 integers.
    let bits = Swift.min(8, Int.bitWidth - (count / Self.sizeOfPile).leadingZeroBitCount)
    let piles = 1 << bits
    let grain = Grain.dealtIntegers
    let chunks = (count + grain - 1) / grain
    withUnsafeTemporaryAllocation(of: Int64.self, capacity: (chunks + 1) * piles) { ends in
      // First the sizes of the piles in each chunk, then where the integers of a chunk go.
      ends.initialize(repeating: 0)
      guard let base = ends.baseAddress else { return }
      nonisolated(unsafe) let places = base
      func forEachPart(
        _ body: (UnsafePointer<ck_random>, Range<Int>, UnsafeMutablePointer<Int64>) -> Void
      ) {
        forEachChunk(of: count, grain: grain) { range in
          withUnsafePointer(to: source.state(after: range.lowerBound / 16)) {
            body($0, range, places + range.lowerBound / grain * piles)
          }
        }
      }
      forEachPart { kernels.count($0, Int32(bits), $1.count, $2) }
      var place: Int64 = 0
      for pile in 0..<piles {
        for chunk in 0..<chunks {
          let size = places[chunk * piles + pile]
          places[chunk * piles + pile] = place
          place += size
        }
        places[chunks * piles + pile] = place
      }
      forEachPart { kernels.deal($0, Int32(bits), $1.lowerBound, $1.count, $2, order) }
      ThreadPool.run(tasks: piles) { pile in
        let ends = places + chunks * piles
        let first = pile == 0 ? 0 : Int(ends[pile - 1])
        withUnsafePointer(to: source.stream(pile + 1).state()) {
          kernels.shuffle($0, order + first, Int(ends[pile]) - first)
        }
      }
    }
  }

  private static let sizeOfPile = 4096
}
