import TestSupport
import Testing

struct SupervisedDataTests {
  struct Choice: Sendable {
    let values: [String]
    var asked: TargetKind?
    let target: TargetEncoding?
    var error: String?
  }

  private static let text = (0..<20).map { $0 % 2 == 0 ? "yes" : "no" }
  private static let whole = (0..<20).map { String($0 % 3 + 9) }
  private static let manyWhole = (0..<42).map { String($0 % 21) }
  private static let fractions = (0..<20).map { String(Double($0 % 4) + 0.5) }

  @Test(arguments: [
    Choice(values: text, target: .classes(["no", "yes"])),
    // Numbers are ordered as numbers, and 1.0 is 1.
    Choice(values: whole, target: .classes(["9", "10", "11"])),
    Choice(
      values: ["1", "1.0", "2", "2e0", "1", "2", "1", "1", "2", "2"], target: .classes(["1", "2"])),
    Choice(values: manyWhole, target: nil),
    Choice(values: fractions, target: nil),
    Choice(
      values: fractions, asked: .classification, target: .classes(["0.5", "1.5", "2.5", "3.5"])),
    Choice(values: whole, asked: .regression, target: nil),
    Choice(
      values: text, asked: .regression, target: nil,
      error: "t.csv:2: column 'y': 'yes' is not a number, as a regression needs"),
    Choice(
      values: (0..<20).map { "n\($0)" }, target: nil,
      error: "t.csv: column 'y' has 20 different values in 20 rows, too many for classes: "
        + "'n0' in line 2 is not a number"),
    Choice(
      values: (0..<20).map { "\($0)" }, asked: .classification, target: nil,
      error: "t.csv: column 'y' has 20 different values in 20 rows, too many for classes"),
    Choice(
      values: Array(repeating: "yes", count: 10), target: nil,
      error: "t.csv: column 'y' is 'yes' in every row; there is nothing to predict"),
    Choice(
      values: Array(repeating: "1", count: 10), target: nil,
      error: "t.csv: column 'y' is '1' in every row; there is nothing to predict"),
    Choice(
      values: Array(repeating: "0.5", count: 10), target: nil,
      error: "t.csv: column 'y' is '0.5' in every row; there is nothing to predict"),
    Choice(
      values: text + [""], target: nil, error: "t.csv:22: column 'y' has no value"),
    Choice(
      values: whole + ["1e999"], target: nil,
      error: "t.csv:22: column 'y': '1e999' is not a finite number"),
    Choice(
      values: Array(text.prefix(9)), target: nil, error: "t.csv: 9 rows; at least 10 are needed"),
  ])
  func choosesTheKindByTheTarget(_ choice: Choice) throws {
    let lines = choice.values.enumerated().map { "\($0.offset % 7),\($0.element)" }
    let table = try table("x,y", lines)
    let data = { try SupervisedData(table: table, target: "y", kind: choice.asked, seed: 1) }
    if let error = choice.error {
      #expect(throws: TrainingError.data(error)) { try data() }
      return
    }
    let made = try data()
    if let target = choice.target {
      #expect(made.target == target)
    } else {
      #expect(made.target.kind == .regression)
    }
    #expect(made.notes.count == 1 && made.notes[0].contains(made.target.kind.rawValue))
  }

  struct Rejection: Sendable {
    let header: String
    let line: String
    let message: String
  }

