import Tensor
import Training

/// Threads that train the trials of a sweep or a comparison.
///
/// One thread gives them work and takes the results.
final class TrialPool<Item: Sendable, Outcome: Sendable> {
  private let items: BoundedQueue<Item>
  private let outcomes: BoundedQueue<Result<Outcome?, any Error>>
  private let isStopped = Flag()
  private var running = 0

  /// Starts the threads, or as many of them as the system has.
  ///
  /// - Parameters:
  ///   - count: The number of threads, each of which trains one trial at a time.
  ///   - threads: The number of threads that each of them computes on.
  ///   - train: Trains a trial, and returns nil when it was interrupted; it is also given whether
  ///     it shall stop.
  /// - Throws: ``TrainingError`` if the system has no thread.
  init(
    count: Int, threads: Int,
    _ train: @escaping @Sendable (_ item: Item, _ isStopped: () -> Bool) throws -> Outcome?
  ) throws {
    items = BoundedQueue(capacity: count)
    outcomes = BoundedQueue(capacity: count)
    for index in 0..<count {
      do {
        try startThread { [items, outcomes, isStopped] in
          withThreads(threads) {
            while let item = items.removeFirst() {
              outcomes.append(Result { try train(item) { isStopped.isSet } })
            }
          }
        }
      } catch {
        guard index > 0 else { throw error }
        break
      }
    }
  }

  /// Begins a trial.
  func begin(_ item: Item) {
    running += 1
    items.append(item)
  }

  /// Waits for a trial that was begun, and returns how it ended: with nil if it was interrupted.
  func next() -> Result<Outcome?, any Error>? {
    guard running > 0, let outcome = outcomes.removeFirst() else { return nil }
    running -= 1
    return outcome
  }

  /// Returns how the trials ended that have ended so far.
  func ended() -> [Result<Outcome?, any Error>] {
    let ended = outcomes.removeAll()
    running -= ended.count
    return ended
  }

  /// Lets the trials save, waits for them, and ends the threads.
  ///
  /// - Returns: The results of trials that came to their end.
  @discardableResult
  func stop() -> [Outcome] {
    isStopped.set()
    items.close()
    var results: [Outcome] = []
    while let outcome = next() {
      if case .success(let result?) = outcome { results.append(result) }
    }
    return results
  }
}
