import Foundation

/// The folder that holds all files of a run.
public struct RunFolder: Sendable, Equatable {
  /// The path of the folder, as it was given.
  public let path: String

  /// Everything the run was asked to do, resolved.
  public var configuration: String { file("config.json") }
  /// One JSON object for each evaluation.
  public var metrics: String { file("metrics.jsonl") }
  /// What came out.
  public var summary: String { file("summary.json") }
  /// The last state, from which the run can go on.
  public var checkpoint: String { file("checkpoint.safetensors") }
  /// The weights with the lowest validation loss.
  public var best: String { file("best.safetensors") }
  /// The plot of the losses.
  public var plot: String { file("loss.svg") }

  private func file(_ name: String) -> String { path + "/" + name }

  /// A folder that exists and holds a run.
  ///
  /// - Throws: ``TrainingError`` of kind `inputOutput` when there is no such run.
  public init(existing path: String) throws {
    let folder = RunFolder(path: path)
    guard FileManager.default.fileExists(atPath: folder.configuration) else {
      let isThere = FileManager.default.fileExists(atPath: path)
      throw TrainingError.inputOutput(
        isThere ? "\(path): holds no run (there is no config.json)" : "\(path): no such run")
    }
    self = folder
  }

  /// Makes the folder of a new run.
  ///
  /// - Parameters:
  ///   - path: The folder; nil for `runs/TASK-N` with the first N that is not used.
  ///   - task: Names the folder where `path` is nil.
  ///   - replacing: Whether a run that is already there may be overwritten.
  /// - Throws: ``TrainingError`` of kind `inputOutput`: the folder exists and may not be replaced, or
  ///   cannot be made or written to.
  public init(creating path: String?, task: String, replacing: Bool = false) throws {
    self.init(path: try makeRunFolder(path, prefix: task, replacing: replacing ? Self.files : nil))
  }

  private init(path: String) {
    self.path = path
  }

  /// The names of the files that a run writes, and so the only ones that replacing it removes.
  private static let files = [
    "config.json", "metrics.jsonl", "summary.json", "checkpoint.safetensors", "best.safetensors",
    "loss.svg",
  ]
}

/// Makes a folder for results: the one asked for, or `runs/PREFIX-N` with the first N that is not used.
///
/// - Parameters:
///   - path: The folder that was asked for, or nil.
///   - prefix: Names the folder where `path` is nil.
///   - replacing: The names of the files to remove from a folder that is there already, or nil where it may
///     not be.
/// - Returns: The path of the folder, which can be written to.
/// - Throws: ``TrainingError`` of kind `inputOutput`.
package func makeRunFolder(_ path: String?, prefix: String, replacing: [String]?) throws -> String {
  guard let path else {
    try makeFolder("runs")
    var number = 1
    while try !makeOneFolder("runs/\(prefix)-\(number)") { number += 1 }
    return "runs/\(prefix)-\(number)"
  }
  let manager = FileManager.default
  var isDirectory: ObjCBool = false
  if manager.fileExists(atPath: path, isDirectory: &isDirectory) {
    guard isDirectory.boolValue else {
      throw TrainingError.inputOutput("\(path): is a file where the run's folder belongs")
    }
    guard let files = replacing else {
      throw TrainingError.inputOutput("\(path): exists already; --force overwrites it")
    }
    for file in files.map({ "\(path)/\($0)" }) where manager.fileExists(atPath: file) {
      guard unlink(file) == 0 else {
        throw TrainingError.inputOutput("\(file): cannot be replaced: \(systemErrorText())")
      }
    }
  } else {
    try makeFolder(path)
  }
  guard access(path, W_OK | X_OK) == 0 else {
    throw TrainingError.inputOutput("\(path): cannot be written to: \(systemErrorText())")
  }
  return path
}

/// Makes a folder and those above it, where they are not there yet.
private func makeFolder(_ path: String) throws {
  var prefix = path.hasPrefix("/") ? "/" : ""
  for component in path.split(separator: "/") {
    prefix += component
    _ = try makeOneFolder(prefix)
    prefix += "/"
  }
}

/// Makes one folder; false when something of that name is there already.
private func makeOneFolder(_ path: String) throws -> Bool {
  if mkdir(path, 0o755) == 0 { return true }
  // A folder above may be on a read-only system, which is then what mkdir says, though it exists.
  if errno == EEXIST || FileManager.default.fileExists(atPath: path) { return false }
  throw TrainingError.inputOutput("\(path): cannot be made: \(systemErrorText())")
}
