import Adjoint
import OpTable

/// A model with inputs and the outputs that we compute for them, which `check.py` compares with
/// those of onnxruntime.
struct ONNXExample {
  let name: String
  let model: ONNXModel
  let cases: [(inputs: [String: Tensor], outputs: [String: Tensor])]
  /// For each case the inputs and outputs that are strings.
  var strings: [[String: [String]]] = []

  /// Writes `NAME.onnx`, and `NAME.0.npz`, … with arrays named `in:…` and `out:…`, and strings in
  /// `NAME.strings.json`.
  func write(to folder: String) throws {
    try model.write(to: "\(folder)/\(name).onnx")
    for (i, example) in cases.enumerated() {
      var arrays = NumPyArchive()
      for (name, tensor) in example.inputs { arrays.tensors["in:" + name] = tensor }
      for (name, tensor) in example.outputs { arrays.tensors["out:" + name] = tensor }
      try arrays.write(to: "\(folder)/\(name).\(i).npz")
    }
    if strings.isEmpty { return }
    try FileAccess.writeJSON(strings, to: "\(folder)/\(name).strings.json")
  }
}

extension ONNXExample {
  /// Traces a function and runs it with tensors of other named sizes than the traced ones.
  init(
    _ name: String, tracing module: (any Module)?, _ inputs: [ONNXModel.Input],
    sizes: [[String: Int]], outputs: [String] = ["output"],
    _ function: ([Tensor]) -> [Tensor]
  ) throws {
    self.name = name
    model = try ONNXModel(tracing: module, inputs: inputs, outputs: outputs, function)
    cases = sizes.enumerated().map { i, sizes in
      var generator = RandomGenerator(seed: UInt64(100 + i))
      let tensors = inputs.map { input in
        let shape = Shape(
          input.shape.map {
            switch $0 {
            case .fixed(let size): size
            case .named(let name, _): sizes[name] ?? 1
            }
          })
        return input.example(shape, &generator)
      }
      let results = withMode(.inference) { function(tensors) }
      return (
        Dictionary(uniqueKeysWithValues: zip(inputs.map(\.name), tensors)),
        Dictionary(uniqueKeysWithValues: zip(outputs, results))
      )
    }
  }

  private init(
    _ name: String, _ layer: some Layer, _ shape: [ONNXModel.AxisSize], _ sizes: [[String: Int]]
  )
    throws
  {
    try self.init(name, tracing: layer, [.init("input", .float32, shape)], sizes: sizes) {
      [layer($0[0])]
    }
  }

  /// Whole models with random weights.
  static func models() throws -> [ONNXExample] {
    try withRandomSeed(1) {
      let batches = [["n": 1], ["n": 6]]
      let signals = [["n": 1, "t": 16], ["n": 3, "t": 27]]
      let images = [["n": 1, "h": 16, "w": 20], ["n": 3, "h": 22, "w": 18]]
      let height = ONNXModel.AxisSize.named("h", examples: [12, 16, 26, 19])
      let width = ONNXModel.AxisSize.named("w", examples: [17, 14, 22, 30])
      let length = ONNXModel.AxisSize.named("t", examples: [12, 16, 26, 19])
      var examples = [ONNXExample]()
      func add(
        _ name: String, _ layer: some Layer, _ shape: [ONNXModel.AxisSize], _ sizes: [[String: Int]]
      ) throws {
        examples.append(try ONNXExample(name, layer, shape, sizes))
      }
      try add("mlp", MLP([5, 16, 8, 3]), ["n", 5], batches)
      for activation in Activation.allCases {
        try add("mlp-\(activation)", MLP([4, 8, 2], activation: activation), ["n", 4], batches)
      }
      try add(
        "conv2d",
        Sequential {
          Conv2d(3, 8, kernelSize: 3, padding: 1)
          BatchNorm(8)
          ReLU()
          MaxPool2d(2)
          Conv2d(8, 8, kernelSize: 3, stride: 2, padding: 1)
          GroupNorm(groups: 2, channels: 8)
          SiLU()
          AveragePool2d(2, stride: 1, padding: 1)
          AdaptiveAveragePool2d(1)
          Flatten()
          Linear(8, 4)
        }, ["n", 3, height, width], images)
      try add(
        "conv2d-fixed",
        Sequential {
          Conv2d(1, 4, kernelSize: 3, padding: .same, paddingMode: .reflect)
          InstanceNorm(4)
          GELU()
          Upsample(factor: 2)
          AdaptiveMaxPool2d([8, 10])
          MaxPool2d(3, stride: 2, padding: 1)
          AdaptiveMaxPool2d([4, 3])
          AdaptiveAveragePool2d([3, 2])
          Flatten()
          LayerNorm(24)
          Linear(24, 4)
        }, ["n", 1, 8, 10], batches)
      try add(
        "conv1d",
        Sequential {
          Conv1d(2, 4, kernelSize: 5, stride: 2, padding: 2)
          BatchNorm(4)
          GELU()
          MaxPool1d(2)
          Conv1d(4, 4, kernelSize: 3, padding: .same, dilation: 2)
          AveragePool1d(2)
          ConvTranspose1d(4, 2, kernelSize: 3, stride: 2)
        }, ["n", 2, length], signals)
      try add(
        "upsample-nearest", Upsample(factor: 2), ["n", 2, height, width], images)
      try add(
        "upsample-bilinear", Upsample(factor: 2, mode: .bilinear), ["n", 2, height, width], images)
      for (name, kind) in [
        ("rnn", Recurrent.Kind.rnn), ("relu-rnn", .reluRNN), ("gru", .gru), ("lstm", .lstm),
      ] {
        let model = Recurrent(kind, 3, 5, layers: 2, isBidirectional: true)
        examples.append(
          try ONNXExample(
            name, tracing: model, [.init("input", .float32, ["n", 6, 3])], sizes: batches,
            outputs: ["output", "hidden"]
          ) {
            let (output, state) = model($0[0])
            return [output, state.hidden]
          })
      }
      let gpt = GPT(
        .init(vocabularySize: 17, contextLength: 16, layers: 2, heads: 2, width: 8))
      let tokens = ONNXModel.Input(
        "tokens", .int32, ["batch", "length"], values: 0...16, wideIntegers: true)
      let texts = [
        ["batch": 1, "length": 1], ["batch": 3, "length": 16], ["batch": 2, "length": 5],
      ]
      examples.append(try ONNXExample("gpt", tracing: gpt, [tokens], sizes: texts) { [gpt($0[0])] })
      let attention = MultiHeadAttention(
        8, heads: 4, keyValueHeads: 2, rotary: RotaryEmbedding())
      let vectors = ONNXModel.Input("x", .float32, ["batch", "length", 8])
      examples.append(
        try ONNXExample("attention", tracing: attention, [vectors], sizes: texts) {
          [attention($0[0], isCausal: true)]
        })
      let encoder = TransformerEncoder(depth: 1, width: 8, heads: 2)
      examples.append(
        try ONNXExample(
          "encoder-masked", tracing: encoder,
          [vectors, .init("mask", .bool, ["batch", "length"])], sizes: texts
        ) {
          [encoder($0[0], keyMask: $0[1])]
        })
      return examples
    }
  }
}

