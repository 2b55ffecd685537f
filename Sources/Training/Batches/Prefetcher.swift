/// Computes the elements of an iterator ahead of time on a background thread, in order.
///
/// The thread ends with the iterator or when the prefetcher is released.
final class Prefetcher<Element: Sendable> {
  private let queue: BoundedQueue<Element>

  /// Starts a thread that is at most `depth` elements ahead.
  init<Source: IteratorProtocol & Sendable>(_ source: Source, depth: Int)
  where Source.Element == Element {
    let queue = BoundedQueue<Element>(capacity: depth)
    self.queue = queue
    // The thread holds the queue and not the prefetcher, whose release ends it.
    startThread {
      var source = source
      while queue.awaitSpace() {
        guard let element = source.next() else { break }
        queue.append(element)
      }
      queue.close()
    }
  }

  deinit { queue.close() }

  /// Waits for the next element and returns it, or returns `nil` at the end.
  func next() -> Element? { queue.removeFirst() }
}
