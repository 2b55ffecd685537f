import Synchronization

/// The tasks of a job, cut into one contiguous part for each thread, and how many the workers have
/// done.
///
/// A part is a range of task numbers in a single word. Its owner takes tasks from the front, other
/// threads take them from the back; both only shrink it, so a compare-and-exchange is enough. A
/// thread that has taken a task sees what was written before the job was divided.
struct TaskParts: @unchecked Sendable {
  // Unchecked because of the pointer, which is allocated once and never freed.
  private let words: UnsafeMutablePointer<Atomic<UInt64>>

  /// The distance of two parts: each has cache lines of its own, so that threads which take tasks
  /// from their own parts do not disturb each other.
  private static let stride = 16
  /// The most threads, the limit of `withThreads` and `ADJOINT_THREADS`.
  private static let capacity = 256

  init() {
    let bytes = Self.capacity * Self.stride * MemoryLayout<Atomic<UInt64>>.stride
    let memory = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 128)
    words = memory.bindMemory(to: Atomic<UInt64>.self, capacity: Self.capacity * Self.stride)
    for word in 0..<Self.capacity * Self.stride { (words + word).initialize(to: Atomic(0)) }
  }

  /// The tasks that are left of a part.
  private func range(of part: Int) -> UnsafeMutablePointer<Atomic<UInt64>> {
    words + part * Self.stride
  }

  /// The number of tasks that the owner of a part, if it is a worker, has ever done.
  private func total(of part: Int) -> UnsafeMutablePointer<Atomic<UInt64>> {
    words + part * Self.stride + 1
  }

  /// Gives each of `threads` threads its part of `tasks`, and the first task to the caller, which
  /// is the owner of the first part.
  ///
  /// Task 0 is in no part, so that the caller can begin before other caches have its stores.
  func divide(_ tasks: Int, among threads: Int) {
    require(tasks <= Int(UInt32.max), "thread pool: a job of \(tasks) tasks, more than 2³² − 1")
    for part in 0..<threads {
      let (first, end) = (max(1, part * tasks / threads), (part + 1) * tasks / threads)
      range(of: part).pointee.store(UInt64(end) << 32 | UInt64(first), ordering: .releasing)
    }
  }

  /// The number of tasks that are left of a part.
  @inline(__always)
  func left(of part: Int) -> Int {
    let word = range(of: part).pointee.load(ordering: .relaxed)
    return max(0, Int(word >> 32) - Int(word & 0xffff_ffff))
  }

  /// Takes the first task that is left of a part, or nil if none is.
  func takeFirst(of part: Int) -> Int? {
    take(from: part) { ($0 & 0xffff_ffff, $0 &+ 1) }
  }

  /// Takes the last task that is left of a part, or nil if none is.
  func takeLast(of part: Int) -> Int? {
    take(from: part) { ($0 >> 32 &- 1, $0 &- 1 << 32) }
  }

  @inline(__always)
  private func take(
    from part: Int, _ choose: (UInt64) -> (task: UInt64, rest: UInt64)
  ) -> Int? {
    var word = range(of: part).pointee.load(ordering: .relaxed)
    while word & 0xffff_ffff < word >> 32 {
      let (task, rest) = choose(word)
      let (exchanged, current) = range(of: part).pointee.weakCompareExchange(
        expected: word, desired: rest, ordering: .acquiring)
      if exchanged { return Int(task) }
      word = current
    }
    return nil
  }

  /// Notes that the owner of a part has done tasks, of whatever part; the reader of the number sees
  /// what they wrote.
  func addDone(_ count: Int, by part: Int) {
    let done = total(of: part).pointee.load(ordering: .relaxed)
    total(of: part).pointee.store(done &+ UInt64(count), ordering: .releasing)
  }

  /// The number of tasks that the owners of some parts have ever done.
  func done(by parts: Range<Int>) -> UInt64 {
    var sum: UInt64 = 0
    for part in parts { sum &+= total(of: part).pointee.load(ordering: .acquiring) }
    return sum
  }
}
