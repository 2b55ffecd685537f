import TestSupport
import Testing

@testable import Training

struct CSVReaderTests {
  private static let texts = [
    "a,b\n1,2\n3,4\n", "a,b\n1,2", "a,b\r\n1,2\r\n\r\n3,4", "\u{FEFF}a;b\n1;2\n",
    "\n\na,b\n\n1,2\n  \n3,4\n\n",
    "a,\"b,c\"\n\"x\ny\",\"he said \"\"hi\"\"\"\n\"\",\"\"\"\"\n\"\r\n\",5\n",
    "größe,色\n1,赤\n2,\"青\"\n",
  ]

  @Test(arguments: texts) func partsOfAnySizeGiveTheRowsOfTheWholeFile(_ text: String) throws {
    let whole = try CSVTable(bytes: Array(text.utf8), file: "t.csv")
    try withTemporaryFolder { folder in
      let path = folder + "/t.csv"
      try FileAccess.write(text, to: path)
      for size in [1, 2, 3, 5, 8, 13, 1000] {
        var reader = try CSVReader(contentsOf: path, partSize: size)
        #expect(reader.names == whole.names)
        var row = 0
        while let part = try reader.next() {
          for index in 0..<part.rowCount {
            #expect(part.place(row: index) == "\(path):\(whole.lines[row])", "size \(size)")
            for column in 0..<whole.columnCount {
              #expect(
                part.text(row: index, column: column) == whole.text(row: row, column: column),
                "size \(size)")
            }
            row += 1
          }
        }
        #expect(row == whole.rowCount, "size \(size)")
      }
    }
  }

  /// Rows, lines and mistakes do not depend on how the bytes are cut for the threads, although a
  /// part may begin inside of quotes.
  @Test func partsForThreadsMakeNoDifference() throws {
    let pieces = [
      "1", "-2.5", "x", "", "\"q\"", "\"a,b\"", "\"a\nb\"", "\"a\r\n\r\n1,2\nb\"",
      "\"say \"\"1\"\"\"",
      "5\" pipe", " 7 ", "größe", "NA", "\"\n\"", "\"3\"",
    ]
    let ends = ["\n", "\n", "\r\n", "\r", "\n\n", "\n  \n"]
    let mistakes = ["\"never closed", "\"x\"y", "1,2,3"]
    var generator = RandomGenerator(seed: 4)
    for round in 0..<200 {
      var text = ["a,b", "\u{FEFF}a,b", "\n\n\"a\",b"][generator.integer(below: 3)] + "\n"
      for _ in 0..<generator.integer(below: 40) {
        let field = { pieces[generator.integer(below: pieces.count)] }
        text += field() + "," + field() + ends[generator.integer(below: ends.count)]
      }
      if round % 4 == 0 {
        text += mistakes[generator.integer(below: 3)] + "\n1,2\n"
      }
      func outcome(_ partSize: Int) -> String {
        do {
          let table = try CSVTable(FileBytes(text.utf8), file: "t", partSize: partSize)
          return (0..<table.rowCount).map { row in
            let fields = (0..<2).map { column in
              "\(table.text(row: row, column: column))|"
                + "\(table.number(row: row, column: column) as Any)|"
                + "\(table.isMissing(row: row, column: column))"
            }
            return "\(table.lines[row]): \(fields) \(table.texts(row: row))"
          }.joined(separator: "\n")
        } catch {
          return "\(error)"
        }
      }
      let whole = outcome(1 << 20)
      for size in [1, 2, 3, 7, 20, 64] {
        #expect(outcome(size) == whole, "parts of \(size) of: \(text.debugDescription)")
      }
    }
  }

  @Test(arguments: [
    ("", ": the file is empty"), ("1,2\n", ":1: the first line holds numbers"),
    ("a,b\n1,2\n\n3\n", ":4: 1 field where the header has 2"),
    ("a,b\n1,2\n1,\"x\n3,4\n", ":3: a quoted field is never closed"),
    ("a,b\n1,2\n1,\u{0}\n", ":3: there is a zero byte, which no text holds"),
  ])
  func mistakesAreFoundWhereTheyAre(_ text: String, _ message: String) throws {
    try withTemporaryFolder { folder in
      let path = folder + "/t.csv"
      try FileAccess.write(text, to: path)
      for size in [1, 4, 1000] {
        do {
          var reader = try CSVReader(contentsOf: path, partSize: size)
          while try reader.next() != nil {}
          Issue.record("no error")
        } catch let error as TrainingError {
          #expect(error.message.hasPrefix(path + message), "\(error)")
        }
      }
    }
  }

  /// So that whoever reads it can check the columns.
  @Test(arguments: ["a,b\n", "a,b", "\n\na,b\n\n  \n"])
  func aHeaderAloneIsATableWithoutRows(_ text: String) throws {
    try withTemporaryFolder { folder in
      let path = folder + "/t.csv"
      try FileAccess.write(text, to: path)
      for size in [1, 4, 1000] {
        var reader = try CSVReader(contentsOf: path, partSize: size)
        let table = try #require(try reader.next())
        #expect(table.rowCount == 0 && table.names == ["a", "b"])
        #expect(try reader.next() == nil)
      }
    }
  }

  @Test func linesAreReadWithEitherEnd() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/t.txt"
      let long = String(repeating: "ä", count: 100_000)
      try FileAccess.write("one\r\n\ntwo\n\(long)\nlast", to: path)
      let reader = try LineReader(contentsOf: path)
      var lines: [String] = []
      while let line = try reader.next() { lines.append(line) }
      #expect(lines == ["one", "", "two", long, "last"])
      #expect(reader.line == 5)
    }
  }

  @Test(arguments: [
    ("plain", "plain"), ("a,b", "\"a,b\""), ("say \"hi\"", "\"say \"\"hi\"\"\""),
    ("two\nlines", "\"two\nlines\""), (" padded", "\" padded\""), ("", ""), ("naïve", "naïve"),
  ])
  func fieldsAreQuotedWhereTheyMustBe(_ text: String, _ field: String) throws {
    #expect(CSVField.text(text) == field)
    let table = try CSVTable(bytes: Array("a,b\n\(field),1\n".utf8), file: "t.csv")
    // The reader drops spaces around a field even inside of quotes.
    #expect(table.text(row: 0, column: 0) == (text.hasPrefix(" ") ? "padded" : text))
  }
}
