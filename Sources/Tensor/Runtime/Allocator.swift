import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// How much memory tensors hold.
public struct MemoryStatistics: Sendable, Equatable {
  /// Bytes of storage that living tensors hold, rounded up to the allocator's size classes.
  public var liveBytes = 0

  /// Bytes that no tensor holds and that are kept for the next one.
  public var cachedBytes = 0

  /// The largest value that ``liveBytes`` has had since the start or the last ``Memory/resetPeak()``.
  public var peakLiveBytes = 0

  /// How often storage was handed out.
  public var allocations = 0

  /// How often storage was handed out that had to come from the system because none was cached.
  public var systemAllocations = 0
}

/// The process-wide allocator of tensor storage: its statistics and its limit.
///
/// Freed storage is kept by size class and handed out again, because fresh pages from the system cost
/// more than the arithmetic on them.
public enum Memory {
  /// The statistics at this moment.
  public static var statistics: MemoryStatistics { Allocator.shared.withLock { $0.statistics } }

  /// The most bytes kept for reuse, 4 GiB by default; storage freed beyond it goes back to the system.
  public static var cacheLimit: Int {
    get { Allocator.shared.withLock { $0.cacheLimit } }
    set {
      Allocator.shared.withLock {
        $0.cacheLimit = newValue
        if $0.statistics.cachedBytes > newValue { $0.releaseCache() }
      }
    }
  }

  /// Starts ``MemoryStatistics/peakLiveBytes`` anew from the bytes that are live now.
  public static func resetPeak() {
    Allocator.shared.withLock { $0.statistics.peakLiveBytes = $0.statistics.liveBytes }
  }

  /// Gives all cached storage back to the system.
  public static func releaseCache() {
    Allocator.shared.withLock { $0.releaseCache() }
  }
}

/// Blocks of memory by size class: four classes between one power of two and the next, so that at
/// most a fifth of a block is unused.
///
/// Blocks are 64-byte aligned.
struct Allocator: ~Copyable {
  static let shared = Mutex(Allocator())

  /// A free block's first word points to the next free block of its class.
  private var free = [UnsafeMutableRawPointer?](repeating: nil, count: 4 * 48)
  var statistics = MemoryStatistics()
  var cacheLimit = 4 << 30

  /// Blocks of this size and more start at a huge page, which the system is asked to use.
  private static let hugePage = 2 << 20

  /// The class of the smallest blocks that hold `byteCount` bytes.
  static func sizeClass(for byteCount: Int) -> Int {
    if byteCount <= 64 { return 0 }
    let last = byteCount - 1
    let exponent = Int.bitWidth - 1 - last.leadingZeroBitCount
    return (exponent - 6) * 4 + ((last >> (exponent - 2)) & 3) + 1
  }

  /// The size in bytes of the blocks of a class.
  static func blockSize(ofClass sizeClass: Int) -> Int {
    if sizeClass == 0 { return 64 }
    let (exponent, step) = ((sizeClass - 1) / 4 + 6, (sizeClass - 1) % 4)
    return (1 << exponent) + ((step + 1) << (exponent - 2))
  }

  mutating func allocate(sizeClass: Int) -> UnsafeMutableRawPointer {
    let size = Allocator.blockSize(ofClass: sizeClass)
    statistics.allocations += 1
    statistics.liveBytes += size
    statistics.peakLiveBytes = max(statistics.peakLiveBytes, statistics.liveBytes)
    if let block = free[sizeClass] {
      free[sizeClass] = block.load(as: UnsafeMutableRawPointer?.self)
      statistics.cachedBytes -= size
      return block
    }
    statistics.systemAllocations += 1
    return Allocator.systemBlock(size: size)
  }

  /// Counts memory that comes from the system and goes back to it, past the cache.
  mutating func count(systemBytes: Int) {
    statistics.allocations += 1
    statistics.systemAllocations += 1
    statistics.liveBytes += systemBytes
    statistics.peakLiveBytes = max(statistics.peakLiveBytes, statistics.liveBytes)
  }

  mutating func deallocate(_ block: UnsafeMutableRawPointer, sizeClass: Int) {
    let size = Allocator.blockSize(ofClass: sizeClass)
    statistics.liveBytes -= size
    if statistics.cachedBytes + size > cacheLimit {
      block.deallocate()
    } else {
      block.storeBytes(of: free[sizeClass], as: UnsafeMutableRawPointer?.self)
      free[sizeClass] = block
      statistics.cachedBytes += size
    }
  }

  mutating func releaseCache() {
    for sizeClass in free.indices {
      while let block = free[sizeClass] {
        free[sizeClass] = block.load(as: UnsafeMutableRawPointer?.self)
        block.deallocate()
      }
    }
    statistics.cachedBytes = 0
  }

  private static func systemBlock(size: Int) -> UnsafeMutableRawPointer {
    let isHuge = size >= 4 * hugePage
    let block = UnsafeMutableRawPointer.allocate(
      byteCount: size, alignment: isHuge ? hugePage : 64)
    #if os(Linux)
      // Advice only: where it is refused the block works all the same.
      if isHuge { _ = madvise(block, size & ~(hugePage - 1), MADV_HUGEPAGE) }
    #endif
    return block
  }
}

/// The memory of one or more tensors, given back to the allocator when the last of them is gone.
///
/// `@unchecked Sendable`: the bytes are written only while one tensor holds the storage uniquely (by
/// `isKnownUniquelyReferenced`) or before any other thread can see it.
package final class Storage: @unchecked Sendable {
  /// Where a storage came from, and so where it goes back to.
  private enum Source {
    case allocator(sizeClass: Int32)
    case system(byteCount: Int)
  }

  package let pointer: UnsafeMutableRawPointer
  private let source: Source

  /// Uninitialised memory for `byteCount` bytes, aligned to 64.
  package init(byteCount: Int) {
    let sizeClass = Allocator.sizeClass(for: byteCount)
    source = .allocator(sizeClass: Int32(sizeClass))
    pointer = Allocator.shared.withLock { $0.allocate(sizeClass: sizeClass) }
  }

  /// Memory of zeros that costs nothing until it is touched: fresh pages of the system, which it fills
  /// with zeros one by one.
  ///
  /// Filling `byteCount` bytes is cheaper where most of them are going to be written.
  package init(untouchedZeros byteCount: Int) {
    let size = max(byteCount, 1)
    // Huge pages would be filled with zeros by the two megabytes.
    let pages = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let pages, pages != MAP_FAILED else { fail("memory: the system has no \(size) bytes") }
    #if os(Linux)
      _ = madvise(pages, size, MADV_NOHUGEPAGE)
    #endif
    pointer = pages
    source = .system(byteCount: size)
    Allocator.shared.withLock { $0.count(systemBytes: size) }
  }

  deinit {
    switch source {
    case .allocator(let sizeClass):
      Allocator.shared.withLock { $0.deallocate(pointer, sizeClass: Int(sizeClass)) }
    case .system(let byteCount):
      munmap(pointer, byteCount)
      Allocator.shared.withLock { $0.statistics.liveBytes -= byteCount }
    }
  }
}
