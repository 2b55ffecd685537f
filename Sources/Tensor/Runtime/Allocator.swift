import CKernels
import CLibrary
import Synchronization

/// A caching allocator of 64-byte aligned blocks.
///
/// Blocks come in size classes, four from one power of two to the next, so that at most a fifth of
/// a block is unused. A freed block is kept in the list of its class. Where that would exceed
/// ``cacheLimit``, the lists that were used longest ago are emptied, so that sizes that are no
/// longer needed do not keep those that are from being kept. All blocks go back to the system when
/// it has no memory for a new one, or when they and the living ones would together exceed
/// ``combinedLimit``.
///
/// Each thread has lists of its own for what it allocates in tasks of the thread pool, such as
/// copies that are packed for a kernel. It finds them in its own cache then, while a block that
/// another thread has written would first have to come from there.
///
/// Compiled with `EXACT_BLOCKS`, as `Tests/sanitize.sh` does, each block has the size that was
/// asked for and goes back to the system at once, so that a sanitizer sees each access outside of
/// it, and the lock is one that the thread sanitizer sees.
struct Allocator: ~Copyable {
  #if EXACT_BLOCKS
    static let shared = ObservedMutex(Allocator())
  #else
    static let shared = Mutex(Allocator())
  #endif

  private static let classCount = 4 * 48
  /// The free lists by owner and class; the first word of a free block points to the next one.
  private var free = [UnsafeMutableRawPointer?](repeating: nil, count: classCount)
  /// The number of the last allocation from each list.
  private var lastUses = [Int](repeating: 0, count: classCount)
  var statistics = TensorMemory.Statistics()
  #if EXACT_BLOCKS
    var cacheLimit = 0
  #else
    var cacheLimit = min(4 << 30, SystemMemory.byteCount / 4)
  #endif
  var combinedLimit = SystemMemory.byteCount

  /// The size of a huge page.
  ///
  /// Large blocks are aligned to it, and the system is advised to use such pages.
  private static let hugePage = 2 << 20
  /// The size from which on blocks are pages of their own, which go back to the system at once when
  /// they are released.
  #if EXACT_BLOCKS
    private static let largeSize = Int.max
  #else
    private static let largeSize = 2 * hugePage
  #endif

  /// Returns the class of the smallest blocks that hold `byteCount` bytes.
  static func sizeClass(for byteCount: Int) -> Int {
    #if EXACT_BLOCKS
      return max(byteCount, 1)
    #else
      if byteCount <= 64 { return 0 }
      let last = byteCount - 1
      let exponent = Int.bitWidth - 1 - last.leadingZeroBitCount
      return (exponent - 6) * 4 + ((last >> (exponent - 2)) & 3) + 1
    #endif
  }

  /// Returns the size in bytes of the blocks of a class.
  static func blockSize(ofClass sizeClass: Int) -> Int {
    #if EXACT_BLOCKS
      return sizeClass
    #else
      if sizeClass == 0 { return 64 }
      let (exponent, step) = ((sizeClass - 1) / 4 + 6, (sizeClass - 1) % 4)
      return (1 << exponent) + ((step + 1) << (exponent - 2))
    #endif
  }

  /// Allocates a block of a class for an owner, the number of a thread in a task or 0.
  mutating func allocate(sizeClass: Int, owner: Int) -> UnsafeMutableRawPointer {
    let size = Self.blockSize(ofClass: sizeClass)
    let list = owner * Self.classCount + sizeClass
    statistics.allocations += 1
    statistics.liveBytes += size
    statistics.peakLiveBytes = max(statistics.peakLiveBytes, statistics.liveBytes)
    if sizeClass < Self.classCount, list < free.count, let block = free[list] {
      free[list] = block.load(as: UnsafeMutableRawPointer?.self)
      lastUses[list] = statistics.allocations
      statistics.cachedBytes -= size
      return block
    }
    statistics.systemAllocations += 1
    // `liveBytes` counts the new block.
    if statistics.liveBytes + statistics.cachedBytes > combinedLimit { releaseCache() }
    if let block = Self.systemBlock(size: size) { return block }
    releaseCache()
    guard let block = Self.systemBlock(size: size) else {
      fail(
        "memory: the system has no \(size) bytes beside the \(statistics.liveBytes - size) in use")
    }
    return block
  }

