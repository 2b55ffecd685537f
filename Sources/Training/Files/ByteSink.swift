import CLibrary
import Tensor

/// A new file that is written in parts, and appears under its name when it is complete; or a pipe,
/// a terminal or standard output.
package final class ByteSink {
  private let path: String
  private let temporary: String?
  private let note: Int?
  private let descriptor: Int32
  private var pending: [UInt8] = []
  private var isOpen = true

  /// The bytes that are collected before they are written.
  private static let partSize = 1 << 16

  /// Opens a temporary file beside a path, what is at the path if that is no file, or with the path
  /// `-` standard output.
  ///
  /// - Throws: ``TrainingError`` of kind `inputOutput` that names the file.
  package init(_ path: String) throws(TrainingError) {
    self.path = path
    guard path != "-" else {
      temporary = nil
      note = nil
      descriptor = STDOUT_FILENO
      return
    }
    let flowsOn: Bool
    do { flowsOn = try isStream(path) } catch { throw .inputOutput("\(path): \(error)") }
    temporary = flowsOn ? nil : "\(path).\(getpid()).partial"
    note = temporary.flatMap(TemporaryFiles.add)
    let creation = flowsOn ? 0 : O_CREAT | O_TRUNC
    descriptor = open(temporary ?? path, O_WRONLY | creation | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw .inputOutput("\(path): cannot be written: \(FileAccess.systemErrorText)")
    }
  }

  /// Whether it is standard output.
  package var isStandardOutput: Bool { path == "-" }

  /// Appends a text.
  ///
  /// - Throws: ``TrainingError`` of kind `inputOutput` that names the file.
  package func write(_ text: String) throws(TrainingError) {
    pending.append(contentsOf: text.utf8)
    if pending.count >= Self.partSize { try flush() }
  }

  /// Writes what is left, and gives the file its name.
  ///
  /// - Throws: ``TrainingError`` of kind `inputOutput` that names the file.
  package func finish() throws(TrainingError) {
    try flush()
    guard let temporary else { return }
    isOpen = false
    defer { TemporaryFiles.remove(note) }
    do {
      try finishFile(descriptor)
    } catch {
      unlink(temporary)
      throw .inputOutput("\(path): \(error.description)")
    }
    guard rename(temporary, path) == 0 else {
      let error = FileAccess.systemErrorText
      unlink(temporary)
      throw .inputOutput("\(path): cannot be written: \(error)")
    }
    try FileAccess.synchronizeName(of: path)
  }

  private func flush() throws(TrainingError) {
    do {
      try writeAll(pending, to: descriptor)
    } catch {
      let name = isStandardOutput ? "standard output" : path
      throw .inputOutput("\(name): \(error.description)")
    }
    pending.removeAll(keepingCapacity: true)
  }

  deinit {
    guard isOpen, !isStandardOutput else { return }
    close(descriptor)
    if let temporary { unlink(temporary) }
    TemporaryFiles.remove(note)
  }
}
