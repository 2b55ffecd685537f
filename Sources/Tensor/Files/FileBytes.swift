import CLibrary

/// The bytes of a file, which stay in place as long as the object lives.
///
/// A regular file is mapped, so that only the pages that are read are loaded, and those of the
/// system's cache are shared. Writing to the bytes copies a page and never changes the file. A file
/// that is replaced by renaming leaves the mapping as it is; one that is overwritten in place shows
/// through, and reading beyond the new end of one that is shortened ends the process (SIGBUS).
package final class FileBytes: @unchecked Sendable {
  // Unchecked because of the pointer; whoever writes to the bytes sees to it that no one else does.

  package let buffer: UnsafeMutableRawBufferPointer
  private let isMapped: Bool

  /// Maps a file; a pipe, and what else cannot be mapped, is read to its end.
  ///
  /// - Throws: `TensorFileError` of kind `inputOutput` that names the file.
  package init(mapping path: String) throws(TensorFileError) {
    if let pages = Self.map(path) {
      (buffer, isMapped) = (pages, true)
    } else {
      (buffer, isMapped) = (Self.copy(try readFile(path)), false)
    }
  }

  /// Copies bytes.
  package init(_ bytes: some Collection<UInt8>) {
    (buffer, isMapped) = (Self.copy(bytes), false)
  }

  deinit {
    if isMapped { munmap(buffer.baseAddress, buffer.count) } else { buffer.deallocate() }
  }

  /// Lets the system take back the memory of whole pages in a range of a mapped file, which are
  /// read again when they are needed.
  ///
  /// What was written to them is lost.
  package func release(_ range: Range<Int>) {
    #if os(Linux)
      let page = Int(sysconf(Int32(_SC_PAGESIZE)))
      let first = (range.lowerBound + page - 1) / page * page
      let end = range.upperBound / page * page
      guard isMapped, first < end, let start = buffer.baseAddress else { return }
      _ = madvise(start + first, end - first, MADV_DONTNEED)
    #endif
  }

  private static func map(_ path: String) -> UnsafeMutableRawBufferPointer? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    if descriptor < 0 { return nil }
    defer { close(descriptor) }
    var status = stat()
    // Files of the system, such as those in /proc, have no size.
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size > 0
    else { return nil }
    let size = Int(status.st_size)
    let pages = mmap(
      nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE, descriptor, 0)
    guard let pages, pages != MAP_FAILED else { return nil }
    return UnsafeMutableRawBufferPointer(start: pages, count: size)
  }

  private static func copy(_ bytes: some Collection<UInt8>) -> UnsafeMutableRawBufferPointer {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 64)
    buffer.copyBytes(from: bytes)
    return buffer
  }
}
