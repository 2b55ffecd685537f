// Element i of a random tensor depends on the state of the generator and on i alone: it is made
// from the block at its position, or by a generator of its own if the number of draws is not known
// in advance.

extension RandomGenerator {
  /// Returns a tensor with `value(word, i)` as element i, four elements a block.
  @inline(__always)
  mutating func fillFromWords<Scalar: TensorScalar>(
    _ shape: Shape, _ value: (UInt32, Int) -> Scalar
  ) -> Tensor {
    fillFromBlocks(shape, perBlock: 4) { words, first, store in
      for lane in 0..<4 { store(lane, value(words[lane], first + lane)) }
    }
  }

  /// Returns a tensor with `value(long, i)` as element i, two elements a block.
  @inline(__always)
  mutating func fillFromLongs<Scalar: TensorScalar>(
    _ shape: Shape, _ value: (UInt64, Int) -> Scalar
  ) -> Tensor {
    fillFromBlocks(shape, perBlock: 2) { words, first, store in
      let longs = Self.longs(words)
      store(0, value(longs.0, first))
      store(1, value(longs.1, first + 1))
    }
  }

  /// Returns a tensor whose elements `value` draws, each from a generator of its own.
  @inline(__always)
  mutating func fillFromStreams<Scalar: TensorScalar>(
    _ shape: Shape, _ value: (inout RandomGenerator) -> Scalar
  ) -> Tensor {
    let source = split()
    let result = Tensor(uninitialized: shape, dtype: Scalar.dtype)
    let target = result.pointer.assumingMemoryBound(to: Scalar.self)
    forEachChunk(of: result.elementCount, grain: Grain.randomStreams) { range in
      for i in range {
        var generator = source.stream(i)
        target[i] = value(&generator)
      }
    }
    return result
  }

  /// Returns a tensor filled block by block, in which `draw(words, first, store)` calls
  /// `store(lane, value)` for each of the `perBlock` elements from `first` on.
  @inline(__always)
  mutating func fillFromBlocks<Scalar: TensorScalar>(
    _ shape: Shape, perBlock: Int,
    _ draw: (SIMD4<UInt32>, _ first: Int, _ store: (Int, Scalar) -> Void) -> Void
  ) -> Tensor {
    let result = Tensor(uninitialized: shape, dtype: Scalar.dtype)
    let count = result.elementCount
    let blocks = (count + perBlock - 1) / perBlock
    let target = result.pointer.assumingMemoryBound(to: Scalar.self)
    let generator = self
    forEachChunk(of: blocks, grain: Grain.randomBlocks) { range in
      for block in range {
        let first = block * perBlock
        draw(generator.block(at: block), first) { lane, value in
          if first + lane < count { target[first + lane] = value }
        }
      }
    }
    skip(blocks: blocks)
    return result
  }
}

/// The smallest and the largest number of a floating-point type within bounds given as `Double`.
///
/// If there is none, both are the smallest number above the bounds.
struct Bounds<Scalar: BinaryFloatingPoint> {
  private let smallest: Scalar
  private let largest: Scalar

  init(_ range: ClosedRange<Double>) {
    let (low, high) = (Scalar(range.lowerBound), Scalar(range.upperBound))
    smallest = Double(low) < range.lowerBound ? low.nextUp : low
    largest = Swift.max(smallest, Double(high) > range.upperBound ? high.nextDown : high)
  }

  init(_ range: Range<Double>) {
    self.init(range.lowerBound...Swift.max(range.lowerBound, range.upperBound.nextDown))
  }

  /// Returns the nearest number within the bounds.
  func clamp(_ value: Double) -> Scalar { Swift.min(Swift.max(Scalar(value), smallest), largest) }
}
