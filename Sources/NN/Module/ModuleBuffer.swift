import Synchronization
import Tensor

/// A tensor that a module keeps and saves but that no optimizer changes, such as a running mean.
public final class Buffer: Sendable {
  private let stored: Mutex<Tensor>

  /// A buffer that starts as `value`.
  public init(_ value: Tensor) { stored = Mutex(value.contiguous) }

  /// The numbers; they carry no graph.
  public var value: Tensor {
    get { stored.withLock { $0 } }
    set {
      let plain = newValue.contiguous
      stored.withLock { $0 = plain }
    }
  }
}
