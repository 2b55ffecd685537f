import Foundation
import TestSupport
import Testing
import Training

struct FilesTests {
  @Test func writesWholeFilesAndLeavesNothingElse() throws {
    try withTemporaryFolder { folder in
      try writeAtomically("first", to: folder + "/a.txt")
      try writeAtomically("second", to: folder + "/a.txt")
      #expect(try String(decoding: Training.readFile(folder + "/a.txt"), as: UTF8.self) == "second")
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
        try writeAtomically("text", to: target)
      } throws: { error in
        (error as? TrainingError)?.kind == .inputOutput
          && "\(error)".hasPrefix("\(target): cannot be written: ")
      }
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["taken"])
      #expect {
        try writeAtomically("text", to: folder + "/none/a.txt")
      } throws: { error in
        "\(error)" == "\(folder)/none/a.txt: cannot be written: no such file or directory"
      }
    }
  }

  private struct Line: Codable, Equatable {
    var step: Int
    var loss: Double?
  }

  @Test func jsonLinesAreCompleteAndAHalfLineIsLeftOut() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/metrics.jsonl"
      let file = try JSONLinesFile(appendingTo: path)
      try file.append(Line(step: 1, loss: 0.5))
      try file.append(Line(step: 2))
      #expect(
        try String(decoding: Training.readFile(path), as: UTF8.self)
          == "{\"loss\":0.5,\"step\":1}\n{\"step\":2}\n")
      let handle = try #require(FileHandle(forWritingAtPath: path))
      try handle.seekToEnd()
      try handle.write(contentsOf: Array("{\"step\":3,".utf8))
      try handle.close()
      let lines = try JSONLinesFile.values(of: Line.self, in: path)
      #expect(lines == [Line(step: 1, loss: 0.5), Line(step: 2)])
      try JSONLinesFile.write(Array(lines.prefix(1)), to: path)
      #expect(try JSONLinesFile.values(of: Line.self, in: path) == [Line(step: 1, loss: 0.5)])
    }
  }

  @Test func runFoldersAreNeverOverwrittenUnasked() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/deep/run"
      let run = try RunFolder(creating: path, task: "xor")
      try writeAtomically("{}", to: run.configuration)
      try writeAtomically("mine", to: path + "/notes.txt")
      #expect(throws: TrainingError.inputOutput("\(path): exists already; --force overwrites it")) {
        try RunFolder(creating: path, task: "xor")
      }
      #expect(try RunFolder(existing: path) == run)
      _ = try RunFolder(creating: path, task: "xor", replacing: true)
      // Only what a run writes is removed.
      #expect(try FileManager.default.contentsOfDirectory(atPath: path) == ["notes.txt"])
      #expect(
        throws: TrainingError.inputOutput("\(path): holds no run (there is no config.json)")
      ) { try RunFolder(existing: path) }
      #expect(throws: TrainingError.inputOutput("\(path)/none: no such run")) {
        try RunFolder(existing: path + "/none")
      }
      #expect(
        throws: TrainingError.inputOutput(
          "\(path)/notes.txt: is a file where the run's folder belongs")
      ) { try RunFolder(creating: path + "/notes.txt", task: "xor", replacing: true) }
      #expect {
        try RunFolder(creating: path + "/notes.txt/run", task: "xor")
      } throws: { error in
        (error as? TrainingError)?.kind == .inputOutput
      }
    }
  }
}
