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

/// A queue between one thread that appends and one that removes.
private final class BoundedQueue<Element: Sendable>: @unchecked Sendable {
  // Guards the properties below.
  private let condition = Condition()
  private let capacity: Int
  private var elements: [Element] = []
  private var isClosed = false

  init(capacity: Int) { self.capacity = capacity }

  /// Waits until an element can be appended, or returns `false` if the queue is closed.
  func awaitSpace() -> Bool {
    condition.withLock {
      while elements.count >= capacity, !isClosed { condition.wait() }
      return !isClosed
    }
  }

  func append(_ element: Element) {
    condition.withLock {
      elements.append(element)
      condition.signal()
    }
  }

  /// Waits for the first element and removes it, or returns `nil` if the queue is closed and empty.
  func removeFirst() -> Element? {
    condition.withLock {
      while elements.isEmpty, !isClosed { condition.wait() }
      if elements.isEmpty { return nil }
      condition.signal()
      return elements.removeFirst()
    }
  }

  /// Ends the queue: elements that are in it can still be removed.
  func close() {
    condition.withLock {
      isClosed = true
      condition.broadcast()
    }
  }
}
