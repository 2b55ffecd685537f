/// Computes the elements of an iterator ahead of time on a background thread, in order.
///
/// The thread ends with the iterator or when the prefetcher is released. Where the system has no
/// more threads, elements are made when they are asked for.
final class Prefetcher<Element: Sendable> {
  private let queue: BoundedQueue<Element>
  /// Makes the next element without a thread.
  private var makeNext: (() -> Element?)?

  /// Starts a thread that is at most `depth` elements ahead.
  init<Source: IteratorProtocol & Sendable>(_ source: Source, depth: Int)
  where Source.Element == Element {
    let queue = BoundedQueue<Element>(capacity: depth)
    self.queue = queue
    // The thread holds the queue and not the prefetcher, whose release ends it.
    do {
      try startThread {
        var source = source
        while queue.awaitSpace() {
          guard let element = source.next() else { break }
          queue.append(element)
        }
        queue.close()
      }
    } catch {
      var source = source
      makeNext = { source.next() }
    }
  }

  deinit { queue.close() }

  /// Waits for the next element and returns it, or returns `nil` at the end.
  func next() -> Element? { makeNext.map { $0() } ?? queue.removeFirst() }
}
