import TestSupport
import Testing

struct SamplingTests {
  private static let model = withRandomSeed(3) {
    GPT(.init(vocabularySize: 7, contextLength: 8, layers: 2, heads: 1, width: 12, bias: true))
  }

  private func generate(
    _ count: Int, _ options: GPT.GenerationOptions, seed: UInt64 = 1, prompt: [Int32] = [1, 2],
    stop: Set<Int32> = []
  ) -> [Int32] {
    var generator = RandomGenerator(seed: seed)
    return Self.model.generate(
      from: prompt, count: count, options: options, stopTokens: stop, using: &generator)
  }

  /// Until the context is full, cached keys and values give the same tokens as the whole sequence.
  @Test func greedyGenerationChoosesTheArgmaxOfTheWholeSequence() {
    let tokens = generate(6, .greedy)
    var all: [Int32] = [1, 2]
    for token in tokens {
      let scores = Self.model(Tensor(all, shape: [1, all.count]))
      #expect(scores[0, -1].argmax(along: 0).scalars(as: Int32.self) == [token])
      all.append(token)
    }
    #expect(generate(6, GPT.GenerationOptions(temperature: 0), seed: 9) == tokens)
    #expect(generate(6, GPT.GenerationOptions(topK: 1), seed: 9) == tokens)
    #expect(generate(6, GPT.GenerationOptions(topP: 1e-9), seed: 9) == tokens)
    #expect(generate(6, GPT.GenerationOptions(temperature: 1e-9), seed: 9) == tokens)
  }

  @Test func generationIsDeterminedByTheSeed() {
    let options = GPT.GenerationOptions(temperature: 2)
    #expect(generate(20, options) == generate(20, options))
    #expect(generate(20, options) != generate(20, options, seed: 2))
  }

  @Test func generationContinuesBeyondTheContext() {
    let tokens = generate(50, GPT.GenerationOptions())
    #expect(tokens.count == 50 && tokens.allSatisfy { (0..<7).contains($0) })
    #expect(generate(3, .greedy, prompt: Array(repeating: 3, count: 30)).count == 3)
    #expect(generate(0, .greedy).isEmpty)
  }

  @Test func generationEndsAtAStopToken() {
    let free = generate(50, GPT.GenerationOptions(temperature: 3))
    let stop = free[4]
    let stopped = generate(50, GPT.GenerationOptions(temperature: 3), stop: [stop])
    let end = free.firstIndex(of: stop) ?? 0
    #expect(stopped == Array(free[...end]))
  }

  /// Options, and the probabilities of four tokens under them.
  static let choices: [(GPT.GenerationOptions, [Double])] = [
    (GPT.GenerationOptions(), [0.4, 0.3, 0.2, 0.1]),
    (GPT.GenerationOptions(temperature: 0.5), [0.53333, 0.3, 0.13333, 0.03333]),
    (GPT.GenerationOptions(topK: 2), [0.57143, 0.42857, 0, 0]),
    (GPT.GenerationOptions(topP: 0.65), [0.57143, 0.42857, 0, 0]),
    (GPT.GenerationOptions(topP: 0.75), [0.44444, 0.33333, 0.22222, 0]),
    (GPT.GenerationOptions(topK: 3, topP: 0.5), [0.57143, 0.42857, 0, 0]),
    (GPT.GenerationOptions(topK: 0), [1, 0, 0, 0]),
  ]

  @Test(arguments: choices) func tokensFollowTheProbabilitiesOfTheOptions(
    options: GPT.GenerationOptions, expected: [Double]
  ) {
    let logarithms: Tensor = log(Tensor([0.3, 0.4, 0.1, 0.2], dtype: .float64)) + 7
    let scores = logarithms.scalars(as: Double.self)
    let places = [1, 0, 3, 2]
    var generator = RandomGenerator(seed: 5)
    var counts = [0, 0, 0, 0]
    let total = 20_000
    for _ in 0..<total { counts[places[options.choose(scores, using: &generator)]] += 1 }
    for (count, p) in zip(counts, expected) {
      let variance: Double = p * (1 - p) / Double(total)
      let share = Double(count) / Double(total)
      expectClose(share, p, relative: 0, absolute: 5 * variance.squareRoot(), "\(counts)")
    }
  }

  /// Of many tokens the same are kept as from a sorted list, however many hold the mass.
  @Test func tokensOfALargeVocabularyAreThoseOfASortedList() {
    var generator = RandomGenerator(seed: 8)
    let count = 3000
    for (spread, mass) in [(12.0, 0.9), (3, 0.5), (3, 0.95), (0.1, 0.99), (0, 0.5), (1, 1)] {
      let scores = generator.normal([count], dtype: .float64) * spread
      let logits = scores.scalars(as: Double.self)
      let sorted = logits.indices.sorted { (-logits[$0], $0) < (-logits[$1], $1) }
      let weights = exp(scores).scalars(as: Double.self)
      let total = weights.reduce(0, +)
      var sum = 0.0
      let size =
        1
        + (sorted.firstIndex { token in
          sum += weights[token]
          return sum >= mass * total
        } ?? count - 1)
      let options = GPT.GenerationOptions(topP: mass)
      let drawn = (0..<400).map { _ in options.choose(logits, using: &generator) }
      // Equal weights may differ in the last bit of their sum.
      let kept = Set(sorted.prefix(size + 1))
      #expect(drawn.allSatisfy(kept.contains), "\(spread), \(mass)")
      if size > 1 && size < 100 { #expect(Set(drawn).count > 1) }
      if size > 1000 { #expect(Set(drawn).count > 250, "\(spread), \(mass)") }
      let best = Set(sorted.prefix(40))
      let top = (0..<400).map { _ in
        GPT.GenerationOptions(topK: 40).choose(logits, using: &generator)
      }
      #expect(top.allSatisfy(best.contains))
    }
  }

  /// A step with a cache needs at most the memory of the keys and values of one block, so memory
  /// and work grow linearly with the length.
  @Test func aCachedStepProcessesOnePosition() async {
    await #expect(processExitsWith: .success) {
      let width = 32
      let model = GPT(
        .init(vocabularySize: 7, contextLength: 512, layers: 3, heads: 2, width: width))
      let token = Tensor([[1]], dtype: .int32)
      for length in [64, 128, 256, 512] {
        let caches = model.blocks.map { _ in KeyValueCache() }
        for _ in 0..<length - 1 { _ = model(token, caches: caches) }
        #expect(caches.allSatisfy { $0.count == length - 1 })
        TensorMemory.resetPeak()
        let before = TensorMemory.statistics.liveBytes
        _ = model(token, caches: caches)
        let needed = TensorMemory.statistics.peakLiveBytes - before
        #expect(needed <= 2 * length * width * 4 + 8192, "\(length): \(needed)")
      }
    }
  }
}
