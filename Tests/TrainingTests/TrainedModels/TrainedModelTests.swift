import TestSupport
import Testing

/// A table of numbers with missing values, categories, and a target of classes or numbers.
private func table(_ target: (Int) -> String) throws -> CSVTable {
  let kinds = ["oak", "elm", "ash, white"]
  let lines = (0..<60).map { row in
    let height = row % 7 == 3 ? "?" : "\(Double(row * 13 % 17) / 2)"
    return "\(row * 37 % 23),\(height),\"\(kinds[row % 3])\",\(target(row))"
  }
  return try CSVTable(
    bytes: Array((["width,height,kind,size"] + lines).joined(separator: "\n").utf8), file: "t.csv")
}

/// A model of a table with the weights of a seed.
private func model(
  _ data: SupervisedData, loss: ClassificationLoss? = nil, _ text: String = "mlp(hidden=8)"
) throws -> TrainedModel {
  let description = try ModelDescription(
    task: "csv", model: ModelExpression(text), loss: loss,
    input: InputEncoding(data, targetName: "size"))
  return try TrainedModel(
    description, withRandomSeed(3) { description.model.make(description.shape) })
}

private func rows(_ table: CSVTable) -> [[String: ColumnValue]] {
  (0..<table.rowCount).map { row in
    Dictionary(
      uniqueKeysWithValues: (0..<table.columnCount).map {
        (table.names[$0], .text(table.text(row: row, column: $0)))
      })
  }
}

struct TrainedModelTests {
  private let classes = { (row: Int) in ["small", "large", "huge"][row * row % 3] }
  private let numbers = { (row: Int) in "\(Double(row) * 0.25 - 3)" }

  @Test func rowsArePredictedAsTheirTable() throws {
    let table = try table(classes)
    let data = try SupervisedData(table: table, target: "size", seed: 1)
    let model = try model(data)
    #expect(model.input == .row(columns: ["width", "height", "kind"]))
    #expect(model.classes == ["huge", "large", "small"] || model.classes.count == 2)
    let predictions = try model.predict(table)
    #expect(predictions.count == 60)
    // A row alone gives the bits of a row among others, as text and as numbers.
    for (row, values) in rows(table).enumerated() {
      var typed = values
      for name in ["width", "height"] {
        guard case .text(let text) = values[name] else { continue }
        typed[name] = Double(text).map(ColumnValue.number) ?? .missing
      }
      for one in [values, typed] {
        let prediction = try model.predict(one)
        #expect(prediction.label == predictions[row].label)
        for (a, b) in zip(prediction.probabilities, predictions[row].probabilities) {
          #expect(abs(a - b) < 1e-6)
        }
      }
    }
    // Against the layers, applied by hand.
    let features = try #require(data.encoder).features(of: table, rows: [5])
    let scores = model.outputs(Tensor(features, shape: [1, features.count]))
    let expected = softmax(scores).scalars(as: Double.self)
    #expect(predictions[5].classes == model.classes)
    for (probability, other) in zip(predictions[5].probabilities, expected) {
      #expect(abs(probability - other) < 1e-6)
    }
    #expect(predictions[5][predictions[5].label] == predictions[5].probability)
    #expect(predictions[5]["none"] == nil)
  }

  @Test func numbersAreInTheUnitOfTheTarget() throws {
    let table = try table(numbers)
    let data = try SupervisedData(table: table, target: "size", seed: 1)
    let model = try model(data)
    guard case .number(let mean, let deviation, _, _) = data.target else {
      Issue.record("not a regression")
      return
    }
    let output = model.outputs(data.validation.inputs)[0, 0].scalar()
    let split = try model.predict(table).compactMap(\.value)
    #expect(split.contains { abs($0 - (output * deviation + mean)) < 1e-5 })
    let report = try model.evaluate(table)
    let truth = (0..<60).map { Double($0) * 0.25 - 3 }
    let errors = zip(split, truth).map { $0 - $1 }
    let absolute = errors.reduce(0) { $0 + abs($1) } / 60
    let squared = errors.reduce(0) { $0 + $1 * $1 } / 60
    #expect(abs(try #require(report.meanAbsoluteError) - absolute) < 1e-5)
    #expect(abs(try #require(report.rootMeanSquaredError) - squared.squareRoot()) < 1e-5)
    let average = truth.reduce(0, +) / 60
    let spread = truth.reduce(0) { $0 + ($1 - average) * ($1 - average) } / 60
    #expect(abs(try #require(report.r2) - (1 - squared / spread)) < 1e-5)
    #expect(abs(report.loss - squared) < 1e-4)
    #expect(report.count == 60 && report.accuracy == nil && report.classes == nil)
  }

