import Synchronization
import Tensor

/// The first operation that produced a NaN or an infinity.
public struct Anomaly: Error, Sendable, CustomStringConvertible {
  /// The part of an operation that produced the value.
  public enum Part: String, Sendable {
    /// The forward computation.
    case value
    /// A pullback.
    case pullback
  }

  /// The name of the operation.
  public let operation: String
  /// The part of the operation.
  public let part: Part
  /// The shape of the tensor that was produced.
  public let shape: Shape

  /// One line that names the operation and the shape.
  public var description: String {
    let what = part == .value ? "the value" : "a gradient"
    return "\(operation): \(what) of shape \(shape) has a NaN or an infinity"
  }

  @TaskLocal private static var found: FirstAnomaly?

  /// Whether the operations of the current scope are searched for one.
  static var isSearched: Bool { Observation.isOn && found != nil }

  private final class FirstAnomaly: Sendable {
    let anomaly = Mutex<Anomaly?>(nil)
  }

  /// Records an operation as the anomaly of the current scope, if there is one, if its value is the
  /// first that is not finite.
  static func check(_ value: Tensor, of operation: StaticString, in part: Part) {
    guard let found, !value.isFinite else { return }
    found.anomaly.withLock {
      $0 = $0 ?? Anomaly(operation: "\(operation)", part: part, shape: value.shape)
    }
  }

  /// Runs a pullback without checking the operations it is made of: a value that is not finite is
  /// reported as a gradient of the pullback's own operation.
  static func whileNotChecking<Result>(_ pullback: () -> Result) -> Result {
    if !isSearched { return pullback() }
    return $found.withValue(nil, operation: pullback)
  }

  fileprivate static func detected(in body: () throws -> Void) rethrows -> Anomaly? {
    let first = FirstAnomaly()
    try Observation.withOpenScope { try $found.withValue(first, operation: body) }
    return first.anomaly.withLock { $0 }
  }
}

/// Runs `body` and returns the first operation or pullback in it that produced a NaN or an
/// infinity.
///
/// ```swift
/// if let anomaly = detectAnomaly(in: { step() }) { print(anomaly) }  // log: a gradient of shape …
/// ```
/// - Complexity: One pass over the value of each operation.
public func detectAnomaly(in body: () throws -> Void) rethrows -> Anomaly? {
  try Anomaly.detected(in: body)
}
