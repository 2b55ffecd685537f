import TestSupport
import Testing
import Training

@testable import Train

/// The part of the data that `--test` keeps apart has no influence on the weights, and is evaluated
/// with the best of them.
struct TestRowsTests {
  /// A table to tell classes or numbers from, with other values in some rows.
  private static func table(
    _ target: (Int) -> String, changing rows: Set<Int> = [], _ changed: (String) -> String = { $0 }
  ) -> String {
    let lines = (0..<80).map { row in
      let isChanged = rows.contains(row)
      let target = isChanged ? changed(target(row)) : target(row)
      return "\(isChanged ? "1e5" : "\(Double(row * row % 17) + 0.5)"),"
        + "\(isChanged ? "ultraviolet" : ["red", "blue"][row % 2]),\(target)"
    }
    return (["size,color,y"] + lines).joined(separator: "\n")
  }

  private static func number(_ row: Int) -> String {
    "\(Double(row * row % 17) * 2 + Double(row % 2) + 0.25)"
  }

  private static func label(_ row: Int) -> String { row * row % 17 < 8 ? "small" : "large" }

  /// The rows that a run with seed 1 keeps apart.
  private static func testRows(_ text: String) throws -> Set<Int> {
    let table = try CSVTable(bytes: Array(text.utf8), file: "t.csv")
    let target = try TargetColumn(of: table, named: "y")
    var generator = RandomStream.trainingData.generator(seed: 1)
    let split = DataSplit(
      rows: 80, classes: target.classes, validation: 0.2, test: 0.1, generator: &generator)
    return Set(split.test)
  }

  private static func summary(_ line: String, in path: String) throws -> RunSummary {
    try FitLine(line).summary(in: path)
  }

  @Test(arguments: [true, false]) func rowsOfATableDoNotLeak(isRegression: Bool) throws {
    try withTemporaryFolder { folder in
      let target = isRegression ? Self.number : Self.label
      let rows = try Self.testRows(Self.table(target))
      #expect(rows.count == 8)
      var summaries: [RunSummary] = []
      for (name, changed) in [("plain", []), ("changed", rows)] {
        let text = Self.table(target, changing: changed) { isRegression ? "-1e6" : $0 }
        try FileAccess.write(text, to: "\(folder)/\(name).csv")
        summaries.append(
          try Self.summary(
            "csv --data \(folder)/\(name).csv --target y --test 0.1 --epochs 5",
            in: "\(folder)/\(name)"))
      }
      // The checkpoint holds the weights, the state of the optimizer and the early stopping.
      for file in ["best.safetensors", "checkpoint.safetensors", "metrics.jsonl"] {
        let bytes = try ["plain", "changed"].map { try FileAccess.read("\(folder)/\($0)/\(file)") }
        #expect(bytes[0] == bytes[1], "\(file)")
      }
      #expect(summaries[0].validationLoss == summaries[1].validationLoss)
      #expect(summaries[0].testLoss != nil && summaries[0].testLoss != summaries[1].testLoss)
      #expect((summaries[0].testR2 == nil) == !isRegression)
      #expect((summaries[0].testAccuracy == nil) == isRegression)
    }
  }

  @Test func theTailOfATextDoesNotLeak() throws {
    try withTemporaryFolder { folder in
      let body = String(repeating: "to be or not to be, ", count: 40)
      for (name, tail) in [("plain", "to be, "), ("changed", "be not QX")] {
        // The test begins with the last character of the body.
        let text = body + String(repeating: tail, count: 20).prefix(88)
        try FileAccess.write(text, to: "\(folder)/\(name).txt")
      }
      let losses = try ["plain", "changed"].map { name in
        try Self.summary(
          "text --data \(folder)/\(name).txt --steps 12 --layers 1 --width 16 --context 8"
            + " --evaluate-every 6 --test 0.1", in: "\(folder)/\(name)"
        ).testLoss
      }
      for file in ["best.safetensors", "checkpoint.safetensors", "metrics.jsonl"] {
        let bytes = try ["plain", "changed"].map { try FileAccess.read("\(folder)/\($0)/\(file)") }
        #expect(bytes[0] == bytes[1], "\(file)")
      }
      #expect(losses[0] != nil && losses[0] != losses[1])
    }
  }

