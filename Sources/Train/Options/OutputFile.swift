import Training

/// The files that `--out` names, where a slip would replace what cannot be made again.
enum OutputFile {
  /// Throws if a page or a plot would replace a file of another kind.
  ///
  /// - Throws: ``TrainingError`` of kind `inputOutput`.
  static func check(_ path: String, replacesOnly suffix: String) throws {
    guard FileAccess.exists(path), !path.hasSuffix(suffix), FileAccess.isRegularFile(path) else {
      return
    }
    throw TrainingError.inputOutput(
      "\(path): already exists, and its name does not end in \(suffix)")
  }

  /// Throws if a file is one of those that are read, or one that the command keeps in a folder
  /// that is read.
  ///
  /// - Throws: ``UsageError``.
  static func check(_ path: String, isNoneOf inputs: [String]) throws {
    for input in inputs {
      let files = ResultFolder.files(in: input).map { "\(input)/\($0)" }
      if let same = ([input] + files).first(where: { FileAccess.isSameFile(path, $0) }) {
        throw UsageError("--out: \(path) would replace \(same), which is read")
      }
    }
  }
}
