import Adjoint
import NN
import Optim
import Synchronization
import TestSupport
import Testing

@testable import Training

/// Examples of features, images or tokens with a target.
private func examples(
  _ shape: Shape, _ target: TargetEncoding, vocabulary: Vocabulary? = nil,
  encoder: FeatureEncoder? = nil, pixels: PixelScale? = nil, predictedLength: Int = 1
) -> SupervisedData {
  let count = 10
  let inputs = Tensor.zeros(
    Shape([count] + Array(shape)), dtype: vocabulary == nil ? .float32 : .int32)
  let targets: SupervisedData.Targets =
    switch target {
    case .number: .values([Float](repeating: 0, count: count))
    case .classes where predictedLength > 1:
      .sequences([Int32](repeating: 0, count: count * predictedLength), length: predictedLength)
    case .classes: .classes((0..<Int32(count)).map { $0 % 2 })
    }
  let part = SupervisedData.Examples(inputs: inputs, targets: targets)
  return SupervisedData(
    training: part, validation: part, target: target, vocabulary: vocabulary, encoder: encoder,
    pixels: pixels)
}

private let letters = Vocabulary("ab\"\\\n".unicodeScalars)
private let two = TargetEncoding.classes(["no", "yes"])

private func trained(
  _ model: String, _ input: InputEncoding, loss: ClassificationLoss? = nil
) throws -> TrainedModel {
  let description = ModelDescription(
    task: "test", model: try ModelExpression(model), loss: loss, input: input)
  return try TrainedModel(description, description.makeModel())
}

/// A table of 2 features.
private func table(_ columns: [FeatureEncoder.Column]? = nil, _ target: TargetEncoding = two)
  throws -> InputEncoding
{
  let encoder = try columns.map { columns in
    try JSONText.decode(
      FeatureEncoder.self, from: JSONText.encode(["columns": columns]).utf8)
  }
  let width = encoder?.width ?? 2
  return InputEncoding(
    examples([width], target, encoder: encoder ?? FeatureEncoder(numbers: ["x", "y"])),
    targetName: "z")
}

struct PyTorchExportTests {
  @Test(arguments: [
    (
      "mlp(hidden=7-5, activation=tanh)", "features",
      ["sizes = [2, 7, 5, 2]", "import torch\n", "x = torch.tanh(layer(x))", "features [n, 2]"]
    ),
    (
      "mlp(hidden=3, activation=leaky-relu)", "images",
      ["sizes = [120, 3, 2]", "x = x.flatten(1)", "F.leaky_relu", "images [n, 1, 12, 10]"]
    ),
    (
      "conv(width=3, activation=gelu, dropout=0.25)", "images",
      [
        "nn.Conv2d(1, 3, kernel_size=3, padding=1)", "nn.Conv2d(3, 6, kernel_size=3, padding=1)",
        "nn.Linear(36, 24), nn.Linear(24, 2)", "nn.Dropout(0.25)", "F.max_pool2d(F.gelu(",
        "self.layers[1](self.dropout(x))",
      ]
    ),
    (
      "gpt(layers=2, heads=2, width=8, bias=true, dropout=0.1)", "text",
      [
        "TOKENS = 5", "CONTEXT = 6", "LAYERS = 2", "HEADS = 2", "WIDTH = 8", "DROPOUT = 0.1",
        "nn.Linear(WIDTH, 3 * WIDTH, bias=True)",
        "self.lm_head.weight = self.transformer.wte.weight",
        "return self.lm_head(self.transformer.ln_f(x))\n",
      ]
    ),
    (
      "gpt(width=8)", "completion",
      ["PREDICTED = 3", "self.transformer.ln_f(x[:, -PREDICTED:])", "bias=False"]
    ),
    (
      "lstm(layers=2, width=4, dropout=0.5)", "sequences",
      [
        "nn.Embedding(5, 4)", "nn.LSTM(", "4, 4, num_layers=2, batch_first=True, dropout=0.5",
        "_, (hidden, _) = ", "nn.Linear(4, 2)",
      ]
    ),
    ("gru", "sequences", ["nn.GRU(32, 32, num_layers=1, batch_first=True)\n"]),
    ("rnn", "sequences", ["nn.RNN(32, 32, num_layers=1, batch_first=True)", "_, hidden = "]),
  ])
  func modelsHaveTheirSizes(model: String, kind: String, fragments: [String]) throws {
    let source = try #require(
      PyTorchExport(trained(model, input(kind)), continuing: nil).sources()["model.py"])
    for fragment in fragments { #expect(source.contains(fragment), "\(fragment)\n\(source)") }
    #expect(source.hasSuffix("\n") && !source.hasSuffix("\n\n"))
  }

