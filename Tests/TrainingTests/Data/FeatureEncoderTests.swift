import TestSupport
import Testing
import Training

/// A table with the given header and lines, repeated to make `count` rows.
private func table(_ header: String, _ lines: [String], count: Int? = nil) throws -> CSVTable {
  let rows = (0..<(count ?? lines.count)).map { lines[$0 % lines.count] }
  return try CSVTable(bytes: Array(([header] + rows).joined(separator: "\n").utf8), file: "t.csv")
}

private func fit(_ table: CSVTable) throws -> (encoder: FeatureEncoder, notes: [String]) {
  var notes: [String] = []
  let encoder = try FeatureEncoder(
    fitting: table, target: table.columnCount - 1, rows: Array(0..<table.rowCount), notes: &notes)
  return (encoder, notes)
}

struct FeatureEncoderTests {
  @Test func standardisesNumbersAndMarksMissingOnes() throws {
    let table = try table("x,y", ["1,a", "3,a", "?,a", "3,a", "1,a"])
    let (encoder, _) = try fit(table)
    #expect(encoder.columns.map(\.encoding) == [.number(mean: 2, deviation: 1, marksMissing: true)])
    #expect(
      try encoder.features(of: table, rows: [0, 1, 2, 3]) == [-1, 0, 1, 0, 0, 1, 1, 0])
  }

  @Test func statisticsComeFromTheTrainingRowsAlone() throws {
    let table = try table("x,c,y", ["1,u,a", "3,v,a", "1000,w,a", "?,,a"])
    var notes: [String] = []
    let encoder = try FeatureEncoder(fitting: table, target: 2, rows: [0, 1], notes: &notes)
    #expect(
      encoder.columns.map(\.encoding) == [
        .number(mean: 2, deviation: 1, marksMissing: false), .oneHot(categories: ["u", "v"]),
      ])
    // Far outside, the feature stays within its bounds; what training has not seen is all zeros.
    #expect(try encoder.features(of: table, rows: [2, 3]) == [10, 0, 0, 0, 0, 0])
  }

  @Test func oneHotGivesMissingValuesASlotIfTheyWereSeen() throws {
    let table = try table("c,y", ["red,a", "NA,a", "blue,a", "red,a"])
    let (encoder, _) = try fit(table)
    #expect(encoder.columns.map(\.encoding) == [.oneHot(categories: ["", "blue", "red"])])
    #expect(try encoder.features(of: table, rows: [0, 1]) == [0, 0, 1, 1, 0, 0])
  }

  @Test func manyCategoriesBecomeRanksByFrequency() throws {
    let limit = FeatureEncoder.oneHotLimit
    // Category k occurs k + 1 times, so the last is the most frequent; the missing value ranks last.
    var lines = (0...limit).flatMap { k in Array(repeating: "k\(k),a", count: k + 1) }
    lines.append("?,a")
    let table = try table("c,y", lines)
    let (encoder, _) = try fit(table)
    guard case .rank(let categories, let mean, let deviation) = encoder.columns[0].encoding else {
      Issue.record("not a rank: \(encoder.columns)")
      return
    }
    #expect(categories == (0...limit).reversed().map { "k\($0)" })
    let features = try encoder.features(of: table, rows: [0, lines.count - 2, lines.count - 1])
    let expected = [Double(limit), 0, Double(limit + 1)].map { Float(($0 - mean) / deviation) }
    #expect(features == expected)
  }

  struct Drop: Sendable {
    let column: String
    let values: [String]
    let note: String?
  }

  @Test(arguments: [
    Drop(
      column: "k", values: Array(repeating: "7", count: 12),
      note: "it has one value in all training rows"),
    Drop(
      column: "k", values: Array(repeating: "x", count: 12),
      note: "it has one value in all training rows"),
    Drop(column: "name", values: (0..<12).map { "n\($0)" }, note: "its text differs in every row"),
    Drop(column: "id", values: (0..<12).map { "\($0 + 5)" }, note: "it counts the rows"),
    Drop(column: "", values: (0..<12).map { "\($0)" }, note: "it counts the rows"),
    Drop(column: "year", values: (0..<12).map { "\($0 + 1990)" }, note: nil),
    Drop(column: "id", values: (0..<12).map { "\($0 * $0)" }, note: nil),
  ])
  func dropsColumnsThatSayNothing(_ drop: Drop) throws {
    let lines = drop.values.enumerated().map { "\($0.element),\($0.offset % 3),a" }
    let (encoder, notes) = try fit(try table("\(drop.column),x,y", lines))
    #expect(encoder.columns.map(\.name) == (drop.note == nil ? [drop.column, "x"] : ["x"]))
    #expect(notes == drop.note.map { ["column '\(drop.column)' is not used: \($0)"] } ?? [])
  }

  @Test func saysWhichTextMakesNumbersACategory() throws {
    let lines = (0..<20).map { "\($0 == 13 ? "abc" : String($0 % 5)),a" }
    let (_, notes) = try fit(try table("x,y", lines))
    #expect(notes == ["column 'x' is read as text, for 'abc' in line 15 is not a number"])
  }

  @Test func appliesToOtherFilesByName() throws {
    let (encoder, _) = try fit(try table("x,c,y", ["1,u,a", "3,v,a"]))
    let other = try table("y,c,x", ["?,v,2"])
    #expect(try encoder.features(of: other, rows: [0]) == [0, 0, 1])
    let misspelt = try table("X1,c", ["1,v"])
    #expect(throws: TrainingError.data("t.csv: there is no column 'x'; there are: X1, c")) {
      try encoder.features(of: misspelt, rows: [0])
    }
    let text = try table("x,c", ["1,v", "one,v"])
    #expect(throws: TrainingError.data("t.csv:3: column 'x': 'one' is not a number")) {
      try encoder.features(of: text, rows: [0, 1])
    }
  }

  @Test func hugeNumbersDoNotOverflow() throws {
    let (encoder, _) = try fit(try table("x,y", ["1e308,a", "-1e308,a", "1.5e308,a"]))
    let features = try encoder.features(
      of: try table("x,y", ["1e308,a", "-1.7e308,a"]), rows: [0, 1])
    #expect(features.allSatisfy { $0.isFinite })
    #expect(features[0] > 0 && features[1] < 0)
  }

  @Test func constantColumnsStayConstantInSpiteOfRounding() {
    #expect(meanAndDeviation(Array(repeating: 0.1, count: 7)) == (0.1, 0))
    #expect(meanAndDeviation([]) == (0, 0))
    #expect(meanAndDeviation([1, 2, 3, 4]) == (2.5, 1.25.squareRoot()))
  }
}

