import Foundation
import TestSupport
import Testing

/// The goodness of fit, moments and bounds of the distributions, and the messages of misuse.
struct RandomDistributionTests {
  private static let count = 100_000
  private var generator = RandomGenerator(seed: 20)

  private static func normalShare(below x: Double) -> Double { 0.5 * erfc(-x * 0.5.squareRoot()) }

  // MARK: Continuous

  @Test(arguments: [DType.float32, .float64])
  mutating func uniform(_ dtype: DType) {
    let sample = generator.uniform([Self.count], in: -3..<5, dtype: dtype).scalars(as: Double.self)
    Goodness.expectDistribution(of: sample) { ($0 + 3) / 8 }
    Goodness.expectMoments(of: sample, mean: 1, variance: 64 / 12, kurtosis: 1.8)
  }

  @Test(arguments: [DType.float32, .float64])
  mutating func normal(_ dtype: DType) {
    let sample = generator.normal([Self.count], mean: 2, standardDeviation: 3, dtype: dtype)
      .scalars(as: Double.self)
    Goodness.expectDistribution(of: sample) { Self.normalShare(below: ($0 - 2) / 3) }
    Goodness.expectMoments(of: sample, mean: 2, variance: 9, kurtosis: 3)
  }

  /// The block with the smallest of the first words of 2²⁶ blocks, 21.
  @Test func normalNumbersReachBeyondSixDeviations() throws {
    let state = Data(#"{"key": 0, "stream": 0, "position": 48643752}"#.utf8)
    var generator = try JSONDecoder().decode(RandomGenerator.self, from: state)
    let pair = generator.normal([17]).scalars(as: Double.self)
    let radius = (pair[0] * pair[0] + pair[16] * pair[16]).squareRoot()
    #expect(Swift.abs(radius - (-2 * log(10.5 * 0x1p-31)).squareRoot()) < 1e-6)
    #expect(radius > 6.1)
  }

  @Test(arguments: [DType.float32, .float64])
  mutating func tailsOfTheNormal(_ dtype: DType) {
    let count = 2_000_000
    let edges = [3, 3.5, 4, 4.5]
    var counts = [Int](repeating: 0, count: edges.count + 1)
    for x in generator.normal([count], dtype: dtype).scalars(as: Double.self) where abs(x) > 2.5 {
      counts[edges.firstIndex { abs(x) < $0 } ?? edges.count] += 1
    }
    let beyond = ([2.5] + edges).map { erfc($0 * 0.5.squareRoot()) }
    let shares = zip(beyond, beyond.dropFirst() + [0]).map { ($0 - $1) / beyond[0] }
    Goodness.expectCounts(counts, probabilities: shares)
    let expected = Double(count) * beyond[0]
    #expect(abs(Double(counts.reduce(0, +)) - expected) < 3.3 * expected.squareRoot())
  }

  @Test(arguments: [DType.float32, .float64])
  mutating func exponential(_ dtype: DType) {
    let sample = generator.exponential([Self.count], rate: 4, dtype: dtype).scalars(as: Double.self)
    Goodness.expectDistribution(of: sample) { 1 - exp(-4 * $0) }
    Goodness.expectMoments(of: sample, mean: 0.25, variance: 1 / 16, kurtosis: 9)
    #expect(sample.allSatisfy { $0 > 0 })
  }

  /// Bounds around the peak, wide and narrow; beside it; in a tail, wide and narrow; far out; and
  /// infinite ones.
  private static let cuts: [(mean: Double, deviation: Double, bounds: ClosedRange<Double>)] = [
    (0, 1, -2...2), (0, 1, -0.5...1), (0, 1, -0.001...4), (1, 2, -0.5...1.5), (0, 1, 0.3...0.7),
    (0, 1, 1...9), (5, 2, -4...1), (0, 1, 4...4.2), (0, 1, 6...20), (0, 1, -20 ... -6),
    (-3, 0.5, 2...Double.infinity), (0, 1, -Double.infinity...0.5),
    (0, 3, -Double.infinity...Double.infinity),
  ]

  @Test(arguments: cuts.indices, [DType.float32, .float64])
  mutating func truncatedNormal(_ index: Int, _ dtype: DType) {
    let (mean, deviation, bounds) = Self.cuts[index]
    let sample = generator.truncatedNormal(
      [Self.count], mean: mean, standardDeviation: deviation, in: bounds, dtype: dtype
    ).scalars(as: Double.self)
    #expect(sample.allSatisfy { bounds.contains($0) })
    // Fractions in the lower tail are more accurate.
    let isUpper = bounds.lowerBound > mean
    let (low, high) = (
      (bounds.lowerBound - mean) / deviation, (bounds.upperBound - mean) / deviation
    )
    let (a, b) = isUpper ? (-high, -low) : (low, high)
    let (shareA, shareB) = (Self.normalShare(below: a), Self.normalShare(below: b))
    Goodness.expectDistribution(of: sample.map { isUpper ? mean - $0 : $0 - mean }) { x in
      (Self.normalShare(below: x / deviation) - shareA) / (shareB - shareA)
    }
  }

  @Test mutating func truncatedNormalHasItsMoments() {
    let sample = generator.truncatedNormal([Self.count], dtype: .float64).scalars(as: Double.self)
    // Variance and kurtosis by integration of the density between −2 and 2.
    Goodness.expectMoments(of: sample, mean: 0, variance: 0.773741, kurtosis: 2.3565)
  }

  /// Bounds that no float32 number equals, that are few numbers apart, or whose end can be
  /// reached by rounding alone.
  @Test(
    arguments: [
      0.1...0.3, 0.3...0.3000001, 1...1, -1e-40...1e-40, 1e6...1e6 + 1, 1e30...2e30,
      -2e300 ... -1e300,
      0.7...Double.infinity,
    ] as [ClosedRange<Double>])
  mutating func boundsHold(_ bounds: ClosedRange<Double>) {
    for dtype in [DType.float32, .float64] {
      if dtype == .float32 && bounds.upperBound < -1e40 { continue }
      for (mean, deviation) in [(0, 1), (bounds.lowerBound, 1e5), (1e9, 1e-3), (-1e9, 1e-3)] {
        let sample = generator.truncatedNormal(
          [1000], mean: mean, standardDeviation: deviation, in: bounds, dtype: dtype)
        #expect(sample.scalars(as: Double.self).allSatisfy { bounds.contains($0) })
      }
      guard bounds.upperBound < 1e300 else { continue }
      let range = bounds.lowerBound..<bounds.upperBound
      let sample = generator.uniform([10000], in: range, dtype: dtype).scalars(as: Double.self)
      #expect(sample.allSatisfy { range.contains($0) || range.isEmpty && $0 == range.lowerBound })
    }
  }

  // MARK: Discrete

  @Test(arguments: [0, 0x1p-20, 0.1, 0.5, 0.9, 1])
  mutating func bernoulli(_ probability: Double) {
    let draws = generator.bernoulli([1000, 1000], probability: probability)
    #expect(draws.dtype == .bool)
    let hits = draws.scalars(as: Bool.self).count { $0 }
    Goodness.expectCounts([hits, 1_000_000 - hits], probabilities: [probability, 1 - probability])
  }

  @Test(arguments: [0..<2, 0..<3, -7..<6, 100..<1000, -1..<0])
  mutating func integers(_ range: Range<Int>) {
    let draws = generator.integers([Self.count], in: range).scalars(as: Int32.self)
    #expect(draws.allSatisfy { range.contains(Int($0)) })
    var counts = [Int](repeating: 0, count: range.count)
    for draw in draws { counts[Int(draw) - range.lowerBound] += 1 }
    guard range.count > 1 else { return }
    Goodness.expectCounts(
      counts, probabilities: [Double](repeating: 1 / Double(range.count), count: range.count))
  }

  /// Three quarters of all 32-bit numbers: without rejection, every third would occur twice as
  /// often.
  @Test mutating func integersAreUnbiasedForAnyRange() {
    let range = Int(Int32.min)..<1 << 30
    let draws = generator.integers([Self.count], in: range).scalars(as: Int32.self)
    #expect(draws.allSatisfy { range.contains(Int($0)) })
    var (thirds, residues) = ([0, 0, 0], [0, 0, 0])
    for draw in draws {
      thirds[(Int(draw) - range.lowerBound) >> 30] += 1
      residues[(Int(draw) - range.lowerBound) % 3] += 1
    }
    let even = [Double](repeating: 1.0 / 3, count: 3)
    Goodness.expectCounts(thirds, probabilities: even)
    Goodness.expectCounts(residues, probabilities: even)
  }

  @Test mutating func integersOfAllOfInt32() {
    let draws = generator.integers([Self.count], in: Int(Int32.min)..<Int(Int32.max) + 1)
    let numbers = draws.scalars(as: Double.self)
    Goodness.expectDistribution(of: numbers) { ($0 + 0x1p31) / 0x1p32 }
    var counts = [Int](repeating: 0, count: 256)
    for draw in draws.scalars(as: Int32.self) { counts[Int(draw & 0xFF)] += 1 }
    Goodness.expectCounts(counts, probabilities: [Double](repeating: 1 / 256, count: 256))
  }

  @Test mutating func permutationsAreEquallyLikely() {
    var counts = [[Int32]: Int]()
    for _ in 0..<24000 {
      counts[generator.permutationTensor(of: 4).scalars(as: Int32.self), default: 0] += 1
    }
    #expect(counts.keys.allSatisfy { $0.sorted() == [0, 1, 2, 3] })
    Goodness.expectCounts(
      Array(counts.values), probabilities: [Double](repeating: 1 / 24, count: 24))
  }

  @Test mutating func permutationsContainEachNumberOnce() {
    for count in [0, 1, 2, 1000, 4096, 4097, 10_000, 300_001] {
      var copy = generator
      let order = generator.permutationTensor(of: count)
      #expect(order.shape == [count] && order.dtype == .int32)
      #expect(order.scalars(as: Int32.self).sorted() == (0..<Int32(count)).map { $0 })
      #expect(order.scalars(as: Int32.self).map { Int($0) } == copy.permutation(of: count))
    }
  }

  @Test func permutationsAreThoseOfEveryInstructionSet() {
    let orders = InstructionSet.available.flatMap { set in
      [10, 20_000].map { count in
        var generator = RandomGenerator(seed: 4)
        return withInstructionSet(set) { generator.permutation(of: count) }
      }
    }
    for (i, order) in orders.enumerated() { #expect(order == orders[i % 2]) }
  }

  /// Each integer is as likely to stand in each part of a long order.
  @Test mutating func longPermutationsAreUniform() {
    let (count, parts) = (40_000, 16)
    var counts = [Int](repeating: 0, count: parts * parts)
    var ascents = 0
    for _ in 0..<5 {
      let order = generator.permutation(of: count)
      for (i, value) in order.enumerated() {
        counts[i * parts / count * parts + value * parts / count] += 1
      }
      ascents += zip(order, order.dropFirst()).count { $0 < $1 }
    }
    let cells = Double(parts * parts)
    Goodness.expectCounts(
      counts, probabilities: [Double](repeating: 1 / cells, count: parts * parts))
    // The number of ascents of an order has the mean (n − 1)/2 and the variance (n + 1)/12.
    let deviation = Double(ascents) - 5 * Double(count - 1) / 2
    #expect(abs(deviation) < 4 * (5 * Double(count + 1) / 12).squareRoot())
  }

  /// Runs in its own process, in which no other test holds the thread pool.
  @Test func longPermutationsDoNotDependOnTheThreads() async {
    await #expect(processExitsWith: .success) {
      let orders = [1, 2, 3].map { threads in
        withThreads(threads) {
          var generator = RandomGenerator(seed: 9)
          return generator.permutation(of: 200_001)
        }
      }
      #expect(orders[0] == orders[1] && orders[0] == orders[2])
    }
  }

  private static let weights: [Double] = [0, 1, 0, 2, 7, 0.5, 0]

  @Test(arguments: [DType.float32, .float64], [true, false])
  mutating func categorical(_ dtype: DType, _ isLogits: Bool) {
    let row = Self.weights.map { isLogits ? log($0) + 100 : $0 * 3 }
    let rows = Views.broadcast(
      Elementwise.convert(Tensor(row, shape: [7]), to: dtype), to: [2, Self.count / 2, 7])
    let classes =
      isLogits
      ? generator.categorical(logits: rows) : generator.categorical(probabilities: rows)
    #expect(classes.shape == [2, Self.count / 2] && classes.dtype == .int32)
    var counts = [Int](repeating: 0, count: 7)
    for i in classes.scalars(as: Int32.self) { counts[Int(i)] += 1 }
    Goodness.expectCounts(counts, probabilities: Self.weights.map { $0 / 10.5 })
  }

  @Test mutating func categoricalReadsRowsOfAnyLayout() {
    let logits = Tensor.seeded([5, 40], seed: 3, in: -3..<3)
    let transposed = Views.transpose(logits, 0, 1).contiguous
    var copy = generator
    let expected = generator.categorical(logits: logits)
    expectIdentical(copy.categorical(logits: Views.transpose(transposed, 0, 1)), expected)
    #expect(expected.shape == [5])
  }

  @Test mutating func categoricalOfOneClassOfNoRowsAndOfExtremes() {
    #expect(
      generator.categorical(
        probabilities: Tensor([Double.leastNonzeroMagnitude, 1e308], shape: [2, 1])
      )
      .scalars(as: Int32.self) == [0, 0])
    #expect(generator.categorical(logits: Tensor.zeros([0, 3])).shape == [0])
    #expect(generator.categorical(logits: Tensor.zeros([0, 0])).shape == [0])
    let row = Tensor([-1e4, -Double.infinity, 1e4], shape: [3])
    #expect(generator.categorical(logits: row).scalar(as: Int32.self) == 2)
    #expect(generator.categorical(logits: row).shape == [])
  }

