/// What a training loop does with a loss or a gradient that is NaN or infinite.
public enum NonFinitePolicy: String, Codable, Sendable, CaseIterable {
  /// Stops with an error.
  case stop
  /// Leaves out the step and counts it.
  case skip
}