  @Test func imagesKeptApartDoNotChangeTheScaleOfPixels() throws {
    try withTemporaryFolder { folder in
      func write(brightening rows: Set<Int>, to path: String) throws {
        for (part, count) in [("train", 100), ("t10k", 20)] {
          var images: [UInt8] = [0, 0, 8, 3, 0, 0, 0, UInt8(count), 0, 0, 0, 2, 0, 0, 0, 2]
          var labels: [UInt8] = [0, 0, 8, 1, 0, 0, 0, UInt8(count)]
          for row in 0..<count {
            let isBright = part == "train" && rows.contains(row)
            images += (0..<4).map { isBright ? 255 : UInt8((row * 7 + $0 * 13) % 100) }
            labels.append(UInt8(row % 4))
          }
          try FileAccess.write(images, to: "\(path)/\(part)-images-idx3-ubyte")
          try FileAccess.write(labels, to: "\(path)/\(part)-labels-idx1-ubyte")
        }
      }
      try write(brightening: [], to: folder)
      let plain = try IDXFolder(folder).data(test: 0.2, seed: 3)
      let test = try #require(plain.test)
      #expect(plain.training.rows == 80 && plain.validation.rows == 20 && test.rows == 20)
      guard case .classes(let labels) = test.targets else {
        Issue.record("not classes")
        return
      }
      // Each class gives its share.
      #expect((0..<4).allSatisfy { label in labels.count { $0 == label } == 5 })
      var generator = RandomStream.trainingData.generator(seed: 3)
      let split = DataSplit(
        rows: 100, classes: (0..<100).map { $0 % 4 }, validation: 0.2, generator: &generator)
      try write(brightening: Set(split.validation), to: folder)
      let bright = try IDXFolder(folder).data(test: 0.2, seed: 3)
      #expect(bright.training == plain.training && bright.validation == plain.validation)
      #expect(bright.pixels == plain.pixels && bright.test != plain.test)
    }
  }

  @Test(arguments: ["spirals", "moons", "xor", "sine", "glyphs", "recall", "addition --digits 2"])
  func generatedTestExamplesAreNewAndLeaveTheOthersAsTheyAre(_ line: String) throws {
    func data(_ options: String) throws -> SupervisedData {
      guard case .examples(let data) = try FitLine(line + options).assignment().data else {
        throw TrainingError.data("not examples")
      }
      return data
    }
    let (plain, tested) = try (data(""), data(" --test 0.01"))
    let test = try #require(tested.test)
    #expect(plain.test == nil && plain.validation == tested.validation)
    let total = tested.training.rows + tested.validation.rows
    #expect(test.rows == Int((Double(total) / 100).rounded()))
    #expect(try data(" --test 0.01").test == test)
    let row = { (examples: SupervisedData.Examples, index: Int) in
      Array(examples.features.dropFirst(index * examples.columns).prefix(examples.columns))
    }
    let features = tested.training.features
    for index in 0..<min(test.rows, 3) {
      let wanted = row(test, index)
      #expect(
        !stride(from: 0, to: features.count, by: test.columns).contains { start in
          features[start..<start + test.columns].elementsEqual(wanted)
        })
    }
    // Sums leave out the pairs of the test; all other tasks draw it from a stream of its own.
    if !line.hasPrefix("addition") { #expect(plain.training == tested.training) }
  }

  @Test func theBestWeightsAreEvaluatedOnEachPart() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/run"
      let run = try FitLine("moons --steps 60 --hidden 4 --test 0.1").start(in: path)
      guard case .finished(let summary) = try run.train(isInterrupted: { false }) else {
        Issue.record("not finished")
        return
      }
      let model = try TrainedModel(contentsOf: path)
      let losses = [summary.trainLoss, summary.validationLoss, summary.testLoss]
      for (part, loss) in zip(TaskData.Part.allCases, losses) {
        let report = try #require(try run.data.evaluation(of: model, on: part))
        #expect(report.loss == loss)
      }
      let text = RunReport.end(of: run, summary)
      #expect(text.contains("\ntest        accuracy ") && text.contains(", on 150 rows\n"))
      let page = try FileAccess.readText(path + "/report.html")
      #expect(page.contains("test loss") && page.contains("test accuracy"))
      let plain = try FitLine("moons").assignment().data
      #expect(try plain.evaluation(of: model, on: .test) == nil)
    }
  }

  @Test func somethingIsLeftToTrainOn() {
    #expect(
      throws: UsageError("--test: 0.5 and --validation 0.5 leave nothing to train on")
    ) { try FitLine("csv --data t.csv --target y --test 0.5 --validation 0.5").assignment() }
  }

  @Test func rowsWithoutATargetNeedAnOption() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/t.csv"
      let text = Self.table(Self.label) + "\n1,red,\n2,blue,?\n"
      try FileAccess.write(text, to: path)
      let line = "csv --data \(path) --target y --epochs 2"
      #expect(
        throws: TrainingError.data(
          "\(path):82: column 'y' has no value; --skip-missing-targets leaves such rows out")
      ) { try FitLine(line).assignment() }
      let run = try FitLine(line + " --skip-missing-targets").start(in: folder + "/run")
      guard case .finished(let summary) = try run.train(isInterrupted: { false }) else {
        Issue.record("not finished")
        return
      }
      #expect(summary.skippedRows == 2)
      #expect(RunReport.start(of: run).contains("2 rows without a value of 'y' are left out"))
      #expect(RunReport.end(of: run, summary).contains("left out    2 rows without a target\n"))
      // A run that left them out leaves them out again.
      _ = try TrainingRun(resuming: RunFolder(existing: folder + "/run"))
    }
  }
}
