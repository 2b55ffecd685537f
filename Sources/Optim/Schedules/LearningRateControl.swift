/// What decides the learning rate of each step of a training loop: one of the two, never both.
public enum LearningRateControl: Sendable {
  /// The number of the step.
  case schedule(any Schedule)
  /// What the evaluations so far reported: the validation loss, or without validation examples the mean
  /// loss of the steps since the one before.
  case plateau(ReduceOnPlateau)
}
