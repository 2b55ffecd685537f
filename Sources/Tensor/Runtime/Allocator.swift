import CLibrary
import Synchronization

/// A caching allocator of 64-byte aligned blocks.
///
/// Blocks come in size classes, four from one power of two to the next, so that at most a fifth of
/// a block is unused. A freed block is kept in the list of its class up to ``cacheLimit``.
struct Allocator: ~Copyable {
  static let shared = Mutex(Allocator())

  /// The free lists by class; the first word of a free block points to the next one.
  private var free = [UnsafeMutableRawPointer?](repeating: nil, count: 4 * 48)
  var statistics = TensorMemory.Statistics()
  var cacheLimit = 4 << 30

  /// The size of a huge page.
  ///
  /// Large blocks are aligned to it, and the system is advised to use such pages.
  private static let hugePage = 2 << 20

  /// Returns the class of the smallest blocks that hold `byteCount` bytes.
  static func sizeClass(for byteCount: Int) -> Int {
    if byteCount <= 64 { return 0 }
    let last = byteCount - 1
    let exponent = Int.bitWidth - 1 - last.leadingZeroBitCount
    return (exponent - 6) * 4 + ((last >> (exponent - 2)) & 3) + 1
  }

  /// Returns the size in bytes of the blocks of a class.
  static func blockSize(ofClass sizeClass: Int) -> Int {
    if sizeClass == 0 { return 64 }
    let (exponent, step) = ((sizeClass - 1) / 4 + 6, (sizeClass - 1) % 4)
    return (1 << exponent) + ((step + 1) << (exponent - 2))
  }

  mutating func allocate(sizeClass: Int) -> UnsafeMutableRawPointer {
    let size = Self.blockSize(ofClass: sizeClass)
    statistics.allocations += 1
    statistics.liveBytes += size
    statistics.peakLiveBytes = max(statistics.peakLiveBytes, statistics.liveBytes)
    if let block = free[sizeClass] {
      free[sizeClass] = block.load(as: UnsafeMutableRawPointer?.self)
      statistics.cachedBytes -= size
      return block
    }
    statistics.systemAllocations += 1
    return Self.systemBlock(size: size)
  }

  /// Records an allocation that bypasses the cache.
  mutating func count(systemBytes: Int) {
    statistics.allocations += 1
    statistics.systemAllocations += 1
    statistics.liveBytes += systemBytes
    statistics.peakLiveBytes = max(statistics.peakLiveBytes, statistics.liveBytes)
  }

  mutating func deallocate(_ block: UnsafeMutableRawPointer, sizeClass: Int) {
    let size = Self.blockSize(ofClass: sizeClass)
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
      // Only advice: the block works just as well if it is refused.
      if isHuge { _ = madvise(block, size & ~(hugePage - 1), MADV_HUGEPAGE) }
    #endif
    return block
  }
}
