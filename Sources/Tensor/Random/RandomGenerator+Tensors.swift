// Element i of a random tensor depends on the generator's state and on i alone: it is made from the block of
// its place, or by a generator of its own where the number of draws is not known.  So threads do not matter.

extension RandomGenerator {
  /// A tensor of numbers evenly spread over `range`, float32 or float64.
  ///
  /// u · (b − a) + a, with u a multiple of 2⁻²⁴ (float32) or 2⁻⁵³ (float64) from [0, 1).  Rounding never
  /// leaves the range.
  public mutating func uniform(
    _ shape: Shape, in range: Range<Double> = 0..<1, dtype: DType = .float32
  ) -> Tensor {
    let (low, width) = (range.lowerBound, range.upperBound - range.lowerBound)
    require(width.isFinite, "uniform: the range \(range) is not finite")
    switch dtype {
    case .float32:
      let bounds = Bounds<Float>(range)
      return fillFromWords(shape) { word, _ in
        bounds.clamp(low + width * Double(word >> 8) * 0x1p-24)
      }
    case .float64:
      let bounds = Bounds<Double>(range)
      return fillFromLongs(shape) { long, _ in
        bounds.clamp(low + width * RandomGenerator.uniform(long))
      }
    default: fail("uniform: not defined for \(dtype)")
    }
  }

  /// A tensor of numbers from the normal distribution with the given mean and standard deviation,
  /// float32 or float64.
  ///
  /// Two by two, as Box and Muller (1958) make them.
  public mutating func normal(
    _ shape: Shape, mean: Double = 0, standardDeviation: Double = 1, dtype: DType = .float32
  ) -> Tensor {
    switch dtype {
    case .float32:
      return fillFromBlocks(shape, perBlock: 4) { words, _, store in
        for lane in [0, 2] {
          let (a, b) = RandomGenerator.normals(
            Double(words[lane]) * 0x1p-32, Double(words[lane + 1]) * 0x1p-32)
          store(lane, Float(mean + standardDeviation * a))
          store(lane + 1, Float(mean + standardDeviation * b))
        }
      }
    case .float64:
      return fillFromBlocks(shape, perBlock: 2) { words, _, store in
        let (u, v) = RandomGenerator.longs(words)
        let (a, b) = RandomGenerator.normals(RandomGenerator.uniform(u), RandomGenerator.uniform(v))
        store(0, mean + standardDeviation * a)
        store(1, mean + standardDeviation * b)
      }
    default: fail("normal: not defined for \(dtype)")
    }
  }
}

extension Tensor {
  /// A tensor of numbers evenly spread over `range`, drawn from the scope's generator.
  ///
  /// See ``withRandomSeed(_:_:)`` and ``RandomGenerator/uniform(_:in:dtype:)``.
  public static func uniform(
    _ shape: Shape, in range: Range<Double> = 0..<1, dtype: DType = .float32
  ) -> Tensor {
    DefaultGenerator.withCurrent { $0.uniform(shape, in: range, dtype: dtype) }
  }

  /// A tensor of numbers from a normal distribution, drawn from the scope's generator.
  ///
  /// See ``withRandomSeed(_:_:)`` and ``RandomGenerator/normal(_:mean:standardDeviation:dtype:)``.
  public static func normal(
    _ shape: Shape, mean: Double = 0, standardDeviation: Double = 1, dtype: DType = .float32
  ) -> Tensor {
    DefaultGenerator.withCurrent {
      $0.normal(shape, mean: mean, standardDeviation: standardDeviation, dtype: dtype)
    }
  }
}

// MARK: - Filling

extension RandomGenerator {
  /// Fills a tensor with `value(word, i)` for element i, four elements a block.
  @inline(__always)
  mutating func fillFromWords<Scalar: TensorScalar>(
    _ shape: Shape, _ value: (UInt32, Int) -> Scalar
  ) -> Tensor {
    fillFromBlocks(shape, perBlock: 4) { words, first, store in
      for lane in 0..<4 { store(lane, value(words[lane], first + lane)) }
    }
  }

  /// Fills a tensor with `value(long, i)` for element i, two elements a block.
  @inline(__always)
  mutating func fillFromLongs<Scalar: TensorScalar>(
    _ shape: Shape, _ value: (UInt64, Int) -> Scalar
  ) -> Tensor {
    fillFromBlocks(shape, perBlock: 2) { words, first, store in
      let longs = RandomGenerator.longs(words)
      store(0, value(longs.0, first))
      store(1, value(longs.1, first + 1))
    }
  }

  /// Fills a tensor with what `value` draws for each element from a generator of the element's own.
  @inline(__always)
  mutating func fillFromStreams<Scalar: TensorScalar>(
    _ shape: Shape, _ value: (inout RandomGenerator) -> Scalar
  ) -> Tensor {
    let source = split()
    let result = Tensor(uninitialized: shape, dtype: Scalar.dtype)
    let target = result.pointer.assumingMemoryBound(to: Scalar.self)
    forEachChunk(of: result.elementCount, grain: 1 << 11) { range in
      for i in range {
        var generator = source.stream(i)
        target[i] = value(&generator)
      }
    }
    return result
  }

  /// Fills a tensor block by block: `draw(words, first, store)` calls `store(lane, value)` for each of the
  /// `perBlock` elements from `first` on.
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
    forEachChunk(of: blocks, grain: 1 << 12) { range in
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

/// The least and the greatest number of a floating-point type within bounds given as `Double`.
///
/// Where there is none, the least one above them.
struct Bounds<Scalar: BinaryFloatingPoint> {
  private let least: Scalar
  private let greatest: Scalar

  init(_ range: ClosedRange<Double>) {
    let (low, high) = (Scalar(range.lowerBound), Scalar(range.upperBound))
    least = Double(low) < range.lowerBound ? low.nextUp : low
    greatest = Swift.max(least, Double(high) > range.upperBound ? high.nextDown : high)
  }

  init(_ range: Range<Double>) {
    self.init(range.lowerBound...Swift.max(range.lowerBound, range.upperBound.nextDown))
  }

  /// The nearest number within the bounds.
  func clamp(_ value: Double) -> Scalar { Swift.min(Swift.max(Scalar(value), least), greatest) }
}
