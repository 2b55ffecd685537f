import TestSupport
import Testing

private func table(_ text: String) throws -> CSVTable {
  try CSVTable(bytes: Array(text.utf8), file: "t.csv")
}

struct DecimalCommaTests {
  struct Reading: Sendable {
    let text: String
    let numbers: [Double?]
  }

  @Test(arguments: [
    Reading(text: "a;b\n5,1;x\n-0,25;y\n+,5;z\n7;x\n", numbers: [5.1, -0.25, 0.5, 7]),
    Reading(text: "a\tb\n1,5e3\tx\n?\tx\n\tx\n", numbers: [1500, nil, nil]),
    Reading(text: "a,b\n\"5,1\",x\n\"2,25\",y\n", numbers: [5.1, 2.25]),
    // Behind a semicolon there is no doubt; between commas it may be a thousand.
    Reading(text: "a;b\n1,234;x\n5,678;y\n", numbers: [1.234, 5.678]),
    Reading(text: "a,b\n\"1,234\",x\n\"5,678\",y\n", numbers: [nil, nil]),
    // One text makes a column text.
    Reading(text: "a;b\n5,1;x\nn.d.;y\n", numbers: [nil, nil]),
    Reading(text: "a;b\n1,2,3;x\n5,1;y\n", numbers: [nil, nil]),
    Reading(text: "a;b\n5,;x\n,;y\n", numbers: [nil, nil]),
  ])
  func numbersWithACommaAreNumbers(_ reading: Reading) throws {
    let table = try table(reading.text)
    let numbers = (0..<table.rowCount).map { table.number(row: $0, column: 0) }
    #expect(numbers == reading.numbers)
  }

  @Test(arguments: ["1.5", "2.0", "1.25e2"]) func commasAndPointsInAColumnAreAnError(point: String)
    throws
  {
    let line = "t.csv:3: column 'a': '\(point)' has a decimal point, but '5,1' in line 2 a decimal"
    #expect(throws: TrainingError.data("\(line) comma")) {
      try table("a;b\n5,1;x\n\(point);y\n")
    }
    // Each column has its own mark.
    #expect(try table("a;b\n5,1;\(point)\n").number(row: 0, column: 0) == 5.1)
  }

  @Test func aNoteTellsHowCommasWereRead() throws {
    let rows = (0..<20).map { "\($0 % 7),5;\($0 % 5),25;\($0 % 2 == 0 ? "x" : "y")" }
    let data = try SupervisedData(
      table: table((["a;b;c"] + rows).joined(separator: "\n")), target: "c", seed: 1)
    #expect(data.training.columns == 2)
    #expect(
      data.notes.contains("2 columns: commas are read as decimal marks, '0,5' in line 2 as 0.5"))
  }

  @Test func rowsThatAreReadInPartsHaveCommasToo() throws {
    try withTemporaryFolder { folder in
      let lines = (0..<500).map { "\($0),5;\($0)" }
      try FileAccess.write((["a;b"] + lines).joined(separator: "\n"), to: folder + "/t.csv")
      var reader = try CSVReader(contentsOf: folder + "/t.csv", partSize: 256)
      var numbers: [Double?] = []
      while let part = try reader.next() {
        numbers += (0..<part.rowCount).map { part.number(row: $0, column: 0) }
      }
      #expect(numbers == (0..<500).map { Double($0) + 0.5 })
    }
  }

  @Test func columnsThatOnlyLookLikeNumbersGetANote() throws {
    func notes(_ values: [String]) throws -> [String] {
      var notes: [String] = []
      let rows = (0..<60).map { "\"\(values[$0 % values.count])\",\($0),y\($0 % 2)" }
      _ = try FeatureEncoder(
        fitting: table((["a,b,y"] + rows).joined(separator: "\n")), target: "y",
        rows: Array(0..<60), notes: &notes)
      return notes
    }
    #expect(
      try notes(["1,234", "5,678", "9"])
        == ["column 'a' is read as text because '1,234' in line 2 may be 1.234 or 1234"])
    #expect(
      try notes((0..<60).map { "1,\($0)," })
        == [
          "column 'a' is not used: its text differs in every row; it is read as text because"
            + " '1,0,' in line 2 is not a number"
        ])
    #expect(try notes(["red", "blue 2"]).isEmpty)
  }
}