  private func input(_ kind: String) throws -> InputEncoding {
    let scale = PixelScale(mean: 30, deviation: 60)
    return switch kind {
    case "images": InputEncoding(examples([1, 12, 10], two, pixels: scale))
    case "text": InputEncoding(letters, context: 6)
    case "completion":
      InputEncoding(
        examples([6], .classes(letters.names), vocabulary: letters, predictedLength: 3))
    case "sequences": InputEncoding(examples([6], two, vocabulary: letters))
    default: try table()
    }
  }

  @Test func everyModelOfTheCatalogIsExported() throws {
    let kinds = ["mlp": "features", "conv": "images", "gpt": "text"]
    for entry in ModelCatalog.entries {
      let model = try trained(entry.name, input(kinds[entry.name] ?? "sequences"))
      let sources = try PyTorchExport(model, continuing: nil).sources()
      #expect(sources.keys.sorted() == ["model.py", "predict.py"])
    }
    let names = try Activation.allCases.map {
      try PyTorchModel(trained("mlp(activation=\($0.rawValue))", table()).description).activation
    }
    #expect(Set(names).count == Activation.allCases.count)
  }

  @Test func predictionsHoldWhatTheRunNeeds() throws {
    let columns: [FeatureEncoder.Column] = [
      .init(name: "a \"b\"", encoding: .number(mean: 1.5, deviation: 2, marksMissing: true)),
      .init(name: "c", encoding: .number(mean: 3, deviation: 0, marksMissing: true)),
      .init(name: "d", encoding: .oneHot(categories: ["", "é\\"])),
    ]
    var text = try predictor(trained("mlp", table(columns)))
    for fragment in [
      #"Number("a \"b\"", mean=1.5, deviation=2.0, marks_missing=True),"#,
      #"Number("c", mean=3.0, deviation=float("inf"), marks_missing=True),"#,
      #"OneHot("d", ["", "é\\"]),"#, #"CLASSES = ["no", "yes"]"#, "probability_{name}",
    ] {
      #expect(text.contains(fragment), "\(fragment)\n\(text)")
    }
    #expect(!text.contains("class Rank") && !text.contains("class Amount"))

    let written: [FeatureEncoder.Column] = [
      .init(
        name: "p", encoding: .number(mean: 1, deviation: 2, marksMissing: false),
        notation: .amount(decimalMark: .comma, groupMark: .point, unit: "€")),
      .init(
        name: "t",
        encoding: .date(mean: 19000, deviation: 100, marksMissing: true, periods: [7, 365.2425]),
        notation: .date(order: .dayMonthYear)),
    ]
    text = try predictor(trained("mlp", table(written, .number(mean: 5, deviation: 3))))
    for fragment in [
      #"Number("p", mean=1.0, deviation=2.0, read=Amount(",", ".", "€")),"#,
      #"read=Days("DMY"),"#, "marks_missing=True,", "periods=[7.0, 365.2425],",
    ] {
      #expect(text.contains(fragment), "\(fragment)\n\(text)")
    }
    #expect(text.split(separator: "\n").allSatisfy { $0.count <= 100 })

    let many = (0..<40).map { "category \($0)" }
    let rank = FeatureEncoder.Column(
      name: "e", encoding: .rank(categories: many, mean: 1, deviation: 2))
    text = try predictor(trained("mlp", table([rank], .number(mean: 5, deviation: 3))))
    #expect(text.contains("class Rank") && !text.contains("class Number"))
    #expect(!text.contains("import math") && !text.contains("CLASSES"))
    #expect(text.contains(".double() * 3.0 + 5.0"))
    #expect(text.split(separator: "\n").allSatisfy { $0.count <= 100 })

    text = try predictor(trained("mlp", table(), loss: .hinge))
    #expect(text.contains("CLASSES[score > 0]") && text.contains(#"["prediction", "score"]"#))

    text = try predictor(trained("conv", input("images")))
    #expect(text.contains("SHAPE = (1, 12, 10)") && text.contains("MEAN = 30.0"))

    text = try predictor(trained("gpt", input("text")))
    #expect(text.contains(#"CHARACTERS = "\n\"\\ab""#) && text.contains("CONTEXT = 6"))
    text = try predictor(trained("gpt", input("completion")))
    #expect(text.contains("LONGEST = 4") && text.contains("COMPLETED = 3"))
    text = try predictor(trained("lstm", input("sequences")))
    #expect(text.contains("LONGEST = 6") && text.contains("CLASSES"))
  }

