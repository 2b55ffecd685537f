import Adjoint
import Foundation
import Testing

/// A program that trains on a table as `train fit csv` does, with the public API of the library
/// alone.
struct EmbeddingTests {
  /// A table of plants whose class depends on the length and the color.
  private func plants(_ count: Int, seed: UInt64) throws -> CSVTable {
    var generator = RandomGenerator(seed: seed)
    let lines = (0..<count).map { row in
      let length = generator.uniform(in: 0..<10)
      let color = ["red", "blue", "white"][generator.integer(below: 3)]
      let species = color == "red" ? "rose" : length > 5 ? "iris" : "lily"
      return "\(row),\(length),\(color),\(species)"
    }
    let text = (["id,length,color,species"] + lines).joined(separator: "\n")
    return try CSVTable(bytes: Array(text.utf8), file: "plants.csv")
  }

  private func withFolder(_ body: (String) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "adjoint-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try body(folder)
  }

  @Test func aTableStepByStep() throws {
    // Data: rows, encoders fitted to the training rows, examples.
    let table = try plants(300, seed: 1)
    var generator = RandomGenerator(seed: 2)
    let target = try TargetColumn(of: table, named: "species")
    let split = DataSplit(
      rows: table.rowCount, classes: target.classes, validation: 0.2, generator: &generator)
    var notes = target.notes
    let encoder = try FeatureEncoder(
      fitting: table, target: "species", rows: split.training, notes: &notes)
    let encoding = target.encoding(fittedTo: split.training)
    func examples(_ rows: [Int]) throws -> SupervisedData.Examples {
      SupervisedData.Examples(
        features: try encoder.features(of: table, rows: rows), columns: encoder.width,
        targets: target.targets(rows: rows, encoding: encoding))
    }
    let data = SupervisedData(
      training: try examples(split.training), validation: try examples(split.validation),
      target: encoding, encoder: encoder, notes: notes)
    #expect(data.training.rows == 240 && data.validation.rows == 60)
    #expect(data.target == .classes(["iris", "lily", "rose"]) && encoder.width == 4)
    #expect(data.notes.contains("column 'id' is not used: it counts the rows"))

    // Training, with a record of each evaluation.
    func makeModel() -> MLP { MLP([encoder.width, 16, encoding.outputs], activation: .tanh) }
    let model = withRandomSeed(3) { makeModel() }
    let objective = SupervisedObjective(model, data: data)
    let trainer = Trainer(
      objective, optimizer: AdamW(model.parameters, learningRate: 0.02),
      options: TrainerOptions(
        steps: 400, batchSize: 32, clipNorm: 1, patience: 30,
        schedule: WarmupCosine(peak: 0.02, warmup: 20, total: 400)),
      state: TrainingState(generator: generator))
    var records: [MetricsRecord] = []
    try trainer.run(afterEvaluation: { records.append($0) })
    try trainer.restoreBestWeights()
    #expect(try #require(objective.validation()?.accuracy) > 0.9)
    let plot = LinePlot(
      title: "plants",
      curves: [.init(name: "train", points: records.map { (Double($0.step), $0.trainLoss) })])
    #expect(plot.terminalText().hasPrefix("plants: ⠒ train") && plot.svg().contains("<svg"))

    // Application to another table, in what could be another process.
    try withFolder { folder in
      let run = try RunFolder(creating: folder, task: "plants")
      try model.save(to: run.best)
      let saved = try JSONEncoder().encode(encoder)

      let copy = makeModel()
      try copy.load(from: run.best)
      let other = try plants(100, seed: 9)
      let sameEncoder = try JSONDecoder().decode(FeatureEncoder.self, from: saved)
      let fresh = SupervisedData.Examples(
        features: try sameEncoder.features(of: other, rows: Array(0..<other.rowCount)),
        columns: sameEncoder.width, targets: try encoding.targets(of: other, column: "species"))
      let evaluation = SupervisedObjective(copy, data: data).evaluation(of: fresh)
      #expect(try #require(evaluation.accuracy) > 0.9)
    }
  }

  @Test func aTableInOneCall() throws {
    let data = try SupervisedData(table: plants(200, seed: 4), target: "length", seed: 1)
    #expect(data.target.kind == .regression)
    let model = withRandomSeed(1) { MLP([data.training.columns, 8, 1]) }
    let (x, y) = data.training.tensors
    let result = try fit(model, x, y, validation: data.validation.tensors, epochs: 3)
    #expect(result.history.count == 3 && result.validation?.r2 != nil)
  }

