import CLibrary

/// A counter-based random number generator, Philox4x32-10 (Salmon et al., 2011, "Parallel random
/// numbers: as easy as 1, 2, 3").
///
/// A generator is a value: a copy draws the same numbers as its original. Its state is a key, a
/// stream and a position, so it can be saved, restored, and split into independent generators.
///
/// Element i of a random tensor depends on the state, the distribution and i alone: a seed gives
/// the same bits for any number of threads and on every instruction set, and a longer tensor begins
/// with the elements of a shorter one. Drawing a tensor advances the generator by whole groups of
/// blocks, so no two draws share random words. Another version of Adjoint may draw other numbers.
public struct RandomGenerator: RandomNumberGenerator, Sendable, Hashable, Codable {
  private(set) var key: UInt64
  private(set) var stream: UInt64
  private(set) var position: UInt64

  /// Creates a generator that draws the same numbers for the same seed.
  public init(seed: UInt64) {
    key = seed
    stream = 0
    position = 0
  }

  /// Returns the next block of four random words.
  mutating func nextBlock() -> SIMD4<UInt32> {
    defer { position &+= 1 }
    return block(at: 0)
  }

  /// Advances the generator by `count` blocks.
  mutating func skip(blocks count: Int) {
    position &+= UInt64(count)
  }

  /// Returns the block `index` places after the current position.
  func block(at index: Int) -> SIMD4<UInt32> {
    let place = position &+ UInt64(truncatingIfNeeded: index)
    let counter = SIMD4(
      UInt32(truncatingIfNeeded: place), UInt32(truncatingIfNeeded: place >> 32),
      UInt32(truncatingIfNeeded: stream), UInt32(truncatingIfNeeded: stream >> 32))
    return Self.philox(
      counter, key: SIMD2(UInt32(truncatingIfNeeded: key), UInt32(truncatingIfNeeded: key >> 32)))
  }

  /// Returns the Philox4x32 bijection, with ten rounds, of a counter.
  package static func philox(_ counter: SIMD4<UInt32>, key: SIMD2<UInt32>) -> SIMD4<UInt32> {
    // Scalars, because the elements of vectors are slow to extract.
    var (x, y, z, w) = (counter[0], counter[1], counter[2], counter[3])
    var (k, l) = (key[0], key[1])
    for _ in 0..<10 {
      let a = 0xD251_1F53 * UInt64(x)
      let b = 0xCD9E_8D57 * UInt64(z)
      (x, y) = (UInt32(truncatingIfNeeded: b >> 32) ^ y ^ k, UInt32(truncatingIfNeeded: b))
      (z, w) = (UInt32(truncatingIfNeeded: a >> 32) ^ w ^ l, UInt32(truncatingIfNeeded: a))
      k &+= 0x9E37_79B9
      l &+= 0xBB67_AE85
    }
    return SIMD4(x, y, z, w)
  }

  /// Returns 64 random bits.
  public mutating func next() -> UInt64 {
    let words = nextBlock()
    return UInt64(words[1]) << 32 | UInt64(words[0])
  }

  /// Returns a generator that is independent of the numbers that this one draws from now on.
  public mutating func split() -> RandomGenerator {
    let words = nextBlock()
    var child = RandomGenerator(seed: UInt64(words[1]) << 32 | UInt64(words[0]))
    child.stream = UInt64(words[3]) << 32 | UInt64(words[2])
    return child
  }

  /// Returns the generator with the same key and position whose stream is `index` further on.
  ///
  /// This gives each element of a tensor a generator of its own, for as many numbers as it needs.
  func stream(_ index: Int) -> RandomGenerator {
    var result = self
    result.stream &+= UInt64(index)
    return result
  }
}

// MARK: - Numbers

extension RandomGenerator {
  /// Returns a uniformly distributed number from [0, 1), a multiple of 2⁻⁵³.
  public mutating func uniform() -> Double {
    Self.uniform(next())
  }

  /// Returns a uniformly distributed number from `range`.
  public mutating func uniform(in range: Range<Double>) -> Double {
    range.lowerBound + (range.upperBound - range.lowerBound) * uniform()
  }

  /// Returns a number from the standard normal distribution.
  public mutating func normal() -> Double {
    let words = nextBlock()
    let (u, v) = Self.longs(words)
    return Self.normals(Self.uniform(u), Self.uniform(v)).0
  }

  /// Returns a uniformly distributed integer from 0 up to, but not including, `bound`, which must
  /// be positive.
  public mutating func integer(below bound: Int) -> Int {
    require(bound > 0, "integer(below:): the bound must be positive, got \(bound)")
    return Int.random(in: 0..<bound, using: &self)
  }

  /// Returns a number from [0, 1) made of the upper 53 of 64 random bits.
  static func uniform(_ bits: UInt64) -> Double {
    Double(bits >> 11) * 0x1p-53
  }

  /// Returns the words of a block joined in pairs.
  static func longs(_ words: SIMD4<UInt32>) -> (UInt64, UInt64) {
    (UInt64(words[1]) << 32 | UInt64(words[0]), UInt64(words[3]) << 32 | UInt64(words[2]))
  }

  /// Returns two independent normal numbers made of two uniform ones (Box and Muller, 1958).
  static func normals(_ u: Double, _ v: Double) -> (Double, Double) {
    let radius = (-2 * log(1 - u)).squareRoot()
    let angle = 2 * Double.pi * v
    return (radius * cos(angle), radius * sin(angle))
  }
}
