import Foundation
import TestSupport
import Testing

/// What the messages about files say.
struct FileErrorTests {
  @Test(arguments: [
    ("a\nb\u{0}\nc", 2), ("\u{0}", 1), ("a\n\nc\u{0}\u{0}", 3),
  ])
  func aZeroByteIsFoundInItsLine(_ text: String, _ line: Int) {
    #expect(throws: TrainingError.data("t.txt:\(line): there is a zero byte, which no text holds"))
    {
      try FileAccess.checkUTF8(Array(text.utf8)[...], file: "t.txt")
    }
  }

  @Test func bytesThatAreNoUTF8AreFoundInTheirLine() throws {
    #expect(throws: TrainingError.data("t.txt:3: the text is not valid UTF-8")) {
      try FileAccess.checkUTF8([0x61, 0x0A, 0x01, 0x0A, 0xC3, 0x28], file: "t.txt")
    }
    // Other control characters are text.
    try FileAccess.checkUTF8([0x61, 0x01, 0x0A, 0xC3, 0xA4], file: "t.txt")
  }

  @Test func aFolderBelowAFileCannotBeCreated() throws {
    try withTemporaryFolder { folder in
      try FileAccess.write("text", to: folder + "/file")
      let path = folder + "/file/run"
      #expect(throws: TrainingError.inputOutput("\(path): cannot be created: not a directory")) {
        try RunFolder(creating: path, task: "xor")
      }
    }
  }
}

/// What a file may be.
struct InputFileTests {
  @Test(
    arguments: [
      ([0xFF, 0xFE, 0x61, 0x00], "UTF-16"), ([0xFE, 0xFF, 0x00, 0x61], "UTF-16"),
      (Array("a,b\n1,2\n3,4\n".utf16.flatMap { [UInt8($0), 0] }), "UTF-16LE"),
      (Array("a,b\n1,2\n3,4\n".utf16.flatMap { [0, UInt8($0)] }), "UTF-16BE"),
    ] as [([UInt8], String)])
  func utf16IsCalledSo(bytes: [UInt8], encoding: String) {
    #expect(
      throws: TrainingError.data(
        "t.csv: the text is \(encoding); only UTF-8 is read (iconv -f \(encoding) -t UTF-8)")
    ) { try CSVTable(bytes: bytes, file: "t.csv") }
  }

  @Test(
    arguments: [
      (
        [0xFF, 0xFE, 0, 0, 0x61, 0, 0, 0],
        "text is UTF-32; only UTF-8 is read (iconv -f UTF-32 -t UTF-8)"
      ),
      (
        [0, 0, 0xFE, 0xFF, 0, 0, 0, 0x61],
        "text is UTF-32; only UTF-8 is read (iconv -f UTF-32 -t UTF-8)"
      ),
      ([0x1F, 0x8B, 8, 0, 0, 0], "file is compressed; only plain text is read (gzip -d)"),
    ] as [([UInt8], String)])
  func otherKindsOfFilesAreCalledSo(bytes: [UInt8], problem: String) {
    #expect(throws: TrainingError.data("t.csv: the \(problem)")) {
      try CSVTable(bytes: bytes, file: "t.csv")
    }
  }

  @Test(arguments: ["/dev/zero", "/dev/null"]) func devicesAreNotRead(path: String) {
    let error = TrainingError.inputOutput("\(path): is a device, not a file")
    #expect(throws: error) { try FileAccess.read(path) }
    #expect(throws: error) { try CSVTable(contentsOf: path) }
    #expect(throws: error) { try CSVReader(contentsOf: path) }
    #expect(throws: error) { try LineReader(contentsOf: path) }
    #expect(throws: error) { try TextData(contentsOf: path) }
  }

  /// Files with a hole take no room on the disk.
  @Test func aFileOfMoreThan4GiBIsRefused() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/large"
      try FileAccess.write("a,b\n", to: path)
      guard truncate(path, (4 << 30) + 1) == 0 else { return }
      let error = TrainingError.inputOutput(
        "\(path): has more than the 4 GiB that are read at once")
      #expect(throws: error) { try FileAccess.read(path) }
      #expect(throws: error) { try CSVTable(contentsOf: path) }
    }
  }
}
