/// What a model predicts for one example: a class with probabilities, a number, or a text.
///
/// ```swift
/// let prediction = try model.predict(["width": 3.1, "kind": "oak"])
/// print(prediction.label)                    // large
/// print(prediction["large"] ?? 0)            // 0.93
/// ```
public struct Prediction: Sendable, Equatable {
  /// The predicted class, the number as text, or the text that completes a sequence.
  public let label: String
  /// The predicted number in the unit of the target, or `nil` for a class.
  public let value: Double?
  /// The classes, in the order of their probabilities; empty for a number.
  public let classes: [String]
  /// The probability of each class, which sum to 1; empty for a number, for a text, and for a model
  /// trained with the hinge loss, whose score is not a probability.
  public let probabilities: [Double]
  /// The probability of the label: that of its class or, for a text, the product of those of its
  /// characters; `nil` for a number and a score.
  public let probability: Double?
  /// The score of a model trained with the hinge loss, positive for the second class, else `nil`.
  public let score: Double?

  /// The probability of a class, or `nil` if there is no such class or no probabilities.
  ///
  /// - Complexity: O(number of classes).
  public subscript(class: String) -> Double? {
    guard !probabilities.isEmpty else { return nil }
    return classes.firstIndex(of: `class`).map { probabilities[$0] }
  }

  /// A number in the unit of the target.
  init(value: Double) {
    self.init(label: "\(value)", value: value)
  }

  /// The class with the highest probability.
  init(classes: [String], probabilities: [Double]) {
    var best = 0
    for index in probabilities.indices where probabilities[index] > probabilities[best] {
      best = index
    }
    self.init(
      label: classes[best], classes: classes, probabilities: probabilities,
      probability: probabilities[best])
  }

  /// One of two classes by the sign of a score.
  init(classes: [String], score: Double) {
    self.init(label: classes[score > 0 ? 1 : 0], classes: classes, score: score)
  }

  /// A text that completes a sequence.
  init(text: String, probability: Double) {
    self.init(label: text, probability: probability)
  }

  private init(
    label: String, value: Double? = nil, classes: [String] = [], probabilities: [Double] = [],
    probability: Double? = nil, score: Double? = nil
  ) {
    self.label = label
    self.value = value
    self.classes = classes
    self.probabilities = probabilities
    self.probability = probability
    self.score = score
  }
}
