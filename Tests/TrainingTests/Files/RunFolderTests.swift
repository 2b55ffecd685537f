import Foundation
import TestSupport
import Testing

struct RunFolderTests {
  @Test func existingFoldersAreReplacedOnlyOnRequest() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/deep/run"
      let run = try RunFolder(creating: path, task: "xor")
      try FileAccess.write("{}", to: run.configuration)
      try FileAccess.write("mine", to: path + "/notes.txt")
      #expect(throws: TrainingError.inputOutput("\(path): already exists")) {
        try RunFolder(creating: path, task: "xor")
      }
      #expect(try RunFolder(existing: path) == run)
      _ = try RunFolder(creating: path, task: "xor", replacing: true)
      // Only the files that a run writes are removed.
      #expect(try FileManager.default.contentsOfDirectory(atPath: path) == ["notes.txt"])
      #expect(
        throws: TrainingError.inputOutput("\(path): holds no run (there is no config.json)")
      ) { try RunFolder(existing: path) }
      #expect(throws: TrainingError.inputOutput("\(path)/none: no such run")) {
        try RunFolder(existing: path + "/none")
      }
      #expect(
        throws: TrainingError.inputOutput(
          "\(path)/notes.txt: is a file, not a folder")
      ) { try RunFolder(creating: path + "/notes.txt", task: "xor", replacing: true) }
      #expect {
        try RunFolder(creating: path + "/notes.txt/run", task: "xor")
      } throws: { error in
        (error as? TrainingError)?.kind == .inputOutput
      }
    }
  }

  @Test(arguments: [
    (
      "sweep.json",
      "is a sweep, which keeps no weights; train fit TASK --config %/best.json trains its best"
        + " configuration"
    ),
    (
      "compare.json",
      "is a comparison, which keeps no weights; train report % shows the best optimizer and its"
        + " rate, for train fit"
    ),
    ("race.json", "is a race, which keeps no weights; train fit trains a model"),
    ("notes.txt", "holds no run (there is no config.json)"),
  ])
  func whatIsInPlaceOfARun(file: String, message: String) throws {
    try withTemporaryFolder { path in
      try FileAccess.write("{}", to: "\(path)/\(file)")
      let error = TrainingError.inputOutput("\(path): " + message.replacing("%", with: path))
      #expect(throws: error) { try RunFolder(existing: path) }
      #expect(throws: error) { try TrainedModel(contentsOf: path) }
    }
  }

  @Test func aConfigurationThatCannotBeOpenedSaysWhy() throws {
    try withTemporaryFolder { path in
      let file = path + "/config.json"
      try FileManager.default.createSymbolicLink(atPath: file, withDestinationPath: file)
      #expect(
        throws: TrainingError.inputOutput(
          "\(file): cannot be opened: too many levels of symbolic links")
      ) { try RunFolder(existing: path) }
    }
  }

  @Test func aFolderOfRunsNamesOne() throws {
    try withTemporaryFolder { path in
      let run = try RunFolder(creating: path + "/seed-3", task: "xor")
      let text = #"{"task": "xor", "model": "mlp", "optimizer": "sgd"}"#
      try FileAccess.write(text, to: run.configuration)
      #expect(
        throws: TrainingError.inputOutput(
          "\(path): holds runs, and is none; one of them is \(path)/seed-3")
      ) { try RunFolder(existing: path) }
    }
  }

  /// Folders inside of it are not searched: of links that lead back there would be no end.
  ///
  /// The limit counts the time in which other tests have the processors, too.
  @Test(.timeLimit(.minutes(10))) func aFolderWithoutRunsSaysSoAtOnce() throws {
    try withTemporaryFolder { path in
      for name in ["first", "second"] {
        try FileManager.default.createSymbolicLink(
          atPath: "\(path)/\(name)", withDestinationPath: path)
      }
      #expect(
        throws: TrainingError.inputOutput("\(path): holds no run (there is no config.json)")
      ) { try RunFolder(existing: path) }
    }
  }

  /// The system's reason is that of creating the folder, and not of looking for it.
  @Test(.enabled(if: FileManager.default.fileExists(atPath: "/sys/kernel")))
  func whyAFolderCannotBeCreated() {
    let path = "/sys/kernel/adjoint"
    #expect {
      try RunFolder(creating: path, task: "xor")
    } throws: { error in
      "\(error)".hasPrefix("\(path): cannot be created: ") && !"\(error)".contains("no such file")
    }
  }
}
