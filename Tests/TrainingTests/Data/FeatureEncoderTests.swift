import TestSupport
import Testing

@testable import Training

private func fit(_ table: CSVTable) throws -> (encoder: FeatureEncoder, notes: [String]) {
  var notes: [String] = []
  let encoder = try FeatureEncoder(
    fitting: table, target: table.names[table.columnCount - 1], rows: Array(0..<table.rowCount),
    notes: &notes)
  return (encoder, notes)
}

/// A column of which category k, from 0 on, occurs in so many rows.
private func tableOfCategories(_ counts: [Int], missing: Int = 0) throws -> CSVTable {
  let lines = counts.enumerated().flatMap { k, count in
    Array(repeating: "k\(k),a", count: count)
  }
  return try table("c,y", lines + Array(repeating: "?,a", count: missing))
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
    // A number far outside is clamped; a category that the rows do not have is all zeros.
    #expect(try encoder.features(of: table, rows: [2, 3]) == [10, 0, 0, 0, 0, 0])
  }

  @Test func oneHotHasASlotForMissingValuesIfTheRowsHaveSome() throws {
    let table = try table("c,y", ["red,a", "NA,a", "blue,a", "red,a"])
    let (encoder, _) = try fit(table)
    #expect(encoder.columns.map(\.encoding) == [.oneHot(categories: ["", "blue", "red"])])
    #expect(try encoder.features(of: table, rows: [0, 1]) == [0, 0, 1, 1, 0, 0])
  }

  @Test func manyRareCategoriesBecomeRanksByFrequency() throws {
    let (limit, count) = (FeatureEncoder.oneHotLimit, FeatureEncoder.frequentCount)
    // Fewer rows have a frequent category than a rare one.
    let counts =
      Array(repeating: count, count: limit) + Array(repeating: 1, count: count * limit + 1)
    let table = try tableOfCategories(counts.reversed(), missing: 1)
    let (encoder, notes) = try fit(table)
    guard case .rank(let categories, let mean, let deviation) = encoder.columns[0].encoding else {
      Issue.record("not a rank: \(encoder.columns)")
      return
    }
    let frequent = (counts.count - limit..<counts.count).map { "k\($0)" }
    #expect(Set(categories.prefix(limit)) == Set(frequent))
    #expect(Set(categories) == Set(counts.indices.map { "k\($0)" }))
    let rank = Double(categories.firstIndex(of: "k0") ?? -1)
    // The missing value ranks behind all.
    let features = try encoder.features(of: table, rows: [0, table.rowCount - 1])
    #expect(features == [rank, Double(counts.count)].map { Float(($0 - mean) / deviation) })
    #expect(
      notes.count == 1
        && notes[0].hasSuffix("all that the model sees of one is its rank by frequency"))
  }

  @Test func frequentMissingValuesBesideRareTextsAreNoFeature() throws {
    let training = (0..<40).map { "r\($0),a" } + Array(repeating: "?,a", count: 90)
    let table = try table("c,y", training + Array(repeating: "r0,a", count: 30))
    let encoder = try FeatureEncoder(
      fitting: table, target: "y", rows: Array(training.indices))
    #expect(encoder.width == 1)
  }

  @Test func frequentCategoriesOfManyBecomeFeatures() throws {
    let limit = FeatureEncoder.oneHotLimit
    let frequent = Array(repeating: FeatureEncoder.frequentCount, count: limit)
    // As many rows as these have rare categories, but for one.
    let rare = Array(repeating: 1, count: FeatureEncoder.frequentCount * limit - 1)
    let table = try tableOfCategories(frequent + rare)
    let (encoder, notes) = try fit(table)
    let names = (0..<limit).map { "k\($0)" }.sorted()
    #expect(encoder.columns.map(\.encoding) == [.oneHot(categories: names)])
    #expect(
      notes == [
        """
        column 'c' has \(limit + rare.count) different texts in the training rows, of which those \
        with the most rows (\(limit), at least \(FeatureEncoder.frequentCount) rows each) are \
        features of their own; the model cannot tell the others apart
        """
      ])
    let first = try encoder.features(of: table, rows: [0])
    #expect(first == names.map { $0 == "k0" ? 1 : 0 })
    let last = try encoder.features(of: table, rows: [table.rowCount - 1])
    #expect(last.allSatisfy { $0 == 0 })
    // One more row with a rare one is half of all rows.
    let (rank, _) = try fit(try tableOfCategories(frequent + rare + [1]))
    #expect(rank.width == 1)
    let (all, allNotes) = try fit(try tableOfCategories(frequent + frequent, missing: 4))
    #expect(all.width == 2 * limit + 1)
    #expect(
      allNotes == [
        "column 'c' has \(2 * limit) different texts in the training rows, all of which are"
          + " features of their own"
      ])
  }

  @Test func theMostFrequentCategoriesBecomeFeatures() throws {
    let limit = FeatureEncoder.frequentLimit
    let counts = Array(repeating: 4, count: 20) + Array(repeating: 5, count: limit - 1) + [9]
    let (encoder, notes) = try fit(try tableOfCategories(counts, missing: 6))
    guard case .oneHot(let categories) = encoder.columns[0].encoding else {
      Issue.record("not one-hot: \(encoder.columns)")
      return
    }
    // The missing value is among them.
    #expect(categories.count == limit && categories[0] == "")
    #expect(Set(categories).isDisjoint(with: (0..<20).map { "k\($0)" }))
    #expect(notes[0].contains("those with the most rows (\(limit - 1), at least 5 rows each)"))
  }

  /// All columns share one limit, which is lower for many rows.
  @Test func frequentCategoriesAreLimitedInAll() throws {
    let lines = (0..<4000).map { "a\($0 % 800),b\($0 % 200),c\($0 % 500),y" }
    let (encoder, notes) = try fit(try table("a,b,c,y", lines))
    #expect(encoder.columns.map(\.encoding.width) == [800, 200, 1])
    #expect(
      notes.last == """
        column 'c' has 500 different texts in the training rows, too many to be features of their \
        own: all that the model sees of one is its rank by frequency
        """)
    let many = (0..<140_000).map { "a\($0 % 600),y" }
    #expect(try fit(try table("a,y", many)).encoder.width == (1 << 26) / 140_000)
  }

  @Test func wholeNumbersAreOneCategoryWithAndWithoutAFraction() throws {
    let lines = (0..<40).map { "\($0 % 4)\($0 < 20 ? "" : ".0"),\($0 % 3)5,a" }
    let table = try table("zip,x,y", lines).categorical(["zip"])
    let (encoder, _) = try fit(table)
    #expect(encoder.columns[0].encoding == .oneHot(categories: ["0", "1", "2", "3"]))
    let features = try encoder.features(of: table, rows: [1, 21])
    #expect(features.prefix(4) == [0, 1, 0, 0] && features[5..<9] == [0, 1, 0, 0])
    for (text, category) in [
      ("7.0", "7"), ("07.0", "07"), ("-7.0", "-7"), ("-.0", "-.0"), ("7.00", "7.00"), (".0", ".0"),
      ("1.2.0", "1.2.0"),
    ] {
      #expect(ColumnValue.text(text).category == category)
    }
    #expect(ColumnValue.number(7).category == "7" && ColumnValue.number(-7).category == "-7")
  }

  @Test func notationsOfCategoriesAreNotKept() throws {
    let table = try table("day,x,y", (0..<30).map { "2024-03-0\($0 % 4 + 1),\($0 % 7)5,a" })
    #expect(table.notationNotes.count == 1)
    let named = try table.categorical(["day"])
    #expect(named.notationNotes == [])
    let column = try fit(named).encoder.columns[0]
    #expect(column.notation == nil && column.encoding.width == 4)
  }

  @Test func namedColumnsAreCategorical() throws {
    let lines = (0..<24).map { "\(7 * ($0 % 3)),\($0 % 4)0,a" }
    let plain = try table("zip,x,y", lines)
    let named = try plain.categorical(["zip"])
    let (encoder, notes) = try fit(named)
    #expect(encoder.columns[0].encoding == .oneHot(categories: ["0", "14", "7"]))
    #expect(notes == [])
    #expect(try encoder.features(of: plain, rows: [1]).prefix(3) == [0, 0, 1])
    let (amounts, amountNotes) = try fit(plain)
    #expect(amounts.width == 2)
    #expect(
      amountNotes == [
        "column 'zip' is read as quantities; if its numbers are names, list it among the categories"
      ])
    let distinct = try table("zip,x,y", (0..<24).map { "\($0 * $0),\($0 % 4),a" })
    #expect(
      try fit(distinct.categorical(["zip"])).notes
        == ["column 'zip' is not used: its text differs in every row"])
    #expect(throws: TrainingError.data("t.csv:1: no column 'zap'; did you mean 'zip'?")) {
      try plain.categorical(["zap"])
    }
  }

  @Test(arguments: [
    ("id", true), ("user_id", true), ("userId", true), ("AreaCode", true), ("area code", true),
    ("zip", true), ("paid", false), ("ID", true), ("acID", true), ("barcode", false),
  ])
  func numbersWithTheNameOfAnIdentifierAreNoted(_ name: String, isNoted: Bool) throws {
    let lines = (0..<12).map { "\($0 * $0 % 7),\($0 % 3)5,a" }
    let (encoder, notes) = try fit(try table("\(name),x,y", lines))
    #expect(encoder.width == 2)
    #expect(notes.contains { $0.contains("is read as quantities") } == isNoted)
    // Fractions are amounts.
    let fractions = lines.map { "0.5" + $0 }
    #expect(try fit(try table("\(name),x,y", fractions)).notes.isEmpty)
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
    Drop(column: "place", values: (0..<12).map { "\($0 * $0)" }, note: nil),
  ])
  func dropsColumnsWithoutInformation(_ drop: Drop) throws {
    let lines = drop.values.enumerated().map { "\($0.element),\($0.offset % 3),a" }
    let (encoder, notes) = try fit(try table("\(drop.column),x,y", lines))
    #expect(encoder.columns.map(\.name) == (drop.note == nil ? [drop.column, "x"] : ["x"]))
    #expect(notes == drop.note.map { ["column '\(drop.column)' is not used: \($0)"] } ?? [])
  }

  @Test func notesTheTextThatMakesAColumnCategorical() throws {
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
