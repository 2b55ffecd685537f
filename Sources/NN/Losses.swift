import Autograd
import Tensor

/// What a loss does with the losses of the single examples.
public enum LossReduction: Sendable {
  /// Their mean, a scalar.
  case mean
  /// Their sum, a scalar.
  case sum
  /// Nothing: one loss for each.
  case none

  func callAsFunction(_ losses: Tensor) -> Tensor {
    switch self {
    case .mean: losses.mean()
    case .sum: losses.sum()
    case .none: losses
    }
  }
}

/// The squared differences (prediction − target)² of the elements, their mean by default.
///
/// Both have the same shape; one that would have to be broadcast is most often a mistake and stops the
/// program.
public func meanSquaredError(
  _ prediction: Tensor, _ target: Tensor, reduction: LossReduction = .mean
) -> Tensor {
  require(
    prediction.shape == target.shape,
    "meanSquaredError: a prediction of shape \(prediction.shape) for a target of shape \(target.shape)"
  )
  return reduction(square(prediction - target))
}

/// The cross-entropy of class scores, −log softmax(logits)[label], its mean over the examples by default.
///
/// The classes stand along the last axis: logits [.., classes] and int32 labels [..] of the axes before.
/// A label outside of 0..<classes stops the program.
public func crossEntropy(
  _ logits: Tensor, labels: Tensor, reduction: LossReduction = .mean
) -> Tensor {
  reduction(softmaxCrossEntropy(logits, labels: labels))
}
