/// The metrics of a ``Trainer`` at an evaluation.
public struct MetricsRecord: Codable, Sendable, Equatable {
  /// The number of steps taken.
  public var step: Int
  /// The number of epochs begun, the current one included.
  public var epoch: Int
  /// The learning rate of the last step.
  public var learningRate: Double
  /// The mean loss of the steps since the previous evaluation.
  public var trainLoss: Double
  /// The loss on the validation examples.
  public var validationLoss: Double?
  /// The accuracy on the validation examples, for a classification.
  public var validationAccuracy: Double?
  /// The explained variance on the validation examples, for a regression.
  public var validationR2: Double?
  /// Other metrics on the validation examples by name, or `nil` if there are none.
  public var validationMetrics: [String: Double]?
}
