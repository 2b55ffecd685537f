#if EXACT_BLOCKS
  import CLibrary

  /// A lock of the C library in the place of Swift's `Mutex`, which the thread sanitizer does not
  /// see: its code is in a library that is built without it.
  final class ObservedMutex<Value: ~Copyable>: @unchecked Sendable {
    // Unchecked because of the value, which is used with the lock alone.
    private var value: Value
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)

    init(_ value: consuming Value) {
      self.value = value
      pthread_mutex_init(mutex, nil)
    }

    deinit {
      pthread_mutex_destroy(mutex)
      mutex.deallocate()
    }

    func withLock<Result>(_ body: (inout Value) throws -> Result) rethrows -> Result {
      pthread_mutex_lock(mutex)
      defer { pthread_mutex_unlock(mutex) }
      return try body(&value)
    }
  }
#endif
