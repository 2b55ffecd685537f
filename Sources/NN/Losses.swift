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
  requireSameShape(prediction, target, in: "meanSquaredError")
  return reduction(square(prediction - target))
}

/// The absolute differences |prediction − target| of the elements, their mean by default.
public func meanAbsoluteError(
  _ prediction: Tensor, _ target: Tensor, reduction: LossReduction = .mean
) -> Tensor {
  requireSameShape(prediction, target, in: "meanAbsoluteError")
  return reduction(abs(prediction - target))
}

/// Squares for small differences d = prediction − target and absolute values for large ones:
/// d²/2 where |d| < δ, δ(|d| − δ/2) elsewhere; their mean by default.  (Huber, 1964)
public func huberLoss(
  _ prediction: Tensor, _ target: Tensor, delta: Double = 1, reduction: LossReduction = .mean
) -> Tensor {
  requireSameShape(prediction, target, in: "huberLoss")
  require(delta > 0, "huberLoss: delta \(delta) is not positive")
  let size = abs(prediction - target)
  let small = clamp(size, from: 0, to: delta)
  return reduction(square(small) * 0.5 + (size - small) * delta)
}

/// The Huber loss divided by β: d²/(2β) where |d| < β, |d| − β/2 elsewhere; their mean by default.
public func smoothL1Loss(
  _ prediction: Tensor, _ target: Tensor, beta: Double = 1, reduction: LossReduction = .mean
) -> Tensor {
  huberLoss(prediction, target, delta: beta, reduction: reduction) / beta
}

/// The cross-entropy of class scores, −log softmax(logits)[label], its mean over the examples by default.
///
/// The classes stand along the last axis: logits [.., classes] and int32 labels [..] of the axes before.
/// A label outside of 0..<classes stops the program.
///
/// - Parameters:
///   - logits: The scores.
///   - labels: The classes.
///   - labelSmoothing: ε: the target is 1 − ε of the label and ε spread over all classes.
///     (Szegedy et al., 2015, 1512.00567)
///   - classWeights: What the loss of each class is multiplied by, [classes]; the mean is then divided by
///     the sum of the weights of the labels, as in PyTorch.
///   - ignoredLabel: A label whose examples count for nothing.
///   - reduction: What becomes of the losses.
/// - Returns: The loss.
public func crossEntropy(
  _ logits: Tensor, labels: Tensor, labelSmoothing: Double = 0, classWeights: Tensor? = nil,
  ignoredLabel: Int? = nil, reduction: LossReduction = .mean
) -> Tensor {
  require(
    labels.dtype == .int32,
    "crossEntropy: the labels are \(labels.dtype), not int32; make them with dtype: .int32")
  if labelSmoothing == 0 && classWeights == nil && ignoredLabel == nil {
    return reduction(softmaxCrossEntropy(logits, labels: labels))
  }
  let classes = logits.shape[logits.rank - 1]
  require(
    (0...1).contains(labelSmoothing), "crossEntropy: a label smoothing of \(labelSmoothing)")
  require(
    classWeights.map { $0.shape == [classes] } ?? true,
    "crossEntropy: class weights of shape \(classWeights?.shape ?? []) for \(classes) classes")
  // Ignored examples are computed for class 0 and get the weight 0.
  let counts = ignoredLabel.map { labels .!= Double($0) }
  let safe = counts.map { select($0, labels, Tensor(0, dtype: .int32)) } ?? labels
  let table = classWeights ?? Tensor.ones([classes], dtype: logits.dtype)
  var weights = embedding(table, at: safe)
  if let counts { weights = select(counts, weights, Tensor(0, dtype: logits.dtype)) }
  var losses = softmaxCrossEntropy(logits, labels: safe) * weights
  if labelSmoothing > 0 {
    var spread = -(logSoftmax(logits) * table).sum(along: -1) / Double(classes)
    if let counts { spread = select(counts, spread, Tensor(0, dtype: logits.dtype)) }
    losses = losses * (1 - labelSmoothing) + spread * labelSmoothing
  }
  return reduction == .mean ? losses.sum() / weights.sum() : reduction(losses)
}

