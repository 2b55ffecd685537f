import Foundation
import TestSupport
import Testing

struct RandomGeneratorTests {
  @Test func philoxGivesTheKnownAnswers() throws {
    let cases = try JSON.fixture("random.json")["philox4x32-10"].list
    #expect(cases.count > 10)
    for json in cases {
      let words = try ["counter", "key", "output"].map { try json[$0].integers.map(UInt32.init) }
      let (c, k) = (words[0], words[1])
      let output = RandomGenerator.philox(SIMD4(c[0], c[1], c[2], c[3]), key: SIMD2(k[0], k[1]))
      #expect((0..<4).map { output[$0] } == words[2])
    }
  }

  @Test func wordsAreThoseOfTheCounterInOrder() {
    var generator = RandomGenerator(seed: 0)
    // The published answer for a counter and key of zeros.
    #expect(generator.next() == 0xE169_C58D_6627_E8D5)
    #expect(generator.next() == 0x5CB2_00DB_F8E4_CCA4)
  }

  @Test func equalSeedsDrawEqualNumbers() {
    for dtype in [DType.float32, .float64] {
      var (a, b) = (RandomGenerator(seed: 5), RandomGenerator(seed: 5))
      var other = RandomGenerator(seed: 6)
      for _ in 0..<3 {
        let numbers = a.normal([7], dtype: dtype)
        expectIdentical(numbers, b.normal([7], dtype: dtype))
        #expect(differenceInBits(numbers, other.normal([7], dtype: dtype)) != nil)
      }
      #expect(a == b)
      #expect(a.permutation(of: 20) == b.permutation(of: 20))
      #expect(a.integer(below: 1000) == b.integer(below: 1000))
      #expect(a.uniform() == b.uniform())
    }
  }

  @Test func aCopyDrawsTheSameNumbers() {
    var a = RandomGenerator(seed: 5)
    _ = a.next()
    var b = a
    expectIdentical(a.uniform([10]), b.uniform([10]))
  }

  @Test func tensorsAdvanceTheGenerator() {
    // Blocks are taken sixteen at a time, which give 64 float32 or 32 float64 numbers.
    for (dtype, count, blocks) in [
      (DType.float32, 5, 16), (.float32, 64, 16), (.float32, 65, 32), (.float64, 32, 16),
      (.float64, 33, 32), (.float64, 0, 0),
    ] {
      var (a, b) = (RandomGenerator(seed: 5), RandomGenerator(seed: 5))
      _ = a.uniform([count], dtype: dtype)
      for _ in 0..<blocks { _ = b.next() }
      #expect(a == b, "\(count) of \(dtype)")
    }
  }

  @Test func splitGeneratorsAreIndependent() {
    var parent = RandomGenerator(seed: 9)
    var first = parent.split()
    var second = parent.split()
    let count = 20_000
    let draws = [
      parent.normal([count], dtype: .float64), first.normal([count], dtype: .float64),
      second.normal([count], dtype: .float64),
    ].map { $0.scalars(as: Double.self) }
    for (i, a) in draws.enumerated() {
      for b in draws[(i + 1)...] {
        let correlation = zip(a, b).map { $0 * $1 }.reduce(0, +) / Double(count)
        // Five standard deviations of the mean of `count` products.
        #expect(abs(correlation) < 5 / Double(count).squareRoot())
      }
    }
    // The same split again gives the same child.
    var again = RandomGenerator(seed: 9)
    var child = again.split()
    expectIdentical(
      child.normal([count], dtype: .float64), Tensor(draws[1], shape: [count]))
  }

  // MARK: Distributions

  @Test(arguments: [DType.float32, .float64])
  func uniformNumbersAreUniform(_ dtype: DType) {
    var generator = RandomGenerator(seed: 1)
    let count = 100_000
    let numbers = generator.uniform([count], in: -1..<3, dtype: dtype).scalars(as: Double.self)
    #expect(numbers.allSatisfy { $0 >= -1 && $0 <= 3 })
    var bins = [Int](repeating: 0, count: 20)
    for x in numbers { bins[min(19, Int((x + 1) * 5))] += 1 }
    let expected = Double(count) / 20
    let chiSquared = bins.map { (Double($0) - expected) * (Double($0) - expected) / expected }
      .reduce(0, +)
    // With 19 degrees of freedom, one sample in 10,000 exceeds 50.
    #expect(chiSquared < 50)
    let moments = Moments(numbers)
    expectClose(moments.mean, 1, relative: 0, absolute: 0.02)
    expectClose(moments.variance, 16.0 / 12, relative: 0.02)
  }

  @Test(arguments: [DType.float32, .float64])
  func normalNumbersHaveTheMomentsOfTheirDistribution(_ dtype: DType) {
    var generator = RandomGenerator(seed: 2)
    let numbers = generator.normal([200_000], mean: 0.5, standardDeviation: 2, dtype: dtype)
      .scalars(as: Double.self)
    #expect(numbers.allSatisfy { $0.isFinite })
    let moments = Moments(numbers)
    expectClose(moments.mean, 0.5, relative: 0, absolute: 0.025)
    expectClose(moments.variance, 4, relative: 0.02)
    expectClose(moments.skewness, 0, relative: 0, absolute: 0.03)
    expectClose(moments.kurtosis, 3, relative: 0.02)
    // Neighbors come from the same pair of uniform numbers and must be uncorrelated.
    let centered = numbers.map { ($0 - 0.5) / 2 }
    for distance in 1...4 {
      let products = zip(centered, centered.dropFirst(distance)).map { $0 * $1 }
      expectClose(
        products.reduce(0, +) / Double(products.count), 0, relative: 0, absolute: 0.012)
    }
  }

