/// Whether a model predicts a class or a number.
public enum TargetKind: String, Codable, Sendable, CaseIterable {
  /// One of several classes, trained with a classification loss.
  case classification
  /// A number, trained with the mean squared error.
  case regression
}

/// How targets are encoded for a model, and what its outputs stand for.
public enum TargetEncoding: Codable, Sendable, Equatable {
  /// A class is encoded as the index of its name.
  case classes([String])
  /// A number y is encoded as (y − mean) / deviation, or so is its logarithm; tables are read by
  /// the notation, if it is not plain.
  case number(
    mean: Double, deviation: Double, logarithm: SignedLogarithm? = nil,
    notation: NumberNotation? = nil)

  /// Whether the target is a class or a number.
  public var kind: TargetKind {
    switch self {
    case .classes: .classification
    case .number: .regression
    }
  }

  /// The number of outputs of a model: one for each class, or one for a number.
  public var outputs: Int {
    switch self {
    case .classes(let names): names.count
    case .number: 1
    }
  }

  /// The factor from a loss on encoded targets to a loss in the unit of the targets: the variance
  /// of numbers or of their logarithms, 1 for classes and for numbers so large or small that no
  /// number holds their square.
  public var lossUnit: Double {
    switch self {
    case .classes: 1
    case .number(_, let deviation, _, _): hasUnitOfLoss ? deviation * deviation : 1
    }
  }

  /// Whether losses can be given in the squared unit of the targets.
  var hasUnitOfLoss: Bool {
    guard case .number(_, let deviation, _, _) = self else { return true }
    // With room for the loss itself on both sides.
    return (1e-140...1e140).contains(deviation)
  }

  /// Returns the encoding of a number; the index of a class stays as it is.
  public func standardized(_ value: Double) -> Double {
    switch self {
    case .classes:
      return value
    case .number(let mean, let deviation, let logarithm, _):
      let value = logarithm?(value) ?? value
      // The difference of two large numbers may overflow.
      return (value - mean).isFinite
        ? (value - mean) / deviation : value / deviation - mean / deviation
    }
  }

  /// Returns the number that an encoded one stands for; the index of a class stays as it is.
  package func number(ofStandardized value: Double) -> Double {
    guard case .number(let mean, let deviation, let logarithm, _) = self else { return value }
    let number = value * deviation + mean
    return logarithm?.inverse(number) ?? number
  }
}
