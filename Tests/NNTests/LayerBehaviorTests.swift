import OpTable
import TestSupport
import Testing

/// What layers do in training and in inference, to one example and to many, and with inputs that do not fit.
struct LayerBehaviorTests {
  // MARK: One example, many examples

  /// In inference no example has an influence on another, so a batch of one gives the row of the batch.
  @Test(arguments: LayerCase.all.filter { $0.input[0] > 1 })
  func aBatchOfOneIsARowOfTheBatch(_ layer: LayerCase) {
    withRandomSeed(5) {
      let (_, call) = layer.make()
      let input = Tensor.normal(layer.input, dtype: .float64)
      // The recurrent cases have a length for each of their sequences.
      guard !["RNN", "GRU", "LSTM"].contains(layer.name) else { return }
      let whole = call(input)
      for i in 0..<layer.input[0] {
        expectClose(
          call(input[i..<i + 1]), whole[i..<i + 1], relative: 1e-12, absolute: 1e-14, "row \(i)")
      }
    }
  }

  @Test func aBatchWithoutExamplesGivesNone() {
    #expect(Linear(3, 2)(Tensor.zeros([0, 3])).shape == [0, 2])
    #expect(MLP([3, 4, 2])(Tensor.zeros([0, 3])).shape == [0, 2])
    #expect(LayerNorm(3)(Tensor.zeros([0, 3])).shape == [0, 3])
  }

  // MARK: Training and inference

  /// All but dropout and batch norm do the same in both modes.
  @Test(arguments: LayerCase.all.filter { $0.name != "BatchNorm" })
  func modesAgreeWithoutDropout(_ layer: LayerCase) {
    withRandomSeed(5) {
      let (_, call) = layer.make()
      let input = Tensor.normal(layer.input, dtype: .float64)
      expectIdentical(withMode(.training) { call(input) }, call(input))
    }
  }

  @Test func dropoutDropsInTrainingOnlyAndKeepsTheMean() {
    let layer = Dropout(0.3)
    let x = Tensor.full([200, 200], 2)
    expectIdentical(layer(x), x)
    let y = withMode(.training) { withRandomSeed(1) { layer(x) } }
    let dropped = (y .== 0).converted(to: .float32).mean().scalar()
    expectClose(dropped, 0.3, relative: 0, absolute: 0.01)
    expectClose(y.mean().scalar(), 2, relative: 0.02)
    expectClose(y.max().scalar(), 2 / 0.7, relative: 1e-6)
    // The same seed drops the same; each call in a scope draws anew.
    let (again, next) = withMode(.training) { withRandomSeed(1) { (layer(x), layer(x)) } }
    expectIdentical(again, y)
    #expect(differenceInBits(next, y) != nil)
    // The gradient passes where the number was kept.
    let slope = withMode(.training) {
      gradient(at: x) { x in withRandomSeed(1) { layer(x) }.sum() }
    }
    expectClose(slope.contiguous, (y / 2).contiguous, relative: 1e-6)
    expectIdentical(withMode(.training) { Dropout(0)(x) }, x)
  }

  @Test func batchNormFollowsItsBatchesAndUsesThemInInference() {
    let layer = BatchNorm(2, momentum: 0.25, dtype: .float64)
    let x = Tensor([[1, 10], [3, 30]], dtype: .float64)
    expectClose(layer(x), x / (1 + 1e-5).squareRoot(), relative: 1e-12)
    let y = withMode(.training) { layer(x) }
    expectClose(y, Tensor([[-1, -1], [1, 1]], dtype: .float64), relative: 1e-5)
    // Means 2 and 20; variances with correction 2 and 200.
    expectClose(layer.runningMean.value, Tensor([0.5, 5], dtype: .float64), relative: 1e-12)
    expectClose(
      layer.runningVariance.value, Tensor([1.25, 50.75], dtype: .float64),
      relative: 1e-12)
    #expect(layer.batchCount.value.scalars(as: Int32.self) == [1])
    _ = layer(x)
    #expect(layer.batchCount.value.scalars(as: Int32.self) == [1], "inference changes nothing")
  }

