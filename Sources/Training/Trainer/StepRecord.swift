/// What happened in a step of a ``Trainer``.
public struct StepRecord: Codable, Sendable, Equatable {
  /// The number of steps taken, this one included.
  public var step: Int
  /// The number of epochs begun.
  public var epoch: Int
  /// The learning rate.
  public var learningRate: Double
  /// The mean loss of the step's examples, before the weights changed.
  public var loss: Double
  /// Whether the weights did not change because the loss or a gradient was not finite.
  public var isSkipped: Bool
  /// What was measured at the step, or `nil` if it is not one of those that
  /// ``TrainerOptions/diagnostics`` samples.
  public var diagnostics: DiagnosticsRecord?
}
