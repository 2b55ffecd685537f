import CLibrary
import Tensor

/// The folder that holds the files of a run.
public struct RunFolder: Sendable, Equatable {
  /// The path of the folder, as it was given.
  public let path: String

  /// The path of `config.json`, the resolved configuration of the run.
  public var configuration: String { file("config.json") }
  /// The path of `metrics.jsonl`, which holds one JSON object for each evaluation.
  public var metrics: String { file("metrics.jsonl") }
  /// The path of `summary.json`, the results of a finished run.
  public var summary: String { file("summary.json") }
  /// The path of `checkpoint.safetensors`, the last state, from which the run can be resumed.
  public var checkpoint: String { file("checkpoint.safetensors") }
  /// The path of `best.safetensors`, the weights with the lowest validation loss.
  public var best: String { file("best.safetensors") }
  /// The path of `loss.svg`, the plot of the losses.
  public var plot: String { file("loss.svg") }
  /// The path of `diagnostics.jsonl`, which holds one JSON object for each measured step.
  public var diagnostics: String { file("diagnostics.jsonl") }
  /// The path of `decisions.jsonl`, which holds the decisions of a model of two features over time.
  public var decisions: String { file("decisions.jsonl") }
  /// The path of `report.html`, the run as a page.
  public var report: String { file("report.html") }
  /// The path of `profile.json`, the trace of the operations of the last session that was profiled.
  public var profile: String { file("profile.json") }

  /// The last part of the path.
  package var name: String { path.split(separator: "/").last.map(String.init) ?? path }

  private func file(_ name: String) -> String { path + "/" + name }

  /// Opens the folder of an existing run.
  ///
  /// - Throws: ``TrainingError`` of kind `inputOutput` if there is no run in the folder, or one of
  ///   its files is something else than a file.
  public init(existing path: String) throws {
    let folder = RunFolder(path: path)
    guard FileAccess.exists(folder.configuration) else {
      if ![ENOENT, ENOTDIR].contains(errno) {
        throw TrainingError.inputOutput(
          "\(folder.configuration): cannot be opened: \(FileAccess.systemErrorText)")
      }
      throw TrainingError.inputOutput("\(path): \(Self.whatIs(inPlaceOfRun: path))")
    }
    try FileAccess.requireFiles(in: path, where: Self.isOfRun)
    self = folder
  }

  /// What is where a run was expected, in words.
  private static func whatIs(inPlaceOfRun path: String) -> String {
    guard FileAccess.exists(path) else { return "no such run" }
    if let other = others.first(where: { FileAccess.exists("\(path)/\($0.record)") }) {
      let hint = other.hint.replacing("FOLDER", with: path)
      return "is \(other.noun), which keeps no weights; \(hint)"
    }
    // Not a listing of runs, which asks the same of each folder inside.
    let inside = FileAccess.names(in: path).map { "\(path)/\($0)" }
    if let run = inside.first(where: { FileAccess.exists(RunFolder(path: $0).configuration) }) {
      return "holds runs, and is none; one of them is \(run)"
    }
    return "holds no run (there is no config.json)"
  }

  /// Other folders of results: the file that each has, what it is, and how to get a run from it.
  private static let others: [(record: String, noun: String, hint: String)] = [
    (
      "sweep.json", "a sweep",
      "train fit TASK --config FOLDER/best.json trains its best configuration"
    ),
    (
      "compare.json", "a comparison",
      "train report FOLDER shows the best optimizer and its rate, for train fit"
    ),
    ("race.json", "a race", "train fit trains a model"),
  ]

  /// The files of other folders of results that tell what they are.
  package static var otherRecords: [String] { others.map(\.record) }

  /// Creates the folder of a new run.
  ///
  /// - Parameters:
  ///   - path: The folder, or `nil` for `runs/TASK-N` with the first unused number N.
  ///   - task: The first part of the folder's name if `path` is `nil`.
  ///   - replacing: Whether to replace a run that is already there.
  /// - Throws: ``TrainingError`` of kind `inputOutput` if the folder exists and may not be
  ///   replaced, or cannot be created or written to.
  public init(creating path: String?, task: String, replacing: Bool = false) throws {
    let names = path.map { FileAccess.names(in: $0).filter(Self.isOfRun) } ?? []
    try self.init(creating: path, task: task, replacing: replacing ? names : nil)
  }

  /// Creates the folder of a new run in place of some files.
  package init(creating path: String?, task: String, replacing files: [String]?) throws {
    self.init(path: try Self.makeFolder(path, prefix: task, replacing: files))
  }

  private init(path: String) {
    self.path = path
  }

  /// The names of the files that a run writes; replacing a run removes no others.
  private static let files = [
    "config.json", "metrics.jsonl", "summary.json", "checkpoint.safetensors", "best.safetensors",
    "loss.svg", "diagnostics.jsonl", "decisions.jsonl", "report.html", "profile.json",
    "profile-predict.json", "profile-evaluate.json",
  ]
}

extension RunFolder {
  /// Deletes what a process that was killed while it wrote a file has left.
  package func removePartialFiles() { Self.removePartialFiles(in: path) }