struct TabularDataTests {
  struct Choice: Sendable {
    let values: [String]
    var asked: TaskKind?
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
      error: "t.csv:2: column 'y': 'yes' is not a number, as regression needs"),
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
    let data = { try TrainingData(table: table, target: "y", kind: choice.asked, seed: 1) }
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
  func rejectsWithThePlace(_ rejection: Rejection) throws {
    let lines = (0..<10).map { "\($0),\($0 % 2 == 0 ? "a" : "b")" } + [rejection.line]
    let table = try table(rejection.header, lines)
    #expect(throws: TrainingError.data(rejection.message)) {
      try TrainingData(table: table, target: "y", seed: 0)
    }
  }

  @Test func suggestsTheNearestTarget() throws {
    let table = try table("length,species", ["1,a"], count: 10)
    #expect(throws: TrainingError.data("t.csv:1: no column 'specis'; did you mean 'species'?")) {
      try TrainingData(table: table, target: "specis", seed: 0)
    }
  }

  @Test func rejectsAColumnWithoutAnyValue() throws {
    let table = try table("x,z,y", ["1,?,a", "2,,b"], count: 12)
    #expect(throws: TrainingError.data("t.csv:1: column 'z' has no value in any row")) {
      try TrainingData(table: table, target: "y", seed: 0)
    }
  }

  @Test func rejectsATableWithNothingToLearnFrom() throws {
    let table = try table("x,y", ["1,a", "1,b"], count: 12)
    #expect(throws: TrainingError.data("t.csv: no column to learn from is left beside 'y'")) {
      try TrainingData(table: table, target: "y", seed: 0)
    }
  }

  @Test func regressionTargetsAreStandardisedByTheTrainingRows() throws {
    let table = try table("x,y", (0..<50).map { "\($0 % 7),\(Double($0) * 1.5 + 100.25)" })
    let data = try TrainingData(table: table, target: "y", seed: 3)
    guard case .values(let values) = data.training.targets else {
      Issue.record("not a regression")
      return
    }
    let (mean, deviation) = meanAndDeviation(values.map(Double.init))
    #expect(abs(mean) < 1e-6 && abs(deviation - 1) < 1e-6)
    guard case .number(let center, _) = data.target else { return }
    #expect(center > 100 && center < 174)
  }

  @Test func theSeedDecidesTheSplit() throws {
    let table = try table("x,y", (0..<60).map { "\($0),\($0 % 2)" })
    let data = { (seed: UInt64) in try TrainingData(table: table, target: "y", seed: seed) }
    #expect(try data(1).validation == data(1).validation)
    #expect(try data(1).fingerprint == data(1).fingerprint)
    #expect(try data(1).validation != data(2).validation)
    #expect(try data(1).fingerprint != data(2).fingerprint)
  }
}
