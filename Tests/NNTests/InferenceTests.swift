import TestSupport
import Testing

/// What models allocate.
///
/// In processes of their own, because the counts are of the whole process.
struct InferenceMemoryTests {
  /// The bytes that live at most while `body` runs, beyond those that live before it.
  ///
  /// On one thread, because each thread has a workspace of its own for packed matrices.
  private static func peak(_ body: () -> Void) -> Int {
    withThreads(1) {
      body()
      TensorMemory.resetPeak()
      let before = TensorMemory.statistics.liveBytes
      body()
      #expect(TensorMemory.statistics.liveBytes == before, "nothing stays")
      return TensorMemory.statistics.peakLiveBytes - before
    }
  }

  @Test func aPerceptronHoldsTwoLayersAtOnce() async {
    await #expect(processExitsWith: .success) {
      let width = 512
      let x = Tensor.ones([64, width])
      let layer = 64 * width * 4
      let single = Linear(width, width)
      let workspace = InferenceMemoryTests.peak { _ = single(x) } - layer
      for depth in [2, 4, 16] {
        let model = MLP(Array(repeating: width, count: depth + 1), activation: .gelu)
        let peak = InferenceMemoryTests.peak { #expect(model(x).node == nil) }
        #expect(peak <= 2 * layer + workspace, "\(depth) layers: \(peak) bytes")
        let sequential = Sequential {
          for _ in 0..<depth {
            Linear(width, width)
            GELU()
          }
        }
        let other = InferenceMemoryTests.peak { _ = sequential(x) }
        #expect(other <= 2 * layer + workspace, "\(depth) layers: \(other) bytes")
      }
    }
  }

  @Test func blocksOfAGPTHoldNoMoreThanOneOfThem() async {
    await #expect(processExitsWith: .success) {
      let (n, t, width) = (2, 64, 128)
      let tokens = Tensor.zeros([n, t], dtype: .int32)
      let peaks = [1, 2, 8].map { layers in
        let model = GPT(
          .init(vocabulary: 65, context: t, layers: layers, heads: 4, width: width, bias: true))
        return InferenceMemoryTests.peak { #expect(model(tokens).node == nil) }
      }
      #expect(peaks[1] == peaks[2], "\(peaks)")
      #expect(peaks[0] == peaks[1], "\(peaks)")
      // The stream, its norm, the output and what the size classes round up, and both inner layers of four
      // times their size.
      let stream = n * t * width * 4
      let inner = Linear(width, 4 * width)
      let x = Tensor.ones([n, t, width])
      let workspace = InferenceMemoryTests.peak { _ = inner(x) } - 4 * stream
      #expect(peaks[2] <= 12 * stream + workspace, "\(peaks) for \(stream), \(workspace)")
    }
  }

  @Test func convolutionsHoldTwoLayersAndAWindow() async {
    await #expect(processExitsWith: .success) {
      let x = Tensor.ones([8, 16, 28, 28])
      let layer = x.elementCount * 4
      let peaks = [2, 8].map { depth in
        let model = Sequential {
          for _ in 0..<depth {
            Conv2d(16, 16, size: (3, 3), padding: (1, 1))
            ReLU()
          }
        }
        return InferenceMemoryTests.peak { _ = model(x) }
      }
      #expect(peaks[0] == peaks[1], "\(peaks)")
      // The windows of the images are laid out beside the two layers: nine times their size.
      #expect(peaks[1] <= 13 * layer, "\(peaks) for \(layer)")
    }
  }

  /// Forward and backward pass of attention over sequences of growing length, whose scores would grow as t².
  @Test func attentionHoldsNoSquareOfScores() async {
    await #expect(processExitsWith: .success) {
      let (heads, width) = (2, 32)
      let model = MultiHeadAttention(width, heads: heads)
      let parameters = model.parameters
      let peaks = [512, 1024, 2048].map { t in
        let x = Tensor.ones([1, t, width])
        return InferenceMemoryTests.peak {
          _ = valueWithGradients(for: parameters) { model(x, isCausal: true).sum() }
        }
      }
      // One square of scores at t = 2048.
      let square = heads * 2048 * 2048 * 4
      #expect(peaks[2] < square / 4, "\(peaks), a square is \(square)")
      #expect(Double(peaks[2]) / Double(peaks[1]) < 2.2, "\(peaks)")
      #expect(Double(peaks[1]) / Double(peaks[0]) < 2.2, "\(peaks)")
    }
  }

  /// What a training step of nanoGPT's CPU setting holds at most, weights and optimizer included.
  @Test func aStepOfAGPTHoldsFewMegabytes() async {
    let result = await #expect(
      processExitsWith: .success, observing: [\.standardOutputContent]
    ) {
      TensorMemory.releaseCache()
      let start = TensorMemory.statistics.liveBytes
      let model = withRandomSeed(1) { GPT(.init(vocabulary: 65)) }
      let parameters = model.parameters
      let optimizer = AdamW(parameters)
      let tokens = Tensor((0..<12 * 64).map { Int32($0 % 65) }, shape: [12, 64])
      func step() {
        optimizer.step(
          valueWithGradients(for: parameters) { model.loss(tokens, targets: tokens) }.gradients)
      }
      step()
      TensorMemory.resetPeak()
      step()
      let statistics = TensorMemory.statistics
      let megabyte = 1024.0 * 1024
      let resting = Double(statistics.liveBytes - start) / megabyte
      let peak = Double(statistics.peakLiveBytes - start) / megabyte
      print("memory/gpt-4x128-t64-b12: \(resting) MiB between steps, \(peak) MiB in a step")
      // 804096 weights and twice as many numbers of the optimizer.
      #expect(resting > 9.2 && resting < 11, "\(resting)")
      #expect(peak < 60, "\(peak)")
    }
    print(String(decoding: result?.standardOutputContent ?? [], as: UTF8.self))
  }
}

