import Foundation
import TestSupport
import Testing

private func table(_ text: String) throws -> CSVTable {
  try CSVTable(bytes: Array(text.utf8), file: "t.csv")
}

private func rows(_ table: CSVTable) -> [[String]] {
  (0..<table.rowCount).map { row in
    (0..<table.columnCount).map { table.text(row: row, column: $0) }
  }
}

struct CSVTableTests {
  struct Reading: Sendable {
    let name: String
    let text: String
    let names: [String]
    let rows: [[String]]
  }

  @Test(arguments: [
    Reading(
      name: "plain", text: "a,b\n1,2\n3,4\n", names: ["a", "b"], rows: [["1", "2"], ["3", "4"]]),
    Reading(
      name: "no line break at the end", text: "a,b\n1,2", names: ["a", "b"], rows: [["1", "2"]]),
    Reading(name: "CRLF", text: "a,b\r\n1,2\r\n", names: ["a", "b"], rows: [["1", "2"]]),
    Reading(name: "CR", text: "a,b\r1,2\r", names: ["a", "b"], rows: [["1", "2"]]),
    Reading(
      name: "byte-order mark", text: "\u{FEFF}a,b\n1,2\n", names: ["a", "b"], rows: [["1", "2"]]),
    Reading(
      name: "blank lines", text: "\n\na,b\n\n1,2\n  \n3,4\n\n", names: ["a", "b"],
      rows: [["1", "2"], ["3", "4"]]),
    Reading(
      name: "semicolons", text: "a;b,c;d\n1;2;3\n", names: ["a", "b,c", "d"],
      rows: [["1", "2", "3"]]),
    Reading(
      name: "vertical bars", text: "a|b,c|d\n1|2|3\n", names: ["a", "b,c", "d"],
      rows: [["1", "2", "3"]]),
    Reading(name: "tabs", text: "a\tb\n1\t\n", names: ["a", "b"], rows: [["1", ""]]),
    Reading(name: "spaces around", text: "a , b\n 1,2 \n", names: ["a", "b"], rows: [["1", "2"]]),
    Reading(
      name: "quotes", text: "a,\"b,c\"\n\"x\ny\",\"he said \"\"hi\"\"\"\n\"\",\"\"\"\"\n",
      names: ["a", "b,c"], rows: [["x\ny", "he said \"hi\""], ["", "\""]]),
    Reading(
      name: "quote inside", text: "a,b\n5\" pipe,2\n", names: ["a", "b"], rows: [["5\" pipe", "2"]]),
    Reading(
      name: "empty fields", text: "a,b\n,\n1,\n", names: ["a", "b"], rows: [["", ""], ["1", ""]]),
    Reading(
      name: "unnamed first column", text: ",b\n0,2\n", names: ["", "b"], rows: [["0", "2"]]),
    Reading(
      name: "other scripts", text: "größe,色\n1,赤\n", names: ["größe", "色"], rows: [["1", "赤"]]),
  ])
  func reads(_ reading: Reading) throws {
    let table = try table(reading.text)
    #expect(table.names == reading.names)
    #expect(rows(table) == reading.rows)
  }

  struct Rejection: Sendable {
    let text: String
    let message: String
  }

  @Test(arguments: [
    Rejection(text: "", message: "t.csv: the file is empty"),
    Rejection(text: " \n\n", message: "t.csv: the file is empty"),
    Rejection(text: "\u{FEFF}", message: "t.csv: the file is empty"),
    Rejection(text: "a,b\n1,\0\n", message: "t.csv:2: there is a zero byte, which no text holds"),
    Rejection(text: "a,b\n", message: "t.csv:1: only a header, no rows of data"),
    Rejection(text: "a,b\n1,2\n\n3\n", message: "t.csv:4: 1 field where the header has 2"),
    Rejection(text: "a,b\n1,2,3\n", message: "t.csv:2: 3 fields where the header has 2"),
    Rejection(text: "a,b\n\"x\n\ny\",1\n1\n", message: "t.csv:5: 1 field where the header has 2"),
    Rejection(text: "a,,b\n1,2,3\n", message: "t.csv:1: column 2 has no name"),
    Rejection(text: "a,b,a\n1,2,3\n", message: "t.csv:1: columns 1 and 3 are both named 'a'"),
    Rejection(
      text: "1,2\n3,4\n", message: "t.csv:1: the first line holds numbers instead of column names"
    ),
    Rejection(text: "a,b\n1,\"x\n3,4\n", message: "t.csv:2: a quoted field is never closed"),
    Rejection(
      text: "a,b\n1,\"x\"y\n", message: "t.csv:2: text after the closing quote of a field"),
  ])
  func rejects(_ rejection: Rejection) throws {
    #expect(throws: TrainingError.data(rejection.message)) { try table(rejection.text) }
  }

  @Test func rejectsBytesThatAreNotUTF8() {
    let bytes = Array("a,b\n1,2\n".utf8) + [0x63, 0xE9, 0x2C, 0x31, 0x0A]
    #expect(throws: TrainingError.data("t.csv:3: the text is not valid UTF-8")) {
      try CSVTable(bytes: bytes, file: "t.csv")
    }
  }

  @Test func rejectsPathsThatAreNotFiles() throws {
    try withTemporaryFolder { folder in
      #expect(
        throws: TrainingError.inputOutput(
          "\(folder)/none.csv: cannot be opened: no such file or directory")
      ) {
        try CSVTable(contentsOf: folder + "/none.csv")
      }
      #expect(
        throws: TrainingError.inputOutput("\(folder): cannot be read: is a directory")
      ) { try CSVTable(contentsOf: folder) }
    }
  }

  @Test func missingValues() throws {
    let table = try table("a\n?\nNA\nn/A\nNULL\nnan\n\" na \"\n0\nnone\nnana\n")
    let missing = (0..<table.rowCount).map { table.isMissing(row: $0, column: 0) }
    #expect(missing == [true, true, true, true, true, true, false, false, false])
  }

  @Test func numbers() throws {
    let table = try table(
      "a\n1\n-2.5e3\n+.5\n1e999\n-inf\n0x10\n1,5\n1 2\nabc\n".replacing(",", with: "_"))
    let numbers = (0..<table.rowCount).map { table.number(row: $0, column: 0) }
    #expect(numbers == [1, -2500, 0.5, .infinity, -.infinity, nil, nil, nil, nil])
  }
}
