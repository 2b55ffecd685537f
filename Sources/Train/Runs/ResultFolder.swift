import Training

/// A folder that `--force` empties: of a run, a comparison, a sweep or a race, whatever the command
/// that writes there next.
enum ResultFolder {
  /// The names of the files in a folder that the command has written.
  static func files(in path: String?) -> [String] {
    guard let path else { return [] }
    return FileAccess.names(in: path).filter { name in
      RunFolder.isOfRun(name) || ComparisonFolder.isOfComparison(name)
        || SweepFolder.isOfSweep(name) || RaceFolder.isOfRace(name)
    }
  }
}
