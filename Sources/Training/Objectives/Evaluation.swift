/// How well a model does on some examples.
public struct Evaluation: Codable, Sendable, Equatable {
  /// The mean loss, for a regression in the squared unit of the target.
  public var loss: Double
  /// The fraction of a classification that is right.
  public var accuracy: Double?
  /// The fraction of the variance of a regression's targets that is explained: 1 - Σ(y - ŷ)² / Σ(y - ȳ)².
  public var r2: Double?

  /// An evaluation from its parts.
  public init(loss: Double, accuracy: Double? = nil, r2: Double? = nil) {
    self.loss = loss
    self.accuracy = accuracy
    self.r2 = r2
  }
}