  private func predictor(_ model: TrainedModel) throws -> String {
    try #require(PyTorchExport(model, continuing: nil).sources()["predict.py"])
  }

  @Test(arguments: [
    ("sgd", "torch.optim.SGD(model.parameters(), lr=0.5, weight_decay=0.0)"),
    (
      "momentum(nesterov=true, weight-decay=0.1)",
      "torch.optim.SGD(\n        parameter_groups(model),\n        lr=0.5"
    ),
    ("momentum(buffer=average)", "dampening=0.9,\n"),
    ("sgd(decay=decoupled, weight-decay=0.1)", "parameter.mul_(1 - optimizer"),
    ("adam(decay=decoupled, weight-decay=0.1)", "torch.optim.AdamW("),
    ("adamw(weight-decay=0)", "weight_decay=0.0"),
    ("amsgrad", "amsgrad=True"), ("adamw(maximize=true)", "maximize=True"),
    ("nadam(decay=decoupled, weight-decay=0.1)", "decoupled_weight_decay=True"),
    ("rmsprop(centered=true, smoothing=0.7)", "alpha=0.7"), ("lion", "class Lion("),
    ("schedule-free", "y.lerp(optimizer.state[y][\"z\"], 1 - 1 / 0.9)"),
    ("lookahead(adamw, sync-period=6)", "self.steps % 6 == 0"),
    ("ema(adamw, average-decay=0.8)", "1 - 0.8"), ("swa(sgd, start=0, period=7)", "self.steps - 7"),
  ])
  func optimizersHaveTheirSettings(optimizer: String, fragment: String) throws {
    let source = try training(optimizer).source
    #expect(source.contains(fragment), "\(source)")
    #expect(source.split(separator: "\n").allSatisfy { $0.count <= 100 }, "\(source)")
    #expect(!source.contains("\n\n\n\n"))
  }

