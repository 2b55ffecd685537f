import Foundation
import TestSupport
import Testing

/// The outputs and gradients of layers and models with PyTorch's weights; see `make_layers.py`.
struct GoldenLayerTests {
  /// A case of `layers.safetensors`: its name, a module with its structure, and a call of the
  /// module.
  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    let isTraining: Bool
    let make: @Sendable () -> (module: any Module, call: @Sendable ([Tensor]) -> Tensor)

    var testDescription: String { name }

    init(
      _ name: String, isTraining: Bool = false, layer: @escaping @Sendable () -> any Layer
    ) {
      self.name = name
      self.isTraining = isTraining
      make = {
        let layer = layer()
        return (layer, { layer($0[0]) })
      }
    }

    init(
      _ name: String, isTraining: Bool = false,
      make: @escaping @Sendable () -> (any Module, @Sendable ([Tensor]) -> Tensor)
    ) {
      self.name = name
      self.isTraining = isTraining
      self.make = make
    }

    static func recurrent(
      _ name: String, _ kind: Recurrent.Kind, layers: Int, isBidirectional: Bool,
      lengths: [Int]? = nil
    ) -> Case {
      Case(name) {
        let module = Recurrent(
          kind, 3, 4, layers: layers, isBidirectional: isBidirectional, dtype: .float64)
        return (module, { module($0[0], lengths: lengths).output })
      }
    }

    static func withState(_ name: String, _ kind: Recurrent.Kind, lengths: [Int]? = nil) -> Case {
      Case(name) {
        let module = Recurrent(kind, 3, 4, layers: 2, isBidirectional: true, dtype: .float64)
        return (
          module,
          { inputs in
            let cell = inputs.count > 2 ? inputs[2] : nil
            let state = Recurrent.State(hidden: inputs[1], cell: cell)
            return module(inputs[0], state: state, lengths: lengths).output
          }
        )
      }
    }

    /// The key mask of the padded cases.
    static let padding = Tensor(
      [[1, 1, 1, 0, 0], [1, 1, 1, 1, 1]], dtype: .int32
    ).converted(to: .bool)

    static func stacks(_ name: String, _ position: NormPosition) -> [Case] {
      [
        Case("encoder-\(name)", isTraining: true) {
          let module = TransformerEncoder(
            depth: 2, width: 6, heads: 2, innerWidth: 10, normPosition: position, dtype: .float64)
          return (module, { module($0[0], keyMask: padding) })
        },
        Case("encoder-causal-\(name)", isTraining: true) {
          let module = TransformerEncoder(
            depth: 2, width: 6, heads: 2, innerWidth: 10, normPosition: position, isCausal: true,
            dtype: .float64)
          return (module, { module($0[0]) })
        },
        Case("decoder-\(name)", isTraining: true) {
          let module = TransformerDecoder(
            depth: 2, width: 6, heads: 2, innerWidth: 10, normPosition: position, dtype: .float64)
          return (module, { module($0[0], source: $0[1], sourceMask: padding) })
        },
        Case("transformer-\(name)", isTraining: true) {
          let module = Transformer(
            depth: 1, width: 6, heads: 2, innerWidth: 10, normPosition: position, dtype: .float64)
          return (module, { module(source: $0[0], target: $0[1], sourceMask: padding) })
        },
      ]
    }

    static func gpt(_ name: String, _ configuration: GPT.Configuration) -> Case {
      Case(name) {
        let module = GPT(configuration, dtype: .float64)
        return (module, { module($0[0]) })
      }
    }

