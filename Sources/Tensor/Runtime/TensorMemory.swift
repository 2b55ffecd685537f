/// The memory of all tensors of the process: its statistics, and the limit of what is kept for
/// reuse.
///
/// Freed storage is kept by size class and handed out again, because fresh pages from the system
/// cost more than the arithmetic on them.
public enum TensorMemory {
  /// Statistics of the memory that tensors hold.
  public struct Statistics: Sendable, Equatable {
    /// The bytes of storage held by living tensors, and of the scratch memory of operations that
    /// run, rounded up to the allocator's size classes.
    public var liveBytes = 0

    /// The bytes of freed storage kept for reuse.
    public var cachedBytes = 0

    /// The largest value of ``liveBytes`` since the start of the process or the last
    /// ``TensorMemory/resetPeak()``.
    public var peakLiveBytes = 0

    /// The number of times that storage or scratch memory was allocated.
    public var allocations = 0

    /// The number of allocations that came from the system because no cached storage fit.
    public var systemAllocations = 0
  }

  /// The current statistics.
  public static var statistics: Statistics { Allocator.shared.withLock { $0.statistics } }

  /// The maximum number of bytes kept for reuse.
  ///
  /// Where storage that is freed would exceed it, sizes that were not needed for longest go back to
  /// the system.
  ///
  /// By default it is a quarter of the machine's memory or of the limit of the process's control
  /// group, such as that of a container, and at most 4 GiB. Whatever the limit, all of the cache is
  /// released when an allocation fails, and before one that would make tensors and cache together
  /// larger than that memory.
  public static var cacheLimit: Int {
    get { Allocator.shared.withLock { $0.cacheLimit } }
    set {
      Allocator.shared.withLock {
        $0.cacheLimit = newValue
        if $0.statistics.cachedBytes > newValue { $0.releaseCache() }
      }
    }
  }

  /// The number of bytes that tensors and cache should not exceed together: all of the cache is
  /// released before an allocation that would.
  ///
  /// By default it is the memory of the machine or the limit of the process's control group.
  package static var combinedLimit: Int {
    get { Allocator.shared.withLock { $0.combinedLimit } }
    set { Allocator.shared.withLock { $0.combinedLimit = newValue } }
  }

  /// Resets ``Statistics/peakLiveBytes`` to the bytes that are live now.
  public static func resetPeak() {
    Allocator.shared.withLock { $0.statistics.peakLiveBytes = $0.statistics.liveBytes }
  }

  /// Returns all cached storage to the system.
  public static func releaseCache() {
    Allocator.shared.withLock { $0.releaseCache() }
  }
}