  @Test func aTableAcrossFolds() throws {
    let table = try plants(120, seed: 6)
    let target = try TargetColumn(of: table, named: "species")
    let folds = Folds(of: table.rowCount, count: 3, stratifiedBy: target.classes)
    let result = try crossValidate(folds) { fold in
      let data = try SupervisedData(table: table, target: "species", split: fold)
      let model = withRandomSeed(1) { MLP([data.training.columns, 16, data.target.outputs]) }
      let (x, y) = data.training.tensors
      try fit(model, x, y, epochs: 40)
      return SupervisedObjective(model, data: data).evaluation(of: data.validation)
    }
    #expect(result.evaluations.count == 3)
    #expect(try #require(result.accuracy).mean > 0.8)
  }

  /// What `train fit text`, `train sample` and `train find-rate` do.
  @Test func aTextAndASampleOfIt() throws {
    let data = try TextData(String(repeating: "abcd", count: 100), file: "text", validation: 0.1)
    let model = withRandomSeed(1) {
      GPT(
        .init(
          vocabularySize: data.vocabulary.count, contextLength: 8, layers: 1, heads: 2, width: 16))
    }
    let objective = LanguageModelObjective(model, data: data)
    let range = findLearningRate(
      of: objective, optimizer: AdamW(model.parameters), batchSize: 4, rates: 1e-5...1, steps: 40)
    let rate = try #require(range.suggestion)
    #expect(range.plot(title: "text").svg().contains("<svg"))
    let trainer = Trainer(
      objective, optimizer: AdamW(model.parameters, learningRate: rate),
      options: TrainerOptions(
        steps: 150, batchSize: 8, schedule: WarmupCosine(peak: 0.01, warmup: 10, total: 150),
        sampling: .withReplacement(stepsPerEpoch: 50)))
    try trainer.run()
    #expect(try #require(trainer.history.last?.validationLoss) < 0.3)
    var generator = RandomGenerator(seed: 1)
    let tokens = model.generate(
      from: try data.vocabulary.tokens(of: "ab"), count: 6, options: .greedy, using: &generator)
    #expect(data.vocabulary.text(of: tokens) == "cdabcd")
  }

  /// The state of a custom loop besides the model and the optimizer.
  private struct LoopState: Codable {
    var epoch = 0
    var generator = RandomGenerator(seed: 7)
  }

  @Test func aLoopOfOnesOwn() throws {
    let data = try SupervisedData(table: plants(200, seed: 5), target: "species", seed: 1)
    let (x, y) = data.training.tensors
    let model = withRandomSeed(2) { MLP([data.training.columns, 16, 3], activation: .tanh) }
    let optimizer = AdamW(model.parameters, learningRate: 0.01)
    try withFolder { folder in
      let checkpoint = try RunFolder(creating: folder, task: "plants").checkpoint
      var state = LoopState()
      for _ in 0..<15 {
        let loader = DataLoader(x, y, batchSize: 20, shuffle: state.generator.split(), prefetch: 2)
        for (x, y) in loader {
          let (_, gradients) = valueWithGradients(for: optimizer.parameters) {
            crossEntropy(model(x), labels: y)
          }
          optimizer.step(gradients)
        }
        state.epoch += 1
        try Checkpoint.save(to: checkpoint, model: model, optimizer: optimizer, state: state)
      }
      let copy = MLP([data.training.columns, 16, 3], activation: .tanh)
      let loaded = try Checkpoint.load(
        from: checkpoint, into: copy, AdamW(copy.parameters, learningRate: 0.01),
        as: LoopState.self)
      #expect(loaded.epoch == 15 && loaded.generator == state.generator)
      let accuracy = SupervisedObjective(copy, data: data).validation()?.accuracy
      #expect(try #require(accuracy) > 0.9)
    }
  }

  /// The library leaves signals, standard input and the command line to the program that embeds it,
  /// and does without Foundation, which would be most of a static program.
  @Test(arguments: ["Tensor", "Autograd", "NN", "Optim", "Training", "Adjoint"])
  func theLibraryLeavesTheProcessAlone(module: String) throws {
    let folder = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../Sources/\(module)").standardizedFileURL
    let files = try #require(FileManager.default.enumerator(atPath: folder.path))
      .compactMap { $0 as? String }.filter { $0.hasSuffix(".swift") }
    #expect(!files.isEmpty)
    for file in files {
      let source = try String(contentsOf: folder.appending(path: file), encoding: .utf8)
      for word in [
        " signal(", "sigaction(", "CommandLine.", "readLine(", "isatty(", "import Foundation",
      ] {
        #expect(!source.contains(word), "\(module)/\(file): \(word)")
      }
    }
  }
}