  @Test func modelsDropInTrainingOnly() {
    let tokens = Tensor([[1, 2, 3, 4]], dtype: .int32)
    withRandomSeed(1) {
      let gpt = GPT(
        .init(vocabulary: 5, context: 4, layers: 1, heads: 1, width: 8, dropout: 0.5))
      expectIdentical(gpt(tokens), gpt(tokens))
      let (a, b) = withMode(.training) { (gpt(tokens), gpt(tokens)) }
      #expect(differenceInBits(a, b) != nil)
    }
  }

  // MARK: Recurrent layers

  /// Between the layers of a stack, and only there, numbers are dropped.
  @Test func recurrentLayersDropBetweenLayers() throws {
    let stack = withRandomSeed(1) {
      Recurrent(.gru, 3, 6, layers: 2, dropout: 0.5, dtype: .float64)
    }
    let first = Recurrent(.gru, 3, 6, dtype: .float64)
    let second = Recurrent(.gru, 6, 6, dtype: .float64)
    try first.load(stack.weights, strict: false)
    var weights = NamedTensors()
    for name in stack.weights.names where name.hasSuffix("_l1") {
      weights[String(name.dropLast()) + "0"] = stack.weights[name]
    }
    try second.load(weights)
    let x = Tensor.seeded([4, 5, 3])
    let expected = withMode(.training) {
      withRandomSeed(2) { second(Dropout(0.5)(first(x).output)).output }
    }
    let output = withMode(.training) { withRandomSeed(2) { stack(x).output } }
    expectIdentical(output, expected)
    #expect(differenceInBits(output, stack(x).output) != nil)
    expectIdentical(stack(x).output, second(first(x).output).output)
    // A single layer has nothing between.
    let single = withRandomSeed(1) { Recurrent(.rnn, 3, 6, dropout: 0.5) }
    let z = Tensor.seeded([4, 5, 3], dtype: .float32)
    expectIdentical(withMode(.training) { single(z).output }, single(z).output)
  }

  @Test(arguments: [Recurrent.Cell.rnn, .gru, .lstm])
  func aStateGoesOnWhereASequenceWasCut(_ kind: Recurrent.Cell) {
    let layer = withRandomSeed(1) { Recurrent(kind, 3, 4, layers: 2, dtype: .float64) }
    let x = Tensor.seeded([2, 6, 3])
    let whole = layer(x)
    let start = layer(x[.all, 0..<4])
    let rest = layer(x[.all, 4..<6], state: start.state)
    expectClose(
      concatenated([start.output, rest.output], along: 1), whole.output, relative: 1e-13,
      absolute: 1e-15)
    expectClose(rest.state.hidden, whole.state.hidden, relative: 1e-13, absolute: 1e-15)
    #expect((rest.state.cell != nil) == (kind == .lstm))
  }

  @Test(arguments: [Recurrent.Cell.rnn, .gru, .lstm])
  func behindItsEndASequenceIsAsIfItWereShorter(_ kind: Recurrent.Cell) {
    let layer = withRandomSeed(1) {
      Recurrent(kind, 3, 4, layers: 2, isBidirectional: true, dtype: .float64)
    }
    let x = Tensor.seeded([3, 5, 3])
    let masked = layer(x, lengths: [5, 2, 0])
    let short = layer(x[1..<2, 0..<2])
    expectClose(masked.output[1..<2, 0..<2], short.output, relative: 1e-13, absolute: 1e-15)
    expectClose(
      masked.state.hidden[.all, 1..<2], short.state.hidden, relative: 1e-13, absolute: 1e-15)
    #expect(abs(masked.output[1, 2...]).max().scalar() == 0)
    #expect(abs(masked.output[2]).max().scalar() == 0)
    expectClose(masked.output[0..<1], layer(x[0..<1]).output, relative: 1e-13, absolute: 1e-15)
    // What stands behind the end has no influence and gets no gradient.
    let slope = gradient(at: x) { layer($0, lengths: [5, 2, 0]).output.sum() }
    #expect(abs(slope[1, 2...]).max().scalar() == 0 && abs(slope[2]).max().scalar() == 0)
  }

  // MARK: Attention

