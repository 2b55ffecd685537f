import CLibrary
import Synchronization

/// The memory of one or more tensors, freed when the last of them is gone.
///
/// It is `@unchecked Sendable` because the bytes are written only while one tensor holds the
/// storage uniquely (`isKnownUniquelyReferenced`) or before any other thread can see it.
package final class Storage: @unchecked Sendable {
  /// The origin of the memory, which determines how it is freed.
  private enum Source {
    case allocator(Allocator.Block)
    case system(byteCount: Int)
    case file(FileBytes)
  }

  /// The memory, `nil` until a result that was put off is computed.
  private let memory: Atomic<UnsafeMutableRawPointer?>
  private let source: Source
  /// The operation that will write the memory; read and changed under `PendingOperation.lock`.
  var operation: PendingOperation?

  /// The address of the first byte, where a result that was put off is computed first.
  package var pointer: UnsafeMutableRawPointer {
    @inline(__always) get { memory.load(ordering: .acquiring) ?? computed() }
  }

  /// Allocates `byteCount` bytes of uninitialized memory, aligned to 64 bytes.
  package init(byteCount: Int) {
    let block = Allocator.Block(byteCount: byteCount)
    source = .allocator(block)
    memory = Atomic(block.allocated())
  }

  /// Creates the storage of a result that is put off; it has no memory yet.
  init(pending byteCount: Int) {
    source = .allocator(Allocator.Block(byteCount: byteCount, owner: 0))
    memory = Atomic(nil)
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
    memory = Atomic(pages)
    source = .system(byteCount: size)
    Allocator.shared.withLock { $0.count(systemBytes: size) }
  }

  /// Shares bytes of a file, which no other storage may share.
  ///
  /// They are not among the statistics of memory.
  init(sharing pointer: UnsafeMutableRawPointer, of file: FileBytes) {
    memory = Atomic(pointer)
    source = .file(file)
  }

  deinit {
    if let memory = memory.load(ordering: .acquiring) { free(memory) }
  }

  private func free(_ memory: UnsafeMutableRawPointer) {
    switch source {
    case .allocator(let block): block.free(memory)
    case .system(let byteCount):
      munmap(memory, byteCount)
      Allocator.shared.withLock { $0.statistics.liveBytes -= byteCount }
    case .file: break
    }
  }
}

// MARK: - Results that are put off

extension Storage {
  /// Whether the elements have not been computed yet.
  var isPending: Bool { memory.load(ordering: .acquiring) == nil }

  /// The number of operations that compute the elements; 0 if they are in memory.
  var pendingLength: Int {
    isPending ? PendingOperation.lock.withLock { _ in operation?.length ?? 0 } : 0
  }

  /// The number of elements that an operation will compute block by block; 0 for others.
  var pendingCount: Int {
    if !isPending { return 0 }
    return PendingOperation.lock.withLock { _ in
      operation.map { $0.isOfSums ? 0 : $0.shape.elementCount } ?? 0
    }
  }

  /// Whether the elements are sums that were put off, or will be computed from some.
  var isPendingSum: Bool {
    isPending && PendingOperation.lock.withLock { _ in operation?.isOfSums ?? false }
  }

  /// Computes the elements unless they are in memory.
  package func compute() {
    if isPending { _ = computed() }
  }

  /// Computes the elements, with what they are computed from.
  private func computed() -> UnsafeMutableRawPointer {
    PendingOperation.compute([self])
    // Without an operation, another thread has just computed it.
    guard let memory = memory.load(ordering: .acquiring) else {
      fail("storage: a result was read that no operation computes")
    }
    return memory
  }

  /// Returns memory for the result, which ``finish(_:)`` takes over.
  func allocate() -> UnsafeMutableRawPointer {
    guard case .allocator(let block) = source else { return pointer }
    return block.allocated()
  }

  /// Takes over memory with the result, unless another thread was faster; call it under the lock.
  func finish(_ result: UnsafeMutableRawPointer) {
    operation = nil
    let (exchanged, _) = memory.compareExchange(
      expected: nil, desired: result, ordering: .acquiringAndReleasing)
    if !exchanged { free(result) }
  }
}
