import Synchronization

/// The tasks of a job, cut into one contiguous part for each thread.
///
/// A part is a range of task numbers in a single word. Its owner takes tasks from the front, other
/// threads take them from the back; both only shrink it, so a compare-and-exchange is enough.
struct TaskParts: @unchecked Sendable {
  // Unchecked because of the pointer, which is allocated once and never freed.
  private let words: UnsafeMutablePointer<Atomic<UInt64>>

  /// The distance of two words: each has cache lines of its own, so that threads which take tasks
  /// from their own parts do not disturb each other.
  private static let stride = 16
  /// The most threads, the limit of `withThreads` and `ADJOINT_THREADS`.
  private static let capacity = 256

  init() {
    words = .allocate(capacity: Self.capacity * Self.stride)
    for part in 0..<Self.capacity { (words + part * Self.stride).initialize(to: Atomic(0)) }
  }

  /// Gives each of `threads` threads its part of the tasks `0..<tasks`.
  func divide(_ tasks: Int, among threads: Int) {
    require(tasks <= Int(UInt32.max), "thread pool: a job of \(tasks) tasks, more than 2³² − 1")
    for part in 0..<threads {
      let (first, end) = (part * tasks / threads, (part + 1) * tasks / threads)
      words[part * Self.stride].store(
        UInt64(end) << 32 | UInt64(first), ordering: .relaxed)
    }
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
    var word = words[part * Self.stride].load(ordering: .relaxed)
    while word & 0xffff_ffff < word >> 32 {
      let (task, rest) = choose(word)
      let (exchanged, current) = words[part * Self.stride].weakCompareExchange(
        expected: word, desired: rest, ordering: .relaxed)
      if exchanged { return Int(task) }
      word = current
    }
    return nil
  }
}
