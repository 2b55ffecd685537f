import Foundation
import Synchronization

/// Runs `body` in a new thread, which inherits no scope of the current task, and returns its result.
package func inAnotherThread<Result: Sendable>(
  _ body: @escaping @Sendable () -> Result
) -> Result? {
  let box = Box<Result>()
  let finished = DispatchSemaphore(value: 0)
  let thread = Thread {
    let result = body()
    box.result.withLock { $0 = result }
    finished.signal()
  }
  thread.start()
  finished.wait()
  return box.result.withLock { $0 }
}

private final class Box<Result: Sendable>: Sendable {
  let result = Mutex<Result?>(nil)
}
