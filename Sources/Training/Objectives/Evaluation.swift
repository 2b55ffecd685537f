/// How well a model does on some examples.
public struct Evaluation: Codable, Sendable, Equatable {
  /// The mean loss, in the squared unit of the target for a regression.
  public var loss: Double
  /// The fraction of the examples that are classified correctly, or `nil` for a regression.
  public var accuracy: Double?
  /// The fraction of the targets' variance that a regression explains, 1 − Σ(y − ŷ)² / Σ(y − ȳ)²,
  /// or `nil` for a classification.
  public var r2: Double?
  /// The values of other metrics by name, or `nil` if there are none.
  public var metrics: [String: Double]?

  /// Creates an evaluation.
  public init(
    loss: Double, accuracy: Double? = nil, r2: Double? = nil, metrics: [String: Double]? = nil
  ) {
    self.loss = loss
    self.accuracy = accuracy
    self.r2 = r2
    self.metrics = metrics
  }
}