  /// Records an allocation that bypasses the cache.
  mutating func count(systemBytes: Int) {
    statistics.allocations += 1
    statistics.systemAllocations += 1
    statistics.liveBytes += systemBytes
    statistics.peakLiveBytes = max(statistics.peakLiveBytes, statistics.liveBytes)
  }

  /// Frees a block that was allocated for an owner.
  mutating func deallocate(_ block: UnsafeMutableRawPointer, sizeClass: Int, owner: Int) {
    let size = Self.blockSize(ofClass: sizeClass)
    statistics.liveBytes -= size
    if size > cacheLimit { return Self.release(block, size: size) }
    if statistics.cachedBytes + size > cacheLimit { makeRoom(for: size) }
    let list = owner * Self.classCount + sizeClass
    while list >= free.count {
      free.append(contentsOf: repeatElement(nil, count: Self.classCount))
      lastUses.append(contentsOf: repeatElement(0, count: Self.classCount))
    }
    if free[list] == nil { lastUses[list] = statistics.allocations }
    block.storeBytes(of: free[list], as: UnsafeMutableRawPointer?.self)
    free[list] = block
    statistics.cachedBytes += size
  }

  /// Empties the lists that were used longest ago until another block fits, and an eighth of the
  /// limit is left for those that follow.
  private mutating func makeRoom(for size: Int) {
    let wanted = max(0, cacheLimit - cacheLimit / 8 - size)
    while statistics.cachedBytes > wanted {
      var oldest = -1
      for list in free.indices where free[list] != nil {
        if oldest < 0 || lastUses[list] < lastUses[oldest] { oldest = list }
      }
      if oldest < 0 { return }
      empty(oldest)
    }
  }

  /// Gives the blocks of a list back to the system.
  private mutating func empty(_ list: Int) {
    let size = Self.blockSize(ofClass: list % Self.classCount)
    while let block = free[list] {
      free[list] = block.load(as: UnsafeMutableRawPointer?.self)
      statistics.cachedBytes -= size
      Self.release(block, size: size)
    }
  }

  mutating func releaseCache() {
    for list in free.indices { empty(list) }
  }

  /// Returns a new block, or `nil` if the system has no memory for it.
  private static func systemBlock(size: Int) -> UnsafeMutableRawPointer? {
    guard size >= largeSize else {
      var block: UnsafeMutableRawPointer?
      return posix_memalign(&block, 64, size) == 0 ? block : nil
    }
    // Of the pages around the first multiple of a huge page, what is not needed is given back.
    let mapped = size + hugePage
    guard
      let pages = mmap(nil, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
      pages != MAP_FAILED
    else { return nil }
    let before = -Int(bitPattern: pages) & (hugePage - 1)
    let block = pages + before
    if before > 0 { munmap(pages, before) }
    if before < hugePage { munmap(block + size, hugePage - before) }
    #if os(Linux)
      // Only advice: the block works just as well if it is refused.
      _ = madvise(block, size & ~(hugePage - 1), MADV_HUGEPAGE)
    #endif
    return block
  }

  private static func release(_ block: UnsafeMutableRawPointer, size: Int) {
    if size >= largeSize { munmap(block, size) } else { CLibrary.free(block) }
  }
}

extension Allocator {
  /// What is known of a block before it is allocated, and must be to free it.
  struct Block {
    private let sizeClass: Int32
    private let owner: Int32

    /// Describes a block of at least `byteCount` bytes for an owner, by default the calling thread
    /// if it is in a task.
    init(byteCount: Int, owner: Int32 = ck_task_thread()) {
      sizeClass = Int32(Allocator.sizeClass(for: byteCount))
      self.owner = owner
    }

    func allocated() -> UnsafeMutableRawPointer {
      Allocator.shared.withLock { $0.allocate(sizeClass: Int(sizeClass), owner: Int(owner)) }
    }

    func free(_ memory: UnsafeMutableRawPointer) {
      let address = UInt(bitPattern: memory)
      Allocator.shared.withLock {
        if let block = UnsafeMutableRawPointer(bitPattern: address) {
          $0.deallocate(block, sizeClass: Int(sizeClass), owner: Int(owner))
        }
      }
    }
  }
}
