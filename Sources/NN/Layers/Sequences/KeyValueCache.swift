import Synchronization
import Tensor

/// The keys and values of the positions that an attention layer has seen, so that each is computed
/// only once.
///
/// The storage grows by doubling, so copying takes O(n) time in total for a sequence of n
/// positions.
public final class KeyValueCache: Sendable {
  private struct Contents {
    var keys: Tensor?
    var values: Tensor?
    var count = 0
  }

  private let contents = Mutex(Contents())

  /// Creates an empty cache.
  public init() {}

  /// The number of positions in the cache.
  public var count: Int { contents.withLock { $0.count } }

  /// Appends the keys and values of further positions, [n, heads, t, headWidth], and returns those
  /// of all positions.
  func appending(_ keys: Tensor, _ values: Tensor) -> (keys: Tensor, values: Tensor) {
    contents.withLock { contents in
      let end = contents.count + keys.shape[2]
      Self.write(keys.detached, into: &contents.keys, at: contents.count, end: end)
      Self.write(values.detached, into: &contents.values, at: contents.count, end: end)
      contents.count = end
      return (
        contents.keys?[.all, .all, 0..<end] ?? keys, contents.values?[.all, .all, 0..<end] ?? values
      )
    }
  }

  private static func write(_ new: Tensor, into stored: inout Tensor?, at start: Int, end: Int) {
    var shape = new.shape
    shape[2] = 0
    // Moved out, so that the store is uniquely referenced when it is written to.
    var store = stored.take() ?? Tensor.zeros(shape, dtype: new.dtype)
    if store.shape[2] < end {
      shape[2] = Swift.max(16, 2 * end)
      var grown = Tensor.zeros(shape, dtype: new.dtype)
      grown[.all, .all, 0..<start] = store[.all, .all, 0..<start]
      store = grown
    }
    store[.all, .all, start..<end] = new
    stored = store
  }
}