    static let all: [Case] =
      [
        Case("linear") { Linear(5, 3, dtype: .float64) },
        Case("linear-no-bias") { Linear(5, 3, bias: false, dtype: .float64) },
        Case("embedding") { Embedding(7, 3, paddingIndex: 2, dtype: .float64) },
        Case("layer-norm") { LayerNorm(6, dtype: .float64) },
        Case("batch-norm", isTraining: true) { BatchNorm(3, dtype: .float64) },
        Case("batch-norm-inference") { BatchNorm(3, dtype: .float64) },
        Case("batch-norm-2d", isTraining: true) { BatchNorm(3, dtype: .float64) },
        Case("group-norm") { GroupNorm(groups: 2, channels: 6, dtype: .float64) },
        Case("conv1d") {
          Conv1d(
            4, 6, kernelSize: 3, stride: 2, padding: 1, dilation: 2, groups: 2, dtype: .float64)
        },
        Case("conv2d") {
          Conv2d(
            4, 6, kernelSize: [3, 2], stride: [2, 1], padding: [1, 2], dilation: [1, 2], groups: 2,
            dtype: .float64)
        },
        Case("conv-transpose2d") {
          ConvTranspose2d(
            4, 6, kernelSize: [3, 2], stride: [2, 3], padding: [1, 0], outputPadding: [1, 2],
            groups: 2,
            dtype: .float64)
        },
        recurrent("rnn-1-1", .rnn, layers: 1, isBidirectional: false),
        recurrent("rnn-2-2", .rnn, layers: 2, isBidirectional: true),
        recurrent("gru-1-1", .gru, layers: 1, isBidirectional: false),
        recurrent("gru-2-2", .gru, layers: 2, isBidirectional: true),
        recurrent("lstm-1-1", .lstm, layers: 1, isBidirectional: false),
        recurrent("lstm-2-2", .lstm, layers: 2, isBidirectional: true),
        recurrent("lstm-lengths", .lstm, layers: 1, isBidirectional: true, lengths: [5, 3]),
        Case("attention") {
          let module = MultiHeadAttention(6, heads: 3, dtype: .float64)
          return (module, { module($0[0]) })
        },
        Case("attention-cross") {
          let module = MultiHeadAttention(6, heads: 2, dtype: .float64)
          return (module, { module($0[0], source: $0[1]) })
        },
        Case("encoder-layer-pre-norm", isTraining: true) {
          let module = TransformerBlock(6, heads: 2, innerWidth: 10, dtype: .float64)
          return (module, { module($0[0]) })
        },
        Case("encoder-layer-post-norm", isTraining: true) {
          let module = TransformerBlock(
            6, heads: 2, innerWidth: 10, normPosition: .post, dtype: .float64)
          return (module, { module($0[0]) })
        },
        gpt(
          "gpt",
          .init(vocabularySize: 11, contextLength: 37, layers: 2, heads: 3, width: 24, bias: true)),
        gpt(
          "gpt-no-bias", .init(vocabularySize: 9, contextLength: 8, layers: 1, heads: 2, width: 8)),
        Case("rms-norm") { RMSNorm(5, dtype: .float64) },
        Case("batch-norm-1d-sequences", isTraining: true) {
          BatchNorm(3, momentum: 0.3, epsilon: 1e-3, dtype: .float64)
        },
        Case("embedding-plain") { Embedding(5, 4, dtype: .float64) },
        withState("rnn-state", .rnn), withState("rnn-state-lengths", .rnn, lengths: [4, 3, 1]),
        withState("gru-state", .gru), withState("gru-state-lengths", .gru, lengths: [4, 3, 1]),
        withState("lstm-state", .lstm), withState("lstm-state-lengths", .lstm, lengths: [4, 3, 1]),
        Case("attention-masked") {
          let module = MultiHeadAttention(6, heads: 2, dtype: .float64)
          return (module, { module($0[0], source: nil, keyMask: padding) })
        },
        Case("attention-causal") {
          let module = MultiHeadAttention(6, heads: 2, bias: false, dtype: .float64)
          return (module, { module($0[0], isCausal: true) })
        },
      ] + stacks("pre-norm", .pre) + stacks("post-norm", .post) + convolutions + norms
      + moreRecurrent + wrapped + various

    private static let convolutions: [Case] = [
      Case("conv1d-same") {
        Conv1d(2, 3, kernelSize: 4, padding: .same, dilation: 2, dtype: .float64)
      },
      Case("conv1d-reflect") {
        Conv1d(2, 3, kernelSize: 3, padding: 2, paddingMode: .reflect, dtype: .float64)
      },
      Case("conv2d-replicate") {
        Conv2d(
          2, 2, kernelSize: [3, 2], stride: 2, padding: [1, 2], paddingMode: .edge,
          dtype: .float64)
      },
      Case("conv2d-circular-same") {
        Conv2d(
          1, 2, kernelSize: [2, 3], padding: .same, paddingMode: .circular, dtype: .float64)
      },
      Case("conv-transpose1d") {
        ConvTranspose1d(
          4, 2, kernelSize: 3, stride: 2, padding: 1, outputPadding: 1, dilation: 2, groups: 2,
          dtype: .float64)
      },
    ]

    private static let norms: [Case] = [
      Case("instance-norm", isTraining: true) { InstanceNorm(3, dtype: .float64) },
      Case("instance-norm-tracked", isTraining: true) {
        InstanceNorm(
          2, momentum: 0.3, epsilon: 1e-3, isAffine: true, tracksRunningStatistics: true,
          dtype: .float64)
      },
      Case("instance-norm-tracked-inference") {
        InstanceNorm(
          2, momentum: 0.3, epsilon: 1e-3, isAffine: true, tracksRunningStatistics: true,
          dtype: .float64)
      },
      Case("batch-norm-cumulative", isTraining: true) {
        let module = BatchNorm(2, momentum: nil, dtype: .float64)
        return (module, { module($0[0] * 2 + 1) + module($0[0]) })
      },
      Case("batch-norm-plain", isTraining: true) {
        BatchNorm(2, isAffine: false, dtype: .float64)
      },
      Case("batch-norm-untracked") {
        BatchNorm(2, tracksRunningStatistics: false, dtype: .float64)
      },
      Case("group-norm-plain") {
        GroupNorm(groups: 2, channels: 4, isAffine: false, dtype: .float64)
      },
      Case("layer-norm-plain") { LayerNorm(4, isAffine: false, dtype: .float64) },
      Case("layer-norm-axes") { LayerNorm([2, 3], dtype: .float64) },
      Case("rms-norm-axes") { RMSNorm([2, 3], dtype: .float64) },
    ]

