import Foundation
import TestSupport
import Testing

/// Properties of every distribution: the numbers depend only on the state of the generator and
/// their index, and generators split from one another are independent.
struct GeneratorStreamTests {
  private struct Draw: Sendable {
    let name: String
    /// Draws a tensor with the given number of elements.
    let body: @Sendable (inout RandomGenerator, Int) -> Tensor
  }

  private static let draws: [Draw] = [
    Draw(name: "uniform") { $0.uniform([$1]) },
    Draw(name: "uniform64") { $0.uniform([$1], dtype: .float64) },
    Draw(name: "normal") { $0.normal([$1]) },
    Draw(name: "normal64") { $0.normal([$1], dtype: .float64) },
    Draw(name: "truncatedNormal") { $0.truncatedNormal([$1], in: 0.5...3) },
    Draw(name: "truncatedNormal64") { $0.truncatedNormal([$1], in: -1...4, dtype: .float64) },
    Draw(name: "exponential") { $0.exponential([$1]) },
    Draw(name: "exponential64") { $0.exponential([$1], dtype: .float64) },
    Draw(name: "bernoulli") { $0.bernoulli([$1], probability: 0.3) },
    Draw(name: "truncatedNormal in a tail") { $0.truncatedNormal([$1], in: 3...9) },
    Draw(name: "truncatedNormal64 in a tail") {
      $0.truncatedNormal([$1], in: -9 ... -3, dtype: .float64)
    },
    // A range that rejects a quarter of the words.
    Draw(name: "integers") { $0.integers([$1], in: Int(Int32.min)..<1 << 30) },
    Draw(name: "categorical") {
      $0.categorical(logits: Views.broadcast(Tensor([1, 2, 3, 4]), to: [$1, 4]))
    },
  ]

  /// Enough elements for several tasks of each thread.
  private static let count = 50_001

  @Test(arguments: draws.indices)
  func elementsDependOnTheirIndexAlone(_ index: Int) {
    let draw = Self.draws[index].body
    var (a, b, c) = (RandomGenerator(seed: 5), RandomGenerator(seed: 5), RandomGenerator(seed: 6))
    let all = draw(&a, Self.count).scalars(as: Double.self)
    #expect(draw(&b, 1001).scalars(as: Double.self) == Array(all[..<1001]))
    #expect(draw(&c, 1001).scalars(as: Double.self) != Array(all[..<1001]))
    // The generator has advanced.
    #expect(draw(&a, 1001).scalars(as: Double.self) != Array(all[..<1001]))
  }

  /// Runs in a process of its own: other tests could hold the thread pool, and then the calling
  /// thread would do all the work for any number of threads.
  @Test func anyNumberOfThreadsGivesTheSameBits() async {
    await #expect(processExitsWith: .success) {
      for draw in GeneratorStreamTests.draws {
        func run(_ threads: Int) -> (Tensor, RandomGenerator) {
          var generator = RandomGenerator(seed: 7)
          let tensor = withThreads(threads) { draw.body(&generator, GeneratorStreamTests.count) }
          return (tensor, generator)
        }
        let (expected, after) = run(1)
        for threads in [2, 3] {
          let (actual, state) = run(threads)
          expectIdentical(actual, expected, "\(draw.name), \(threads) threads")
          #expect(state == after)
        }
      }
    }
  }

  @Test(arguments: draws.indices)
  func aRestoredGeneratorContinuesLikeTheSavedOne(_ index: Int) throws {
    let draw = Self.draws[index].body
    var generator = RandomGenerator(seed: .max)
    _ = draw(&generator, 777)
    _ = generator.split()
    let saved = try JSONEncoder().encode(generator)
    var restored = try JSONDecoder().decode(RandomGenerator.self, from: saved)
    #expect(restored == generator)
    expectIdentical(draw(&restored, 777), draw(&generator, 777))
    #expect(restored.next() == generator.next())
  }

  @Test(arguments: draws.indices)
  func splitStreamsAreUncorrelated(_ index: Int) {
    let (name, draw) = (Self.draws[index].name, Self.draws[index].body)
    var parent = RandomGenerator(seed: 13)
    var child = parent.split()
    var sibling = parent.split()
    var grandchild = child.split()
    var neighbor = RandomGenerator(seed: 14)
    let samples = [
      draw(&parent, Self.count), draw(&child, Self.count), draw(&sibling, Self.count),
      draw(&grandchild, Self.count), draw(&neighbor, Self.count), draw(&parent, Self.count),
    ].map { $0.scalars(as: Double.self) }
    // The largest of 54 correlations exceeds it for one in a thousand seeds.
    let limit = 4.3
    for (i, a) in samples.enumerated() {
      for (j, b) in samples.enumerated() where i < j {
        Goodness.expectUncorrelated(a, b, "\(name), \(i) with \(j)", limit: limit)
        Goodness.expectUncorrelated(
          a.dropFirst(), b.dropLast(), "\(name), \(i) with \(j), shifted", limit: limit)
      }
      for lag in 1...4 {
        Goodness.expectUncorrelated(
          a.dropFirst(lag), a.dropLast(lag), "\(name), \(i), lag \(lag)", limit: limit)
      }
    }
  }

  @Test func splitStreamsShareNoNumbers() {
    var generators = [RandomGenerator(seed: 0)]
    for i in 0..<63 {
      let child = generators[i / 2].split()
      generators.append(child)
    }
    var seen = Set<UInt64>()
    for i in generators.indices {
      for _ in 0..<1000 { seen.insert(generators[i].next()) }
    }
    #expect(seen.count == 64_000)
  }

  @Test func theDefaultGeneratorDrawsTheSame() {
    var generator = RandomGenerator(seed: 3)
    let expected = [
      generator.uniform([5]), generator.normal([5]), generator.truncatedNormal([5]),
      generator.exponential([5]), generator.bernoulli([5]), generator.integers([5], in: 0..<9),
      generator.permutationTensor(of: 5), generator.categorical(logits: Tensor.zeros([5, 3])),
      generator.categorical(probabilities: Tensor.ones([5, 3])),
    ]
    let actual = withRandomSeed(3) {
      [
        Tensor.uniform([5]), .normal([5]), .truncatedNormal([5]), .exponential([5]),
        .bernoulli([5]), .integers([5], in: 0..<9), .permutation(of: 5),
        .categorical(logits: Tensor.zeros([5, 3])),
        .categorical(probabilities: Tensor.ones([5, 3])),
      ]
    }
    for (a, b) in zip(actual, expected) { expectIdentical(a, b) }
  }

  /// The first words of sixteen blocks come first, then their second words, and so on.
  @Test func uniformNumbersAreTheUpperBitsOfTheWords() {
    var generator = RandomGenerator(seed: 42)
    let numbers = generator.uniform([150]).scalars(as: Double.self)
    for (i, number) in numbers.enumerated() {
      let (group, word, block) = (i / 64, i / 16 % 4, i % 16)
      let words = RandomGenerator.philox(
        SIMD4(UInt32(16 * group + block), 0, 0, 0), key: SIMD2(42, 0))
      #expect(number == Double(words[word] >> 8) / 0x1p24, "element \(i)")
    }
  }

  @Test(arguments: draws.indices)
  func instructionSetsGiveTheSameBits(_ index: Int) {
    func run(_ set: InstructionSet) -> Tensor {
      var generator = RandomGenerator(seed: 9)
      return withInstructionSet(set) { Self.draws[index].body(&generator, 3001) }
    }
    let expected = run(.baseline)
    for set in InstructionSet.available { expectIdentical(run(set), expected, "\(set)") }
  }
}