  @Test func aKeyThatDoesNotExistHasNoInfluence() {
    let layer = withRandomSeed(1) { MultiHeadAttention(6, heads: 2, dtype: .float64) }
    let x = Tensor.seeded([2, 4, 6])
    var mask = Tensor.ones([2, 4], dtype: .bool)
    mask[1, 2...] = Tensor.zeros([2], dtype: .bool)
    let masked = layer(x, keyMask: mask)
    expectClose(masked[1..<2, 0..<2], layer(x[1..<2, 0..<2]), relative: 1e-12, absolute: 1e-14)
    expectClose(masked[0..<1], layer(x[0..<1]), relative: 1e-12, absolute: 1e-14)
    // Both masks at once: what is causal and exists.
    let both = layer(x, isCausal: true, keyMask: mask)
    expectClose(
      both[1..<2, 0..<2], layer(x[1..<2, 0..<2], isCausal: true), relative: 1e-12,
      absolute: 1e-14)
  }

  /// Heads of keys and values that are shared are those of an attention in which they are repeated.
  @Test func sharedHeadsAreRepeatedHeads() throws {
    let shared = withRandomSeed(1) {
      MultiHeadAttention(8, heads: 4, keyValueHeads: 2, dtype: .float64)
    }
    let full = MultiHeadAttention(8, heads: 4, dtype: .float64)
    var weights = shared.weights
    let rows = [0..<8, 8..<10, 8..<10, 10..<12, 10..<12, 12..<14, 12..<14, 14..<16, 14..<16]
    for name in ["in_proj_weight", "in_proj_bias"] {
      let packed = try #require(weights[name])
      weights[name] = concatenated(rows.map { packed[$0] })
    }
    try full.load(weights)
    let x = Tensor.seeded([2, 5, 8])
    expectClose(
      shared(x, isCausal: true), full(x, isCausal: true), relative: 1e-12, absolute: 1e-14)
    #expect(shared.parameters["in_proj_weight"]?.shape == [16, 8])
  }

  /// With rotary positions the scores depend on the distance alone, so shifted sequences attend alike.
  @Test func rotaryPositionsTellDistancesAlone() {
    let layer = withRandomSeed(1) {
      MultiHeadAttention(8, heads: 2, rotary: RotaryPositions(), dtype: .float64)
    }
    let x = Tensor.seeded([1, 4, 8])
    let whole = layer(x)
    let cache = KeyValueCache()
    // Three positions in front that are masked away.
    let shifted = layer(
      concatenated([Tensor.zeros([1, 3, 8], dtype: .float64), x], along: 1),
      keyMask: Tensor([[0, 0, 0, 1, 1, 1, 1]], dtype: .int32).converted(to: .bool))
    expectClose(shifted[.all, 3...], whole, relative: 1e-11, absolute: 1e-13)
    // But the order matters, which it does not without positions.
    let turned = layer(x[.all, 1...])
    #expect(difference(turned, whole[.all, 1...], relative: 1e-3) != nil)
    // Kept keys and values go on from their position.
    var parts = [layer(x[.all, 0..<2], isCausal: true, cache: cache)]
    for t in 2..<4 { parts.append(layer(x[.all, t..<t + 1], isCausal: true, cache: cache)) }
    #expect(cache.count == 4)
    expectClose(
      concatenated(parts, along: 1), layer(x, isCausal: true), relative: 1e-11, absolute: 1e-13)
  }

  /// Pair (i, i + half) is turned by p · base^(−2i/width).
  @Test func rotaryPositionsTurnPairs() {
    let x = Tensor.seeded([1, 1, 3, 4])
    let turned = RotaryPositions(base: 100).turned(x, from: 5)
    for p in 0..<3 {
      let before = x[0, 0, p].scalars(as: Double.self)
      let after = turned[0, 0, p].scalars(as: Double.self)
      for (i, rate) in [1.0, 0.1].enumerated() {
        let angle = Tensor(Double(p + 5) * rate, dtype: .float64)
        let (c, s) = (cos(angle).scalar(), sin(angle).scalar())
        expectClose(after[i], before[i] * c - before[i + 2] * s, relative: 1e-12)
        expectClose(after[i + 2], before[i + 2] * c + before[i] * s, relative: 1e-12)
      }
    }
  }

