/// The loss function of a classifier.
package enum ClassificationLoss: String, Codable, Sendable, CaseIterable {
  /// The cross-entropy, with one score per class.
  case crossEntropy = "cross-entropy"
  /// The hinge loss of a single score, which is positive for the second of two classes.
  case hinge

  /// The loss of a run, which for a regression is the mean squared error.
  package var function: LossFunction {
    switch self {
    case .crossEntropy: .automatic
    case .hinge: .hinge
    }
  }
}