// MARK: - Tables

extension ONNXExample {
  /// Models of tables, which read raw columns and predict names of classes or numbers.
  static func tables() throws -> [ONNXExample] {
    var lines = ["size,kind,color,street,day,y"]
    for i in 0..<120 {
      let size = i % 7 == 3 ? "" : "\(1000 + i % 11)"
      let kind = ["7", "birch, white", ""][i % 3]
      let day = i % 9 == 4 ? "" : "\(10 + i % 19)/0\(1 + i % 8)/2024"
      lines.append(
        "\(size),\"\(kind)\",\(["red", "blue"][i % 2]),s\(i % 40 * (i % 3)),\(day),\(i)")
    }
    let rows = try CSVTable(bytes: Array(lines.joined(separator: "\n").utf8), file: "rows.csv")
    let encoder = try FeatureEncoder(fitting: rows, target: "y", rows: Array(0..<100))
    // A category and a street that the encoder has not seen, and a number far outside.
    let other = try CSVTable(
      bytes: Array(
        """
        size,kind,color,street,day,y
        1e9,pine,green,s1,01/03/2024,0
        ,7.0,red,nowhere,,1
        1003.5,,blue,s39,31/12/1969 12:00,2
        """.utf8
      ),
      file: "other.csv")
    return try withRandomSeed(2) {
      let model = MLP([encoder.width, 8, 3])
      let number = MLP([encoder.width, 8, 1])
      let classes = ["low", "middle", "high"]
      let features = Tensor(
        try encoder.features(of: other, rows: [0, 1, 2]), shape: [3, encoder.width])
      let logits = model(features)
      let places = [Int](logits.argmax(along: 1))
      let numbers = Tensor([[1e9], [Float.nan], [1003.5]])
      let days = Tensor([19783, .nan, -0.5], shape: [3, 1], dtype: .float64)
      let columns = [
        "kind": ["pine", "oak", ""], "color": ["green", "red", "blue"],
        "street": ["s1", "nowhere", "s39"],
      ]
      return [
        ONNXExample(
          name: "table-classes",
          model: try ONNXModel(model, reading: encoder, predicting: .classes(classes)),
          cases: [(["size": numbers, "day": days], ["probabilities": softmax(logits)])],
          strings: [columns.merging(["prediction": places.map { classes[$0] }]) { $1 }]),
        ONNXExample(
          name: "table-number",
          model: try ONNXModel(
            number, reading: encoder, predicting: .number(mean: 40, deviation: 3)),
          cases: [
            (
              ["size": numbers, "day": days],
              ["prediction": (number(features) * 3 + 40).reshaped(to: [3])]
            )
          ], strings: [columns]),
      ]
    }
  }
}
