import TestSupport
import Testing

/// What the messages about files say.
struct FileErrorTests {
  @Test(arguments: [
    ("a\nb\u{0}\nc", 2), ("\u{0}", 1), ("a\n\nc\u{0}\u{0}", 3),
  ])
  func aZeroByteIsFoundInItsLine(_ text: String, _ line: Int) {
    #expect(throws: TrainingError.data("t.txt:\(line): the text is not valid UTF-8")) {
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
