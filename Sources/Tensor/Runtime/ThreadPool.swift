import CKernels
import CLibrary
import Synchronization

/// The process-wide worker threads.
///
/// A caller publishes a job, a number of tasks, and works on it as well. A caller that finds
/// another job in progress runs its own inline, so nested and concurrent calls never wait for each
/// other. After a job, workers spin for about ten microseconds, because the next operation of a
/// training step usually follows at once, and then sleep.
///
/// Each thread has a contiguous part of the tasks of its own, the same fraction in every job, so
/// that it finds in its own cache what it wrote in the operation before. A thread that has finished
/// its part takes tasks from the ends of the others.
package final class ThreadPool: @unchecked Sendable {
  // Unchecked: the properties of the job are written only while the job is closed and no worker is
  // inside, and the number of workers only under `isBusy`.

  private static let shared = ThreadPool()

  private typealias Body = (Int) -> Void

  /// Bit 31 is set while a job is open; the bits below count the workers inside it; the high half
  /// numbers the jobs.
  private let state = Atomic<UInt64>(0)
  /// The tasks that are left of the part of each thread; the caller's is the first.
  private let parts = TaskParts()
  private let isBusy = Atomic<Bool>(false)
  private let sleepers = Atomic<Int>(0)
  private var body: UnsafePointer<Body>?
  private var execution: Execution?
  private var threadCount = 0
  private var workerCount = 0
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let wakeUp = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  private static let openBit: UInt64 = 1 << 31
  private static let insideMask: UInt64 = openBit - 1
  private static let jobStep: UInt64 = 1 << 32
  private static let spins = 4000

  private init() {
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(wakeUp, nil)
  }

  /// Calls `body` with each number below `tasks` on at most `threads` threads, and returns when all
  /// calls have.
  ///
  /// Tasks start in order and finish in any order, so a result must depend on the number of its
  /// task alone.
  package static func run(
    tasks: Int, threads: Int = Execution.current.threads, _ body: (Int) -> Void
  ) {
    if tasks <= 1 || threads <= 1
      || shared.isBusy.exchange(true, ordering: .acquiring)
    {
      for task in 0..<tasks { body(task) }
      return
    }
    shared.publish(tasks: tasks, threads: Swift.min(threads, tasks), body)
    shared.isBusy.store(false, ordering: .releasing)
  }

  private func publish(tasks: Int, threads: Int, _ body: (Int) -> Void) {
    // The system may limit the threads; those that there are do the work.
    while workerCount < threads - 1, startWorker() {}
    let threads = Swift.min(threads, workerCount + 1)
    withoutActuallyEscaping(body) { body in
      withUnsafePointer(to: body) { pointer in
        self.body = pointer
        execution = Execution.inScope
        threadCount = threads
        parts.divide(tasks, among: threads)
        state.wrappingAdd(
          Self.jobStep | Self.openBit, ordering: .sequentiallyConsistent)
        if sleepers.load(ordering: .sequentiallyConsistent) > 0 {
          pthread_mutex_lock(mutex)
          pthread_cond_broadcast(wakeUp)
          pthread_mutex_unlock(mutex)
        }
        work(pointer.pointee, as: 0)
        // The job is closed: no worker can enter it any more. Wait for those inside.
        state.bitwiseAnd(~Self.openBit, ordering: .sequentiallyConsistent)
        var rounds = 0
        while state.load(ordering: .acquiring) & Self.insideMask != 0 {
          rounds += 1
          if rounds % 10000 == 0 { sched_yield() } else { ck_pause() }
        }
      }
    }
  }

  private func work(_ body: Body, as thread: Int) {
    ck_set_task_thread(Int32(thread + 1))
    defer { ck_set_task_thread(0) }
    while let task = parts.takeFirst(of: thread) { body(task) }
    for distance in 1..<threadCount {
      let other = (thread + distance) % threadCount
      while let task = parts.takeLast(of: other) { body(task) }
    }
  }

  /// Starts one more worker, and returns whether the system has allowed it.
  private func startWorker() -> Bool {
    let start = Unmanaged.passRetained(WorkerStart(pool: self, index: workerCount))
    #if canImport(Darwin)
      var thread: pthread_t?
    #else
      var thread = pthread_t()
    #endif
    let status = pthread_create(
      &thread, nil,
      { argument in
        #if canImport(Darwin)
          let opaque = argument
        #else
          guard let opaque = argument else { return nil }
        #endif
        let start = Unmanaged<WorkerStart>.fromOpaque(opaque).takeRetainedValue()
        start.pool.serve(as: start.index)
      }, start.toOpaque())
    if status != 0 {
      start.release()
      return false
    }
    workerCount += 1
    return true
  }

  private func serve(as index: Int) -> Never {
    var lastJob: UInt64 = 0
    while true {
      lastJob = awaitJob(after: lastJob)
      var current = state.load(ordering: .acquiring)
      while current & Self.openBit != 0 {
        let (entered, value) = state.weakCompareExchange(
          expected: current, desired: current + 1, ordering: .acquiringAndReleasing)
        if entered {
          lastJob = current >> 32
          if index + 1 < threadCount, let body {
            Execution.inheriting(execution) { work(body.pointee, as: index + 1) }
          }
          state.wrappingSubtract(1, ordering: .releasing)
          break
        }
        current = value
      }
    }
  }

  /// Waits for a job later than `job`, first spinning and then asleep, and returns its number.
  private func awaitJob(after job: UInt64) -> UInt64 {
    for _ in 0..<Self.spins {
      let number = state.load(ordering: .acquiring) >> 32
      if number != job { return number }
      ck_pause()
    }
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    sleepers.wrappingAdd(1, ordering: .sequentiallyConsistent)
    defer { sleepers.wrappingSubtract(1, ordering: .sequentiallyConsistent) }
    while true {
      let number = state.load(ordering: .sequentiallyConsistent) >> 32
      if number != job { return number }
      pthread_cond_wait(wakeUp, mutex)
    }
  }

  private final class WorkerStart {
    let pool: ThreadPool
    let index: Int
    init(pool: ThreadPool, index: Int) {
      self.pool = pool
      self.index = index
    }
  }
}

/// Cuts `count` items into tasks of `grain` items and calls `body` with the range of each, in
/// parallel if there are several.
///
/// The ranges depend on `count` and `grain` alone.
@inline(__always)
package func forEachChunk(of count: Int, grain: Int, _ body: (Range<Int>) -> Void) {
  if count <= grain {
    if count > 0 { body(0..<count) }
    return
  }
  ThreadPool.run(tasks: (count + grain - 1) / grain) { task in
    body(task * grain..<Swift.min(count, (task + 1) * grain))
  }
}
