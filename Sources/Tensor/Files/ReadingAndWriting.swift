import CLibrary

/// Maps a file and decodes its bytes; errors name the file.
///
/// If the bytes need not be copied, `decode` gets the file too, so that results can share them.
func decodeFile<Result>(
  _ path: String, copying: Bool,
  _ decode: (UnsafeRawBufferPointer, FileBytes?) throws(TensorFileError) -> Result
) throws(TensorFileError) -> Result {
  let file = try FileBytes(mapping: path)
  defer { withExtendedLifetime(file) {} }
  return try locatingErrors(in: path) { () throws(TensorFileError) in
    try decode(UnsafeRawBufferPointer(file.buffer), copying ? nil : file)
  }
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

/// Whether bytes that are written to a path flow on, as into a pipe, a terminal, `/dev/null` or
/// `/dev/stdout`; at any other path they make a file, which replaces the one that is there.
///
/// - Throws: `TensorFileError` of kind `inputOutput`, without a path, for a disk and for a socket.
package func isStream(_ path: String) throws(TensorFileError) -> Bool {
  // These may lead to a file that is open, whose name is not to be replaced.
  if path == "/dev/stdout" || path == "/dev/stderr" { return true }
  if path.hasPrefix("/dev/fd/") || path.hasPrefix("/proc/self/fd/") { return true }
  var status = stat()
  guard stat(path, &status) == 0 else { return false }
  switch status.st_mode & S_IFMT {
  case S_IFIFO, S_IFCHR: return true
  case S_IFBLK, S_IFSOCK:
    throw TensorFileError("cannot be written: is not a file", kind: .inputOutput)
  default: return false
  }
}

/// Writes a file whole or not at all: to a temporary file beside it, which is synchronized and then
/// renamed.
///
/// Into a pipe or a terminal it writes directly.
///
/// - Throws: `TensorFileError` of kind `inputOutput` that names the file, which is then as it was,
///   or whole but not certain to survive a power failure.
package func writeFile(_ path: String, _ bytes: [UInt8]) throws(TensorFileError) {
  try writeFile(path) { writer throws(TensorFileError) in
    try writer.append(bytes)
  }
}

/// Writes a file whole or not at all, with the bytes that `body` appends; errors name the file.
func writeFile(
  _ path: String, _ body: (inout ByteWriter) throws(TensorFileError) -> Void
) throws(TensorFileError) {
  try locatingErrors(in: path) { () throws(TensorFileError) in
    if try isStream(path) {
      let descriptor = open(path, O_WRONLY | O_CLOEXEC)
      if descriptor < 0 { throw systemError("cannot be written") }
      defer { close(descriptor) }
      return try append(to: descriptor, body)
    }
    let temporary = "\(path).\(getpid())-\(UInt32.random(in: 0...UInt32.max)).partial"
    let note = TemporaryFiles.add(temporary)
    defer { TemporaryFiles.remove(note) }
    do throws(TensorFileError) {
      try write(toNew: temporary, body)
      if rename(temporary, path) != 0 { throw systemError("cannot be written") }
    } catch {
      unlink(temporary)
      throw error
    }
    try synchronizeFolder(of: path)
  }
}

/// Writes the entries of the folder that a path is in to the disk, so that a power failure does not
/// undo a new name.
///
/// Folders that may be written to but not read, and file systems that cannot synchronize a folder,
/// are used without.
///
/// - Throws: `TensorFileError` of kind `inputOutput`, without a path.
package func synchronizeFolder(of path: String) throws(TensorFileError) {
  let end = path.lastIndex(of: "/")
  let folder = end.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
  let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
  guard descriptor >= 0 else {
    if errno == EACCES { return }
    throw systemError("cannot be written")
  }
  defer { close(descriptor) }
  guard fsync(descriptor) != 0, ![EINVAL, ENOSYS, ENOTSUP, EOPNOTSUPP].contains(errno) else {
    return
  }
  throw systemError("cannot be written")
}

/// Writes what was written to an open file to the disk, and closes it.
///
/// - Throws: `TensorFileError` of kind `inputOutput`, without a path; the file is closed then, too.
package func finishFile(_ descriptor: Int32) throws(TensorFileError) {
  do throws(TensorFileError) { try synchronizeFile(descriptor) } catch {
    close(descriptor)
    throw error
  }
  if close(descriptor) != 0 { throw systemError("cannot be written") }
}

/// Writes what was written to an open file to the disk.
///
/// - Throws: `TensorFileError` of kind `inputOutput`, without a path.
package func synchronizeFile(_ descriptor: Int32) throws(TensorFileError) {
  if fsync(descriptor) != 0 { throw systemError("cannot be written") }
}

/// The most bytes that are read of a file at once: 4 GiB.
package let largestFileSize = 4 << 30

/// Returns the size of an open file, 0 of a pipe.
///
/// - Throws: `TensorFileError` of kind `inputOutput` for a device, whose content may have no end,
///   and for a file that is too large; without a path.
package func checkedSize(of descriptor: Int32) throws(TensorFileError) -> Int {
  var status = stat()
  if fstat(descriptor, &status) != 0 { throw systemError("cannot be read") }
  switch status.st_mode & S_IFMT {
  case S_IFCHR, S_IFBLK:
    throw TensorFileError("is a device, not a file", kind: .inputOutput)
  case S_IFREG where Int(status.st_size) > largestFileSize: throw tooLarge
  default: return max(0, Int(status.st_size))
  }
}

/// The error of a file with more than ``largestFileSize`` bytes, without a path.
package var tooLarge: TensorFileError {
  TensorFileError(
    "has more than the \(largestFileSize >> 30) GiB that are read at once", kind: .inputOutput)
}

private func read(_ path: String) throws(TensorFileError) -> [UInt8] {
  let descriptor = open(path, O_RDONLY | O_CLOEXEC)
  if descriptor < 0 { throw systemError("cannot be opened") }
  defer { close(descriptor) }
  return try readToEnd(of: descriptor, expectedSize: checkedSize(of: descriptor))
}

/// Returns what is left to read of an open file or a pipe.
///
/// - Parameters:
///   - descriptor: The file.
///   - size: The number of bytes that it is expected to have; a pipe has none, and a file may
///     change while it is read.
/// - Returns: The bytes.
/// - Throws: `TensorFileError` of kind `inputOutput`, as for more than 4 GiB; without a path.
package func readToEnd(
  of descriptor: Int32, expectedSize size: Int = 0
) throws(TensorFileError) -> [UInt8] {
  var bytes = [UInt8]()
  bytes.reserveCapacity(size)
  let pieceSize = min(max(size + 1, 1 << 16), 1 << 20)
  let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: pieceSize, alignment: 64)
  defer { piece.deallocate() }
  while true {
    let count = read(descriptor, piece.baseAddress, pieceSize)
    if count > 0 {
      guard bytes.count + count <= largestFileSize else { throw tooLarge }
      bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: piece[..<count]))
    } else if count == 0 {
      return bytes
    } else if errno != EINTR {
      throw systemError("cannot be read")
    }
  }
}

