import Synchronization
import Tensor

/// A tensor that a module keeps and saves but that no optimizer changes, such as a running mean.
public final class ModuleBuffer: Sendable {
  private let stored: Mutex<Tensor>

  /// Creates a buffer with an initial value.
  public init(_ value: Tensor) { stored = Mutex(value.contiguous) }

  /// The current value, which never carries a graph.
  public var value: Tensor {
    get { stored.withLock { $0 } }
    set {
      let plain = newValue.contiguous
      stored.withLock { $0 = plain }
    }
  }
}

/// The buffers of a module, ordered and named.
///
/// A buffer that several properties share is listed once for each of its names.
public struct ModuleBuffers: Sendable {
  private let elements: [(name: String, buffer: ModuleBuffer)]

  /// Creates a collection of named buffers.
  public init(_ named: [(name: String, buffer: ModuleBuffer)]) { elements = named }

  /// The values of the buffers, in order.
  ///
  /// Setting them takes one value for each buffer.
  public var values: [Tensor] {
    get { elements.map(\.buffer.value) }
    nonmutating set {
      require(newValue.count == count, "buffers: \(newValue.count) values for \(count) buffers")
      for (element, value) in zip(elements, newValue) { element.buffer.value = value }
    }
  }

  /// The buffer with a name, or `nil` if there is none.
  public subscript(name: String) -> ModuleBuffer? {
    elements.first { $0.name == name }?.buffer
  }
}

extension ModuleBuffers: RandomAccessCollection, ExpressibleByArrayLiteral {
  /// The first position, 0.
  public var startIndex: Int { 0 }
  /// The position after the last one.
  public var endIndex: Int { elements.count }
  /// The buffer at a position, with its dotted name, such as `norm.running_mean`.
  public subscript(position: Int) -> (name: String, buffer: ModuleBuffer) { elements[position] }

  /// Creates a collection of the given names and buffers.
  public init(arrayLiteral elements: (name: String, buffer: ModuleBuffer)...) {
    self.init(elements)
  }
}
