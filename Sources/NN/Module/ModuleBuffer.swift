import Synchronization
import Tensor

/// A tensor that a module keeps and saves but that no optimizer changes, such as a running mean.
public final class ModuleBuffer: Sendable {
  private let stored: Mutex<Tensor>

  /// Creates a buffer with an initial value.
  public init(_ value: Tensor) { stored = Mutex(value.contiguous) }

  /// The current value, which never carries a graph.
  ///
  /// Inside ``ModuleBuffers/withLocalValues(_:)`` it is a value of the current task.
  public var value: Tensor {
    get { LocalBuffers.value(of: self) ?? stored.withLock { $0 } }
    set {
      let plain = newValue.contiguous
      if LocalBuffers.set(plain, of: self) { return }
      stored.withLock { $0 = plain }
    }
  }
}

/// The values of some buffers in one task, which stand in for the stored ones.
private final class LocalBuffers: Sendable {
  @TaskLocal static var current: LocalBuffers?
  static let openScopes = Atomic<Int>(0)

  private let outer: LocalBuffers?
  private let values: Mutex<[ObjectIdentifier: Tensor]>

  init(_ buffers: ModuleBuffers) {
    outer = Self.current
    let pairs = buffers.map { (ObjectIdentifier($0.buffer), $0.buffer.value) }
    values = Mutex(Dictionary(pairs) { first, _ in first })
  }

  /// The scope of the current task that holds a buffer; outside of all it costs an atomic load.
  private static func scope(of buffer: ModuleBuffer) -> LocalBuffers? {
    if openScopes.load(ordering: .relaxed) == 0 { return nil }
    var scope = current
    while let holder = scope {
      if holder.values.withLock({ $0[ObjectIdentifier(buffer)] != nil }) { return holder }
      scope = holder.outer
    }
    return nil
  }

  static func value(of buffer: ModuleBuffer) -> Tensor? {
    scope(of: buffer)?.values.withLock { $0[ObjectIdentifier(buffer)] }
  }

  /// Sets the value of a buffer and returns `true`, or returns `false` if no scope holds it.
  static func set(_ value: Tensor, of buffer: ModuleBuffer) -> Bool {
    guard let scope = scope(of: buffer) else { return false }
    scope.values.withLock { $0[ObjectIdentifier(buffer)] = value }
    return true
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
      require(
        newValue.count == count,
        """
        ModuleBuffers: the number of values must be that of the buffers, \(count), got \
        \(newValue.count)
        """
      )
      for (element, value) in zip(elements, newValue) { element.buffer.value = value }
    }
  }

  /// Runs `body` with copies of the buffers that only the current task sees, and drops them.
  ///
  /// What `body` sets, such as running statistics for averaged weights, is undone at its end; other
  /// tasks and threads see the stored values all the time.
  public func withLocalValues<Result, Failure: Error>(
    _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    LocalBuffers.openScopes.wrappingAdd(1, ordering: .sequentiallyConsistent)
    defer { LocalBuffers.openScopes.wrappingSubtract(1, ordering: .sequentiallyConsistent) }
    let local = LocalBuffers(self)
    let outcome = LocalBuffers.$current.withValue(local) { () -> Swift.Result<Result, Failure> in
      do throws(Failure) { return .success(try body()) } catch { return .failure(error) }
    }
    return try outcome.get()
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
