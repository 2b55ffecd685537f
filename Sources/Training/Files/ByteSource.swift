import CLibrary
import Tensor

/// A file, a pipe or standard input, read in parts.
package final class ByteSource {
  /// The name in error messages.
  let name: String
  private let descriptor: Int32

  /// Opens a file, or with the path `-` standard input.
  ///
  /// - Throws: ``TrainingError`` of kind `inputOutput` that names the file.
  init(_ path: String) throws(TrainingError) {
    let isStandardInput = path == "-"
    name = Self.name(of: path)
    descriptor = isStandardInput ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
    if descriptor < 0 {
      throw .inputOutput("\(path): cannot be opened: \(FileAccess.systemErrorText)")
    }
    guard isStandardInput || !isDevice else {
      close(descriptor)
      throw .inputOutput("\(path): is a device, not a file")
    }
  }

  /// What error messages call a path, of which `-` is standard input.
  package static func name(of path: String) -> String { path == "-" ? "standard input" : path }

  private var isDevice: Bool {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { return false }
    return [S_IFCHR, S_IFBLK].contains(status.st_mode & S_IFMT)
  }

  /// The most bytes of a row or a line: 256 MiB.
  static let longestRow = 256 << 20

  deinit {
    if descriptor != STDIN_FILENO { close(descriptor) }
  }

  /// Returns all bytes that are left.
  ///
  /// - Throws: ``TrainingError`` of kind `inputOutput` that names the file, as for more than 4 GiB.
  func readRest() throws(TrainingError) -> [UInt8] {
    do { return try readToEnd(of: descriptor) } catch { throw .inputOutput("\(name): \(error)") }
  }

  /// Returns the next bytes, as many as are there up to a number, none at the end.
  ///
  /// - Throws: ``TrainingError`` of kind `inputOutput` that names the file.
  func read(upTo count: Int) throws(TrainingError) -> [UInt8] {
    var errorCode: Int32 = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      while true {
        let got = CLibrary.read(descriptor, buffer.baseAddress, count)
        if got >= 0 {
          filled = got
          return
        }
        if errno != EINTR {
          errorCode = errno
          return
        }
      }
    }
    guard errorCode == 0 else {
      errno = errorCode
      throw .inputOutput("\(name): cannot be read: \(FileAccess.systemErrorText)")
    }
    return bytes
  }
}