    private static func cell(_ name: String, _ kind: Recurrent.Kind) -> Case {
      Case(name) {
        let module = RecurrentCell(kind, 3, 2, dtype: .float64)
        return (
          module,
          { inputs in
            let cell = inputs.count > 2 ? inputs[2] : nil
            let next = module(inputs[0], state: Recurrent.State(hidden: inputs[1], cell: cell))
            return next.cell.map { concatenated([next.hidden, $0]) } ?? next.hidden
          }
        )
      }
    }

    private static let moreRecurrent: [Case] = [
      Case("rnn-relu") {
        let module = Recurrent(.reluRNN, 3, 2, layers: 2, dtype: .float64)
        return (module, { module($0[0]).output })
      },
      Case("gru-no-bias") {
        let module = Recurrent(.gru, 3, 2, bias: false, dtype: .float64)
        return (module, { module($0[0]).output })
      },
      Case("lstm-final-states") {
        let module = Recurrent(.lstm, 3, 2, layers: 2, isBidirectional: true, dtype: .float64)
        return (
          module,
          { inputs in
            let lengths = Tensor([2, 4, 1], dtype: .int32)
            let state = module(inputs[0], lengths: lengths).state
            return state.cell.map { concatenated([state.hidden, $0]) } ?? state.hidden
          }
        )
      },
      Case("lstm-projection") {
        let module = Recurrent(
          .lstm, 3, 5, layers: 2, isBidirectional: true, projection: 2, dtype: .float64)
        return (module, { module($0[0]).output })
      },
      Case("lstm-projection-no-bias") {
        let module = Recurrent(.lstm, 3, 4, projection: 3, bias: false, dtype: .float64)
        return (module, { module($0[0]).output })
      },
      Case("lstm-projection-state-lengths") {
        let module = Recurrent(
          .lstm, 3, 5, layers: 2, isBidirectional: true, projection: 2, dtype: .float64)
        return (
          module,
          { inputs in
            let state = Recurrent.State(hidden: inputs[1], cell: inputs[2])
            let result = module(inputs[0], state: state, lengths: [2, 4, 1])
            let parts = [result.output, result.state.hidden, result.state.cell].compactMap { $0 }
            return concatenated(parts.map { $0.flattened() })
          }
        )
      },
      cell("rnn-cell", .rnn), cell("rnn-cell-relu", .reluRNN), cell("gru-cell", .gru),
      cell("lstm-cell", .lstm),
    ]

    private static let wrapped: [Case] = [
      Case("weight-norm") { WeightNorm(Linear(3, 2, dtype: .float64)) },
      Case("weight-norm-whole") {
        WeightNorm(Conv1d(2, 2, kernelSize: 3, dtype: .float64), along: nil)
      },
      Case("weight-norm-transposed") {
        WeightNorm(ConvTranspose2d(2, 3, kernelSize: 2, dtype: .float64), along: 1)
      },
      Case("spectral-norm", isTraining: true) { SpectralNorm(Linear(4, 3, dtype: .float64)) },
      Case("spectral-norm-inference") {
        SpectralNorm(Conv2d(2, 3, kernelSize: 2, bias: false, dtype: .float64))
      },
      Case("spectral-norm-transposed", isTraining: true) {
        SpectralNorm(ConvTranspose1d(2, 3, kernelSize: 2, dtype: .float64), iterations: 3)
      },
    ]

