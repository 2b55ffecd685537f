import CLibrary
import Training

/// The removal of the results in a folder: at first they are only hidden, which fails at once or
/// not at all and can be undone, and then deleted.
///
/// A process that ends in between leaves nothing that looks like results: folders that the next
/// removal deletes, and folders with other files whose removal is to be repeated.
struct ResultRemoval {
  /// The names of what is left, because the command did not write it.
  let rest: [String]

  private let name: String
  private let lock: RunLock
  /// The folder of the results, after they were hidden.
  private let folder: String
  private let hidden: [(from: String, to: String)]

  /// Hides the results in a folder: the folder, or if it holds other files too, the files that tell
  /// what the results are.
  ///
  /// - Parameters:
  ///   - path: The folder, without links and dots.
  ///   - name: What messages call it.
  /// - Throws: ``TrainingError`` of kind `inputOutput` if it cannot be removed, or another process
  ///   writes to it; then nothing has changed.
  init(hiding path: String, named name: String) throws {
    lock = try RunLock(path)
    self.name = name
    let files = Self.files(in: path)
    rest = FileAccess.names(in: path).filter { !files.contains($0) }
    guard access(path, W_OK | X_OK) == 0 else { throw Self.failure(name) }
    if rest.isEmpty {
      let parent = Self.parent(of: path)
      let name = path.dropFirst(parent.count + 1)
      folder = "\(parent)/.\(name)\(RunFolder.removedSuffix)"
      hidden = [(path, folder)]
    } else {
      folder = path
      hidden = files.filter(ResultFolder.records.contains).map {
        ("\(path)/\($0)", "\(path)/\($0)\(RunFolder.removedSuffix)")
      }
    }
    for (index, item) in hidden.enumerated() where rename(item.from, item.to) != 0 {
      let failure = Self.failure(name, "\(item.to): ")
      throw Self.error(failure, after: Self.restore(hidden[..<index]))
    }
  }

  /// The folder that a folder is in, whose path has no links and dots.
  static func parent(of path: String) -> String {
    String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
  }

  /// Brings the results back.
  ///
  /// - Returns: What could not be brought back, and where it is.
  func undo() -> [String] {
    defer { lock.release() }
    return Self.restore(hidden[...])
  }

  private static func restore(_ hidden: ArraySlice<(from: String, to: String)>) -> [String] {
    hidden.reversed().filter { rename($0.to, $0.from) != 0 }.map {
      "\($0.from): could not be brought back; it is in \($0.to)"
    }
  }

  /// Deletes the results, and the folder if nothing else is in it.
  ///
  /// - Throws: ``TrainingError`` of kind `inputOutput` that names what cannot be deleted.
  func finish() throws {
    defer { lock.release() }
    // The hidden ones last: as long as they are there, the others can be removed.
    let files = Self.files(in: folder)
    for file in files.filter({ !Self.isHiddenRecord($0) }) + files.filter(Self.isHiddenRecord)
    where unlink("\(folder)/\(file)") != 0 {
      throw Self.failure("\(folder)/\(file)")
    }
    if rest.isEmpty, rmdir(folder) != 0 { throw Self.failure(folder) }
  }

  /// The files of results in a folder, without folders that happen to have such a name.
  private static func files(in folder: String) -> [String] {
    ResultFolder.files(in: folder).filter { !FileAccess.isFolder("\(folder)/\($0)") }
  }

  /// An error together with what could not be brought back after it.
  static func error(_ error: any Error, after lost: [String]) -> any Error {
    guard !lost.isEmpty else { return error }
    return TrainingError.inputOutput((["\(error)"] + lost).joined(separator: "; "))
  }

  private static func failure(_ path: String, _ cause: String = "") -> TrainingError {
    .inputOutput("\(path): cannot be removed: \(cause)\(FileAccess.systemErrorText)")
  }

  // MARK: What a removal that was ended has left

  /// Whether a file tells what results are of that were being removed.
  static func isHiddenRecord(_ name: String) -> Bool {
    let suffix = RunFolder.removedSuffix
    return name.hasSuffix(suffix)
      && ResultFolder.records.contains(String(name.dropLast(suffix.count)))
  }

  /// Whether a folder holds results beside other files that were being removed.
  static func isUnfinished(_ path: String) -> Bool {
    FileAccess.names(in: path).contains(where: isHiddenRecord)
  }

  /// The folders of results in a folder that were being removed, which hold nothing else.
  static func remains(in path: String) -> [String] {
    FileAccess.names(in: path).filter(RunFolder.isRemoved).map { "\(path)/\($0)" }.filter {
      FileAccess.isFolder($0) && FileAccess.names(in: $0).count == files(in: $0).count
    }
  }

  /// The folders of results beside other files in a folder that were being removed.
  static func unfinished(in path: String) -> [String] {
    let remains = remains(in: path)
    return FileAccess.names(in: path).map { "\(path)/\($0)" }.filter {
      !remains.contains($0) && FileAccess.isFolder($0) && isUnfinished($0)
    }
  }

  /// Deletes the results in the folders that ``remains(in:)`` finds but for some, unless another
  /// process is doing so.
  static func deleteRemains(in path: String, except kept: [String]) {
    for folder in remains(in: path) where !kept.contains(folder) {
      guard let lock = try? RunLock(folder) else { continue }
      for file in files(in: folder) { unlink("\(folder)/\(file)") }
      rmdir(folder)
      lock.release()
    }
  }
}
