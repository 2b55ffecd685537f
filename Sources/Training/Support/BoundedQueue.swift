/// A queue from threads that append to threads that remove.
package final class BoundedQueue<Element: Sendable>: @unchecked Sendable {
  // Guards the properties below.
  private let condition = Condition()
  private let capacity: Int
  private var elements: [Element] = []
  private var isClosed = false

  package init(capacity: Int) { self.capacity = capacity }

  /// Waits until an element can be appended, or returns `false` if the queue is closed.
  func awaitSpace() -> Bool {
    condition.withLock {
      while elements.count >= capacity, !isClosed { condition.wait() }
      return !isClosed
    }
  }

  package func append(_ element: Element) {
    condition.withLock {
      elements.append(element)
      condition.wakeOne()
    }
  }

  /// Waits for the first element and removes it, or returns `nil` if the queue is closed and empty.
  package func removeFirst() -> Element? {
    condition.withLock {
      while elements.isEmpty, !isClosed { condition.wait() }
      if elements.isEmpty { return nil }
      condition.wakeOne()
      return elements.removeFirst()
    }
  }

  /// Removes the elements that are there.
  package func removeAll() -> [Element] {
    condition.withLock {
      defer { elements = [] }
      condition.wakeAll()
      return elements
    }
  }

  /// Ends the queue: elements that are in it can still be removed.
  package func close() {
    condition.withLock {
      isClosed = true
      condition.wakeAll()
    }
  }
}
