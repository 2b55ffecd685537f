import Tensor

/// A thread that works for tasks which wait for it.
///
/// A long computation in a task occupies a thread of Swift's cooperative pool, which has few; here
/// the task is suspended instead. The thread ends with the object.
final class BackgroundThread: Sendable {
  private let jobs = BoundedQueue<@Sendable () -> Void>(capacity: 1)

  /// Starts the thread.
  init() {
    let jobs = jobs
    do {
      try startThread {
        while let job = jobs.removeFirst() { job() }
      }
    } catch {
      fail(error.message)
    }
  }

  deinit { jobs.close() }

  /// Runs a closure on the thread and waits for it without occupying another one.
  ///
  /// Operations are executed as those of the caller are: on as many threads, by the same
  /// instructions, in the same precision. Values that the
  /// closure shares with the caller need not be `Sendable`, because the caller is suspended until
  /// it returns, as in a synchronous call.
  ///
  /// - Parameter body: The closure, which is given a function that returns whether the task was
  ///   canceled.
  /// - Returns: What the closure returns.
  /// - Throws: What the closure throws.
  nonisolated(nonsending) func run<Result>(
    _ body: @escaping (_ isCanceled: @escaping () -> Bool) throws -> Result
  ) async throws -> Result {
    let canceled = Flag()
    let execution = Execution.current
    let job = Exclusive(body)
    let outcome = await withTaskCancellationHandler {
      await withCheckedContinuation {
        (continuation: CheckedContinuation<Exclusive<Outcome<Result>>, Never>) in
        jobs.append {
          let result = Swift.Result {
            try execution.run { try job.value { canceled.isSet } }
          }
          continuation.resume(returning: Exclusive(result))
        }
      }
    } onCancel: {
      canceled.set()
    }
    return try outcome.value.get()
  }

  private typealias Outcome<Result> = Swift.Result<Result, any Error>
}

/// A value that goes from one thread to another and is used by one of them at a time.
private struct Exclusive<Value>: @unchecked Sendable {
  // Unchecked because the thread that gives the value away waits until it comes back.
  let value: Value
  init(_ value: Value) { self.value = value }
}

extension Execution {
  /// Runs a closure as this execution does.
  fileprivate func run<Result>(_ body: () throws -> Result) rethrows -> Result {
    let standard = Execution.standard
    // In a scope, operations are a little slower.
    if threads == standard.threads && instructionSet == standard.instructionSet
      && precision == standard.precision
    {
      return try body()
    }
    return try withThreads(threads) {
      try withInstructionSet(instructionSet) { try withMatmulPrecision(precision, body) }
    }
  }
}
