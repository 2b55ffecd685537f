import OpTable
import TestSupport
import Testing

/// The behavior of layers in training and inference, and for batches of different sizes.
struct LayerBehaviorTests {
  // MARK: Batches

  /// A batch of one example gives the same output as that example in a larger batch.
  @Test(arguments: LayerCase.all.filter { $0.input[0] > 1 })
  func examplesOfABatchAreIndependentInInference(_ layer: LayerCase) {
    withRandomSeed(5) {
      let (_, call) = layer.make()
      let input = Tensor.normal(layer.input, dtype: .float64)
      // The recurrent cases have fixed lengths for all sequences of the batch.
      let recurrent = ["RNN", "ReLU RNN", "GRU", "LSTM", "LSTM with a projection"]
      guard !recurrent.contains(layer.name) else { return }
      let whole = call(input)
      for i in 0..<layer.input[0] {
        expectClose(
          call(input[i..<i + 1]), whole[i..<i + 1], relative: 1e-12, absolute: 1e-14, "row \(i)")
      }
    }
  }

  @Test func anEmptyBatchGivesAnEmptyOutput() {
    #expect(Linear(3, 2)(Tensor.zeros([0, 3])).shape == [0, 2])
    #expect(MLP([3, 4, 2])(Tensor.zeros([0, 3])).shape == [0, 2])
    #expect(LayerNorm(3)(Tensor.zeros([0, 3])).shape == [0, 3])
  }

  // MARK: Training and inference

  /// Only dropout and batch norm depend on the mode.
  @Test(arguments: LayerCase.all.filter { $0.name != "BatchNorm" })
  func trainingAndInferenceAgreeWithoutDropout(_ layer: LayerCase) {
    withRandomSeed(5) {
      let (_, call) = layer.make()
      let input = Tensor.normal(layer.input, dtype: .float64)
      expectIdentical(withMode(.training) { call(input) }, call(input))
    }
  }

  @Test func dropoutActsOnlyInTrainingAndPreservesTheMean() {
    let layer = Dropout(0.3)
    let x = Tensor.full([200, 200], 2)
    expectIdentical(layer(x), x)
    let y = withMode(.training) { withRandomSeed(1) { layer(x) } }
    let dropped = (y .== 0).converted(to: .float32).mean().scalar()
    expectClose(dropped, 0.3, relative: 0, absolute: 0.01)
    expectClose(y.mean().scalar(), 2, relative: 0.02)
    expectClose(y.max().scalar(), 2 / 0.7, relative: 1e-6)
    // The same seed gives the same mask; each call within a scope draws a new one.
    let (again, next) = withMode(.training) { withRandomSeed(1) { (layer(x), layer(x)) } }
    expectIdentical(again, y)
    #expect(differenceInBits(next, y) != nil)
    // The gradient passes through the elements that are kept.
    let slope = withMode(.training) {
      gradient(at: x) { x in withRandomSeed(1) { layer(x) }.sum() }
    }
    expectClose(slope.contiguous, (y / 2).contiguous, relative: 1e-6)
    expectIdentical(withMode(.training) { Dropout(0)(x) }, x)
  }

