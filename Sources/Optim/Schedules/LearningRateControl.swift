/// What sets the learning rate of each step of a training loop.
public enum LearningRateControl: Sendable {
  /// A function of the number of the step.
  case schedule(any Schedule)
  /// The evaluations so far: the validation loss, or without validation examples the mean loss of
  /// the steps since the previous evaluation.
  case plateau(ReduceOnPlateau)
}

extension LearningRateControl {
  /// The same learning rate at every step.
  public static func constant(_ rate: Double) -> LearningRateControl {
    .schedule(ConstantRate(rate))
  }
}
