import CLibrary
import Tensor
import Training

/// The result of a run, the content of `summary.json`.
struct RunSummary: Codable, Sendable, Equatable {
  /// The name of the task.
  var task: String
  /// The model, as in `mlp 2-32-32-2`.
  var model: String
  /// The number of parameters of the model.
  var parameters: Int
  /// The optimizer, as in `lookahead(adamw)`.
  var optimizer: String
  /// The schedule of the learning rate.
  var schedule: String
  /// The seed of everything that is random.
  var seed: UInt64
  /// The steps taken.
  var steps: Int
  /// The seconds that training took, over all sessions.
  var seconds: Double
  /// The training examples per second of the last session, without the time of evaluations.
  var samplesPerSecond: Double
  /// The loss of the best weights on the training examples.
  var trainLoss: Double
  /// Their accuracy on the training examples; nil for a regression.
  var trainAccuracy: Double?
  /// The loss of the best weights on the validation examples.
  var validationLoss: Double?
  /// Their accuracy there; nil for a regression.
  var validationAccuracy: Double?
  /// The explained variance there; nil for a classification.
  var validationR2: Double?
  /// The loss of the best weights on the test examples, which chose nothing; nil without any.
  var testLoss: Double?
  /// Their accuracy there; nil for a regression.
  var testAccuracy: Double?
  /// The explained variance there; nil for a classification.
  var testR2: Double?
  /// The steps after which the validation loss was lowest.
  var bestStep: Int
  /// The steps left out because a gradient was not finite.
  var skippedSteps: Int
  /// The rows of a table left out because they have no target; nil for a text.
  var skippedRows: Int?
  /// The peak memory of the process.
  var peakMemoryBytes: Int
  /// Whether the run stopped early because the validation loss no longer fell.
  var stoppedEarly: Bool

  /// The figures of the test examples; nil without any.
  var test: Evaluation? {
    testLoss.map { Evaluation(loss: $0, accuracy: testAccuracy, r2: testR2) }
  }

  /// Writes every key, with null for what does not apply.
  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(task, forKey: .task)
    try container.encode(model, forKey: .model)
    try container.encode(parameters, forKey: .parameters)
    try container.encode(optimizer, forKey: .optimizer)
    try container.encode(schedule, forKey: .schedule)
    try container.encode(seed, forKey: .seed)
    try container.encode(steps, forKey: .steps)
    try container.encode(seconds, forKey: .seconds)
    try container.encode(samplesPerSecond, forKey: .samplesPerSecond)
    try container.encode(trainLoss, forKey: .trainLoss)
    // The synthesized method would leave out the keys of nil values.
    try container.encode(trainAccuracy, forKey: .trainAccuracy)
    try container.encode(validationLoss, forKey: .validationLoss)
    try container.encode(validationAccuracy, forKey: .validationAccuracy)
    try container.encode(validationR2, forKey: .validationR2)
    try container.encode(testLoss, forKey: .testLoss)
    try container.encode(testAccuracy, forKey: .testAccuracy)
    try container.encode(testR2, forKey: .testR2)
    try container.encode(bestStep, forKey: .bestStep)
    try container.encode(skippedSteps, forKey: .skippedSteps)
    try container.encode(skippedRows, forKey: .skippedRows)
    try container.encode(peakMemoryBytes, forKey: .peakMemoryBytes)
    try container.encode(stoppedEarly, forKey: .stoppedEarly)
  }

  /// The peak memory of this process so far.
  static var peakMemoryBytes: Int {
    var usage = rusage()
    // RUSAGE_SELF, whose type differs between C libraries.
    getrusage(0, &usage)
    #if canImport(Darwin)
      return Int(usage.ru_maxrss)
    #else
      // Linux counts in kibibytes.
      return Int(usage.ru_maxrss) * 1024
    #endif
  }
}
