/// The loss function of a classifier.
public enum ClassificationLoss: String, Codable, Sendable, CaseIterable {
  /// The cross-entropy, with one score per class.
  case crossEntropy = "cross-entropy"
  /// The hinge loss max(0, 1 ∓ score) of a single score, which is positive for the second of two
  /// classes.
  case hinge
}
