import CLibrary

/// The memory of one or more tensors, freed when the last of them is gone.
///
/// It is `@unchecked Sendable` because the bytes are written only while one tensor holds the
/// storage uniquely (`isKnownUniquelyReferenced`) or before any other thread can see it.
package final class Storage: @unchecked Sendable {
  /// The origin of the memory, which determines how it is freed.
  private enum Source {
    case allocator(sizeClass: Int32)
    case system(byteCount: Int)
    case file(FileBytes)
  }

  package let pointer: UnsafeMutableRawPointer
  private let source: Source

  /// Allocates `byteCount` bytes of uninitialized memory, aligned to 64 bytes.
  package init(byteCount: Int) {
    let sizeClass = Allocator.sizeClass(for: byteCount)
    source = .allocator(sizeClass: Int32(sizeClass))
    pointer = Allocator.shared.withLock { $0.allocate(sizeClass: sizeClass) }
  }

  /// Maps `byteCount` bytes of zeros as fresh pages of the system, which cost nothing until they
  /// are touched.
  ///
  /// Allocating and filling memory is cheaper if most of it is going to be written.
  package init(untouchedZeros byteCount: Int) {
    let size = max(byteCount, 1)
    let pages = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let pages, pages != MAP_FAILED else {
      fail("memory: the system could not map \(size) bytes")
    }
    #if os(Linux)
      // The system would fill a huge page, 2 MiB, at the first touch.
      _ = madvise(pages, size, MADV_NOHUGEPAGE)
    #endif
    pointer = pages
    source = .system(byteCount: size)
    Allocator.shared.withLock { $0.count(systemBytes: size) }
  }

  /// Shares bytes of a file, which no other storage may share.
  ///
  /// They are not among the statistics of memory.
  init(sharing pointer: UnsafeMutableRawPointer, of file: FileBytes) {
    self.pointer = pointer
    source = .file(file)
  }

  deinit {
    switch source {
    case .allocator(let sizeClass):
      Allocator.shared.withLock { $0.deallocate(pointer, sizeClass: Int(sizeClass)) }
    case .system(let byteCount):
      munmap(pointer, byteCount)
      Allocator.shared.withLock { $0.statistics.liveBytes -= byteCount }
    case .file: break
    }
  }
}
