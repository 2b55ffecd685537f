import CLibrary

/// Reads a file and decodes it; errors name the file.
func decodeFile<Result>(
  _ path: String, _ decode: ([UInt8]) throws(TensorFileError) -> Result
) throws(TensorFileError) -> Result {
  let bytes = try readFile(path)
  return try locatingErrors(in: path) { () throws(TensorFileError) in try decode(bytes) }
}

/// Encodes a file and writes it; errors name the file.
func encodeFile(
  _ path: String, _ encode: () throws(TensorFileError) -> [UInt8]
) throws(TensorFileError) {
  try writeFile(path, locatingErrors(in: path, encode))
}

/// Calls `body`, and puts the path of the file before the message of an error that it throws.
private func locatingErrors<Result>(
  in path: String, _ body: () throws(TensorFileError) -> Result
) throws(TensorFileError) -> Result {
  do throws(TensorFileError) { return try body() } catch { throw error.inside(path) }
}

/// Returns the content of the file at `path`; a pipe is read to its end.
///
/// - Throws: `TensorFileError` of kind `inputOutput` that names the file.
package func readFile(_ path: String) throws(TensorFileError) -> [UInt8] {
  try locatingErrors(in: path) { () throws(TensorFileError) in try read(path) }
}

/// Writes a file whole or not at all: to a temporary file beside it, which is synchronized and then
/// renamed.
///
/// - Throws: `TensorFileError` of kind `inputOutput` that names the file; then nothing has changed.
package func writeFile(_ path: String, _ bytes: [UInt8]) throws(TensorFileError) {
  try locatingErrors(in: path) { () throws(TensorFileError) in
    let temporary = "\(path).\(getpid())-\(UInt32.random(in: 0...UInt32.max)).partial"
    let note = TemporaryFiles.add(temporary)
    defer { TemporaryFiles.remove(note) }
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
  // The size is only a hint: a pipe has none, and a file may change while it is read.
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
    try writeAll(bytes, to: descriptor)
    // Without this, a power failure after the rename could leave an empty file under the final
    // name.
    if fsync(descriptor) != 0 { throw systemError("cannot be written") }
  } catch {
    close(descriptor)
    throw error
  }
  if close(descriptor) != 0 { throw systemError("cannot be written") }
}

/// Writes bytes to an open file, in one call if the system takes them all.
///
/// - Throws: `TensorFileError` of kind `inputOutput`, without a path.
package func writeAll(_ bytes: [UInt8], to descriptor: Int32) throws(TensorFileError) {
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

/// Returns an error with the system's message about the last call.
private func systemError(_ what: String) -> TensorFileError {
  TensorFileError("\(what): \(String(cString: strerror(errno)).lowercased())", kind: .inputOutput)
}