private func write(
  toNew path: String, _ body: (inout ByteWriter) throws(TensorFileError) -> Void
) throws(TensorFileError) {
  let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
  if descriptor < 0 { throw systemError("cannot be written") }
  do throws(TensorFileError) { try append(to: descriptor, body) } catch {
    close(descriptor)
    throw error
  }
  // Without being synchronized, a power failure after the rename could leave an empty file under
  // the final name.
  try finishFile(descriptor)
}

private func append(
  to descriptor: Int32, _ body: (inout ByteWriter) throws(TensorFileError) -> Void
) throws(TensorFileError) {
  var writer = ByteWriter(.file(descriptor))
  try body(&writer)
  try writer.flush()
}

/// Writes bytes to an open file, in one call if the system takes them all.
///
/// - Throws: `TensorFileError` of kind `inputOutput`, without a path.
package func writeAll(_ bytes: [UInt8], to descriptor: Int32) throws(TensorFileError) {
  try withRawBytes(of: bytes) { bytes throws(TensorFileError) in
    try writeAll(bytes, to: descriptor)
  }
}

/// Writes bytes to an open file.
func writeAll(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) throws(TensorFileError) {
  var rest = bytes
  while !rest.isEmpty {
    let count = write(descriptor, rest.baseAddress, rest.count)
    if count >= 0 {
      rest = UnsafeRawBufferPointer(rebasing: rest[count...])
    } else if errno != EINTR {
      throw systemError("cannot be written")
    }
  }
}

/// Returns an error with the system's message about the last call.
private func systemError(_ what: String) -> TensorFileError {
  TensorFileError("\(what): \(String(cString: strerror(errno)).lowercased())", kind: .inputOutput)
}
