import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A counter-based random number generator: Philox4x32-10 (Salmon et al., 2011, "Parallel random numbers:
/// as easy as 1, 2, 3").
///
/// A generator is a value: a copy repeats what its original will draw.  Its state is a key, a stream and a
/// position, so it can be saved, restored, and split into independent ones, and element i of a tensor
/// depends on the state and i alone, not on the number of threads.
public struct RandomGenerator: RandomNumberGenerator, Sendable, Hashable, Codable {
  private var key: UInt64
  private var stream: UInt64
  private var position: UInt64

  /// The generator that always draws the same numbers for the same seed.
  public init(seed: UInt64) {
    key = seed
    stream = 0
    position = 0
  }

  /// Four random words; the generator moves on by one block.
  private mutating func nextBlock() -> SIMD4<UInt32> {
    defer { position &+= 1 }
    return block(at: 0)
  }

  /// The block `index` places from here.
  private func block(at index: Int) -> SIMD4<UInt32> {
    let place = position &+ UInt64(truncatingIfNeeded: index)
    let counter = SIMD4(
      UInt32(truncatingIfNeeded: place), UInt32(truncatingIfNeeded: place >> 32),
      UInt32(truncatingIfNeeded: stream), UInt32(truncatingIfNeeded: stream >> 32))
    return RandomGenerator.philox(
      counter, key: SIMD2(UInt32(truncatingIfNeeded: key), UInt32(truncatingIfNeeded: key >> 32)))
  }

  /// The Philox4x32 bijection with ten rounds.
  package static func philox(_ counter: SIMD4<UInt32>, key: SIMD2<UInt32>) -> SIMD4<UInt32> {
    var (x, k) = (counter, key)
    for round in 0..<10 {
      if round > 0 { k = k &+ SIMD2(0x9E37_79B9, 0xBB67_AE85) }
      let a = (0xD251_1F53 as UInt32).multipliedFullWidth(by: x[0])
      let b = (0xCD9E_8D57 as UInt32).multipliedFullWidth(by: x[2])
      x = SIMD4(b.high ^ x[1] ^ k[0], b.low, a.high ^ x[3] ^ k[1], a.low)
    }
    return x
  }

  /// 64 random bits.
  public mutating func next() -> UInt64 {
    let words = nextBlock()
    return UInt64(words[1]) << 32 | UInt64(words[0])
  }

  /// A generator whose numbers are independent of those that this one goes on to draw.
  public mutating func split() -> RandomGenerator {
    let words = nextBlock()
    var child = RandomGenerator(seed: UInt64(words[1]) << 32 | UInt64(words[0]))
    child.stream = UInt64(words[3]) << 32 | UInt64(words[2])
    return child
  }
}

// MARK: - Numbers

extension RandomGenerator {
  /// A number from [0, 1), a multiple of 2⁻⁵³.
  public mutating func uniform() -> Double {
    RandomGenerator.uniform(next())
  }

  /// A number evenly spread over `range`.
  public mutating func uniform(in range: Range<Double>) -> Double {
    range.lowerBound + (range.upperBound - range.lowerBound) * uniform()
  }

  /// A number from the standard normal distribution.
  public mutating func normal() -> Double {
    let words = nextBlock()
    return RandomGenerator.normals(
      RandomGenerator.uniform(UInt64(words[1]) << 32 | UInt64(words[0])),
      RandomGenerator.uniform(UInt64(words[3]) << 32 | UInt64(words[2]))
    ).0
  }

  /// A whole number from 0 up to but not including `bound`, all equally likely; `bound` is positive.
  public mutating func integer(below bound: Int) -> Int {
    require(bound > 0, "integer(below:): \(bound) is not positive")
    return Int.random(in: 0..<bound, using: &self)
  }

  /// The numbers below `count` in random order, all orders equally likely.
  public mutating func permutation(of count: Int) -> [Int] {
    var order = Array(0..<count)
    order.shuffle(using: &self)
    return order
  }

  private static func uniform(_ bits: UInt64) -> Double {
    Double(bits >> 11) * 0x1p-53
  }

  /// Two independent normal numbers from two uniform ones (Box and Muller, 1958).
  private static func normals(_ u: Double, _ v: Double) -> (Double, Double) {
    let radius = (-2 * log(1 - u)).squareRoot()
    let angle = 2 * Double.pi * v
    return (radius * cos(angle), radius * sin(angle))
  }
}

// MARK: - Tensors

extension RandomGenerator {
  /// A tensor of numbers evenly spread over `range`, float32 or float64.
  public mutating func uniform(
    _ shape: Shape, in range: Range<Double> = 0..<1, dtype: DType = .float32
  ) -> Tensor {
    let (low, width) = (range.lowerBound, range.upperBound - range.lowerBound)
    return fill(shape, dtype, name: "uniform") { words, store in
      if dtype == .float32 {
        for lane in 0..<4 { store(lane, low + width * Double(words[lane] >> 8) * 0x1p-24) }
      } else {
        let pairs = RandomGenerator.pairs(words)
        store(0, low + width * pairs.0)
        store(1, low + width * pairs.1)
      }
    }
  }

  /// A tensor of numbers from the normal distribution with the given mean and standard deviation,
  /// float32 or float64.
  public mutating func normal(
    _ shape: Shape, mean: Double = 0, standardDeviation: Double = 1, dtype: DType = .float32
  ) -> Tensor {
    fill(shape, dtype, name: "normal") { words, store in
      if dtype == .float32 {
        for lane in [0, 2] {
          let (a, b) = RandomGenerator.normals(
            Double(words[lane]) * 0x1p-32, Double(words[lane + 1]) * 0x1p-32)
          store(lane, mean + standardDeviation * a)
          store(lane + 1, mean + standardDeviation * b)
        }
      } else {
        let pairs = RandomGenerator.pairs(words)
        let (a, b) = RandomGenerator.normals(pairs.0, pairs.1)
        store(0, mean + standardDeviation * a)
        store(1, mean + standardDeviation * b)
      }
    }
  }

  private static func pairs(_ words: SIMD4<UInt32>) -> (Double, Double) {
    (
      uniform(UInt64(words[1]) << 32 | UInt64(words[0])),
      uniform(UInt64(words[3]) << 32 | UInt64(words[2]))
    )
  }

  /// Fills a tensor block by block; `draw` makes the elements of a block, four of float32 or two of float64.
  private mutating func fill(
    _ shape: Shape, _ dtype: DType, name: StaticString,
    _ draw: (SIMD4<UInt32>, (Int, Double) -> Void) -> Void
  ) -> Tensor {
    require(dtype.isFloatingPoint, "\(name): not defined for \(dtype)")
    let result = Tensor(uninitialized: shape, dtype: dtype)
    let count = result.elementCount
    let perBlock = dtype == .float32 ? 4 : 2
    let blocks = (count + perBlock - 1) / perBlock
    let start = result.pointer
    let generator = self
    forEachChunk(of: blocks, grain: 1 << 12) { range in
      for block in range {
        draw(generator.block(at: block)) { lane, value in
          let i = block * perBlock + lane
          if i >= count { return }
          if dtype == .float32 {
            start.storeBytes(of: Float(value), toByteOffset: i * 4, as: Float.self)
          } else {
            start.storeBytes(of: value, toByteOffset: i * 8, as: Double.self)
          }
        }
      }
    }
    position &+= UInt64(blocks)
    return result
  }
}

extension Tensor {
  /// A tensor of numbers evenly spread over `range`, drawn from the scope's generator.
  ///
  /// See ``withRandomSeed(_:_:)``.
  public static func uniform(
    _ shape: Shape, in range: Range<Double> = 0..<1, dtype: DType = .float32
  ) -> Tensor {
    DefaultGenerator.withCurrent { $0.uniform(shape, in: range, dtype: dtype) }
  }

  /// A tensor of numbers from a normal distribution, drawn from the scope's generator.
  ///
  /// See ``withRandomSeed(_:_:)``.
  public static func normal(
    _ shape: Shape, mean: Double = 0, standardDeviation: Double = 1, dtype: DType = .float32
  ) -> Tensor {
    DefaultGenerator.withCurrent {
      $0.normal(shape, mean: mean, standardDeviation: standardDeviation, dtype: dtype)
    }
  }
}

// MARK: - The scope's generator

/// The generator from which layers and `Tensor.normal` draw when none is given.
public final class DefaultGenerator: Sendable {
  @TaskLocal private static var scoped: DefaultGenerator?

  /// The seed of the generator outside of any scope, drawn from the system once in a process.
  public static let processSeed = UInt64.random(in: 0...UInt64.max)
  private static let process = DefaultGenerator(RandomGenerator(seed: processSeed))

  private let generator: Mutex<RandomGenerator>

  private init(_ generator: RandomGenerator) { self.generator = Mutex(generator) }

  /// Calls `body` with the generator of the innermost scope, or of the process.
  public static func withCurrent<Result>(_ body: (inout RandomGenerator) -> Result) -> Result {
    (scoped ?? process).generator.withLock { generator in
      // The lock's parameter is sending; a result that the generator made is free of it.
      nonisolated(unsafe) let result = body(&generator)
      return result
    }
  }

  static func with<Result, Failure: Error>(
    _ generator: RandomGenerator, _ body: () throws(Failure) -> Result
  ) throws(Failure) -> (Result, RandomGenerator) {
    let source = DefaultGenerator(generator)
    let outcome = $scoped.withValue(source) { () -> Swift.Result<Result, Failure> in
      do throws(Failure) { return .success(try body()) } catch { return .failure(error) }
    }
    return (try outcome.get(), source.generator.withLock { $0 })
  }
}

/// Runs `body` with a fresh default generator, so that what it draws is the same every time.
///
/// ```swift
/// let model = withRandomSeed(42) { MLP([2, 16, 2]) }
/// ```
public func withRandomSeed<Result, Failure: Error>(
  _ seed: UInt64, _ body: () throws(Failure) -> Result
) throws(Failure) -> Result {
  try DefaultGenerator.with(RandomGenerator(seed: seed), body).0
}

/// Runs `body` with `generator` as the default one; afterwards it stands where `body` left it.
public func withRandomGenerator<Result, Failure: Error>(
  _ generator: inout RandomGenerator, _ body: () throws(Failure) -> Result
) throws(Failure) -> Result {
  let (result, moved) = try DefaultGenerator.with(generator, body)
  generator = moved
  return result
}
