import Synchronization
import Tensor

/// The first NaN or infinity that an operation produced from numbers that were none.
public struct Anomaly: Error, Sendable, CustomStringConvertible {
  /// Which part of an operation produced it.
  public enum Part: String, Sendable {
    /// The operation itself.
    case value
    /// One of its gradients.
    case pullback
  }

  /// The name of the operation.
  public let operation: String
  /// Which part of it.
  public let part: Part
  /// The shape of what was produced.
  public let shape: Shape

  /// One line that names the operation.
  public var description: String {
    let what = part == .value ? "the value" : "a gradient"
    return "\(operation): \(what) of shape \(shape) has a NaN or an infinity"
  }

  private static let openScopes = Atomic<Int>(0)
  @TaskLocal private static var found: FirstAnomaly?

  private final class FirstAnomaly: Sendable {
    let anomaly = Mutex<Anomaly?>(nil)
  }

  /// Notes the value of an operation if a scope asks for it and it is the first that is not finite.
  static func check(_ value: Tensor, of operation: StaticString, in part: Part) {
    if openScopes.load(ordering: .relaxed) == 0 { return }
    guard let found, !value.isFinite else { return }
    found.anomaly.withLock {
      $0 = $0 ?? Anomaly(operation: "\(operation)", part: part, shape: value.shape)
    }
  }

  /// Runs a pullback: what is not finite in it is a gradient of its operation, and none of the operations
  /// that the pullback is made of is to be blamed.
  static func whileNotChecking<Result>(_ pullback: () -> Result) -> Result {
    if openScopes.load(ordering: .relaxed) == 0 { return pullback() }
    return $found.withValue(nil, operation: pullback)
  }

  fileprivate static func detected(in body: () throws -> Void) rethrows -> Anomaly? {
    let first = FirstAnomaly()
    openScopes.wrappingAdd(1, ordering: .sequentiallyConsistent)
    defer { openScopes.wrappingSubtract(1, ordering: .sequentiallyConsistent) }
    try $found.withValue(first, operation: body)
    return first.anomaly.withLock { $0 }
  }
}

/// Runs `body` and returns the first operation or pullback in it that produced a NaN or an infinity.
///
/// ```swift
/// if let anomaly = detectAnomaly(in: { step() }) { print(anomaly) }   // log: a gradient of shape …
/// ```
/// - Complexity: a pass over the value of each operation.
public func detectAnomaly(in body: () throws -> Void) rethrows -> Anomaly? {
  try Anomaly.detected(in: body)
}
