import Training

extension Arguments {
  /// The folder that `--out` or `--name` ask for; nil for the first `runs/TASK-N` that is not used.
  ///
  /// - Throws: ``TrainingError`` for a folder that exists, without `--force`.
  func newFolder() throws -> String? {
    guard let path = self[FitOptions.out] ?? self[FitOptions.name].map({ "runs/\($0)" }) else {
      return nil
    }
    if FileAccess.item(at: path) == .folder {
      guard self[FitOptions.force] else {
        throw TrainingError.inputOutput("\(path): already exists; --force overwrites it")
      }
      // A run that another process is training is not overwritten.
      try RunLock(path).release()
    }
    return path
  }
}