  @Test func sinusoidalPositionsAreSinesAndCosines() {
    let table = sinusoidalPositions(7, width: 6, dtype: .float64)
    #expect(table.shape == [7, 6])
    for (p, i) in [(0, 0), (3, 1), (6, 2)] {
      let angle = Double(p) * [1, 0.046415888336127795, 0.0021544346900318843][i]
      let exact = Tensor(angle, dtype: .float64)
      expectClose(table[p, 2 * i].scalar(), sin(exact).scalar(), relative: 1e-13, absolute: 1e-15)
      expectClose(table[p, 2 * i + 1].scalar(), cos(exact).scalar(), relative: 1e-13)
    }
  }

  @Test func aGatedFeedForwardLayerIsItsFormula() {
    let layer = withRandomSeed(1) { FeedForward(4, innerWidth: 3, kind: .swiGLU, dtype: .float64) }
    let x = Tensor.seeded([2, 4])
    let inner = layer.inner(x)
    expectClose(
      layer(x), layer.outer(silu(inner[.all, 0..<3]) * inner[.all, 3..<6]), relative: 1e-14)
    #expect(layer.inner.weight.shape == [6, 4] && layer.outer.weight.shape == [4, 3])
  }

  // MARK: Others

  @Test func aPaddingIndexIsZeroAndNeverLearns() {
    let layer = withRandomSeed(1) { Embedding(4, 3, paddingIndex: 1, dtype: .float64) }
    let tokens = Tensor([1, 2, 1], dtype: .int32)
    #expect(abs(layer(tokens)[0]).max().scalar() == 0)
    let gradients = valueWithGradients(for: layer.parameters) { layer(tokens).sum() }.gradients
    expectIdentical(
      gradients[0].contiguous,
      Tensor([[0, 0, 0], [0, 0, 0], [1, 1, 1], [0, 0, 0]], dtype: .float64))
  }

  @Test func plainLayersAreTheirFunctions() {
    let x = Tensor.seeded([2, 3, 4, 6])
    let pairs: [(any Layer, Tensor)] = [
      (MaxPool2d((2, 3)), maxPool2d(x, Window((2, 3), stride: (2, 3)))),
      (
        MaxPool2d((3, 3), stride: (1, 2), padding: (1, 1)),
        maxPool2d(x, Window((3, 3), stride: (1, 2), padding: (1, 1)))
      ),
      (
        AveragePool2d((2, 2), stride: (1, 1)), averagePool2d(x, Window((2, 2), stride: (1, 1)))
      ),
      (AdaptiveAveragePool2d(height: 2, width: 5), adaptiveAveragePool2d(x, height: 2, width: 5)),
      (Upsample(factor: 3), upsampleNearest2d(x, factor: 3)),
      (Flatten(), x.reshaped(to: [2, 72])), (Flatten(from: 2), x.reshaped(to: [2, 3, 24])),
      (Identity(), x), (Lambda { $0 * 2 }, x * 2), (Residual(Tanh()), x + tanh(x)),
    ]
    for (layer, expected) in pairs {
      expectIdentical(layer(x).contiguous, expected.contiguous, "\(layer)")
      #expect(layer.parameters.isEmpty)
    }
  }

  // MARK: Errors