  @Test func onlyTheseHaveNoCounterpart() throws {
    let missing = OptimizerCatalog.entries.filter { entry in
      let inner = Array(repeating: "adamw", count: entry.innerCount).joined(separator: ", ")
      return (try? training("\(entry.name)(\(inner))")) == nil
    }
    #expect(
      missing.map(\.name) == [
        "muon", "diloco", "snoo", "fedavg", "fedadam", "switch", "switch-on-plateau",
      ])
    for optimizer in [
      "adafactor(variant=relative-step)", "lookahead(adamw, inner-state=reset)",
      "lookahead(adamw, step-size=adaptive)", "lookahead(adamw, outer=momentum)",
      "adam(bias-correction=false)", "ema(lookahead(adamw))", "ema(switch(sgd, adam))",
    ] {
      #expect(throws: TrainingError.self) { try training(optimizer) }
    }
  }

  /// A run of `steps` after some of 40 on 10 examples.
  private func training(
    _ optimizer: String = "adamw", taken: Int = 0, accumulate: Int = 1, patience: Int? = nil
  ) throws -> PyTorchTraining {
    let model = try trained("mlp(hidden=3)", table())
    let expression = try OptimizerExpression(optimizer)
    let instance = expression.optimizer(of: model.module.parameters)
    let options = TrainerOptions(
      steps: 40, batchSize: 3, accumulationSteps: accumulate, patience: patience,
      schedule: LinearRamp(from: 1, to: 0, over: 40))
    let data = examples([2], two)
    let layer = try #require(model.module as? MLP)
    let trainer = Trainer(
      SupervisedObjective(layer, data: data), optimizer: instance, options: options,
      state: TrainingState(seed: 4))
    if taken > 0 { try trainer.run(afterStep: { $0.state.step < taken }) }
    return try PyTorchTraining(
      expression, instance, layer, model.description, learningRate: 0.5, options: options,
      state: trainer.state, examples: .supervised(data))
  }

  @Test(arguments: [(0, 1), (7, 1), (8, 1), (7, 2), (40, 1)])
  func theBatchesAreThoseOfTheTrainer(taken: Int, accumulate: Int) throws {
    let training = try training(taken: taken, accumulate: accumulate)
    // The same order, as a trainer visits it.
    let visited = Mutex([[Int32]]())
    let model = MLP([1, 1])
    let trainer = Trainer(
      model, exampleCount: 10, optimizer: SGD(model.parameters),
      options: TrainerOptions(
        steps: 40, batchSize: 3 * accumulate, schedule: ConstantRate(0.1)),
      state: TrainingState(seed: 4)
    ) { indices in
      visited.withLock { $0.append(indices.map(Int32.init)) }
      return model(Tensor.zeros([1, 1])).sum()
    }
    try trainer.run()
    let expected = Array(visited.withLock { $0 }.dropFirst(taken))
    #expect(training.batches == expected && expected.count == 40 - taken)

    let schedule = training.schedule
    #expect(schedule["first_step"]?.scalar() == Double(taken))
    #expect(
      schedule["batch_sizes"]?.scalars(as: Int32.self) == expected.map { Int32($0.count) })
    #expect(schedule["order"]?.scalars(as: Int32.self) == expected.flatMap(\.self))
    #expect(
      schedule["learning_rate"]?.scalars(as: Double.self)
        == (taken..<40).map { LinearRamp(from: 1, to: 0, over: 40)($0) })
    #expect(training.source.contains("BATCH_SIZE") == (accumulate > 1))
  }

  @Test func theStateHasTheNamesOfPyTorch() throws {
    let parameters = ["layers.0.weight", "layers.0.bias", "layers.1.weight", "layers.1.bias"]
    func names(_ optimizer: String, taken: Int) throws -> Set<String> {
      Set(try training(optimizer, taken: taken).checkpoint.names)
    }
    let always = Set(
      parameters.map { "model/\($0)" } + ["step", "best_loss", "stale_evaluations"])
    func expected(_ slots: [String], _ prefix: String = "optimizer/") -> Set<String> {
      Set(parameters.flatMap { name in slots.map { "\(prefix)\(name).\($0)" } })
    }
    #expect(try names("adamw", taken: 0) == always)
    #expect(
      try names("adamw", taken: 5) == always.union(expected(["exp_avg", "exp_avg_sq", "step"])))
    #expect(try names("sgd", taken: 5) == always)
    #expect(try names("momentum", taken: 5) == always.union(expected(["momentum_buffer"])))
    #expect(
      try names("momentum(buffer=average)", taken: 0)
        == always.union(expected(["momentum_buffer"])))
    #expect(
      try names("lookahead(lion)", taken: 7)
        == always.union(expected(["exp_avg"])).union(parameters.map { "wrapper/\($0)" })
        .union(["wrapper.steps"]))
    let checkpoint = try training("lookahead(nadam)", taken: 7).checkpoint
    #expect(checkpoint["wrapper.steps"]?.scalar() == 2)
    #expect(checkpoint["optimizer/layers.0.bias.step"]?.scalar() == 7)
    #expect(checkpoint["optimizer/layers.0.bias.mu_product"]?.dtype == .float32)
    #expect(checkpoint["step"]?.scalar() == 7)
  }

  @Test func aFolderIsReplacedAsAWhole() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/out"
      let training = try training(taken: 3)
      let model = try trained("mlp(hidden=3)", table())
      try PyTorchExport(model, continuing: training).write(to: path)
      let files = [
        "model.py", "predict.py", "train.py", "weights", "checkpoint", "schedule", "data",
      ]
      .map { $0.hasSuffix(".py") ? $0 : "\($0).safetensors" }
      #expect(files.allSatisfy { FileAccess.exists("\(path)/\($0)") })
      let weights = try Safetensors(contentsOf: "\(path)/weights.safetensors")
      #expect(Set(weights.tensors.names) == Set(model.module.weights.names))
      // Without a training the files of the earlier one do not stay.
      try PyTorchExport(model, continuing: nil).write(to: path)
      #expect(files.filter { FileAccess.exists("\(path)/\($0)") }.count == 3)
      try FileAccess.write("", to: folder + "/file")
      #expect(throws: TrainingError.self) {
        try PyTorchExport(model, continuing: nil).write(to: folder + "/file")
      }
    }
  }
}
