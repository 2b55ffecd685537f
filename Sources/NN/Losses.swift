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

  /// The losses times weights of the same shape; the mean is divided by the sum of the weights.
  func callAsFunction(_ losses: Tensor, weights: Tensor?, in name: StaticString) -> Tensor {
    guard let weights else { return self(losses) }
    require(
      weights.shape == losses.shape,
      "\(name): weights of shape \(weights.shape) for losses of shape \(losses.shape)")
    let weighted = losses * weights
    return self == .mean ? weighted.sum() / weights.sum() : self(weighted)
  }
}

/// The squared differences (prediction − target)² of the elements, their mean by default.
///
/// Both have the same shape; one that would have to be broadcast is most often a mistake and stops the
/// program.
///
/// - Parameters:
///   - prediction: What a model says.
///   - target: What is right.
///   - weights: What the loss of each element is multiplied by, of the same shape; the mean is then divided by
///     their sum, as in PyTorch.
///   - reduction: What becomes of the losses.
/// - Returns: The loss.
public func meanSquaredError(
  _ prediction: Tensor, _ target: Tensor, weights: Tensor? = nil,
  reduction: LossReduction = .mean
) -> Tensor {
  requireSameShape(prediction, target, in: "meanSquaredError")
  return reduction(square(prediction - target), weights: weights, in: "meanSquaredError")
}

/// The absolute differences |prediction − target| of the elements, their mean by default.
///
/// Weights are as in ``meanSquaredError(_:_:weights:reduction:)``.
public func meanAbsoluteError(
  _ prediction: Tensor, _ target: Tensor, weights: Tensor? = nil,
  reduction: LossReduction = .mean
) -> Tensor {
  requireSameShape(prediction, target, in: "meanAbsoluteError")
  return reduction(abs(prediction - target), weights: weights, in: "meanAbsoluteError")
}

/// Squares for small differences d = prediction − target and absolute values for large ones:
/// d²/2 where |d| < δ, δ(|d| − δ/2) elsewhere; their mean by default.  (Huber, 1964)
///
/// Weights multiply the losses of the elements; other than in ``meanSquaredError(_:_:weights:reduction:)`` the mean
/// is not divided by them, as in PyTorch.
public func huberLoss(
  _ prediction: Tensor, _ target: Tensor, delta: Double = 1, weights: Tensor? = nil,
  reduction: LossReduction = .mean
) -> Tensor {
  requireSameShape(prediction, target, in: "huberLoss")
  require(delta > 0, "huberLoss: delta \(delta) is not positive")
  let losses = huber(prediction - target, delta: delta)
  guard let weights else { return reduction(losses) }
  require(
    weights.shape == losses.shape,
    "huberLoss: weights of shape \(weights.shape) for losses of shape \(losses.shape)")
  return reduction(losses * weights)
}

/// The Huber loss divided by β: d²/(2β) where |d| < β, |d| − β/2 elsewhere; their mean by default.
public func smoothL1Loss(
  _ prediction: Tensor, _ target: Tensor, beta: Double = 1, reduction: LossReduction = .mean
) -> Tensor {
  requireSameShape(prediction, target, in: "smoothL1Loss")
  require(beta > 0, "smoothL1Loss: beta \(beta) is not positive")
  return reduction(huber(prediction - target, delta: beta) / beta)
}

private func huber(_ difference: Tensor, delta: Double) -> Tensor {
  let size = abs(difference)
  let small = clamp(size, from: 0, to: delta)
  return square(small) * 0.5 + (size - small) * delta
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
  require(
    (0...1).contains(labelSmoothing), "crossEntropy: a label smoothing of \(labelSmoothing)")
  let picks = LabelPicks(
    logits, labels, classWeights: classWeights, ignoredLabel: ignoredLabel, in: "crossEntropy")
  var losses = picks.weighted(softmaxCrossEntropy(logits, labels: picks.labels))
  if labelSmoothing > 0 {
    var spread = -logSoftmax(logits)
    if let classWeights { spread = spread * classWeights }
    losses =
      losses * (1 - labelSmoothing)
      + picks.counted(spread.mean(along: -1)) * labelSmoothing
  }
  return reduction == .mean ? losses.sum() / picks.weights.sum() : reduction(losses)
}

/// The cross-entropy of class scores against probabilities, −Σ w p log softmax(logits), its mean over the
/// examples by default; both [.., classes].
///
/// - Parameters:
///   - logits: The scores.
///   - probabilities: The probability that each class should have.
///   - labelSmoothing: ε: the target is 1 − ε of the probabilities and ε spread over all classes.
///   - classWeights: What the term of each class is multiplied by, [classes]; the mean is not divided by them.
///   - reduction: What becomes of the losses.
/// - Returns: The loss.
public func crossEntropy(
  _ logits: Tensor, probabilities: Tensor, labelSmoothing: Double = 0,
  classWeights: Tensor? = nil, reduction: LossReduction = .mean
) -> Tensor {
  requireSameShape(logits, probabilities, in: "crossEntropy")
  require(
    (0...1).contains(labelSmoothing), "crossEntropy: a label smoothing of \(labelSmoothing)")
  requireClassWeights(classWeights, logits, in: "crossEntropy")
  var targets = probabilities
  if labelSmoothing > 0 {
    let share = labelSmoothing / Double(logits.shape[logits.rank - 1])
    targets = targets * (1 - labelSmoothing) + share
  }
  if let classWeights { targets = targets * classWeights }
  return reduction(-(logSoftmax(logits) * targets).sum(along: -1))
}

