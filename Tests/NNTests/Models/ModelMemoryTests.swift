import TestSupport
import Testing

/// The memory that models allocate.
///
/// Each test runs in its own process, because the statistics are those of the whole process.
struct InferenceMemoryTests {
  /// The peak of the live bytes while `body` runs, minus those that were live before.
  ///
  /// It runs on one thread, because each thread has its own workspace for packed matrices.
  private static func peak(_ body: () -> Void) -> Int {
    withThreads(1) {
      body()
      TensorMemory.resetPeak()
      let before = TensorMemory.statistics.liveBytes
      body()
      #expect(TensorMemory.statistics.liveBytes == before, "no bytes remain live")
      return TensorMemory.statistics.peakLiveBytes - before
    }
  }

  @Test func inferenceOfAnMLPHoldsTwoLayers() async {
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

  @Test func inferenceOfAGPTHoldsOneBlock() async {
    await #expect(processExitsWith: .success) {
      let (n, t, width) = (2, 64, 128)
      let tokens = Tensor.zeros([n, t], dtype: .int32)
      let peaks = [1, 2, 8].map { layers in
        let model = GPT(
          .init(
            vocabularySize: 65, contextLength: t, layers: layers, heads: 4, width: width, bias: true
          ))
        return InferenceMemoryTests.peak { #expect(model(tokens).node == nil) }
      }
      #expect(peaks[1] == peaks[2], "\(peaks)")
      #expect(peaks[0] == peaks[1], "\(peaks)")
      // The residual stream, its norm, the output, the rounding of the size classes, and both inner
      // layers, which are four times as large.
      let stream = n * t * width * 4
      let inner = Linear(width, 4 * width)
      let x = Tensor.ones([n, t, width])
      let workspace = InferenceMemoryTests.peak { _ = inner(x) } - 4 * stream
      #expect(peaks[2] <= 12 * stream + workspace, "\(peaks) for \(stream), \(workspace)")
    }
  }

  @Test func inferenceOfConvolutionsHoldsTwoLayersAndPlanes() async {
    await #expect(processExitsWith: .success) {
      let x = Tensor.ones([8, 16, 28, 28])
      let layer = x.elementCount * 4
      let peaks = [2, 8].map { depth in
        let model = Sequential {
          for _ in 0..<depth {
            Conv2d(16, 16, kernelSize: 3, padding: 1)
            ReLU()
          }
        }
        return InferenceMemoryTests.peak { _ = model(x) }
      }
      #expect(peaks[0] == peaks[1], "\(peaks)")
      // Planes, transformed pixels and weights of a task are small beside the two layers.
      #expect(peaks[1] <= 4 * layer, "\(peaks) for \(layer)")
    }
  }

  /// Measures the forward and backward pass for sequences of increasing length.
  ///
  /// Storing the scores would take memory proportional to t².
  @Test func attentionMemoryGrowsLinearlyWithTheLength() async {
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
      // The size of the scores for t = 2048.
      let square = heads * 2048 * 2048 * 4
      #expect(peaks[2] < square / 4, "\(peaks), the scores take \(square)")
      #expect(Double(peaks[2]) / Double(peaks[1]) < 2.2, "\(peaks)")
      #expect(Double(peaks[1]) / Double(peaks[0]) < 2.2, "\(peaks)")
    }
  }

  /// The peak memory of a training step of nanoGPT's CPU setting, weights and optimizer included.
  @Test func aTrainingStepOfAGPTTakesLittleMemory() async {
    let result = await #expect(
      processExitsWith: .success, observing: [\.standardOutputContent]
    ) {
      TensorMemory.releaseCache()
      let start = TensorMemory.statistics.liveBytes
      let model = withRandomSeed(1) { GPT(.init(vocabularySize: 65)) }
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
      // 804096 weights, and twice as many elements in the state of the optimizer.
      #expect(resting > 9.2 && resting < 11, "\(resting)")
      #expect(peak < 60, "\(peak)")
    }
    print(String(decoding: result?.standardOutputContent ?? [], as: UTF8.self))
  }
}