  static let misuses: [(message: String, body: @Sendable () -> Void)] = [
    ("linear: an input of shape [2, 4]", { _ = Linear(3, 2)(Tensor.ones([2, 4])) }),
    (
      "layerNorm: weights of shape [3] and [3] for shape [2, 4]",
      { _ = LayerNorm(3)(Tensor.ones([2, 4])) }
    ),
    ("rmsNorm: ", { _ = RMSNorm(3)(Tensor.ones([2, 4])) }),
    (
      "BatchNorm: an input of shape [2, 4] for 3 channels",
      { _ = BatchNorm(3)(Tensor.ones([2, 4])) }
    ),
    (
      "BatchNorm: a batch of one number a channel has no variance",
      { _ = withMode(.training) { BatchNorm(3)(Tensor.ones([1, 3])) } }
    ),
    (
      "GroupNorm: an input of shape [2, 3] for 4 channels",
      { _ = GroupNorm(groups: 2, channels: 4)(Tensor.ones([2, 3])) }
    ),
    ("GroupNorm: 5 channels in 2 groups", { _ = GroupNorm(groups: 2, channels: 5) }),
    (
      "images of shape [1, 3, 1, 9] do not fit a weight of shape [2, 4, 1, 3]",
      { _ = Conv1d(4, 2, size: 3)(Tensor.ones([1, 3, 9])) }
    ),
    (
      "conv2d: images of shape [1, 3, 9, 9] do not fit a weight of shape [2, 4, 3, 3]",
      { _ = Conv2d(4, 2, size: (3, 3))(Tensor.ones([1, 3, 9, 9])) }
    ),
    (
      "convTranspose2d: images of shape [1, 3, 9, 9] do not fit",
      { _ = ConvTranspose2d(4, 2, size: (3, 3))(Tensor.ones([1, 3, 9, 9])) }
    ),
    ("Conv2d: 3 to 4 channels in 2 groups", { _ = Conv2d(3, 4, size: (1, 1), groups: 2) }),
    (
      "maxPool2d: shape [4, 4] is not [n, channels, height, width]",
      { _ = MaxPool2d((2, 2))(Tensor.ones([4, 4])) }
    ),
    (
      "Embedding: the padding index 4 is not one of 4 tokens",
      { _ = Embedding(4, 2, paddingIndex: 4) }
    ),
    ("Dropout: the rate 1.0 is not from 0 up to 1", { _ = Dropout(1) }),
    (
      "Recurrent: an input of shape [2, 5, 4] for 3 inputs",
      { _ = Recurrent(.lstm, 3, 4)(Tensor.ones([2, 5, 4])) }
    ),
    (
      "Recurrent: lengths [6, 1] for an input of shape [2, 5, 3]",
      { _ = Recurrent(.gru, 3, 4)(Tensor.ones([2, 5, 3]), lengths: [6, 1]) }
    ),
    (
      "Recurrent: a state of shapes [1, 2, 5] and [], not [1, 2, 4]",
      {
        _ = Recurrent(.gru, 3, 4)(Tensor.ones([2, 5, 3]), state: .init(hidden: .ones([1, 2, 5])))
      }
    ),
    (
      "MultiHeadAttention: width 6 with 4 heads, 4 of keys and values",
      { _ = MultiHeadAttention(6, heads: 4) }
    ),
    (
      "MultiHeadAttention: an input of shape [5, 6] for width 6",
      { _ = MultiHeadAttention(6, heads: 2)(Tensor.ones([5, 6])) }
    ),
    (
      "MultiHeadAttention: a source of shape [2, 4, 6] for an input of shape [1, 5, 6]",
      { _ = MultiHeadAttention(6, heads: 2)(Tensor.ones([1, 5, 6]), source: .ones([2, 4, 6])) }
    ),
    (
      "MultiHeadAttention: a key mask of dtype float32 and shape [1, 5], not bool [n, s]",
      { _ = MultiHeadAttention(6, heads: 2)(Tensor.ones([1, 5, 6]), keyMask: .ones([1, 5])) }
    ),
    (
      "GPT: tokens of shape [1, 5] from position 0 on for a context of 4",
      {
        let model = GPT(.init(vocabulary: 3, context: 4, layers: 1, heads: 1, width: 2))
        _ = model(Tensor.zeros([1, 5], dtype: .int32))
      }
    ),
    (
      "GPT: 2 caches for 1 blocks",
      {
        let model = GPT(.init(vocabulary: 3, context: 4, layers: 1, heads: 1, width: 2))
        _ = model(
          Tensor.zeros([1, 2], dtype: .int32), caches: [KeyValueCache(), KeyValueCache()])
      }
    ),
    (
      "TransformerDecoder: 1 caches for 2 blocks",
      {
        let model = TransformerDecoder(depth: 2, width: 4, heads: 1)
        _ = model(Tensor.ones([1, 2, 4]), source: .ones([1, 2, 4]), caches: [KeyValueCache()])
      }
    ),
  ]

  @Test(arguments: misuses.indices)
  func misuseStopsWithAMessage(_ index: Int) async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      [index = index as Int] in
      LayerBehaviorTests.misuses[index].body()
    }
    expectMessage(Self.misuses[index].message, of: result)
  }
}
