import TestSupport
import Testing

struct InitializerTests {
  /// An expected distribution with mean 0.
  private enum Distribution {
    case uniform(bound: Double)
    case normal(deviation: Double)
  }

  /// Expects the elements of a tensor to follow a distribution, within 5 standard deviations.
  private func expect(
    _ weight: Tensor, _ distribution: Distribution, _ text: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let numbers = weight.scalars(as: Double.self)
    let count = Double(numbers.count)
    let mean = numbers.reduce(0, +) / count
    let variance = numbers.reduce(0) { $0 + $1 * $1 } / count
    let expected: Double
    let slack: Double
    switch distribution {
    case .uniform(let bound):
      expected = bound * bound / 3
      // The variance of x² is 4/45 of the bound's fourth power.
      slack = 5 * (4.0 / 45).squareRoot() * bound * bound / count.squareRoot()
      #expect(
        numbers.allSatisfy { abs($0) <= bound * 1.000001 }, "\(text)",
        sourceLocation: sourceLocation)
      // Some of many numbers are close to the bound.
      if count > 1000 {
        #expect(
          numbers.contains { abs($0) > bound * 0.99 }, "\(text)", sourceLocation: sourceLocation)
      }
    case .normal(let deviation):
      expected = deviation * deviation
      slack = 5 * 2.0.squareRoot() * expected / count.squareRoot()
      if count > 1000 {
        let beyond = numbers.filter { abs($0) > 2 * deviation }.count
        expectClose(
          Double(beyond) / count, 0.0455, relative: 0, absolute: 0.04, text,
          sourceLocation: sourceLocation)
      }
    }
    expectClose(
      mean, 0, relative: 0, absolute: 5 * (expected / count).squareRoot(), text,
      sourceLocation: sourceLocation)
    expectClose(
      variance, expected, relative: 0, absolute: slack, text, sourceLocation: sourceLocation)
  }

  @Test func linearInitializationMatchesPyTorch() throws {
    for json in try JSON.fixture("linear_init.json")["linear"].list {
      let (inputs, outputs) = (try json["inputs"].integer, try json["outputs"].integer)
      let bound = try json["weightBound"].number
      expectClose(try json["biasBound"].number, bound, relative: 0, absolute: 1e-12)
      // Draw many layers, so that small ones give enough numbers.
      let layers = withRandomSeed(3) {
        (0..<max(1, 2000 / outputs)).map { _ in Linear(inputs, outputs, dtype: .float64) }
      }
      let weights = concatenated(layers.map { $0.weight.value })
      expect(weights, .uniform(bound: bound), "weight \(inputs) → \(outputs)")
      let biases = concatenated(layers.compactMap { $0.bias?.value })
      expect(biases, .uniform(bound: bound), "bias \(inputs) → \(outputs)")
    }
  }

  @Test func xavierAndKaimingMatchPyTorch() throws {
    let golden = try JSON.fixture("linear_init.json")
    let cases = try golden["xavier"].list + golden["kaiming"].list
    #expect(cases.count == 72)
    for json in cases {
      let shape = Shape([try json["outputs"].integer, try json["inputs"].integer])
      let gain = try json["gain"].number
      let uniform: Initializer
      let normal: Initializer
      var text = "\(shape), gain \(gain)"
      if json["mode"] == .null {
        (uniform, normal) = (.xavierUniform(gain: gain), .xavierNormal(gain: gain))
      } else {
        let fan: Initializer.Fan = try json["mode"].text == "fan_in" ? .input : .output
        (uniform, normal) = (
          .kaimingUniform(fan: fan, gain: gain), .kaimingNormal(fan: fan, gain: gain)
        )
        text += ", \(fan)"
      }
      let repeats = max(1, 2000 / shape.elementCount)
      func draw(_ initializer: Initializer) -> Tensor {
        withRandomSeed(4) {
          stacked((0..<repeats).map { _ in initializer(shape, dtype: .float64) })
        }
      }
      expect(draw(uniform), .uniform(bound: try json["uniformBound"].number), text)
      expect(draw(normal), .normal(deviation: try json["normalDeviation"].number), text)
    }
  }

  @Test func fansIncludeTheKernelSize() {
    let weight = withRandomSeed(1) { Initializer.kaimingUniform(gain: 1)([16, 8, 3, 5]) }
    expect(weight, .uniform(bound: (3.0 / 120).squareRoot()), "fan-in 8 · 3 · 5")
    let outward = withRandomSeed(1) {
      Initializer.kaimingUniform(fan: .output, gain: 1)([16, 8, 3, 5])
    }
    expect(outward, .uniform(bound: (3.0 / 240).squareRoot()), "fan-out 16 · 3 · 5")
  }

  @Test func kaimingUsesTheGainOfReLUByDefault() {
    let weight = withRandomSeed(1) { Initializer.kaimingNormal()([200, 50]) }
    expect(weight, .normal(deviation: 0.2), "√(2 / 50)")
  }

  @Test func constantUniformAndNormal() {
    expectIdentical(Initializer.zeros([2, 3]), Tensor.zeros([2, 3]))
    expectIdentical(Initializer.ones([2], dtype: .float64), Tensor.ones([2], dtype: .float64))
    expectIdentical(Initializer.constant(0.25)([1]), Tensor([0.25]))
    let uniform = withRandomSeed(1) { Initializer.uniform(bound: 0.3)([100, 100]) }
    expect(uniform, .uniform(bound: 0.3), "uniform")
    let normal = withRandomSeed(1) {
      Initializer.normal(mean: 3, standardDeviation: 0.3)([100, 100])
    }
    expect(normal - 3, .normal(deviation: 0.3), "normal")
  }

  @Test func lecunPreservesTheVarianceOfTheInput() {
    let (uniform, normal) = withRandomSeed(1) {
      (Initializer.lecunUniform()([80, 50, 3]), Initializer.lecunNormal()([80, 50, 3]))
    }
    expect(uniform, .uniform(bound: (3.0 / 150).squareRoot()), "fan-in 50 · 3")
    expect(normal, .normal(deviation: (1.0 / 150).squareRoot()), "fan-in 50 · 3")
  }

  @Test func truncatedNormalStaysWithinItsBounds() {
    let numbers = withRandomSeed(1) {
      Initializer.truncatedNormal(standardDeviation: 1.5, in: -2...2)([200, 200], dtype: .float64)
    }
    #expect(numbers.max().scalar() <= 2 && numbers.min().scalar() >= -2)
    #expect(numbers.max().scalar() > 1.99 && numbers.min().scalar() < -1.99)
    // σ² (1 − 2 a φ(a) / (2Φ(a) − 1)) with a = 2 / 1.5
    expectClose(
      square(numbers).mean().scalar(), 1.0464, relative: 0, absolute: 0.03)
    let plain = withRandomSeed(1) {
      Initializer.truncatedNormal(mean: 0.1, standardDeviation: 0.02)([200, 50])
    }
    expect(plain - 0.1, .normal(deviation: 0.02), "far from the bounds")
  }

  @Test func gainsMatchPyTorch() throws {
    let cases = try JSON.fixture("linear_init.json")["xavier"].list
    for json in cases {
      let nonlinearity: Initializer.Nonlinearity
      switch try json["nonlinearity"].text {
      case "linear": nonlinearity = .linear
      case "sigmoid": nonlinearity = .sigmoid
      case "tanh": nonlinearity = .tanh
      case "relu": nonlinearity = .relu
      case "leaky_relu": nonlinearity = .leakyRelu(slope: try json["slope"].number)
      case let other: throw FixtureError(description: "no gain of \(other)")
      }
      expectClose(nonlinearity.gain, try json["gain"].number, relative: 1e-15)
    }
    #expect(Initializer.Nonlinearity.selu.gain == 0.75)
    let weight = withRandomSeed(1) {
      Initializer.kaimingNormal(fan: .output, for: .tanh)([50, 200])
    }
    expect(weight, .normal(deviation: 5.0 / 3 / 50.0.squareRoot()), "tanh, fan-out")
    let flat = withRandomSeed(1) {
      Initializer.kaimingUniform(for: .leakyRelu(slope: 0.2))([50, 200])
    }
    expect(flat, .uniform(bound: (6.0 / 1.04 / 200).squareRoot()), "leaky")
  }

  @Test(
    arguments: [[5, 5], [20, 7], [7, 20], [1, 4], [4, 1], [6, 2, 3, 2], [64, 64]], [1.0, 1.7])
  func orthogonalMatricesHaveOrthogonalRowsOrColumns(_ sizes: [Int], gain: Double) {
    let shape = Shape(sizes)
    let weight = withRandomSeed(2) { Initializer.orthogonal(gain: gain)(shape, dtype: .float64) }
    #expect(weight.shape == shape)
    let matrix = weight.reshaped(to: [sizes[0], -1])
    let (rows, columns) = (matrix.shape[0], matrix.shape[1])
    let identity = { (n: Int) in
      Tensor((0..<n * n).map { $0 / n == $0 % n ? gain * gain : 0 }, shape: [n, n])
    }
    if rows >= columns {
      expectClose(
        matmul(matrix.transposed(), matrix), identity(columns), relative: 1e-13, absolute: 1e-13)
    }
    if rows <= columns {
      expectClose(
        matmul(matrix, matrix.transposed()), identity(rows), relative: 1e-13, absolute: 1e-13)
    }
  }

  @Test func orthogonalMatricesAreUniformlyDistributed() {
    // The entries of a random orthogonal 2 × 2 matrix have mean 0 and variance 1/2, and half of the
    // matrices are reflections.
    let matrices = withRandomSeed(3) {
      (0..<2000).map { _ in
        Initializer.orthogonal()([2, 2], dtype: .float64).scalars(as: Double.self)
      }
    }
    for i in 0..<4 {
      expectClose(matrices.reduce(0) { $0 + $1[i] } / 2000, 0, relative: 0, absolute: 0.08)
      expectClose(
        matrices.reduce(0) { $0 + $1[i] * $1[i] } / 2000, 0.5, relative: 0, absolute: 0.04)
    }
    let mirrored = matrices.filter { $0[0] * $0[3] - $0[1] * $0[2] < 0 }.count
    #expect((900...1100).contains(mirrored))
    let single = withRandomSeed(2) { Initializer.orthogonal()([20, 7]) }
    #expect(single.dtype == .float32)
  }

  // MARK: Layers

  /// The stacked parameters of many modules of one kind, by name.
  private func drawn(
    _ count: Int = 60, _ make: () -> any Module
  ) -> [String: Tensor] {
    let models = withRandomSeed(6) { (0..<count).map { _ in make().parameters } }
    var result = [String: Tensor]()
    for element in models[0] {
      result[element.name] = stacked(models.compactMap { $0[element.name]?.value })
    }
    return result
  }

  @Test func layerInitializationMatchesPyTorch() throws {
    let constants: [(name: String, module: any Module, ones: [String], zeros: [String])] = [
      ("LayerNorm", LayerNorm(4), ["weight"], ["bias"]),
      ("RMSNorm", RMSNorm(4), ["weight"], []),
      (
        "BatchNorm", BatchNorm(4), ["weight", "running_var"],
        ["bias", "running_mean", "num_batches_tracked"]
      ),
      ("GroupNorm", GroupNorm(groups: 2, channels: 4), ["weight"], ["bias"]),
      ("InstanceNorm", InstanceNorm(4), [], []),
    ]
    for test in constants {
      let weights = test.module.weights
      #expect(Set(weights.names) == Set(test.ones + test.zeros), "\(test.name)")
      for name in weights.names {
        let value = try #require(weights[name])
        expectIdentical(
          value,
          (test.ones.contains(name) ? Tensor.ones(like: value) : Tensor.zeros(like: value))
            .contiguous,
          "\(test.name) \(name)")
      }
    }
    // The bound of each parameter is 1/√fan-in, for the fan-in that PyTorch uses.
    let uniform: [(name: String, bounds: [String: Double], make: () -> any Module)] = [
      ("Conv1d", ["weight": 18, "bias": 18], { Conv1d(12, 4, kernelSize: 3, groups: 2) }),
      ("Conv2d", ["weight": 36, "bias": 36], { Conv2d(12, 4, kernelSize: [3, 2], groups: 2) }),
      (
        "ConvTranspose1d", ["weight": 6, "bias": 6],
        { ConvTranspose1d(12, 4, kernelSize: 3, groups: 2) }
      ),
      ("Bilinear", ["weight": 9, "bias": 9], { Bilinear(9, 3, 4) }),
      (
        "RecurrentCell", ["weight_ih": 9, "weight_hh": 9, "bias_ih": 9, "bias_hh": 9],
        { RecurrentCell(.gru, 2, 9) }
      ),
      (
        "RecurrentCell with a projection",
        ["weight_ih": 9, "weight_hh": 9, "weight_hr": 9, "bias_ih": 9, "bias_hh": 9],
        { RecurrentCell(.lstm, 2, 9, projection: 4) }
      ),
      (
        "ConvTranspose2d", ["weight": 12, "bias": 12],
        { ConvTranspose2d(12, 4, kernelSize: [3, 2], groups: 2) }
      ),
      (
        "MLP",
        ["layers.0.weight": 5, "layers.0.bias": 5, "layers.1.weight": 7, "layers.1.bias": 7],
        { MLP([5, 7, 6]) }
      ),
    ]
    for test in uniform {
      let drawn = drawn(200, test.make)
      #expect(Set(drawn.keys) == Set(test.bounds.keys))
      for (name, fanIn) in test.bounds {
        expect(
          try #require(drawn[name]), .uniform(bound: 1 / fanIn.squareRoot()), "\(test.name) \(name)"
        )
      }
    }
    for kind in [Recurrent.Kind.rnn, .gru, .lstm] {
      for (name, value) in drawn(200, { Recurrent(kind, 2, 9, layers: 2, isBidirectional: true) }) {
        expect(value, .uniform(bound: 1.0 / 3), "\(kind) \(name)")
      }
    }
    expect(
      try #require(drawn { Embedding(30, 8) }["weight"]), .normal(deviation: 1), "Embedding")
    let padded = try #require(drawn(1) { Embedding(4, 8, paddingIndex: 2) }["weight"])[0]
    expectIdentical(padded[2], Tensor.zeros([8]).contiguous)
    #expect(abs(padded[1]).min().scalar() > 0)
  }

  /// Every layer draws its weights and biases from the initializers that it is given.
  @Test func layersUseTheirInitializers() {
    let (w, b) = (Initializer.constant(2), Initializer.constant(3))
    let layers: [(name: String, module: any Module)] = [
      ("Linear", Linear(3, 2, weightInitializer: w, biasInitializer: b)),
      ("Bilinear", Bilinear(3, 2, 4, weightInitializer: w, biasInitializer: b)),
      ("Conv1d", Conv1d(3, 2, kernelSize: 2, weightInitializer: w, biasInitializer: b)),
      ("Conv2d", Conv2d(3, 2, kernelSize: 2, weightInitializer: w, biasInitializer: b)),
      (
        "ConvTranspose1d",
        ConvTranspose1d(3, 2, kernelSize: 2, weightInitializer: w, biasInitializer: b)
      ),
      (
        "ConvTranspose2d",
        ConvTranspose2d(3, 2, kernelSize: 2, weightInitializer: w, biasInitializer: b)
      ),
      ("Embedding", Embedding(3, 2, weightInitializer: w)),
      ("EmbeddingBag", EmbeddingBag(3, 2, weightInitializer: w)),
      ("PReLU", PReLU(3, weightInitializer: w)),
      ("LayerNorm", LayerNorm(3, weightInitializer: w, biasInitializer: b)),
      ("RMSNorm", RMSNorm(3, weightInitializer: w)),
      ("BatchNorm", BatchNorm(3, weightInitializer: w, biasInitializer: b)),
      (
        "InstanceNorm", InstanceNorm(3, isAffine: true, weightInitializer: w, biasInitializer: b)
      ),
      ("GroupNorm", GroupNorm(groups: 1, channels: 3, weightInitializer: w, biasInitializer: b)),
      ("Recurrent", Recurrent(.gru, 3, 2, weightInitializer: w, biasInitializer: b)),
      ("RecurrentCell", RecurrentCell(.gru, 3, 2, weightInitializer: w, biasInitializer: b)),
      (
        "MultiHeadAttention",
        MultiHeadAttention(
          4, heads: 2, weightInitializer: w, outputInitializer: w, biasInitializer: b)
      ),
      (
        "FeedForward",
        FeedForward(4, innerInitializer: w, outerInitializer: w, biasInitializer: b)
      ),
      ("MLP", MLP([3, 4, 2], weightInitializer: w, biasInitializer: b)),
      (
        "ConvNet",
        ConvNet(height: 4, width: 4, classes: 2, weightInitializer: w, biasInitializer: b)
      ),
      (
        "Transformer",
        Transformer(depth: 1, width: 4, heads: 2, weightInitializer: w, biasInitializer: b)
      ),
    ]
    for (name, module) in layers {
      #expect(!module.parameters.isEmpty)
      for element in module.parameters where !(element.name.contains("norm")) {
        let isBias = element.name.contains("bias")
        let value = element.parameter.value
        #expect(
          value.min().scalar() == (isBias ? 3 : 2) && value.max().scalar() == (isBias ? 3 : 2),
          "\(name) \(element.name)")
      }
    }
  }

  @Test func hiddenWeightsHaveAnInitializerOfTheirOwn() {
    let cell = RecurrentCell(.lstm, 3, 2, hiddenInitializer: .constant(5))
    #expect(cell.hiddenWeight.value.min().scalar() == 5)
    #expect(cell.inputWeight.value.max().scalar() < 1)
  }

  @Test func attentionAndTransformerInitializationMatchPyTorch() throws {
    // The packed projection is drawn by Xavier's rule, ±√(6 / (12 + 36)), the output projection as
    // in Linear; biases are 0.
    func check(_ drawn: [String: Tensor], _ prefix: String) throws {
      expect(
        try #require(drawn[prefix + "in_proj_weight"]), .uniform(bound: (6.0 / 48).squareRoot()),
        prefix)
      expect(
        try #require(drawn[prefix + "out_proj.weight"]), .uniform(bound: 1 / 12.0.squareRoot()),
        prefix)
      for name in ["in_proj_bias", "out_proj.bias"] {
        #expect(try #require(drawn[prefix + name]).max().scalar() == 0)
        #expect(try #require(drawn[prefix + name]).min().scalar() == 0)
      }
    }
    try check(drawn { MultiHeadAttention(12, heads: 3) }, "")
    let block = drawn { TransformerDecoderBlock(12, heads: 3, innerWidth: 20) }
    try check(block, "self_attn.")
    try check(block, "multihead_attn.")
    for (name, fanIn) in [("linear1", 12.0), ("linear2", 20)] {
      for part in ["weight", "bias"] {
        expect(
          try #require(block["\(name).\(part)"]), .uniform(bound: 1 / fanIn.squareRoot()), name)
      }
    }
    // nn.Transformer draws all matrices by Xavier's rule.
    let whole = drawn { Transformer(depth: 1, width: 12, heads: 3, innerWidth: 20) }
    for (name, fans) in [
      ("encoder.layers.0.self_attn.in_proj_weight", 48.0),
      ("decoder.layers.0.multihead_attn.out_proj.weight", 24),
      ("decoder.layers.0.linear1.weight", 32), ("encoder.layers.0.linear2.weight", 32),
    ] {
      expect(try #require(whole[name]), .uniform(bound: (6 / fans).squareRoot()), name)
    }
  }

  @Test(arguments: [1, 2, 8]) func gptInitializationMatchesGPT2(layers: Int) throws {
    let drawn = drawn(20) {
      GPT(
        .init(
          vocabularySize: 20, contextLength: 12, layers: layers, heads: 2, width: 16, bias: true))
    }
    #expect(drawn.count == 4 + 12 * layers)
    for (name, value) in drawn {
      if name.hasSuffix("bias") {
        #expect(abs(value).max().scalar() == 0, "\(name)")
      } else if name.contains("ln_") {
        #expect(value.max().scalar() == 1 && value.min().scalar() == 1, "\(name)")
      } else {
        let isResidual = name.hasSuffix("c_proj.weight")
        let factor = isResidual ? 1 / Double(2 * layers).squareRoot() : 1
        expect(value, .normal(deviation: 0.02 * factor), name)
      }
    }
  }

  @Test func aScopedSeedAndAnExplicitGeneratorDrawTheSame() {
    let initializer = Initializer.xavierNormal()
    var generator = RandomGenerator(seed: 7)
    let drawn = initializer([3, 4], using: &generator)
    expectIdentical(withRandomSeed(7) { initializer([3, 4]) }, drawn)
  }
}
