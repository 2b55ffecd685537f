import Synchronization
import Tensor

/// What watches the operations of a program: the search for anomalies, profiles and traces.
///
/// An operation asks once whether anything watches, which is one load, and only then calls
/// ``begin()`` before and ``end(_:of:attributes:value:)`` after it is computed.
package enum Observation {
  /// The number of open scopes, and 1 more until the environment has been read, which the first
  /// operation of the program does.
  private static let openScopes = Atomic<Int>(1)

  /// Whether anything may be watching; false after the first operation of most programs.
  @inline(__always)
  package static var isOn: Bool { openScopes.load(ordering: .relaxed) != 0 }

  /// Runs `body` while operations ask for what watches them.
  static func withOpenScope<Result, Failure: Error>(
    _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    openScopes.wrappingAdd(1, ordering: .sequentiallyConsistent)
    defer { openScopes.wrappingSubtract(1, ordering: .sequentiallyConsistent) }
    return try body()
  }

  /// The environment, read once.
  ///
  /// A profile of the process keeps the first scope open.
  private static let environment: Void = {
    if Profile.ofProcess == nil {
      openScopes.wrappingSubtract(1, ordering: .sequentiallyConsistent)
    }
  }()

  /// Announces an operation.
  static func begin() {
    _ = environment
    Profile.forEachCurrent { $0.begin(.value) }
    Trace.current?.begin()
  }

  /// Shows what an operation computed to those that watch.
  ///
  /// - Returns: The value; in a trace, a copy of it if another value is stored at the same place.
  static func end(
    _ operation: StaticString, of inputs: [Tensor],
    attributes: () -> OperationAttributes = { [:] }, value: Tensor
  ) -> Tensor {
    // What was put off is computed here, so that a profile shows what it costs.
    value.storage.compute()
    Profile.forEachCurrent { $0.end(operation, bytes: bytesMoved(from: inputs, to: value)) }
    Anomaly.check(value, of: operation, in: .value)
    return Trace.current?.end(operation, of: inputs, attributes: attributes(), values: [value])[0]
      ?? value
  }

  /// Runs what is no operation on tensors, such as a sum over workers, so that profiles show it.
  ///
  /// - Parameters:
  ///   - name: Its name in the table.
  ///   - bytes: The bytes that it reads and writes.
  ///   - body: What to run.
  /// - Returns: The result of `body`.
  package static func profile<Result>(
    _ name: StaticString, bytes: Int, _ body: () -> Result
  ) -> Result {
    guard isOn else { return body() }
    _ = environment
    Profile.forEachCurrent { $0.begin(.value) }
    defer { Profile.forEachCurrent { $0.end(name, bytes: bytes) } }
    return body()
  }

  /// Announces the pullback of an operation.
  static func beginPullback() {
    Profile.forEachCurrent { $0.begin(.pullback) }
  }

  /// Shows to those that watch that a pullback has ended, which read and wrote a number of bytes.
  static func endPullback(_ operation: StaticString, bytes: Int) {
    Profile.forEachCurrent { $0.end(operation, bytes: bytes) }
  }

  /// The bytes of the inputs and the value of an operation; 0 if the value is a view of an input.
  private static func bytesMoved(from inputs: [Tensor], to value: Tensor) -> Int {
    if inputs.contains(where: { $0.storage === value.storage }) { return 0 }
    return inputs.reduce(value.byteCount) { $0 + $1.byteCount }
  }
}

extension Tensor {
  /// The size of the elements in bytes.
  var byteCount: Int { elementCount * dtype.byteCount }
}