  @Test func batchNormUpdatesItsRunningStatisticsInTrainingAndUsesThemInInference() throws {
    let layer = BatchNorm(2, momentum: 0.25, dtype: .float64)
    let count = try #require(layer.batchCount)
    let x = Tensor([[1, 10], [3, 30]], dtype: .float64)
    expectClose(layer(x), x / (1 + 1e-5).squareRoot(), relative: 1e-12)
    let y = withMode(.training) { layer(x) }
    expectClose(y, Tensor([[-1, -1], [1, 1]], dtype: .float64), relative: 1e-5)
    // The means are 2 and 20, the unbiased variances 2 and 200.
    expectClose(
      try #require(layer.runningMean).value, Tensor([0.5, 5], dtype: .float64), relative: 1e-12)
    expectClose(
      try #require(layer.runningVariance).value, Tensor([1.25, 50.75], dtype: .float64),
      relative: 1e-12)
    #expect(count.value.scalars(as: Int32.self) == [1])
    _ = layer(x)
    #expect(count.value.scalars(as: Int32.self) == [1], "inference changes nothing")
  }

  @Test func gptAppliesDropoutOnlyInTraining() {
    let tokens = Tensor([[1, 2, 3, 4]], dtype: .int32)
    withRandomSeed(1) {
      let gpt = GPT(
        .init(vocabularySize: 5, contextLength: 4, layers: 1, heads: 1, width: 8, dropout: 0.5))
      expectIdentical(gpt(tokens), gpt(tokens))
      let (a, b) = withMode(.training) { (gpt(tokens), gpt(tokens)) }
      #expect(differenceInBits(a, b) != nil)
    }
  }

  @Test func swiGLUMatchesItsFormula() {
    let layer = withRandomSeed(1) { FeedForward(4, innerWidth: 3, kind: .swiGLU, dtype: .float64) }
    let x = Tensor.seeded([2, 4])
    let inner = layer.inner(x)
    expectClose(
      layer(x), layer.outer(silu(inner[.all, 0..<3]) * inner[.all, 3..<6]), relative: 1e-14)
    #expect(layer.inner.weight.shape == [6, 4] && layer.outer.weight.shape == [4, 3])
  }

  // MARK: Single layers

  @Test func aPaddingVectorIsZeroAndHasNoGradient() {
    let layer = withRandomSeed(1) { Embedding(4, 3, paddingIndex: 1, dtype: .float64) }
    let tokens = Tensor([1, 2, 1], dtype: .int32)
    #expect(abs(layer(tokens)[0]).max().scalar() == 0)
    let gradients = valueWithGradients(for: layer.parameters) { layer(tokens).sum() }.gradients
    expectIdentical(
      gradients[0].contiguous,
      Tensor([[0, 0, 0], [0, 0, 0], [1, 1, 1], [0, 0, 0]], dtype: .float64))
  }

  @Test func layersWithoutParametersMatchTheirFunctions() {
    let x = Tensor.seeded([2, 3, 4, 6])
    let pairs: [(any Layer, Tensor)] = [
      (MaxPool2d([2, 3]), maxPool2d(x, kernelSize: [2, 3])),
      (
        MaxPool2d(3, stride: [1, 2], padding: 1),
        maxPool2d(x, kernelSize: 3, stride: [1, 2], padding: 1)
      ),
      (
        AveragePool2d(2, stride: 1), averagePool2d(x, kernelSize: 2, stride: 1)
      ),
      (
        AveragePool2d(3, padding: 1, countsPadding: false),
        averagePool2d(x, kernelSize: 3, padding: 1, countsPadding: false)
      ),
      (
        MaxPool2d(2, stride: 1, padding: .same, dilation: [1, 2]),
        maxPool2d(x, kernelSize: 2, stride: 1, padding: .same, dilation: [1, 2])
      ),
      (AdaptiveAveragePool2d([2, 5]), adaptiveAveragePool2d(x, outputSize: [2, 5])),
      (AdaptiveMaxPool2d([2, 5]), adaptiveMaxPool2d(x, outputSize: [2, 5])),
      (GlobalAveragePool(), x.mean(along: 2, 3)), (GlobalMaxPool(), x.max(along: 2, 3)),
      (
        Upsample(size: [5, 3], mode: .bilinear, alignCorners: true),
        interpolate(x, size: [5, 3], mode: .bilinear, alignCorners: true)
      ),
      (
        Upsample(factor: 1.5, mode: .bilinear),
        interpolate(x, factor: 1.5, mode: .bilinear)
      ),
      (
        Pad2d([1, 2], mode: .reflect),
        x.padded(top: 1, bottom: 1, left: 2, right: 2, with: .reflect)
      ),
      (Pad2d(top: 1, right: -2), x.padded(top: 1, right: -2)),
      (Unflatten(3, into: [2, -1]), x.reshaped(to: [2, 3, 4, 2, 3])),
      (Unflatten(-2, into: [2, 2]), x.reshaped(to: [2, 3, 2, 2, 6])),
      (Upsample(factor: 3), interpolate(x, factor: 3)),
      (Flatten(), x.reshaped(to: [2, 72])), (Flatten(from: 2), x.reshaped(to: [2, 3, 24])),
      (Identity(), x), (Lambda { $0 * 2 }, x * 2), (Residual(Tanh()), x + tanh(x)),
    ]
    for (layer, expected) in pairs {
      expectIdentical(layer(x).contiguous, expected.contiguous, "\(layer)")
      #expect(layer.parameters.isEmpty)
    }
  }

  @Test func layersOfSequencesMatchTheirFunctions() {
    let x = Tensor.seeded([2, 3, 7])
    let pairs: [(any Layer, Tensor)] = [
      (MaxPool1d(2), maxPool1d(x, kernelSize: 2)),
      (
        MaxPool1d(3, stride: 2, padding: 1, dilation: 2),
        maxPool1d(x, kernelSize: 3, stride: 2, padding: 1, dilation: 2)
      ),
      (
        AveragePool1d(3, stride: 1, padding: .same, countsPadding: false),
        averagePool1d(x, kernelSize: 3, stride: 1, padding: .same, countsPadding: false)
      ),
      (AveragePool1d(2), averagePool1d(x, kernelSize: 2)),
      (AdaptiveAveragePool1d(4), adaptiveAveragePool1d(x, outputSize: 4)),
      (AdaptiveMaxPool1d(4), adaptiveMaxPool1d(x, outputSize: 4)),
      (GlobalAveragePool(), x.mean(along: 2)),
    ]
    for (layer, expected) in pairs { expectIdentical(layer(x), expected, "\(layer)") }
  }

  @Test func channelDropoutDropsWholeChannels() {
    let x = Tensor.full([40, 50, 2, 3], 2)
    let y = withMode(.training) { withRandomSeed(1) { ChannelDropout(0.3)(x) } }
    let least = y.min(along: 2, 3)
    expectIdentical(least, y.max(along: 2, 3))
    let dropped = (least .== 0).converted(to: .float32).mean().scalar()
    expectClose(dropped, 0.3, relative: 0, absolute: 0.03)
    expectClose(least.max().scalar(), 2 / 0.7, relative: 1e-6)
    expectIdentical(ChannelDropout(0.3)(x), x)
  }

  @Test func alphaDropoutKeepsMeanAndVariance() {
    let x = withRandomSeed(2) { Tensor.normal([300, 300]) }
    let y = withMode(.training) { withRandomSeed(1) { AlphaDropout(0.2)(x) } }
    expectClose(y.mean().scalar(), 0, relative: 0, absolute: 0.02)
    expectClose(y.variance().scalar(), 1, relative: 0.02)
    expectIdentical(AlphaDropout(0.2)(x), x)
  }

  @Test func spectralNormBoundsTheLargestSingularValue() {
    let layer = withRandomSeed(3) { SpectralNorm(Linear(6, 4, bias: false, dtype: .float64)) }
    let x = Tensor.seeded([3, 6])
    let vectors = layer.buffers.values
    _ = layer(x)
    expectIdentical(layer.buffers.values[0], vectors[0])
    withMode(.training) { for _ in 0..<200 { _ = layer(x) } }
    #expect(differenceInBits(layer.buffers.values[0], vectors[0]) != nil)
    // The output of the right singular vector has length 1.
    expectClose(layer(layer.right.value).norm().scalar(), 1, relative: 1e-9)
  }

  @Test func weightNormStartsAsItsLayer() {
    let inner = withRandomSeed(3) { Conv1d(2, 4, kernelSize: 3, dtype: .float64) }
    let x = Tensor.seeded([2, 2, 5])
    let expected = inner(x)
    let layer = WeightNorm(inner)
    expectClose(layer(x), expected, relative: 1e-13, absolute: 1e-15)
    #expect(layer.magnitude.shape == [4, 1, 1])
    // Only the magnitude changes the length of a kernel.
    inner.weight.value = inner.weight.value * 3
    expectClose(layer(x), expected, relative: 1e-13, absolute: 1e-15)
    layer.magnitude.value = layer.magnitude.value * 2
    inner.bias?.value = Tensor.zeros([4], dtype: .float64)
    #expect(differenceInBits(layer(x), expected) != nil)
  }

  /// Each element that is kept is divided by the probability of keeping it, and so is its gradient.
  @Test(arguments: [0.1, 0.25, 0.5, 0.9], [DType.float32, .float64])
  func dropoutScalesEachKeptElement(_ rate: Double, _ dtype: DType) {
    let x = Tensor.seeded([50, 40], seed: 2, in: 1..<3, dtype: dtype)
    var y = x
    let slope = withMode(.training) {
      gradient(at: x) { x in
        let output = withRandomSeed(6) { Dropout(rate)(x) }
        y = output.detached
        return output.sum()
      }
    }
    let isKept = (y .!= 0).converted(to: dtype)
    let fraction = isKept.mean().scalar()
    #expect(Swift.abs(fraction - (1 - rate)) < 0.05)
    let bound = dtype == .float32 ? 3e-7 : 1e-15
    expectClose(y, x * isKept / (1 - rate), relative: bound)
    expectClose(slope.contiguous, (isKept / (1 - rate)).contiguous, relative: bound)
  }
}