    private static let various: [Case] =
      [
        Case("prelu") { PReLU(3, dtype: .float64) },
        Case("prelu-single") { PReLU(dtype: .float64) },
        Case("bilinear") {
          let module = Bilinear(2, 3, 4, dtype: .float64)
          return (module, { module($0[0], $0[1]) })
        },
        Case("pixel-shuffle") { PixelShuffle(2) },
        Case("pixel-unshuffle") { PixelUnshuffle(2) },
      ]
      + EmbeddingBag.Mode.allCases.map { mode in
        Case("embedding-bag-\(mode)") {
          EmbeddingBag(5, 3, mode: mode, paddingIndex: 1, dtype: .float64)
        }
      }
  }

  static let goldens = Result {
    try Safetensors(decoding: Data(contentsOf: fixtureURL("layers.safetensors"))).tensors
  }

  /// The tensors of a case, or of a folder of it.
  static func tensors(_ folder: String) throws -> NamedTensors {
    try goldens.get().removingPrefix(folder + "/")
  }

  @Test func everyCaseIsTested() throws {
    let names = Set(try Self.goldens.get().names.map { String($0.prefix { $0 != "/" }) })
    #expect(names == Set(Case.all.map(\.name)))
  }

  @Test(arguments: Case.all)
  func outputsAndGradientsMatchPyTorch(_ golden: Case) throws {
    let own = try Self.tensors(golden.name)
    let (module, call) = golden.make()
    try module.load(Self.tensors("\(golden.name)/weights"))
    let inputs = [own["input"], own["input1"], own["input2"]].compactMap { $0 }
    let cotangent = try #require(own["cotangent"])
    let parameters = module.parameters
    let mode = golden.isTraining ? LayerMode.training : .inference
    var output = Tensor(0)
    // Training updates the buffers, so the loss runs only once for the gradients of all parameters.
    let isWhole = !inputs[0].dtype.isFloatingPoint
    var inputGradient: Tensor?
    let (_, gradients) = valueWithGradients(for: parameters, mode: mode) {
      let y = call(inputs)
      output = y.detached
      return (y * cotangent).sum()
    }
    if !isWhole {
      let weights = try Self.tensors("\(golden.name)/weights")
      let fresh = golden.make()
      try fresh.module.load(weights)
      inputGradient = withMode(mode) {
        gradient(at: inputs[0]) { x in
          (fresh.call([x] + inputs.dropFirst()) * cotangent).sum()
        }
      }
    }
    expectClose(output, try #require(own["output"]), relative: 1e-11, absolute: 1e-12)
    if let expected = own["gradient"] {
      expectClose(try #require(inputGradient), expected, relative: 1e-10, absolute: 1e-12)
    }
    let expected = try Self.tensors("\(golden.name)/gradients")
    #expect(
      Set(expected.names)
        == Set(parameters.map(\.name)).union(expected.names.filter { parameters[$0] != nil }))
    for name in expected.names {
      let parameter = try #require(parameters[name], "no parameter \(name)")
      expectClose(
        gradients[parameter], try #require(expected[name]), relative: 1e-10, absolute: 1e-12)
    }
    let buffers = try Self.tensors("\(golden.name)/buffers")
    for (name, buffer) in module.buffers {
      if let expected = buffers[name] {
        expectClose(
          buffer.value.converted(to: .float64), expected.converted(to: .float64),
          relative: 1e-12, absolute: 1e-12)
      }
    }
  }

  /// A nanoGPT `state_dict` in float32, the dtype in which it is used.
  @Test func gptInFloat32MatchesPyTorch() throws {
    let model = GPT(
      .init(vocabularySize: 11, contextLength: 37, layers: 2, heads: 3, width: 24, bias: true))
    try model.load(Self.tensors("gpt/weights"))
    let own = try Self.tensors("gpt")
    let tokens = try #require(own["input"])
    let expected = try #require(own["output32"])
    #expect(expected.dtype == .float32)
    let scores = model(tokens)
    expectClose(scores, expected, relative: 1e-4, absolute: 1e-6)
    // Both sequences token by token, with cached keys and values.
    let caches = model.blocks.map { _ in KeyValueCache() }
    let parts = (0..<37).map { t in model(tokens[.all, t..<t + 1], caches: caches) }
    expectClose(concatenated(parts, along: 1), expected, relative: 1e-4, absolute: 1e-6)
    let gradients = valueWithGradients(for: model.parameters) {
      (model(tokens) * (own["cotangent"]?.converted(to: .float32) ?? scores)).sum()
    }.gradients
    let exact = try Self.tensors("gpt/gradients")
    for name in exact.names {
      let parameter = try #require(model.parameters[name])
      let expected = try #require(exact[name])
      let size = Double(abs(expected).max().scalar())
      expectClose(
        gradients[parameter].converted(to: .float64), expected, relative: 1e-4,
        absolute: 1e-5 * size, name)
    }
  }

  @Test func cachedLogitsMatchThoseOfTheWholeSequence() throws {
    let model = GPT(
      .init(vocabularySize: 11, contextLength: 37, layers: 2, heads: 3, width: 24, bias: true),
      dtype: .float64)
    try model.load(Self.tensors("gpt/weights"))
    let tokens = try #require(Self.tensors("gpt")["input"])[0..<1]
    let whole = model(tokens)
    let caches = model.blocks.map { _ in KeyValueCache() }
    var parts = [model(tokens[.all, 0..<5], caches: caches)]
    for t in 5..<37 { parts.append(model(tokens[.all, t..<t + 1], caches: caches)) }
    expectClose(concatenated(parts, along: 1), whole, relative: 1e-11, absolute: 1e-12)
  }
}
