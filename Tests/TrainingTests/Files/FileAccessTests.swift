import Foundation
import TestSupport
import Testing

struct FileAccessTests {
  @Test func writesWholeFilesAndLeavesNothingElse() throws {
    try withTemporaryFolder { folder in
      try FileAccess.write("first", to: folder + "/a.txt")
      try FileAccess.write("second", to: folder + "/a.txt")
      #expect(try String(decoding: FileAccess.read(folder + "/a.txt"), as: UTF8.self) == "second")
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["a.txt"])
    }
  }

  @Test func aFailedWriteLeavesTheOldFile() throws {
    try withTemporaryFolder { folder in
      // A folder that is not empty cannot be replaced by a file, even by root.
      let target = folder + "/taken"
      try FileManager.default.createDirectory(
        atPath: target + "/inside", withIntermediateDirectories: true)
      #expect {
        try FileAccess.write("text", to: target)
      } throws: { error in
        (error as? TrainingError)?.kind == .inputOutput
          && "\(error)".hasPrefix("\(target): cannot be written: ")
      }
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["taken"])
      #expect {
        try FileAccess.write("text", to: folder + "/none/a.txt")
      } throws: { error in
        "\(error)" == "\(folder)/none/a.txt: cannot be written: no such file or directory"
      }
    }
  }

  /// A pipe is written to, not replaced, whether a file is written at once or in parts.
  @Test func pipesAreWrittenTo() throws {
    try withTemporaryFolder { folder in
      let pipe = folder + "/pipe"
      #expect(mkfifo(pipe, 0o600) == 0)
      // Opened for both, so that neither end waits for the other.
      let descriptor = open(pipe, O_RDWR)
      defer { close(descriptor) }
      try FileAccess.write("first ", to: pipe)
      let sink = try ByteSink(pipe)
      try sink.write("second")
      try sink.finish()
      var bytes = [UInt8](repeating: 0, count: 100)
      let count = read(descriptor, &bytes, bytes.count)
      #expect(String(decoding: bytes.prefix(count), as: UTF8.self) == "first second")
      #expect(FileAccess.names(in: folder) == ["pipe"])
    }
  }

  @Test func filesAreTheSameByLinks() throws {
    try withTemporaryFolder { folder in
      for name in ["a", "b"] { try FileAccess.write("text", to: "\(folder)/\(name)") }
      #expect(link("\(folder)/a", "\(folder)/hard") == 0)
      #expect(symlink("a", "\(folder)/soft") == 0)
      func isSame(_ name: String) -> Bool {
        FileAccess.isSame("\(folder)/a", "\(folder)/\(name)")
      }
      #expect(isSame("a") && isSame("hard") && isSame("soft") && isSame("./a"))
      #expect(!isSame("b") && !isSame("none") && !FileAccess.isSame("none", "none"))
    }
  }

  @Test func bytesThatAreNotTextAreFound() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/t.txt"
      try FileAccess.write([0x61, 0x0A, 0x62, 0xFF, 0x0A], to: path)
      #expect(throws: TrainingError.data("\(path):2: the text is not valid UTF-8")) {
        try FileAccess.readText(path)
      }
    }
  }
}