struct SamplingTests {
  private static let model = withRandomSeed(3) {
    GPT(.init(vocabulary: 7, context: 8, layers: 2, heads: 1, width: 12, bias: true))
  }

  private func sample(
    _ count: Int, _ options: SamplingOptions, seed: UInt64 = 1, prompt: [Int32] = [1, 2],
    stop: Set<Int32> = []
  ) -> [Int32] {
    var generator = RandomGenerator(seed: seed)
    return Self.model.sample(
      from: prompt, count: count, options: options, stopTokens: stop, using: &generator)
  }

  /// With kept keys and values, until the context is full, each token is that of the whole sequence.
  @Test func greedyTokensAreTheGreatestScoresOfTheWholeSequence() {
    let tokens = sample(6, .greedy)
    var all: [Int32] = [1, 2]
    for token in tokens {
      let scores = Self.model(Tensor(all, shape: [1, all.count]))
      #expect(scores[0, -1].argmax(along: 0).scalars(as: Int32.self) == [token])
      all.append(token)
    }
    #expect(sample(6, SamplingOptions(temperature: 0), seed: 9) == tokens)
    #expect(sample(6, SamplingOptions(topK: 1), seed: 9) == tokens)
    #expect(sample(6, SamplingOptions(topP: 1e-9), seed: 9) == tokens)
    #expect(sample(6, SamplingOptions(temperature: 1e-9), seed: 9) == tokens)
  }

  @Test func seedsDecideWhatIsDrawn() {
    let options = SamplingOptions(temperature: 2)
    #expect(sample(20, options) == sample(20, options))
    #expect(sample(20, options) != sample(20, options, seed: 2))
  }

  @Test func samplingGoesOnBeyondTheContext() {
    let tokens = sample(50, SamplingOptions())
    #expect(tokens.count == 50 && tokens.allSatisfy { (0..<7).contains($0) })
    #expect(sample(3, .greedy, prompt: Array(repeating: 3, count: 30)).count == 3)
    #expect(sample(0, .greedy).isEmpty)
  }

  @Test func nothingFollowsAStopToken() {
    let free = sample(50, SamplingOptions(temperature: 3))
    let stop = free[4]
    let stopped = sample(50, SamplingOptions(temperature: 3), stop: [stop])
    let end = free.firstIndex(of: stop) ?? 0
    #expect(stopped == Array(free[...end]))
  }

  /// Tokens are drawn with the probabilities that the options leave.
  static let choices: [(SamplingOptions, [Double])] = [
    (SamplingOptions(), [0.4, 0.3, 0.2, 0.1]),
    (SamplingOptions(temperature: 0.5), [0.53333, 0.3, 0.13333, 0.03333]),
    (SamplingOptions(topK: 2), [0.57143, 0.42857, 0, 0]),
    (SamplingOptions(topP: 0.65), [0.57143, 0.42857, 0, 0]),
    (SamplingOptions(topP: 0.75), [0.44444, 0.33333, 0.22222, 0]),
    (SamplingOptions(topK: 3, topP: 0.5), [0.57143, 0.42857, 0, 0]),
    (SamplingOptions(topK: 0), [1, 0, 0, 0]),
  ]

  @Test(arguments: choices) func optionsDecideTheProbabilities(
    options: SamplingOptions, expected: [Double]
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

  /// A step reads one position: beside what is kept it needs at most the keys and values of one block, so its memory
  /// and work grow with the length, not its square.
  @Test func aStepWithKeptKeysReadsOnePosition() async {
    await #expect(processExitsWith: .success) {
      let width = 32
      let model = GPT(.init(vocabulary: 7, context: 512, layers: 3, heads: 2, width: width))
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

  @Test func anEmptyPromptStops() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var generator = RandomGenerator(seed: 1)
      _ = GPT(.init(vocabulary: 3, context: 4, layers: 1, heads: 1, width: 2))
        .sample(from: [], count: 1, using: &generator)
    }
    expectMessage("sample: an empty prompt", of: result)
  }
}