  // MARK: Misuse

  private struct Misuse: Sendable {
    let message: String
    let body: @Sendable (inout RandomGenerator) -> Tensor
  }

  private static let misuses: [Misuse] = [
    Misuse(message: "uniform: not defined for int32") { $0.uniform([2], dtype: .int32) },
    Misuse(message: "uniform: the range 0.0..<inf is not finite") {
      $0.uniform([2], in: 0..<Double.infinity)
    },
    Misuse(message: "normal: not defined for bool") { $0.normal([2], dtype: .bool) },
    Misuse(message: "normal: the standard deviation must be finite and not negative, got -1.0") {
      $0.normal([2], standardDeviation: -1)
    },
    Misuse(message: "normal: the standard deviation must be finite and not negative, got nan") {
      $0.normal([2], standardDeviation: .nan)
    },
    Misuse(message: "exponential: the rate must be positive and finite, got -1.0") {
      $0.exponential([2], rate: -1)
    },
    Misuse(message: "exponential: the rate must be positive and finite, got nan") {
      $0.exponential([2], rate: .nan)
    },
    Misuse(message: "exponential: not defined for int32") { $0.exponential([2], dtype: .int32) },
    Misuse(
      message: "standard deviation positive, got 0.0 and 0.0"
    ) {
      $0.truncatedNormal([2], standardDeviation: 0)
    },
    Misuse(message: "standard deviation positive, got nan and 1.0") {
      $0.truncatedNormal([2], mean: .nan)
    },
    Misuse(message: "truncatedNormal: no number lies within inf...inf") {
      $0.truncatedNormal([2], in: Double.infinity...Double.infinity)
    },
    Misuse(message: "truncatedNormal: not defined for int32") {
      $0.truncatedNormal([2], dtype: .int32)
    },
    Misuse(message: "bernoulli: the probability must be from 0 to 1, got 1.5") {
      $0.bernoulli([2], probability: 1.5)
    },
    Misuse(message: "bernoulli: the probability must be from 0 to 1, got nan") {
      $0.bernoulli([2], probability: .nan)
    },
    Misuse(message: "integers: the range 3..<3 is empty") { $0.integers([2], in: 3..<3) },
    Misuse(message: "integers: the range 0..<4294967296 is empty or not within int32") {
      $0.integers([2], in: 0..<1 << 32)
    },
    Misuse(message: "permutation: no tensor can have -1 elements") { $0.permutationTensor(of: -1) },
    Misuse(message: "categorical(probabilities:): row 1 has the probability -0.5") {
      $0.categorical(probabilities: Tensor([[1, 1], [1, -0.5]]))
    },
    Misuse(message: "categorical(probabilities:): row 0 has the probability nan") {
      $0.categorical(probabilities: Tensor([1, .nan] as [Double], shape: [2]))
    },
    Misuse(message: "categorical(probabilities:): row 0 has the probability inf") {
      $0.categorical(probabilities: Tensor([1, .infinity] as [Float], shape: [2]))
    },
    Misuse(message: "categorical(probabilities:): row 0 has an infinite sum") {
      $0.categorical(probabilities: Tensor([1e308, 1e308] as [Double], shape: [2]))
    },
    Misuse(message: "categorical(probabilities:): row 1 sums to 0") {
      $0.categorical(probabilities: Tensor([[1, 0], [0, 0]]))
    },
    Misuse(message: "categorical(logits:): row 0 has the logit nan") {
      $0.categorical(logits: Tensor([.nan, 0] as [Double], shape: [2]))
    },
    Misuse(message: "categorical(logits:): row 0 has the logit inf") {
      $0.categorical(logits: Tensor([0, .infinity] as [Double], shape: [2]))
    },
    Misuse(message: "categorical(logits:): row 0 excludes every class") {
      $0.categorical(logits: Tensor([-.infinity, -.infinity] as [Double], shape: [2]))
    },
    Misuse(message: "categorical(logits:): not defined for int32") {
      $0.categorical(logits: Tensor([1, 2], dtype: .int32))
    },
    Misuse(message: "categorical(logits:): a scalar has no classes") {
      $0.categorical(logits: Tensor.zeros([]))
    },
    Misuse(message: "categorical(logits:): shape [2, 0] has no classes") {
      $0.categorical(logits: Tensor.zeros([2, 0]))
    },
  ]

  @Test(arguments: misuses.indices)
  func misuseStopsWithAMessage(_ index: Int) async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      [index] in
      var generator = RandomGenerator(seed: 1)
      _ = RandomDistributionTests.misuses[index].body(&generator)
    }
    expectMessage(Self.misuses[index].message, of: result)
  }
}
