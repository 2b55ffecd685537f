import TestSupport
import Testing

private func fit(_ table: CSVTable) throws -> (encoder: FeatureEncoder, notes: [String]) {
  var notes: [String] = []
  let encoder = try FeatureEncoder(
    fitting: table, target: table.names[table.columnCount - 1], rows: Array(0..<table.rowCount),
    notes: &notes)
  return (encoder, notes)
}

struct FeatureEncoderTests {
  @Test func standardizesNumbersAndMarksMissingOnes() throws {
    let table = try table("x,y", ["1,a", "3,a", "?,a", "3,a", "1,a"])
    let (encoder, _) = try fit(table)
    #expect(encoder.columns.map(\.encoding) == [.number(mean: 2, deviation: 1, marksMissing: true)])
    #expect(
      try encoder.features(of: table, rows: [0, 1, 2, 3]) == [-1, 0, 1, 0, 0, 1, 1, 0])
  }

  @Test func statisticsComeFromTheTrainingRowsAlone() throws {
    let table = try table("x,c,y", ["1,u,a", "3,v,a", "1000,w,a", "?,,a"])
    var notes: [String] = []
    let encoder = try FeatureEncoder(fitting: table, target: "y", rows: [0, 1], notes: &notes)
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
    // Category k occurs k + 1 times, so the last is the most frequent; the missing value ranks
    // last.
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
    #expect(notes == ["column 'x' is read as text because 'abc' in line 15 is not a number"])
  }

  @Test func appliesToOtherFilesByName() throws {
    let (encoder, _) = try fit(try table("x,c,y", ["1,u,a", "3,v,a"]))
    let other = try table("y,c,x", ["?,v,2"])
    #expect(try encoder.features(of: other, rows: [0]) == [0, 0, 1])
    let misspelt = try table("X1,c", ["1,v"])
    #expect(throws: TrainingError.data("t.csv:1: no column 'x'; there are: X1, c")) {
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
}
