/// The progress of a run.
struct TrainingProgress: Sendable {
  /// The steps taken.
  var step: Int
  /// The largest number of steps that will be taken.
  var totalSteps: Int
  /// The mean loss of the steps since the last evaluation.
  var loss: Double
  /// The validation loss of the last evaluation, if there was one.
  var validationLoss: Double?
  /// The validation accuracy of the last evaluation, for a classification.
  var validationAccuracy: Double?
  /// The training examples per second in this session.
  var samplesPerSecond: Double
  /// The estimated seconds until the last step.
  var secondsLeft: Double
}
