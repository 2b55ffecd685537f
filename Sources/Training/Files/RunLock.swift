import CLibrary

/// The right to write to the folder of a run, which one process at a time has.
///
/// The system releases it when the process ends, however it ends.
package final class RunLock {
  private var descriptor: Int32

  /// Takes the right.
  ///
  /// - Throws: ``TrainingError`` of kind `inputOutput` if another process has it.
  package init(_ path: String) throws(TrainingError) {
    descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw .inputOutput("\(path): cannot be opened: \(FileAccess.systemErrorText)")
    }
    // File systems without locks are used without.
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK else {
      close(descriptor)
      throw .inputOutput("\(path): another process is writing to this run")
    }
  }

  /// Gives the right back.
  package func release() {
    if descriptor >= 0 { close(descriptor) }
    descriptor = -1
  }

  deinit { release() }
}