  @Test func theReportOfAClassifierCountsItsPredictions() throws {
    let table = try table { $0 % 5 < 3 ? "yes" : "no" }
    let data = try SupervisedData(table: table, target: "size", seed: 1)
    for loss in [ClassificationLoss.crossEntropy, .hinge] {
      let model = try model(data, loss: loss)
      let report = try model.evaluate(table)
      let predictions = try model.predict(table)
      let isPositive = (0..<60).map { $0 % 5 < 3 }
      let predicted = predictions.map { $0.label == "yes" }
      var counts = [[0, 0], [0, 0]]
      for (actual, found) in zip(isPositive, predicted) {
        counts[actual ? 1 : 0][found ? 1 : 0] += 1
      }
      #expect(report.confusion == counts)
      #expect(report.accuracy == Double(counts[0][0] + counts[1][1]) / 60)
      let yes = try #require(report.classes?[1])
      #expect(yes.name == "yes" && yes.count == 36)
      #expect(yes.recall == Double(counts[1][1]) / 36)
      // The area under the curve is the probability that a positive example has a greater score.
      let scores = predictions.map { $0.score ?? $0["yes"] ?? .nan }
      var wins = 0.0
      for (positive, a) in zip(isPositive, scores) where positive {
        for (other, b) in zip(isPositive, scores) where !other {
          wins += a > b ? 1 : a == b ? 0.5 : 0
        }
      }
      #expect(abs(try #require(report.rocAUC) - wins / (36 * 24)) < 1e-3)
      #expect(predictions.allSatisfy { ($0.score == nil) == (loss == .crossEntropy) })
    }
  }

  @Test func whatDoesNotFitIsNamed() throws {
    let table = try table(classes)
    let model = try model(SupervisedData(table: table, target: "size", seed: 1))
    let row: [String: ColumnValue] = ["width": 3, "height": nil, "kind": "oak"]
    _ = try model.predict(row)
    // A category that is not known is encoded as none of them.
    var other = row
    other["kind"] = "fir"
    #expect(try model.predict(other) != model.predict(row))
    let failures: [([String: ColumnValue], String)] = [
      (
        ["widht": 3, "height": nil, "kind": "oak"],
        "no value for the column 'width'; did you mean 'widht'?"
      ),
      (["width": "wide", "height": 1, "kind": "oak"], "column 'width': 'wide' is not a number"),
      (
        ["width": .number(.infinity), "height": 1, "kind": "oak"],
        "column 'width': inf is not a finite number"
      ),
    ]
    for (row, message) in failures {
      #expect(throws: TrainingError.data(message)) { try model.predict(row) }
    }
    #expect(throws: TrainingError.data("a model of the task csv takes rows of a table, not a text"))
    {
      try model.predict(text: "oak")
    }
    #expect(
      throws: TrainingError.data("a model of the task csv takes rows of a table, not an image")
    ) { try model.predict(image: Tensor.zeros([2, 2])) }
    #expect(try model.predict([[String: ColumnValue]]()).isEmpty)
  }

  @Test func oneFileHoldsAllThatAModelNeeds() throws {
    let table = try table(classes)
    let model = try model(SupervisedData(table: table, target: "size", seed: 1))
    try withTemporaryFolder { folder in
      let path = folder + "/m.safetensors"
      try model.write(to: path)
      let read = try TrainedModel(contentsOf: path)
      #expect(read.task == "csv" && read.input == model.input && read.classes == model.classes)
      #expect(try read.predict(table) == model.predict(table))
      #expect(try read.evaluate(table) == model.evaluate(table))
      // Weights alone are not enough, and damage is found.
      try model.module.save(to: path)
      #expect(
        throws: TrainingError.data(
          "\(path): holds weights alone; train export --format adjoint writes a model")
      ) { try TrainedModel(contentsOf: path) }
      #expect(throws: TrainingError.self) { try TrainedModel(contentsOf: folder) }
      #expect(throws: TrainingError.self) { try TrainedModel(contentsOf: folder + "/none") }
    }
  }

  @Test func manyThreadsPredictAtOnce() async throws {
    let table = try table(classes)
    let model = try model(SupervisedData(table: table, target: "size", seed: 1))
    let rows = rows(table)
    let expected = try rows.map { try model.predict($0) }
    let found = try await withThrowingTaskGroup(of: [Prediction].self) { group in
      for _ in 0..<8 { group.addTask { try rows.map { try model.predict($0) } } }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(found.count == 8 && found.allSatisfy { $0 == expected })
  }

  @Test func textsArePredictedCharacterByCharacter() throws {
    let vocabulary = Vocabulary("abcd".unicodeScalars)
    let description = try ModelDescription(
      task: "text", model: ModelExpression("gpt(layers=1, heads=2, width=8)"), loss: nil,
      input: InputEncoding(vocabulary, context: 6))
    let model = try TrainedModel(description, withRandomSeed(1) { description.makeModel() })
    #expect(model.input == .text(length: 6) && model.classes == ["a", "b", "c", "d"])
    let gpt = try #require(model.languageModel)
    // The model sees the last six characters.
    let tokens = try vocabulary.tokens(of: "cabdab")
    let scores = gpt(Tensor(tokens, shape: [1, 6]))[0, -1]
    let prediction = try model.predict(text: "dddcabdab")
    let expected = softmax(scores).scalars(as: Double.self)
    for (a, b) in zip(prediction.probabilities, expected) { #expect(abs(a - b) < 1e-6) }
    #expect(prediction.label == model.classes[Int(scores.argmax(along: 0).scalar())])
    #expect(throws: TrainingError.self) { try model.predict(text: "abx") }
    #expect(throws: TrainingError.self) { try model.predict(text: "") }
    // Two characters are enough to evaluate on, although the model could see more.
    let report = try model.evaluate(text: "ab")
    let loss = crossEntropy(
      gpt(Tensor([0], shape: [1, 1], dtype: .int32)).reshaped(to: [1, 4]),
      labels: Tensor([1], shape: [1], dtype: .int32))
    #expect(abs(report.loss - loss.scalar()) < 1e-6)
    #expect(abs(try #require(report.perplexity) / exp(Tensor(report.loss)).scalar() - 1) < 1e-6)
  }
}
