import Foundation
import TestSupport
import Testing

/// An embedding with tied weights as the output layer.
private struct Tied: Layer {
  let table: Embedding
  let head: Parameter

  static var storedNames: [String: String] { ["head": "head.weight"] }

  init() {
    table = Embedding(7, 4)
    head = table.weight
  }

  func callAsFunction(_ input: Tensor) -> Tensor { table.logits(of: table(input)) }
}

/// Saved files have the names, shapes and dtypes of PyTorch's state dicts; see
/// `make_state_dicts.py`.
struct SavedWeightsTests {
  /// A module, named and called as in `torch_layers.py`, with its inputs.
  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    let inputs: [Tensor]
    let make: @Sendable () -> (module: any Module, call: @Sendable ([Tensor]) -> Tensor)

    var testDescription: String { name }

    init(
      _ name: String, _ inputs: [Tensor],
      make: @escaping @Sendable () -> (any Module, @Sendable ([Tensor]) -> Tensor)
    ) {
      self.name = name
      self.inputs = inputs
      self.make = make
    }

    init(_ name: String, _ input: Tensor, layer: @escaping @Sendable () -> any Layer) {
      self.init(name, [input]) {
        let layer = layer()
        return (layer, { layer($0[0]) })
      }
    }

    private static func numbers(_ shape: Shape, seed: UInt64 = 1) -> Tensor {
      .seeded(shape, seed: seed, dtype: .float32)
    }

    private static func tokens(_ high: Int32, _ shape: Shape) -> Tensor {
      Tensor((0..<Int32(shape.elementCount)).map { ($0 * 5 + 2) % high }, shape: shape)
    }

    private static func recurrent(
      _ name: String, _ kind: Recurrent.Kind, projection: Int? = nil
    ) -> Case {
      Case(name, [numbers([2, 5, 3])]) {
        let module = Recurrent(
          kind, 3, 4, layers: 2, isBidirectional: true, projection: projection)
        return (module, { module($0[0]).output })
      }
    }