  @Test(arguments: [
    Rejection(
      header: "x,y", line: "1e999,a",
      message: "t.csv:12: column 'x': '1e999' is not a finite number"),
    Rejection(
      header: "x,y", line: "-inf,a", message: "t.csv:12: column 'x': '-inf' is not a finite number"),
    Rejection(
      header: "x,species", line: "1,a", message: "t.csv:1: no column 'y'; there are: x, species"),
    Rejection(header: "y1,x", line: "1,a", message: "t.csv:1: no column 'y'; there are: y1, x"),
  ])
  func errorsNameTheLine(_ rejection: Rejection) throws {
    let lines = (0..<10).map { "\($0),\($0 % 2 == 0 ? "a" : "b")" } + [rejection.line]
    let table = try table(rejection.header, lines)
    #expect(throws: TrainingError.data(rejection.message)) {
      try SupervisedData(table: table, target: "y", seed: 0)
    }
  }

  @Test func suggestsTheNearestTarget() throws {
    let table = try table("length,species", ["1,a"], count: 10)
    #expect(throws: TrainingError.data("t.csv:1: no column 'specis'; did you mean 'species'?")) {
      try SupervisedData(table: table, target: "specis", seed: 0)
    }
  }

  @Test func leavesOutAColumnWithoutAnyValue() throws {
    let table = try table("x,z,y", ["1,?,a", "2,,b"], count: 12)
    var notes: [String] = []
    let encoder = try FeatureEncoder(
      fitting: table, target: "y", rows: Array(0..<table.rowCount), notes: &notes)
    #expect(encoder.width == 1)
    #expect(notes == ["column 'z' is not used: it has no value in any row"])
  }

  @Test func rejectsATableWithNothingToLearnFrom() throws {
    let table = try table("x,y", ["1,a", "1,b"], count: 12)
    #expect(throws: TrainingError.data("t.csv: no column to learn from is left beside 'y'")) {
      try SupervisedData(table: table, target: "y", seed: 0)
    }
  }

  @Test func regressionTargetsAreStandardizedByTheTrainingRows() throws {
    let table = try table("x,y", (0..<50).map { "\($0 % 7),\(Double($0) * 1.5 + 100.25)" })
    let data = try SupervisedData(table: table, target: "y", seed: 3)
    guard case .values(let values) = data.training.targets else {
      Issue.record("not a regression")
      return
    }
    let (mean, deviation) = meanAndDeviation(values.map(Double.init))
    #expect(abs(mean) < 1e-6 && abs(deviation - 1) < 1e-6)
    guard case .number(let center, _, _, _) = data.target else { return }
    #expect(center > 100 && center < 174)
  }

  @Test func theSeedDecidesTheSplit() throws {
    let table = try table("x,y", (0..<60).map { "\($0),\($0 % 2)" })
    let data = { (seed: UInt64) in try SupervisedData(table: table, target: "y", seed: seed) }
    #expect(try data(1).validation == data(1).validation)
    #expect(try data(1).fingerprint == data(1).fingerprint)
    #expect(try data(1).validation != data(2).validation)
    #expect(try data(1).fingerprint != data(2).fingerprint)
  }

  @Test func rowsWithoutATargetAreLeftOutOnDemand() throws {
    let lines = (0..<30).map {
      "\($0 % 7),\($0 % 10 == 4 ? ["", "?", "NA"][$0 / 10] : "\($0 % 2)")"
    }
    let all = try table("x,y", lines)
    #expect(throws: TrainingError.data("t.csv:6: column 'y' has no value")) {
      try SupervisedData(table: all, target: "y", seed: 1)
    }
    let data = try SupervisedData(table: all, target: "y", skippingMissingTargets: true, seed: 1)
    let without = try SupervisedData(
      table: table("x,y", lines.filter { "01".contains($0.last ?? "?") }), target: "y", seed: 1)
    #expect(data.skippedRows == 3 && without.skippedRows == 0)
    #expect(data.training == without.training && data.validation == without.validation)
    #expect(data.notes == ["3 rows without a value of 'y' are left out"] + without.notes)
    // Errors name the lines of the file, not of the rows that are left.
    let damaged = try table("x,y", lines + ["1e999,1"])
    #expect(throws: TrainingError.data("t.csv:32: column 'x': '1e999' is not a finite number")) {
      try SupervisedData(table: damaged, target: "y", skippingMissingTargets: true, seed: 1)
    }
    let few = try table("x,y", Array(lines.prefix(9)) + ["1,", "2,"])
    #expect(throws: TrainingError.data("t.csv: 8 rows with a target; at least 10 are needed")) {
      try SupervisedData(table: few, target: "y", skippingMissingTargets: true, seed: 1)
    }
  }

  @Test func aTestNeedsRows() throws {
    let pairs = try table("x,y", (0..<10).map { "\($0),\($0 / 2)" })
    #expect(
      throws: TrainingError.data(
        "t.csv: 10 rows are too few for these fractions; no test row is left")
    ) { try SupervisedData(table: pairs, target: "y", test: 0.2, seed: 1) }
  }

  /// Whatever stands in the rows to validate on, the features and targets to train on, and how they
  /// are encoded, stay the same.
  @Test func validationRowsDoNotChangeWhatIsTrainedOn() throws {
    let split: DataSplit = {
      var generator = RandomStream.trainingData.generator(seed: 3)
      return DataSplit(rows: 20, generator: &generator)
    }()
    func data(validation shift: Double) throws -> SupervisedData {
      let lines = (0..<20).map { row in
        let extra = split.validation.contains(row) ? shift : 0
        return "\(Double(row * row % 13) + 0.5 + extra),\(Double(row) / 7 + 0.25 + extra)"
      }
      return try SupervisedData(table: table("x,y", lines), target: "y", seed: 3)
    }
    let (plain, shifted) = try (data(validation: 0), data(validation: 1000))
    #expect(plain.training == shifted.training)
    #expect(plain.target == shifted.target && plain.encoder == shifted.encoder)
    #expect(plain.validation != shifted.validation)
    // The training rows, and not all rows, have mean 0 and deviation 1.
    for data in [plain, shifted] {
      guard case .values(let targets) = data.training.targets else {
        Issue.record("not a regression")
        return
      }
      for column in [data.training.features, targets] {
        let numbers = Tensor(column.map(Double.init), shape: [column.count])
        expectClose(numbers.mean().scalar(), 0, relative: 0, absolute: 1e-6)
        expectClose(numbers.standardDeviation(correction: 0).scalar(), 1, relative: 1e-5)
      }
    }
  }
}
