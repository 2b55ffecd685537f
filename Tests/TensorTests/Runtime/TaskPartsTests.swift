import Dispatch
import Synchronization
import Testing

@testable import Tensor

struct TaskPartsTests {
  @Test(arguments: [(1, 1), (2, 2), (7, 3), (64, 5), (1000, 4), (256, 256)])
  func ownersTakeContiguousPartsInOrder(tasks: Int, threads: Int) {
    let parts = TaskParts()
    parts.divide(tasks, among: threads)
    var taken: [Int] = []
    for part in 0..<threads {
      let first = taken.count
      if part == 0 { taken.append(0) }
      while let task = parts.takeFirst(of: part) { taken.append(task) }
      let size = taken.count - first
      #expect(size == tasks / threads || size == tasks / threads + 1)
    }
    #expect(taken == Array(0..<tasks))
  }

  /// Tasks of one size, an even number of them, and never much larger than the grain.
  @Test(arguments: [(0, 64), (1, 64), (100, 64), (8192, 64), (98_304, 64), (50_001, 64), (23, 2)])
  func evenTasksHaveOneSize(count: Int, unit: Int) {
    for grain in [unit, 8192, 32_768] {
      let size = Grain.even(grain, of: count, inPartsOf: unit)
      let tasks = size == 0 ? 0 : (count + size - 1) / size
      #expect(size % unit == 0 && size < grain + unit)
      #expect(tasks <= 1 ? count <= size : count > grain)
      // Rounding to units may take the last task away, or make it smaller.
      #expect(tasks <= 1 || tasks % 2 == 0 || size <= unit * tasks)
      #expect(tasks <= 1 || count - (tasks - 1) * size > size - unit * tasks)
    }
  }

  @Test func othersTakeFromTheEnd() {
    let parts = TaskParts()
    parts.divide(4, among: 2)
    #expect(parts.left(of: 0) == 1 && parts.left(of: 1) == 2)
    #expect(parts.takeLast(of: 1) == 3)
    #expect(parts.takeFirst(of: 1) == 2)
    #expect(parts.takeFirst(of: 1) == nil)
    #expect(parts.takeLast(of: 1) == nil)
    #expect(parts.takeFirst(of: 0) == 1)
    #expect(parts.left(of: 0) == 0 && parts.left(of: 1) == 0)
  }

  @Test func everyTaskIsTakenOnceByThreadsAtOnce() {
    let (tasks, threads) = (20_000, 4)
    let parts = TaskParts()
    parts.divide(tasks, among: threads)
    let counts = Mutex([Int](repeating: 0, count: tasks))
    DispatchQueue.concurrentPerform(iterations: threads) { thread in
      var own = thread == 0 ? [0] : []
      while let task = parts.takeFirst(of: thread) { own.append(task) }
      for distance in 1..<threads {
        while let task = parts.takeLast(of: (thread + distance) % threads) { own.append(task) }
      }
      counts.withLock { for task in own { $0[task] += 1 } }
      parts.addDone(own.count, by: thread)
    }
    #expect(parts.done(by: 0..<threads) == UInt64(tasks))
    #expect(counts.withLock { $0.allSatisfy { $0 == 1 } })
  }
}