/// −logProbabilities[label], its mean over the examples by default: [.., classes] and int32 labels [..].
///
/// - Parameters:
///   - logProbabilities: The logarithms of the classes' probabilities.
///   - labels: The classes.
///   - classWeights: What the loss of each class is multiplied by, [classes]; the mean is then divided by
///     the sum of the weights of the labels, as in PyTorch.
///   - ignoredLabel: A label whose examples count for nothing.
///   - reduction: What becomes of the losses.
/// - Returns: The loss.
public func negativeLogLikelihood(
  _ logProbabilities: Tensor, labels: Tensor, classWeights: Tensor? = nil,
  ignoredLabel: Int? = nil, reduction: LossReduction = .mean
) -> Tensor {
  let picks = LabelPicks(
    logProbabilities, labels, classWeights: classWeights, ignoredLabel: ignoredLabel,
    in: "negativeLogLikelihood")
  let picked = logProbabilities.gathered(at: picks.labels.expanded(along: -1), along: -1)
  let losses = picks.weighted(-picked.squeezed(along: -1))
  return reduction == .mean ? losses.sum() / picks.weights.sum() : reduction(losses)
}

/// Labels of which some may count for nothing, and what each is worth.
private struct LabelPicks {
  /// The labels, with 0 in place of those that count for nothing.
  let labels: Tensor
  /// The weight of each, 0 for one that counts for nothing.
  let weights: Tensor
  private let counts: Tensor?

  init(
    _ scores: Tensor, _ labels: Tensor, classWeights: Tensor?, ignoredLabel: Int?,
    in name: StaticString
  ) {
    require(
      scores.rank >= 1 && labels.shape == Shape(scores.shape.dropLast()),
      "\(name): labels of shape \(labels.shape) for shape \(scores.shape)")
    requireClassWeights(classWeights, scores, in: name)
    counts = ignoredLabel.map { labels .!= Double($0) }
    self.labels = counts.map { select($0, labels, Tensor(0, dtype: .int32)) } ?? labels
    let weights =
      classWeights.map { [picked = self.labels] in embedding($0, at: picked) }
      ?? Tensor.ones(labels.shape, dtype: scores.dtype)
    self.weights = counts.map { select($0, weights, Tensor(0, dtype: scores.dtype)) } ?? weights
  }

  /// Losses times their weights.
  func weighted(_ losses: Tensor) -> Tensor { counted(losses) * weights }

  /// Losses with 0 for those that count for nothing, however great they are.
  func counted(_ losses: Tensor) -> Tensor {
    counts.map { select($0, losses, Tensor(0, dtype: losses.dtype)) } ?? losses
  }
}

private func requireClassWeights(_ weights: Tensor?, _ scores: Tensor, in name: StaticString) {
  guard let weights else { return }
  let classes = scores.shape[scores.rank - 1]
  require(
    weights.shape == [classes],
    "\(name): class weights of shape \(weights.shape) for \(classes) classes")
}

/// The cross-entropy of probabilities of a yes, −t log p − (1 − t) log(1 − p), its mean by default.
///
/// The logarithms are limited to −100 from below, as in PyTorch; from scores use
/// ``binaryCrossEntropy(logits:_:positiveWeight:weights:reduction:)``.
///
/// - Parameters:
///   - probabilities: The probabilities p.
///   - targets: The truth t of each, 0 or 1 or between.
///   - weights: What the loss of each element is multiplied by, broadcast to the losses; the mean is not divided
///     by them, as in PyTorch.
///   - reduction: What becomes of the losses.
/// - Returns: The loss.
public func binaryCrossEntropy(
  _ probabilities: Tensor, _ targets: Tensor, weights: Tensor? = nil,
  reduction: LossReduction = .mean
) -> Tensor {
  requireSameShape(probabilities, targets, in: "binaryCrossEntropy")
  func limited(_ x: Tensor) -> Tensor { maximum(x, Tensor(-100, dtype: x.dtype)) }
  let yes = targets * limited(log(probabilities))
  let no = (1 - targets) * limited(log1p(-probabilities))
  let losses = -(yes + no)
  return reduction(weights.map { losses * $0 } ?? losses)
}

/// The cross-entropy of scores of a yes with p = sigmoid x, its mean by default, without overflow:
/// (1 − t) x + (1 + (w − 1) t) softplus(−x), where w is the weight of a yes.
///
/// - Parameters:
///   - logits: The scores x.
///   - targets: The truth t of each, 0 or 1 or between.
///   - positiveWeight: The weight w of a yes, broadcast to the losses: a scalar, or one number for each of the
///     classes along the last axis.
///   - weights: What the loss of each element is multiplied by, broadcast to the losses; the mean is not divided
///     by them, as in PyTorch.
///   - reduction: What becomes of the losses.
/// - Returns: The loss.
public func binaryCrossEntropy(
  logits: Tensor, _ targets: Tensor, positiveWeight: Tensor? = nil, weights: Tensor? = nil,
  reduction: LossReduction = .mean
) -> Tensor {
  requireSameShape(logits, targets, in: "binaryCrossEntropy")
  var penalty = softplus(-logits)
  if let positiveWeight { penalty = penalty * (targets * (positiveWeight - 1) + 1) }
  let losses = (1 - targets) * logits + penalty
  return reduction(weights.map { losses * $0 } ?? losses)
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
