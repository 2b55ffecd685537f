import Training

extension Arguments {
  /// The folder that `--out` or `--name` ask for; nil for the first `runs/TASK-N` that is not used.
  ///
  /// - Throws: ``TrainingError`` for a folder that exists, without `--force`, and ``UsageError``
  ///   for one that is read.
  func newFolder() throws -> String? {
    guard let path = self[FitOptions.out] ?? self[FitOptions.name].map({ "runs/\($0)" }) else {
      return nil
    }
    try checkIsNoStream(FitOptions.out)
    if FileAccess.item(at: path) == .folder {
      guard self[FitOptions.force] else {
        throw TrainingError.inputOutput("\(path): already exists; --force overwrites it")
      }
      let replaced = [path] + ResultFolder.files(in: path).map { "\(path)/\($0)" }
      for input in inputs where replaced.contains(where: { FileAccess.isSame($0, input) }) {
        throw UsageError("--force: \(path) would be replaced, but \(input) is read")
      }
      // A run that another process is training is not overwritten.
      try RunLock(path).release()
    }
    return path
  }

  /// Checks the file or folder that an option names to be written.
  ///
  /// - Parameters:
  ///   - option: The option.
  ///   - others: What the command reads besides the files that its options name.
  ///   - suffix: How the name of a file must end that may be replaced; nil for any.
  ///   - own: A folder of results into which the command may write.
  /// - Returns: Its path, or nil if the option is not given.
  /// - Throws: ``UsageError`` if it is one of those that the command reads, or one of the results
  ///   of another command, and ``TrainingError`` of kind `inputOutput` if it has another suffix.
  func output(
    _ option: Option<String?>, reading others: [String] = [], replacingOnly suffix: String? = nil,
    in own: String? = nil
  ) throws -> String? {
    guard let path = self[option] else { return nil }
    try checkIsNoStream(option)
    if let input = (inputs + others).first(where: { FileAccess.isSame($0, path) }) {
      throw UsageError("--\(option.name): \(path) would replace \(input), which is read")
    }
    if let suffix, !path.hasSuffix(suffix), FileAccess.isRegularFile(path) {
      throw TrainingError.inputOutput(
        "\(path): already exists, and its name does not end in \(suffix)")
    }
    if let folder = ResultFolder.owner(ofFile: path),
      own.map({ FileAccess.isSame($0, folder) }) != true
    {
      throw UsageError("--\(option.name): \(path) is one of the results in \(folder)")
    }
    if ResultFolder.holdsResults(path) {
      throw UsageError("--\(option.name): \(path) is a folder of other results")
    }
    return path
  }

  private func checkIsNoStream(_ option: Option<String?>) throws {
    guard self[option] == "-" else { return }
    throw UsageError("--\(option.name): a file or folder is written, not standard output")
  }

  /// The files and folders that options name to be read.
  private var inputs: [String] {
    // Every option --data has the same type and name.
    [CSVTask.dataOption, FitOptions.from, RaceOptions.around].compactMap { values.given($0) ?? nil }
  }
}
