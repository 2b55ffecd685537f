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
      // A folder that is not empty cannot be replaced by a file, whoever runs the test.
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
