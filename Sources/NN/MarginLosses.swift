import Autograd
import Tensor

/// The soft margin loss of scores x for targets t of 1 and −1, ln(1 + e^(−t x)), by default the
/// mean.
public func softMarginLoss(
  _ scores: Tensor, _ targets: Tensor, reduction: LossReduction = .mean
) -> Tensor {
  requireSameShape(scores, targets, in: "softMarginLoss")
  return reduction(softplus(-(targets.converted(to: scores.dtype) * scores)))
}

/// The hinge loss of the order of two scores, max(0, margin − t (a − b)), by default the mean: a
/// target t of 1 wants a above b, one of −1 wants it below.
public func marginRankingLoss(
  _ a: Tensor, _ b: Tensor, _ targets: Tensor, margin: Double = 0,
  reduction: LossReduction = .mean
) -> Tensor {
  requireMatch(a, b, in: "marginRankingLoss")
  requireSameShape(a, targets, in: "marginRankingLoss")
  return reduction(relu(margin - targets.converted(to: a.dtype) * (a - b)))
}

/// The hinge loss of distances x, by default the mean: x where the target is 1, and max(0, margin −
/// x) where it is −1.
public func hingeEmbeddingLoss(
  _ distances: Tensor, _ targets: Tensor, margin: Double = 1, reduction: LossReduction = .mean
) -> Tensor {
  requireSameShape(distances, targets, in: "hingeEmbeddingLoss")
  return reduction(select(targets .== 1, distances, relu(margin - distances)))
}

/// The loss of the angle between vectors a and b along the last axis, by default the mean: 1 − cos
/// where the target is 1, and max(0, cos − margin) where it is −1; [.., size] and targets [..].
public func cosineEmbeddingLoss(
  _ a: Tensor, _ b: Tensor, _ targets: Tensor, margin: Double = 0,
  reduction: LossReduction = .mean
) -> Tensor {
  requireMatch(a, b, in: "cosineEmbeddingLoss")
  require(
    targets.shape == Shape(a.shape.dropLast()),
    "cosineEmbeddingLoss: targets of shape \(targets.shape) for vectors of shape \(a.shape)")
  // PyTorch's loss adds this to the squared lengths.
  let squares = (square(a).sum(along: -1) + 1e-12) * (square(b).sum(along: -1) + 1e-12)
  let cosine = (a * b).sum(along: -1) / sqrt(squares)
  return reduction(select(targets .== 1, 1 - cosine, relu(cosine - margin)))
}

/// The triplet loss, max(0, d(anchor, positive) − d(anchor, negative) + margin), by default the
/// mean; vectors along the last axis. (Schroff et al., 2015, 1503.03832)
///
/// - Parameters:
///   - anchor: The vectors that are compared with the others.
///   - positive: Vectors that should be near the anchor.
///   - negative: Vectors that should be farther away, by the margin.
///   - margin: The margin.
///   - norm: The norm of the distance d; see `pairwiseDistance`.
///   - swapsAnchor: Whether d(positive, negative) takes the place of d(anchor, negative) where it
///     is less. (Balntas et al., 2016)
///   - reduction: The reduction of the losses.
/// - Returns: The loss.
public func tripletMarginLoss(
  _ anchor: Tensor, positive: Tensor, negative: Tensor, margin: Double = 1,
  norm: Tensor.Norm = .two, swapsAnchor: Bool = false, reduction: LossReduction = .mean
) -> Tensor {
  requireMatch(anchor, positive, in: "tripletMarginLoss")
  requireMatch(anchor, negative, in: "tripletMarginLoss")
  let near = pairwiseDistance(anchor, positive, norm: norm)
  var far = pairwiseDistance(anchor, negative, norm: norm)
  if swapsAnchor { far = minimum(far, pairwiseDistance(positive, negative, norm: norm)) }
  return reduction(relu(near - far + margin))
}

/// The focal loss of logits x with p = sigmoid x for targets t in 0...1, by default the mean: the
/// binary cross-entropy times (1 − p_t)^γ, with p_t = p t + (1 − p)(1 − t), and times α for
/// positive and 1 − α for negative targets. (Lin et al., 2017, 1708.02002)
///
/// It is torchvision's `sigmoid_focal_loss`, whose default reduction is none.
///
/// - Parameters:
///   - logits: The logits.
///   - targets: The targets.
///   - alpha: The weight α of positive targets, or `nil` for no weights.
///   - gamma: The exponent γ, which lowers the loss of examples that are already right.
///   - reduction: The reduction of the losses.
/// - Returns: The loss.
public func sigmoidFocalLoss(
  _ logits: Tensor, _ targets: Tensor, alpha: Double? = 0.25, gamma: Double = 2,
  reduction: LossReduction = .mean
) -> Tensor {
  requireMatch(logits, targets, in: "sigmoidFocalLoss")
  let entropy = binaryCrossEntropy(logits: logits, targets, reduction: .none)
  let p = sigmoid(logits)
  // p (1 − t) + (1 − p) t
  let wrong = p * (1 - 2 * targets) + targets
  var losses = entropy * (gamma == 2 ? square(wrong) : pow(wrong, gamma))
  if let alpha { losses = losses * (targets * alpha + (1 - targets) * (1 - alpha)) }
  return reduction(losses)
}
