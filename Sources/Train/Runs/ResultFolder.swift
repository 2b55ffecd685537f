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
      || ResultRemoval.isHiddenRecord(name)
  }

  /// The files that tell what the results in a folder are of.
  static let records = RunFolder.otherRecords + ["config.json"]

  /// Whether a folder holds results; a `config.json` alone may be anybody's.
  static func holdsResults(_ path: String) -> Bool {
    RunFolder.holdsRun(path)
      || RunFolder.otherRecords.contains { FileAccess.exists("\(path)/\($0)") }
  }

  /// The folder of results to which a file belongs by its name, whether it is there yet or not.
  static func owner(ofFile path: String) -> String? {
    let name = path.split(separator: "/", omittingEmptySubsequences: false).last ?? ""
    let start = path.dropLast(name.count)
    let folder = start.isEmpty ? "." : start == "/" ? "/" : String(start.dropLast())
    return isResult(String(name)) && holdsResults(folder) ? folder : nil
  }
}
