import Dispatch
import Foundation
import Testing

@testable import Tensor

struct ThreadPoolTests {
  /// Jobs of several callers follow one another at once or after workers have fallen asleep, each
  /// with threads of its own number, and some begin others.
  @Test func eachTaskOfEachJobIsDoneOnce() {
    DispatchQueue.concurrentPerform(iterations: 3) { caller in
      for job in 0..<10_000 {
        let (tasks, threads) = (1 + (job + caller) % 11, 1 + job % 5)
        var counts = [Int](repeating: 0, count: 4 * tasks)
        counts.withUnsafeMutableBufferPointer { counts in
          ThreadPool.run(tasks: tasks, threads: threads) { [counts] task in
            // The last ones take longest, so that the caller has to wait.
            for _ in 0...20 * task { counts[4 * task] += 1 }
            if job % 7 == 0 {
              ThreadPool.run(tasks: 3, threads: 2) { counts[4 * task + 1 + $0] += 1 }
            }
          }
        }
        let inner = job % 7 == 0 ? 1 : 0
        if counts != (0..<tasks).flatMap({ [20 * $0 + 1, inner, inner, inner] }) {
          Issue.record("job \(job): \(tasks) tasks on \(threads) threads ran \(counts) times")
          return
        }
        if job % 500 == caller { usleep(2000) }
      }
    }
  }
}