  /// Deletes what a process that was killed while it wrote a file has left in a folder.
  package static func removePartialFiles(in path: String) {
    for name in FileAccess.names(in: path) where name.hasSuffix(".partial") {
      unlink("\(path)/\(name)")
    }
  }

  /// Whether a folder holds what is left of a run, damaged or not; a `config.json` alone may be
  /// anybody's.
  package static func holdsRun(_ path: String) -> Bool {
    ["metrics.jsonl", "checkpoint.safetensors"].contains { FileAccess.exists("\(path)/\($0)") }
      && FileAccess.exists("\(path)/config.json")
  }

  /// What the names end with of files and folders that are being removed.
  package static let removedSuffix = ".removed"

  /// Whether a folder of that name is one that is being removed.
  package static func isRemoved(_ name: String) -> Bool {
    name.hasPrefix(".") && name.hasSuffix(removedSuffix)
  }

  /// Whether a file is one that a run writes.
  package static func isOfRun(_ name: String) -> Bool {
    files.contains(name) || name.hasSuffix(".partial") || keptStep(name) != nil
  }

  /// Keeps the checkpoint under the number of its step, as one of so many that are kept.
  ///
  /// It is the same file under a second name, so it takes no time to write.
  ///
  /// - Throws: ``TrainingError`` of kind `inputOutput`.
  package func keepCheckpoint(step: Int, count: Int) throws {
    let name = file("\(Self.keptPrefix)\(step)\(Self.keptSuffix)")
    unlink(name)
    guard link(checkpoint, name) == 0 else {
      throw TrainingError.inputOutput("\(name): cannot be written: \(FileAccess.systemErrorText)")
    }
    try FileAccess.synchronizeName(of: name)
    let steps = FileAccess.names(in: path).compactMap(Self.keptStep).sorted()
    for step in steps.dropLast(count) {
      unlink(file("\(Self.keptPrefix)\(step)\(Self.keptSuffix)"))
    }
  }

  private static let keptPrefix = "checkpoint-"
  private static let keptSuffix = ".safetensors"

  /// The step in the name of a checkpoint that was kept.
  private static func keptStep(_ name: String) -> Int? {
    guard name.hasPrefix(keptPrefix), name.hasSuffix(keptSuffix) else { return nil }
    return Int(name.dropFirst(keptPrefix.count).dropLast(keptSuffix.count))
  }
}

// MARK: - Folders

extension RunFolder {
  /// Creates a folder for results.
  ///
  /// - Parameters:
  ///   - path: The folder, or `nil` for `runs/PREFIX-N` with the first unused number N.
  ///   - prefix: The first part of the folder's name if `path` is `nil`.
  ///   - files: The names of the files to remove from an existing folder, or `nil` if it must not
  ///     exist.
  /// - Returns: The path of the folder, which can be written to.
  /// - Throws: ``TrainingError`` of kind `inputOutput`.
  package static func makeFolder(
    _ path: String?, prefix: String, replacing files: [String]?
  ) throws -> String {
    guard let path else {
      try makeFolders("runs")
      var number = 1
      while try !makeOneFolder("runs/\(prefix)-\(number)") { number += 1 }
      return "runs/\(prefix)-\(number)"
    }
    if let item = FileAccess.item(at: path) {
      guard item == .folder else {
        throw TrainingError.inputOutput("\(path): is a file, not a folder")
      }
      guard let files else { throw TrainingError.inputOutput("\(path): already exists") }
      // Another process may have begun to write here since the caller looked.
      let lock = files.isEmpty ? nil : try RunLock(path)
      defer { lock?.release() }
      // Nothing is removed if not all of it can be.
      for file in files.map({ "\(path)/\($0)" }) where FileAccess.isFolder(file) {
        throw TrainingError.inputOutput("\(file): cannot be replaced: is a folder; move it away")
      }
      for file in files.map({ "\(path)/\($0)" }) where FileAccess.exists(file) {
        guard unlink(file) == 0 else {
          throw TrainingError.inputOutput(
            "\(file): cannot be replaced: \(FileAccess.systemErrorText)")
        }
      }
    } else {
      try makeFolders(path)
    }
    guard access(path, W_OK | X_OK) == 0 else {
      throw TrainingError.inputOutput(
        "\(path): cannot be written to: \(FileAccess.systemErrorText)")
    }
    return path
  }

  /// Creates a folder and its missing parents.
  private static func makeFolders(_ path: String) throws {
    var prefix = path.hasPrefix("/") ? "/" : ""
    for component in path.split(separator: "/") {
      prefix += component
      _ = try makeOneFolder(prefix)
      prefix += "/"
    }
  }

  /// Creates a folder, or returns `false` if something of that name exists.
  private static func makeOneFolder(_ path: String) throws -> Bool {
    if mkdir(path, 0o755) == 0 {
      try FileAccess.synchronizeName(of: path)
      return true
    }
    let problem = FileAccess.systemErrorText
    // For an existing folder on a read-only file system, mkdir may complain about the file system.
    if errno == EEXIST || FileAccess.exists(path) { return false }
    throw TrainingError.inputOutput("\(path): cannot be created: \(problem)")
  }
}
