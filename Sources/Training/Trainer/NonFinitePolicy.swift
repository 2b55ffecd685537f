/// What a ``Trainer`` does when a loss or a gradient is NaN or infinite.
public enum NonFinitePolicy: String, Codable, Sendable, CaseIterable {
  /// Throws an error.
  case stop
  /// Skips the step and counts it.
  case skip
}