  @Test func singleNumbersHaveTheMomentsOfTheirDistribution() {
    var generator = RandomGenerator(seed: 3)
    let uniform = Moments((0..<50_000).map { _ in generator.uniform(in: -2..<2) })
    expectClose(uniform.mean, 0, relative: 0, absolute: 0.03)
    expectClose(uniform.variance, 16.0 / 12, relative: 0.03)
    let normal = Moments((0..<50_000).map { _ in generator.normal() })
    expectClose(normal.mean, 0, relative: 0, absolute: 0.025)
    expectClose(normal.variance, 1, relative: 0.03)
    expectClose(normal.kurtosis, 3, relative: 0.05)
  }

  @Test func integersAndPermutationsAreFair() {
    var generator = RandomGenerator(seed: 4)
    var counts = [Int](repeating: 0, count: 7)
    for _ in 0..<70_000 { counts[generator.integer(below: 7)] += 1 }
    #expect(counts.allSatisfy { abs($0 - 10_000) < 500 })
    var firsts = [Int](repeating: 0, count: 5)
    for _ in 0..<25_000 {
      let order = generator.permutation(of: 5)
      #expect(order.sorted() == [0, 1, 2, 3, 4])
      firsts[order[0]] += 1
    }
    #expect(firsts.allSatisfy { abs($0 - 5000) < 350 })
    #expect(generator.permutation(of: 0) == [])
  }

  @Test func misuseStopsTheProgram() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.uniform([2], dtype: .int32)
    }
    expectMessage("uniform: not defined for int32", of: result)
    let second = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var generator = RandomGenerator(seed: 0)
      _ = generator.integer(below: 0)
    }
    expectMessage("integer(below:): the bound must be positive, got 0", of: second)
  }

  // MARK: Scopes, threads, files

  /// Runs in a process of its own, where no other test holds the thread pool.
  @Test func numbersDoNotDependOnTheNumberOfThreads() async {
    await #expect(processExitsWith: .success) {
      for dtype in [DType.float32, .float64] {
        func draw(_ threads: Int) -> Tensor {
          var generator = RandomGenerator(seed: 8)
          return withThreads(threads) { generator.normal([100_003], dtype: dtype) }
        }
        let expected = draw(1)
        expectIdentical(draw(2), expected)
        expectIdentical(draw(3), expected)
      }
    }
  }

  @Test func scopesSeedTheNumbersDrawnInside() {
    func draw() -> Tensor { Tensor.normal([5]) }
    let outside = withRandomSeed(1, draw)
    expectIdentical(withRandomSeed(1, draw), outside)
    #expect(differenceInBits(withRandomSeed(2, draw), outside) != nil)
    // An inner scope neither draws from the outer one nor changes it.
    withRandomSeed(1) {
      expectIdentical(draw(), outside)
      let second = draw()
      withRandomSeed(1) {
        expectIdentical(draw(), outside)
        expectIdentical(draw(), second)
      }
      #expect(differenceInBits(draw(), second) != nil)
    }
    #expect(differenceInBits(draw(), draw()) != nil)
  }

  @Test func aGeneratorGivenToAScopeIsAdvanced() {
    var generator = RandomGenerator(seed: 3)
    let first = withRandomGenerator(&generator) { Tensor.uniform([6]) }
    let second = withRandomGenerator(&generator) { Tensor.uniform([6]) }
    var plain = RandomGenerator(seed: 3)
    expectIdentical(first, plain.uniform([6]))
    expectIdentical(second, plain.uniform([6]))
    #expect(generator == plain)
  }

  @Test func scopesOfTasksDoNotDisturbEachOther() async {
    let expected = (0..<8).map { seed in withRandomSeed(UInt64(seed)) { Tensor.normal([50]) } }
    await withTaskGroup(of: (Int, Tensor).self) { group in
      for seed in 0..<8 {
        group.addTask { (seed, withRandomSeed(UInt64(seed)) { Tensor.normal([50]) }) }
      }
      for await (seed, numbers) in group { expectIdentical(numbers, expected[seed]) }
    }
  }

  @Test func aRestoredGeneratorContinuesWhereItWasSaved() throws {
    var generator = RandomGenerator(seed: 0xFEED_FACE_CAFE_BEEF)
    _ = generator.normal([11])
    var child = generator.split()
    _ = child.next()
    for original in [generator, child] {
      let data = try JSONEncoder().encode(original)
      var restored = try JSONDecoder().decode(RandomGenerator.self, from: data)
      #expect(restored == original)
      var copy = original
      expectIdentical(restored.uniform([9]), copy.uniform([9]))
    }
  }
}

/// The mean and the central moments of numbers.
private struct Moments {
  let mean, variance, skewness, kurtosis: Double

  init(_ numbers: [Double]) {
    let count = Double(numbers.count)
    let mean = numbers.reduce(0, +) / count
    func central(_ power: Double) -> Double {
      numbers.reduce(0) { $0 + pow($1 - mean, power) } / count
    }
    self.mean = mean
    variance = central(2)
    skewness = central(3) / pow(variance, 1.5)
    kurtosis = central(4) / (variance * variance)
  }
}