/// The cross-entropy of class scores against probabilities, −Σ p log softmax(logits), its mean over the
/// examples by default; both [.., classes].
public func crossEntropy(
  _ logits: Tensor, probabilities: Tensor, reduction: LossReduction = .mean
) -> Tensor {
  requireSameShape(logits, probabilities, in: "crossEntropy")
  return reduction(-(logSoftmax(logits) * probabilities).sum(along: -1))
}

/// −logProbabilities[label], its mean over the examples by default: [.., classes] and int32 labels [..].
public func negativeLogLikelihood(
  _ logProbabilities: Tensor, labels: Tensor, reduction: LossReduction = .mean
) -> Tensor {
  require(
    logProbabilities.rank >= 1 && labels.shape == Shape(logProbabilities.shape.dropLast()),
    "negativeLogLikelihood: labels of shape \(labels.shape) for shape \(logProbabilities.shape)")
  let picked = logProbabilities.gathered(at: labels.expandedDimensions(axis: -1), along: -1)
  return reduction(-picked.squeezed(axis: -1))
}

/// The cross-entropy of probabilities of a yes, −t log p − (1 − t) log(1 − p), its mean by default.
///
/// The logarithms are limited to −100 from below, as in PyTorch; from scores use
/// ``binaryCrossEntropy(logits:_:positiveWeight:reduction:)``.
public func binaryCrossEntropy(
  _ probabilities: Tensor, _ targets: Tensor, reduction: LossReduction = .mean
) -> Tensor {
  requireSameShape(probabilities, targets, in: "binaryCrossEntropy")
  func limited(_ x: Tensor) -> Tensor { maximum(x, Tensor(-100, dtype: x.dtype)) }
  let yes = targets * limited(log(probabilities))
  let no = (1 - targets) * limited(log1p(-probabilities))
  return reduction(-(yes + no))
}

/// The cross-entropy of scores of a yes with p = sigmoid x, its mean by default, without overflow:
/// (1 − t) x + (1 + (w − 1) t) softplus(−x), where w is the weight of a yes.
public func binaryCrossEntropy(
  logits: Tensor, _ targets: Tensor, positiveWeight: Double = 1, reduction: LossReduction = .mean
) -> Tensor {
  requireSameShape(logits, targets, in: "binaryCrossEntropy")
  let factor = targets * (positiveWeight - 1) + 1
  return reduction((1 - targets) * logits + factor * softplus(-logits))
}

/// The Kullback–Leibler divergence of target probabilities from log-probabilities,
/// t (log t − logProbabilities), which is 0 where t = 0; the mean over all elements by default.
///
/// For the divergence of distributions divide the sum by their number.
public func klDivergence(
  _ logProbabilities: Tensor, _ targets: Tensor, reduction: LossReduction = .mean
) -> Tensor {
  requireSameShape(logProbabilities, targets, in: "klDivergence")
  let isZero = targets .== 0
  let safe = select(isZero, Tensor.ones(like: targets), targets)
  return reduction(targets * (log(safe) - logProbabilities))
}

/// max(0, 1 − t·x) for targets t of 1 and −1, its mean by default.
public func hingeLoss(
  _ scores: Tensor, _ targets: Tensor, reduction: LossReduction = .mean
) -> Tensor {
  requireSameShape(scores, targets, in: "hingeLoss")
  return reduction(relu(1 - scores * targets))
}

/// A shape that would have to be broadcast is most often a mistake.
private func requireSameShape(_ a: Tensor, _ b: Tensor, in name: StaticString) {
  require(
    a.shape == b.shape, "\(name): a prediction of shape \(a.shape) for a target of shape \(b.shape)"
  )
}
