import Tensor
import Training

/// Threads that train runs of a sweep.
///
/// One thread gives them work and takes the results.
final class SweepWorkers {
  private let count: Int
  private let items: BoundedQueue<SweepRecord.Item>
  private let outcomes: BoundedQueue<Result<SweepRecord?, any Error>>
  private let isStopped = Flag()
  private var running = 0

  /// Starts the threads.
  ///
  /// - Parameters:
  ///   - count: The number of threads, each of which trains one run at a time.
  ///   - threads: The number of threads that each of them computes on.
  ///   - train: Trains a run, and returns nil when it was interrupted; it is also given whether it
  ///     shall stop.
  init(
    count: Int, threads: Int,
    _ train:
      @escaping @Sendable (_ item: SweepRecord.Item, _ isStopped: () -> Bool) throws -> SweepRecord?
  ) {
    self.count = count
    items = BoundedQueue(capacity: count)
    outcomes = BoundedQueue(capacity: count)
    for _ in 0..<count {
      startThread { [items, outcomes, isStopped] in
        withThreads(threads) {
          while let item = items.removeFirst() {
            outcomes.append(Result { try train(item) { isStopped.isSet } })
          }
        }
      }
    }
  }

  /// Whether a thread is free.
  var hasRoom: Bool { running < count }

  /// Begins a run.
  func begin(_ item: SweepRecord.Item) {
    running += 1
    items.append(item)
  }

  /// Waits for the next result; returns nil when a run was interrupted.
  ///
  /// - Throws: What a run throws.
  func next() throws -> SweepRecord? {
    guard let outcome = outcomes.removeFirst() else { return nil }
    running -= 1
    return try outcome.get()
  }

  /// Lets the runs save, waits for them, and ends the threads.
  ///
  /// - Returns: The results of runs that came to their end.
  @discardableResult
  func stop() -> [SweepRecord] {
    isStopped.set()
    items.close()
    var records: [SweepRecord] = []
    while running > 0, let outcome = outcomes.removeFirst() {
      running -= 1
      if case .success(let record?) = outcome { records.append(record) }
    }
    return records
  }
}
