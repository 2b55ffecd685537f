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
  /// Many integers are first dealt to groups at random, and then each group, which lies in the
  /// cache, is shuffled (Rao, 1961, "Generation of random permutations of given number of elements
  /// using random sampling numbers"). That gives all orders with equal probability, too.
  private mutating func permute<Element: FixedWidthInteger & BitwiseCopyable>(
    _ order: UnsafeMutablePointer<Element>, _ count: Int
  ) {
    if count <= Self.sizeOfGroup {
      var elements = UnsafeMutableBufferPointer(start: order, count: count)
      for i in 0..<count { elements[i] = Element(truncatingIfNeeded: i) }
      elements.shuffle(using: &self)
      return
    }
    // At most 256 groups, so that a block of random words deals 16 integers.
    let bits = Swift.min(8, Int.bitWidth - (count / Self.sizeOfGroup).leadingZeroBitCount)
    let groups = 1 << bits
    let source = split()
    let grain = Grain.randomBlocks * 16
    let chunks = (count + grain - 1) / grain
    let memory = Storage(byteCount: count)
    let groupOf = memory.pointer.assumingMemoryBound(to: UInt8.self)
    withUnsafeTemporaryAllocation(of: Int.self, capacity: (chunks + 1) * groups) { ends in
      // First the sizes of the groups in each chunk, then where the integers of a chunk go.
      ends.initialize(repeating: 0)
      nonisolated(unsafe) let ends = ends
      forEachChunk(of: count, grain: grain) { range in
        let sizes = UnsafeMutableBufferPointer(
          rebasing: ends[(range.lowerBound / grain * groups)...].prefix(groups))
        var first = range.lowerBound
        while first < range.upperBound {
          var (bytes, others) = Self.longs(source.block(at: first / 16))
          let last = Swift.min(first + 16, range.upperBound)
          for i in first..<last {
            if i == first + 8 { swap(&bytes, &others) }
            let group = (bytes & 0xff) >> UInt64(8 - bits)
            bytes >>= 8
            groupOf[i] = UInt8(truncatingIfNeeded: group)
            sizes[Int(group)] += 1
          }
          first = last
        }
      }
      var place = 0
      for group in 0..<groups {
        for chunk in 0..<chunks {
          let size = ends[chunk * groups + group]
          ends[chunk * groups + group] = place
          place += size
        }
        ends[chunks * groups + group] = place
      }
      forEachChunk(of: count, grain: grain) { range in
        let places = UnsafeMutableBufferPointer(
          rebasing: ends[(range.lowerBound / grain * groups)...].prefix(groups))
        for i in range {
          let group = Int(groupOf[i])
          order[places[group]] = Element(truncatingIfNeeded: i)
          places[group] += 1
        }
      }
      ThreadPool.run(tasks: groups) { group in
        let first = group == 0 ? 0 : ends[chunks * groups + group - 1]
        let size = ends[chunks * groups + group] - first
        var words = Words(source.stream(group + 1))
        words.shuffle(order + first, size)
      }
    }
    withExtendedLifetime(memory) {}
  }

  private static let sizeOfGroup = 4096

  /// The random words of a generator one after another.
  private struct Words {
    var generator: RandomGenerator
    // The words of a block that are left; a vector would be slow to index.
    var words: (UInt64, UInt64) = (0, 0)
    var count = 0

    init(_ generator: RandomGenerator) { self.generator = generator }

    /// A uniformly distributed integer below `bound`, by multiplication with rejection (Lemire,
    /// 2019).
    @inline(__always)
    mutating func integer(below bound: UInt32) -> Int {
      while true {
        if count == 0 {
          words = RandomGenerator.longs(generator.nextBlock())
          count = 4
        }
        let product = UInt64(UInt32(truncatingIfNeeded: words.0)) * UInt64(bound)
        words = (words.0 >> 32 | words.1 << 32, words.1 >> 32)
        count -= 1
        let rest = UInt32(truncatingIfNeeded: product)
        if rest >= bound || rest >= (0 &- bound) % bound { return Int(product >> 32) }
      }
    }

    mutating func shuffle<Element: BitwiseCopyable>(
      _ elements: UnsafeMutablePointer<Element>, _ count: Int
    ) {
      var i = count - 1
      while i > 0 {
        let j = integer(below: UInt32(truncatingIfNeeded: i + 1))
        (elements[i], elements[j]) = (elements[j], elements[i])
        i -= 1
      }
    }
  }
}