    static let all: [Case] = [
      Case("linear", numbers([2, 5])) { Linear(5, 3) },
      Case("linear-no-bias", numbers([2, 5])) { Linear(5, 3, bias: false) },
      Case("embedding", tokens(7, [2, 3])) { Embedding(7, 4, paddingIndex: 2) },
      Case("layer-norm", numbers([2, 6])) { LayerNorm(6) },
      Case("layer-norm-no-bias", numbers([2, 6])) { LayerNorm(6, bias: false) },
      Case("rms-norm", numbers([2, 6])) { RMSNorm(6) },
      Case("batch-norm-1d", numbers([4, 3])) { BatchNorm(3) },
      Case("batch-norm-2d", numbers([2, 3, 4, 2])) { BatchNorm(3) },
      Case("group-norm", numbers([2, 6, 3])) { GroupNorm(groups: 2, channels: 6) },
      Case("conv1d", numbers([2, 4, 9])) { Conv1d(4, 6, kernelSize: 3, groups: 2) },
      Case("conv2d", numbers([2, 4, 7, 6])) { Conv2d(4, 6, kernelSize: [3, 2], groups: 2) },
      Case("conv-transpose2d", numbers([2, 4, 3, 4])) {
        ConvTranspose2d(4, 6, kernelSize: [3, 2], groups: 2)
      },
      Case("attention", numbers([2, 5, 6])) { MultiHeadAttention(6, heads: 2) },
      Case("attention-no-bias", numbers([2, 5, 6])) {
        MultiHeadAttention(6, heads: 2, bias: false)
      },
      Case("encoder-layer", numbers([2, 5, 6])) { TransformerBlock(6, heads: 2, innerWidth: 10) },
      Case("decoder-layer", [numbers([2, 3, 6]), numbers([2, 5, 6], seed: 2)]) {
        let module = TransformerDecoderBlock(6, heads: 2, innerWidth: 10)
        return (module, { module($0[0], source: $0[1]) })
      },
      Case("encoder", numbers([2, 5, 6])) {
        TransformerEncoder(depth: 2, width: 6, heads: 2, innerWidth: 10)
      },
      Case("transformer", [numbers([2, 5, 6]), numbers([2, 3, 6], seed: 2)]) {
        let module = Transformer(depth: 2, width: 6, heads: 2, innerWidth: 10)
        return (module, { module(source: $0[0], target: $0[1]) })
      },
      Case("sequential", numbers([2, 1, 4, 4])) {
        Sequential {
          Conv2d(1, 2, kernelSize: 3)
          BatchNorm(2)
          ReLU()
          Flatten()
          Linear(8, 3)
        }
      },
      Case("tied", tokens(7, [2, 3])) { Tied() },
      Case("nanogpt", tokens(11, [2, 37])) {
        GPT(
          .init(vocabularySize: 11, contextLength: 37, layers: 2, heads: 3, width: 24, bias: true))
      },
      Case("nanogpt-no-bias", tokens(9, [2, 5])) {
        GPT(.init(vocabularySize: 9, contextLength: 8, layers: 1, heads: 2, width: 8))
      },
      recurrent("rnn", .rnn), recurrent("gru", .gru), recurrent("lstm", .lstm),
      recurrent("lstm-projection", .lstm, projection: 2),
    ]
  }

  /// The name, shape and dtype of a tensor in the header of a file.
  private struct Entry: Hashable, CustomStringConvertible {
    let name: String
    let shape: [Int]
    let dtype: String
    var description: String { "\(name) \(shape) \(dtype)" }
  }

  /// The entries of a file, read from its header independently of `Safetensors`.
  private func entries(ofFile path: String) throws -> Set<Entry> {
    let bytes = try Data(contentsOf: URL(filePath: path))
    let length = bytes.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
    let header = try JSONDecoder().decode(JSON.self, from: bytes.dropFirst(8).prefix(length))
    guard case .object(let members) = header else {
      throw FixtureError(description: "no header in \(path)")
    }
    let names = ["F32": "float32", "F64": "float64", "I64": "int64", "I32": "int32"]
    return Set(
      try members.filter { $0.key != "__metadata__" }.map { name, entry in
        Entry(
          name: name, shape: try entry["shape"].integers,
          dtype: names[try entry["dtype"].text] ?? "?")
      })
  }

  private static let goldens = Result { try JSON.fixture("state_dicts.json")["modules"].list }

  @Test func everyModuleIsTested() throws {
    let names = try Self.goldens.get().map { try $0["name"].text }
    #expect(Set(names) == Set(Case.all.map(\.name)))
  }

  /// If `ADJOINT_SAVED` names a folder, the files are kept there for `check_saved_by_adjoint.py`.
  @Test(arguments: Case.all) func savedFilesMatchPyTorchStateDicts(_ test: Case) throws {
    let golden = try #require(
      Self.goldens.get().first { try $0["name"].text == test.name })
    let expected = Set(
      try golden["entries"].list.map { entry in
        let parts = try entry.list
        return Entry(
          name: try parts[0].text, shape: try parts[1].integers, dtype: try parts[2].text)
      })
    if let kept = ProcessInfo.processInfo.environment["ADJOINT_SAVED"] {
      try FileManager.default.createDirectory(atPath: kept, withIntermediateDirectories: true)
      try check(test, savesEntries: expected, in: kept, keepsCall: true)
    } else {
      try withTemporaryFolder { try check(test, savesEntries: expected, in: $0, keepsCall: false) }
    }
  }

  /// Saves a module in a folder and loads the file into another one; `keepsCall` adds a file with
  /// the inputs and the output.
  private func check(
    _ test: Case, savesEntries expected: Set<Entry>, in folder: String, keepsCall: Bool
  ) throws {
    let path = "\(folder)/\(test.name).safetensors"
    let (module, call) = withRandomSeed(1) { test.make() }
    // Noise on all weights, and running statistics from a training call.
    for (i, element) in module.parameters.enumerated() {
      let noise = Tensor.seeded(
        element.parameter.shape, seed: UInt64(i), in: -0.3..<0.3, dtype: .float32)
      element.parameter.value = element.parameter.value + noise
    }
    _ = withMode(.training) { call(test.inputs) }
    try module.save(to: path)
    #expect(try entries(ofFile: path) == expected)

    // Load into a model with other weights.
    let (copy, callCopy) = withRandomSeed(2) { test.make() }
    let rest = try copy.load(from: path)
    #expect(rest.missing.isEmpty && rest.unexpected.isEmpty)
    expectIdentical(callCopy(test.inputs), call(test.inputs))
    #expect(copy.buffers.count == module.buffers.count)
    for (a, b) in zip(copy.buffers, module.buffers) {
      expectIdentical(a.buffer.value, b.buffer.value, a.name)
    }
    guard keepsCall else { return }
    var example = NamedTensors()
    example["input"] = test.inputs[0]
    if test.inputs.count > 1 { example["input1"] = test.inputs[1] }
    example["output"] = call(test.inputs)
    try Safetensors(example).write(
      to: "\(folder)/\(test.name).call.safetensors")
  }

  @Test func batchCountsAreSavedAsInt64() throws {
    let norm = BatchNorm(2)
    for _ in 0..<3 { _ = withMode(.training) { norm(Tensor.seeded([4, 2], dtype: .float32)) } }
    try withTemporaryFolder { folder in
      let path = folder + "/weights.safetensors"
      try norm.save(to: path, metadata: ["made by": "a test"])
      #expect(
        try entries(ofFile: path).contains(
          Entry(name: "num_batches_tracked", shape: [], dtype: "int64")))
      let file = try Safetensors(contentsOf: path)
      #expect(file.tensors["num_batches_tracked"]?.scalars(as: Int32.self) == [3])
      #expect(file.metadata == ["made by": "a test"])
    }
  }

  @Test func anErrorNamesTheFileThatDoesNotFit() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/weights.safetensors"
      try Linear(2, 3).save(to: path)
      let error = #expect(throws: WeightsError.self) {
        try Linear(2, 4, bias: false).load(from: path)
      }
      #expect(
        error?.description == path + ": weights do not fit the model: unexpected: bias; "
          + "of another shape or dtype: weight (float32 [3, 2] for float32 [4, 2])")
      #expect(throws: TensorFileError.self) { try Linear(2, 3).load(from: path + ".absent") }
    }
  }
}
