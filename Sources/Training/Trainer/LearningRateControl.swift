import Optim

/// What determines the learning rate of each step of a training loop.
public enum LearningRateControl: Sendable {
  /// A schedule: a function of the number of the step.
  case schedule(any Schedule)
  /// The validation loss of each evaluation, or without validation examples the mean loss of the
  /// steps since the previous one.
  case plateau(ReduceOnPlateau)
}
