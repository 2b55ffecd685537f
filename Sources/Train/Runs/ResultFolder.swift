import CLibrary
import Training

/// A folder of results, of a run, a comparison, a sweep or a race, whatever the command that writes
/// there next.
enum ResultFolder {
  /// The names of the files in a folder that the command has written, which `--force` replaces.
  static func files(in path: String?) -> [String] {
    path.map { FileAccess.names(in: $0).filter(isResult) } ?? []
  }

  private static func isResult(_ name: String) -> Bool {
    RunFolder.isOfRun(name) || ComparisonFolder.isOfComparison(name)
      || SweepFolder.isOfSweep(name) || RaceFolder.isOfRace(name)
  }

  /// Whether a folder holds results; a `config.json` alone may be anybody's.
  static func holdsResults(_ path: String) -> Bool {
    let has: (String) -> Bool = { FileAccess.exists("\(path)/\($0)") }
    return ["compare.json", "sweep.json", "race.json"].contains(where: has)
      || has("config.json") && ["metrics.jsonl", "checkpoint.safetensors"].contains(where: has)
  }

  /// The folder of results to which a file belongs by its name, whether it is there yet or not.
  static func owner(ofFile path: String) -> String? {
    let name = path.split(separator: "/", omittingEmptySubsequences: false).last ?? ""
    let start = path.dropLast(name.count)
    let folder = start.isEmpty ? "." : start == "/" ? "/" : String(start.dropLast())
    return isResult(String(name)) && holdsResults(folder) ? folder : nil
  }

  /// Deletes the results in a folder, and the folder if nothing else is in it.
  ///
  /// - Returns: The names that are left, because the command did not write them.
  /// - Throws: ``TrainingError`` of kind `inputOutput` that names a file that cannot be deleted, or
  ///   a folder that another process writes to.
  static func remove(_ path: String) throws -> [String] {
    let lock = try RunLock(path)
    defer { lock.release() }
    for file in files(in: path).map({ "\(path)/\($0)" }) where unlink(file) != 0 {
      throw TrainingError.inputOutput("\(file): cannot be removed: \(FileAccess.systemErrorText)")
    }
    let rest = FileAccess.names(in: path)
    if rest.isEmpty, rmdir(path) != 0 {
      throw TrainingError.inputOutput("\(path): cannot be removed: \(FileAccess.systemErrorText)")
    }
    return rest
  }
}
