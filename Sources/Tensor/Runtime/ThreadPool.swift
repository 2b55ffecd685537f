import CKernels
import CLibrary
import Synchronization

/// The process-wide worker threads.
///
/// A caller publishes a job, a number of tasks, and works on it as well. A caller that finds
/// another job in progress runs its own inline, so nested and concurrent calls never wait for each
/// other. After a job, workers spin for some hundred microseconds, because the next operation of a
/// training step usually follows at once, and then sleep.
///
/// Each thread has a contiguous part of the tasks of its own, the same fraction in every job, so
/// that it finds in its own cache what it wrote in the operation before. A thread that has finished
/// its part takes tasks from the ends of the others.
package final class ThreadPool: @unchecked Sendable {
  // Unchecked: the job is written only while no worker has a task, the sleepers only under the
  // mutex, and all else only by the caller that has set `isBusy`.

  private static let shared = ThreadPool()

  private typealias Body = (Int) -> Void

  private struct Job {
    let body: Body
    let execution: Execution?
    let threadCount: Int
  }

  /// What only the caller whose job is in progress uses.
  private struct Caller {
    var workerCount = 0
    /// The number of tasks that workers have ever taken.
    var taken: UInt64 = 0
  }

  /// The part of each thread; the caller's is the first.
  private let parts = TaskParts()
  /// The parts of the workers that are asleep, under the mutex, and the first of them.
  private var sleepers: Set<Int> = []
  private let firstSleeper = Atomic<Int>(.max)
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let wakeUp = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  /// Written before the tasks are divided, and read by a thread that has taken one.
  private let job: UnsafeMutablePointer<Job>
  /// Whether a job is in progress.
  private let isBusy: UnsafeMutablePointer<Atomic<Bool>>
  private let caller: UnsafeMutablePointer<Caller>

  private static let spins = 4000

  private init() {
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(wakeUp, nil)
    // What callers write at each job is not in the cache lines that workers read.
    func lines<T: ~Copyable>(of type: T.Type) -> UnsafeMutablePointer<T> {
      let size = (MemoryLayout<T>.stride + 127) & ~127
      return UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 128)
        .bindMemory(to: type, capacity: 1)
    }
    job = lines(of: Job.self)
    isBusy = lines(of: Atomic<Bool>.self)
    isBusy.initialize(to: Atomic(false))
    caller = lines(of: Caller.self)
    caller.initialize(to: Caller())
  }

  /// Calls `body` with each number below `tasks` on at most `threads` threads, and returns when all
  /// calls have.
  ///
  /// Tasks run in any order, so a result must depend on the number of its task alone.
  package static func run(
    tasks: Int, threads: Int = Execution.current.threads, _ body: (Int) -> Void
  ) {
    if tasks <= 1 || threads <= 1
      || shared.isBusy.pointee.load(ordering: .relaxed)
      || shared.isBusy.pointee.exchange(true, ordering: .acquiring)
    {
      for task in 0..<tasks { body(task) }
      return
    }
    shared.publish(tasks: tasks, threads: Swift.min(threads, tasks), body)
    shared.isBusy.pointee.store(false, ordering: .releasing)
  }

  private func publish(tasks: Int, threads: Int, _ body: (Int) -> Void) {
    // The system may limit the threads; those that there are do the work.
    while caller.pointee.workerCount < threads - 1, startWorker() {}
    let workerCount = caller.pointee.workerCount
    let threads = Swift.min(threads, workerCount + 1)
    withoutActuallyEscaping(body) { escaping in
      job.initialize(to: Job(body: escaping, execution: .inScope, threadCount: threads))
      parts.divide(tasks, among: threads)
      wakeWorkers(below: threads)
      caller.pointee.taken &+= UInt64(tasks - work(body, from: 0, as: 0, of: threads))
      // No task is left; those that workers have taken end.
      var rounds = 0
      while parts.done(by: 1..<workerCount + 1) != caller.pointee.taken {
        rounds += 1
        if rounds % 10000 == 0 { sched_yield() } else { ck_pause() }
      }
      job.deinitialize(count: 1)
    }
  }

  /// Does a task that was taken, and others until none is left; returns how many they were.
  private func work(_ body: Body, from first: Int, as thread: Int, of threads: Int) -> Int {
    ck_set_task_thread(Int32(thread + 1))
    defer { ck_set_task_thread(0) }
    body(first)
    var count = 1
    // A worker that fell asleep before it saw its tasks has been noted by now.
    if thread == 0 { wakeWorkers(below: threads) }
    while let task = parts.takeFirst(of: thread) {
      body(task)
      count += 1
    }
    for distance in 1..<threads {
      let other = (thread + distance) % threads
      while let task = parts.takeLast(of: other) {
        body(task)
        count += 1
      }
    }
    return count
  }

  /// Wakes all workers if one of those whose parts are below a number is asleep.
  private func wakeWorkers(below end: Int) {
    if firstSleeper.load(ordering: .relaxed) >= end { return }
    pthread_mutex_lock(mutex)
    // Until they are awake, no other job need wake them.
    sleepers.removeAll(keepingCapacity: true)
    firstSleeper.store(.max, ordering: .relaxed)
    pthread_cond_broadcast(wakeUp)
    pthread_mutex_unlock(mutex)
  }

  /// Starts one more worker, and returns whether the system has allowed it.
  private func startWorker() -> Bool {
    let start = Unmanaged.passRetained(
      WorkerStart(pool: self, part: caller.pointee.workerCount + 1))
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
        start.pool.serve(as: start.part)
      }, start.toOpaque())
    if status != 0 {
      start.release()
      return false
    }
    caller.pointee.workerCount += 1
    return true
  }

  private func serve(as part: Int) -> Never {
    while true {
      awaitTasks(of: part)
      guard let first = parts.takeFirst(of: part) else { continue }
      let count = help(from: first, as: part)
      parts.addDone(count, by: part)
    }
  }

  /// Works on the job of a task that was taken, which lasts until that is noted as done.
  ///
  /// Not inlined: it must have released the body when it returns.
  @inline(never)
  private func help(from first: Int, as part: Int) -> Int {
    let job = job.pointee
    return Execution.inheriting(job.execution) {
      work(job.body, from: first, as: part, of: job.threadCount)
    }
  }

  /// Waits for tasks of a part, first spinning and then asleep.
  private func awaitTasks(of part: Int) {
    while true {
      for _ in 0..<Self.spins {
        if parts.left(of: part) > 0 { return }
        ck_pause()
      }
      pthread_mutex_lock(mutex)
      sleepers.insert(part)
      firstSleeper.store(sleepers.min() ?? .max, ordering: .sequentiallyConsistent)
      if parts.left(of: part) == 0 { pthread_cond_wait(wakeUp, mutex) }
      sleepers.remove(part)
      firstSleeper.store(sleepers.min() ?? .max, ordering: .sequentiallyConsistent)
      pthread_mutex_unlock(mutex)
    }
  }

  private final class WorkerStart {
    let pool: ThreadPool
    let part: Int
    init(pool: ThreadPool, part: Int) {
      self.pool = pool
      self.part = part
    }
  }
}

/// Cuts `count` items, each of some work, into tasks with about `grain` of it, of one size and an
/// even number as far as they can be, and calls `body` with the range of each.
///
/// For items whose results do not depend on where they are cut. Of three tasks, one thread of two
/// would do two; and equal parts are those that the same threads have of tensors of the same shape
/// in other operations.
@inline(__always)
package func forEachChunk(
  of count: Int, each work: Int, grain: Int, _ body: (Range<Int>) -> Void
) {
  forEachChunk(of: count, grain: Grain.items(grain, each: work, of: count), body)
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
