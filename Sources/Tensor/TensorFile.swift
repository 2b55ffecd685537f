#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// What is wrong with a file of tensors: with its bytes, or with reading and writing it.
public struct TensorFileError: Error, Sendable, Equatable, CustomStringConvertible {
  /// Where the fault lies.
  public enum Kind: Sendable {
    /// The bytes are not a well-formed file, or the tensors cannot be stored in one.
    case content
    /// The system refused to read or write.
    case inputOutput
  }

  /// Where the fault lies.
  public let kind: Kind

  /// One line that says what is wrong, and in which file if it has a name.
  public let description: String

  package init(_ description: String, kind: Kind = .content) {
    self.description = description
    self.kind = kind
  }

  /// The error behind the name of the file or the part of one where it lies.
  func inside(_ place: String) -> TensorFileError {
    TensorFileError("\(place): \(description)", kind: kind)
  }

  /// The error with a subject for the sentence that it says.
  func about(_ subject: String) -> TensorFileError {
    TensorFileError("\(subject) \(description)", kind: kind)
  }
}

/// Calls `body` with the bytes of a collection, which are copied only where they are not in one piece.
func withRawBytes<Result>(
  of bytes: some Collection<UInt8>,
  _ body: (UnsafeRawBufferPointer) throws(TensorFileError) -> Result
) throws(TensorFileError) -> Result {
  func outcome(_ buffer: UnsafeRawBufferPointer) -> Swift.Result<Result, TensorFileError> {
    do throws(TensorFileError) { return .success(try body(buffer)) } catch {
      return .failure(error)
    }
  }
  let found = bytes.withContiguousStorageIfAvailable { outcome(UnsafeRawBufferPointer($0)) }
  return try (found ?? Array(bytes).withUnsafeBytes { outcome($0) }).get()
}

// MARK: - Paths

/// Calls `body` and puts the path of the file before the message of an error that it throws.
func locatingErrors<Result>(
  in path: String, _ body: () throws(TensorFileError) -> Result
) throws(TensorFileError) -> Result {
  do throws(TensorFileError) { return try body() } catch { throw error.inside(path) }
}

/// Reads the whole file at `path`, or a pipe to its end.
///
/// - Throws: `TensorFileError` of kind `inputOutput` that names the file.
package func readFile(_ path: String) throws(TensorFileError) -> [UInt8] {
  try locatingErrors(in: path) { () throws(TensorFileError) in try read(path) }
}

/// Writes the file at `path` whole or not at all: to a temporary file beside it, which is synchronized and renamed.
///
/// - Throws: `TensorFileError` of kind `inputOutput` that names the file; then nothing has changed.
package func writeFile(_ path: String, _ bytes: [UInt8]) throws(TensorFileError) {
  try locatingErrors(in: path) { () throws(TensorFileError) in
    let temporary = "\(path).\(getpid())-\(UInt32.random(in: 0...UInt32.max)).partial"
    do throws(TensorFileError) {
      try write(bytes, toNew: temporary)
      if rename(temporary, path) != 0 { throw systemError("cannot be written") }
    } catch {
      unlink(temporary)
      throw error
    }
  }
}

private func read(_ path: String) throws(TensorFileError) -> [UInt8] {
  let descriptor = open(path, O_RDONLY | O_CLOEXEC)
  if descriptor < 0 { throw systemError("cannot be opened") }
  defer { close(descriptor) }
  var status = stat()
  if fstat(descriptor, &status) != 0 { throw systemError("cannot be read") }
  // A pipe has no size; a file may be longer or shorter by now, which reading to the end finds out.
  var bytes = [UInt8]()
  bytes.reserveCapacity(max(0, Int(status.st_size)))
  let pieceSize = 1 << 20
  let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: pieceSize, alignment: 64)
  defer { piece.deallocate() }
  while true {
    let count = read(descriptor, piece.baseAddress, pieceSize)
    if count > 0 {
      bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: piece[..<count]))
    } else if count == 0 {
      return bytes
    } else if errno != EINTR {
      throw systemError("cannot be read")
    }
  }
}

private func write(_ bytes: [UInt8], toNew path: String) throws(TensorFileError) {
  let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
  if descriptor < 0 { throw systemError("cannot be written") }
  do throws(TensorFileError) {
    try write(bytes, to: descriptor)
    // Without this, a power cut after the rename could leave an empty file under the final name.
    if fsync(descriptor) != 0 { throw systemError("cannot be written") }
  } catch {
    close(descriptor)
    throw error
  }
  if close(descriptor) != 0 { throw systemError("cannot be written") }
}

private func write(_ bytes: [UInt8], to descriptor: Int32) throws(TensorFileError) {
  var written = 0
  while written < bytes.count {
    let count = bytes.withUnsafeBytes { all in
      let rest = UnsafeRawBufferPointer(rebasing: all[written...])
      return write(descriptor, rest.baseAddress, rest.count)
    }
    if count >= 0 {
      written += count
    } else if errno != EINTR {
      throw systemError("cannot be written")
    }
  }
}

/// An error with the system's words for what the last call met.
private func systemError(_ what: String) -> TensorFileError {
  TensorFileError("\(what): \(String(cString: strerror(errno)).lowercased())", kind: .inputOutput)
}
