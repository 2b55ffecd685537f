import CLibrary
import Synchronization
import Tensor

/// Runs a closure on a new thread, which ends with it.
///
/// Task-local values of the caller, such as those of `withRandomSeed`, have no effect there.
///
/// - Throws: ``TrainingError`` of kind `training` if the system has no more threads.
package func startThread(_ body: @escaping @Sendable () -> Void) throws(TrainingError) {
  let start = Unmanaged.passRetained(ThreadStart(body))
  var attributes = pthread_attr_t()
  pthread_attr_init(&attributes)
  defer { pthread_attr_destroy(&attributes) }
  pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
  // As much as the main thread has.
  pthread_attr_setstacksize(&attributes, 8 << 20)
  #if canImport(Darwin)
    var thread: pthread_t?
  #else
    var thread = pthread_t()
  #endif
  let status = pthread_create(
    &thread, &attributes,
    { argument in
      #if canImport(Darwin)
        let opaque = argument
      #else
        guard let opaque = argument else { return nil }
      #endif
      Unmanaged<ThreadStart>.fromOpaque(opaque).takeRetainedValue().body()
      return nil
    }, start.toOpaque())
  if status != 0 {
    start.release()
    throw .training("the system has no more threads")
  }
}

private final class ThreadStart: Sendable {
  let body: @Sendable () -> Void

  init(_ body: @escaping @Sendable () -> Void) { self.body = body }
}

/// A flag that one thread sets and another reads.
package final class Flag: Sendable {
  private let value = Atomic(false)

  package init() {}

  package var isSet: Bool { value.load(ordering: .relaxed) }
  package func set() { value.store(true, ordering: .relaxed) }
}

/// A lock whose holder can wait to be woken by another thread.
final class Condition: @unchecked Sendable {
  // Unchecked because of the pointers, which never change.
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  /// The condition whose lock this one has, if it is not its own.
  private let owner: Condition?

  /// Creates a condition with a lock of its own, or with that of another condition.
  init(lockOf other: Condition? = nil) {
    owner = other
    mutex = other?.mutex ?? .allocate(capacity: 1)
    if other == nil { pthread_mutex_init(mutex, nil) }
    pthread_cond_init(changed, nil)
  }

  deinit {
    pthread_cond_destroy(changed)
    changed.deallocate()
    if owner == nil {
      pthread_mutex_destroy(mutex)
      mutex.deallocate()
    }
  }

  /// Runs a closure while no other thread runs one with the lock.
  func withLock<Result>(_ body: () throws -> Result) rethrows -> Result {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return try body()
  }

  /// Gives the lock up until another thread wakes this one; called with the lock and in a loop,
  /// because a thread may also wake up by itself.
  func wait() { pthread_cond_wait(changed, mutex) }

  /// Wakes one thread that waits.
  func wakeOne() { pthread_cond_signal(changed) }

  /// Wakes all threads that wait.
  func wakeAll() { pthread_cond_broadcast(changed) }
}
