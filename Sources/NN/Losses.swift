import Autograd
import CKernels
import Tensor

/// The reduction of the losses of the elements or examples.
public enum LossReduction: Sendable {
  /// Their mean, a scalar.
  case mean
  /// Their sum, a scalar.
  case sum
  /// No reduction: the losses themselves.
  case none

  /// Computes and reduces the losses, which need not be written to memory in between.
  func callAsFunction(_ losses: @autoclosure () -> Tensor) -> Tensor {
    fused {
      switch self {
      case .mean: losses().mean()
      case .sum: losses().sum()
      case .none: losses()
      }
    }
  }

  /// Reduces the losses times weights of the same shape; the mean is divided by the sum of the
  /// weights.
  func callAsFunction(
    _ losses: @autoclosure () -> Tensor, weights: Tensor?, in name: StaticString
  ) -> Tensor {
    guard let weights else { return self(losses()) }
    func weighted() -> Tensor {
      let losses = losses()
      require(
        weights.shape == losses.shape,
        "\(name): weights of shape \(weights.shape) for losses of shape \(losses.shape)")
      return losses * weights
    }
    return self == .mean ? LossReduction.sum(weighted()) / weights.sum() : self(weighted())
  }
}

/// The squared error (prediction − target)² of the elements, by default their mean.
///
/// Prediction and target must have the same shape. Shapes that would have to be broadcast are
/// usually a mistake and stop the program.
///
/// - Parameters:
///   - prediction: The output of a model.
///   - target: The desired output.
///   - weights: Factors of the losses of the elements, of the same shape. The mean is then divided
///     by their sum, as in PyTorch.
///   - reduction: The reduction of the losses.
/// - Returns: The loss.
public func meanSquaredError(
  _ prediction: Tensor, _ target: Tensor, weights: Tensor? = nil,
  reduction: LossReduction = .mean
) -> Tensor {
  requireMatch(prediction, target, in: "meanSquaredError")
  if reduction == .mean && weights == nil { return meanSquaredDifference(prediction, target) }
  return reduction(square(prediction - target), weights: weights, in: "meanSquaredError")
}

/// The absolute error |prediction − target| of the elements, by default their mean.
///
/// The arguments are those of ``meanSquaredError(_:_:weights:reduction:)``.
public func meanAbsoluteError(
  _ prediction: Tensor, _ target: Tensor, weights: Tensor? = nil,
  reduction: LossReduction = .mean
) -> Tensor {
  requireMatch(prediction, target, in: "meanAbsoluteError")
  return reduction(abs(prediction - target), weights: weights, in: "meanAbsoluteError")
}

/// The Huber loss of the elements, by default their mean: d²/2 where |d| < δ and δ(|d| − δ/2)
/// elsewhere, with d = prediction − target. (Huber, 1964)
///
/// Weights multiply the losses of the elements. Unlike in
/// ``meanSquaredError(_:_:weights:reduction:)``, the mean is not divided by them, as in PyTorch.
public func huberLoss(
  _ prediction: Tensor, _ target: Tensor, delta: Double = 1, weights: Tensor? = nil,
  reduction: LossReduction = .mean
) -> Tensor {
  requireMatch(prediction, target, in: "huberLoss")
  require(delta > 0, "huberLoss: delta must be positive, got \(delta)")
  guard let weights else { return reduction(huber(prediction - target, delta: delta)) }
  require(
    weights.shape == prediction.shape,
    "huberLoss: weights of shape \(weights.shape) for losses of shape \(prediction.shape)")
  return reduction(huber(prediction - target, delta: delta) * weights)
}

/// The smooth L1 loss of the elements, by default their mean: d²/(2β) where |d| < β and |d| − β/2
/// elsewhere, with d = prediction − target.
///
/// It is the Huber loss with δ = β, divided by β.
public func smoothL1Loss(
  _ prediction: Tensor, _ target: Tensor, beta: Double = 1, reduction: LossReduction = .mean
) -> Tensor {
  requireMatch(prediction, target, in: "smoothL1Loss")
  require(beta > 0, "smoothL1Loss: beta must be positive, got \(beta)")
  let loss = reduction(huber(prediction - target, delta: beta))
  return beta == 1 ? loss : loss / beta
}

private func huber(_ difference: Tensor, delta: Double) -> Tensor {
  if Trace.isRunning {
    // Limited on both sides, so that the second derivative at 0 is 1.
    let small = clamp(difference, from: -delta, to: delta)
    return square(small) * 0.5 + (abs(difference) - abs(small)) * delta
  }
  return record("huber", difference, saving: .input) {
    Elementwise.binary(CK_BINARY_HUBER, $0, delta)
  } pullback: { dy, saved in
    dy * clamp(saved.input, from: -delta, to: delta)
  }
}

/// The cross-entropy of class logits, −log softmax(logits)[label], by default the mean over the
/// examples.
///
/// The classes are the last axis: logits [.., classes], int32 labels [..]. A label outside of
/// 0..<classes stops the program.
///
/// - Parameters:
///   - logits: The unnormalized log-probabilities of the classes.
///   - labels: The true classes.
///   - labelSmoothing: The fraction ε of the target that is spread evenly over all classes; the
///     label keeps 1 − ε. (Szegedy et al., 2015, 1512.00567)
///   - classWeights: A factor for the loss of each class, [classes]. The mean is then divided by
///     the sum of the weights of the labels, as in PyTorch.
///   - ignoredLabel: A label whose examples do not contribute to the loss.
///   - reduction: The reduction of the losses.
/// - Returns: The loss.
public func crossEntropy(
  _ logits: Tensor, labels: Tensor, labelSmoothing: Double = 0, classWeights: Tensor? = nil,
  ignoredLabel: Int? = nil, reduction: LossReduction = .mean
) -> Tensor {
  require(
    labels.dtype == .int32,
    "crossEntropy: the labels must be int32, got \(labels.dtype); make them with dtype: .int32")
  require(
    (0...1).contains(labelSmoothing),
    "crossEntropy: labelSmoothing must be in 0...1, got \(labelSmoothing)")
  if classWeights == nil && ignoredLabel == nil {
    return reduction(
      softmaxCrossEntropy(logits, labels: labels, labelSmoothing: labelSmoothing))
  }
  let targets = WeightedLabels(
    labels, of: logits, classWeights: classWeights, ignoredLabel: ignoredLabel, in: "crossEntropy")
  var losses = targets.weighted(
    softmaxCrossEntropy(
      logits, labels: targets.labels, labelSmoothing: classWeights == nil ? labelSmoothing : 0))
  if labelSmoothing > 0, let classWeights {
    let uniform = (-logSoftmax(logits) * classWeights).mean(along: -1)
    losses = losses * (1 - labelSmoothing) + targets.masked(uniform) * labelSmoothing
  }
  return targets.reduced(losses, reduction)
}

/// The cross-entropy of class logits and target probabilities, −Σ w p log softmax(logits), by
/// default the mean over the examples; both are [.., classes].
///
/// - Parameters:
///   - logits: The unnormalized log-probabilities of the classes.
///   - probabilities: The target probability p of each class.
///   - labelSmoothing: The fraction ε of the target that is spread evenly over all classes.
///   - classWeights: A factor w for the term of each class, [classes]. The mean is not divided by
///     the weights.
///   - reduction: The reduction of the losses.
/// - Returns: The loss.
public func crossEntropy(
  _ logits: Tensor, probabilities: Tensor, labelSmoothing: Double = 0,
  classWeights: Tensor? = nil, reduction: LossReduction = .mean
) -> Tensor {
  requireMatch(logits, probabilities, in: "crossEntropy")
  require(
    (0...1).contains(labelSmoothing),
    "crossEntropy: labelSmoothing must be in 0...1, got \(labelSmoothing)")
  requireClassWeights(classWeights, logits, in: "crossEntropy")
  var targets = probabilities
  if labelSmoothing > 0 {
    let share = labelSmoothing / Double(logits.shape[logits.rank - 1])
    targets = targets * (1 - labelSmoothing) + share
  }
  if let classWeights { targets = targets * classWeights }
  return reduction(-(logSoftmax(logits) * targets).sum(along: -1))
}

/// The negative log-likelihood, −logProbabilities[label], by default the mean over the examples:
/// log-probabilities [.., classes], int32 labels [..].
///
/// - Parameters:
///   - logProbabilities: The log-probabilities of the classes.
///   - labels: The true classes.
///   - classWeights: A factor for the loss of each class, [classes]. The mean is then divided by
///     the sum of the weights of the labels, as in PyTorch.
///   - ignoredLabel: A label whose examples do not contribute to the loss.
///   - reduction: The reduction of the losses.
/// - Returns: The loss.
public func negativeLogLikelihood(
  _ logProbabilities: Tensor, labels: Tensor, classWeights: Tensor? = nil,
  ignoredLabel: Int? = nil, reduction: LossReduction = .mean
) -> Tensor {
  let targets = WeightedLabels(
    labels, of: logProbabilities, classWeights: classWeights, ignoredLabel: ignoredLabel,
    in: "negativeLogLikelihood")
  let picked = logProbabilities.gathered(at: targets.labels.expanded(along: -1), along: -1)
  let losses = targets.weighted(-picked.squeezed(along: -1))
  return targets.reduced(losses, reduction)
}

/// Labels with a weight for each, which is 0 for ignored labels.
private struct WeightedLabels {
  /// The labels, with class 0 in place of ignored ones.
  let labels: Tensor
  /// The weight of each label; `nil` if all are 1.
  private let weights: Tensor?
  private let isCounted: Tensor?

  init(
    _ labels: Tensor, of scores: Tensor, classWeights: Tensor?, ignoredLabel: Int?,
    in name: StaticString
  ) {
    require(
      scores.rank >= 1 && labels.shape == Shape(scores.shape.dropLast()),
      "\(name): labels of shape \(labels.shape) for shape \(scores.shape)")
    requireClassWeights(classWeights, scores, in: name)
    isCounted = ignoredLabel.map { labels .!= Double($0) }
    self.labels = isCounted.map { select($0, labels, Tensor(0, dtype: .int32)) } ?? labels
    let weights = classWeights.map { [picked = self.labels] in embedding($0, at: picked) }
    self.weights =
      isCounted.map {
        select($0, weights ?? Tensor(1, dtype: scores.dtype), Tensor(0, dtype: scores.dtype))
      } ?? weights
  }

  /// The losses times their weights.
  func weighted(_ losses: Tensor) -> Tensor {
    weights.map { masked(losses) * $0 } ?? losses
  }

  /// The reduction of weighted losses; a mean is divided by the sum of the weights.
  func reduced(_ losses: Tensor, _ reduction: LossReduction) -> Tensor {
    guard reduction == .mean, let weights else { return reduction(losses) }
    return losses.sum() / weights.sum()
  }

  /// The losses with 0 for ignored labels, even where the loss is infinite.
  func masked(_ losses: Tensor) -> Tensor {
    isCounted.map { select($0, losses, Tensor(0, dtype: losses.dtype)) } ?? losses
  }
}

private func requireClassWeights(_ weights: Tensor?, _ scores: Tensor, in name: StaticString) {
  guard let weights else { return }
  let classes = scores.shape[scores.rank - 1]
  require(
    weights.shape == [classes],
    "\(name): class weights of shape \(weights.shape) for \(classes) classes")
}

/// The binary cross-entropy of probabilities, −t log p − (1 − t) log(1 − p), by default the mean.
///
/// The logarithms are bounded below by −100, as in PyTorch. For logits use
/// ``binaryCrossEntropy(logits:_:positiveWeight:weights:reduction:)``.
///
/// - Parameters:
///   - probabilities: The predicted probabilities p of the positive class.
///   - targets: The targets t, in 0...1.
///   - weights: Factors of the losses of the elements, broadcast to their shape. The mean is not
///     divided by them, as in PyTorch.
///   - reduction: The reduction of the losses.
/// - Returns: The loss.
public func binaryCrossEntropy(
  _ probabilities: Tensor, _ targets: Tensor, weights: Tensor? = nil,
  reduction: LossReduction = .mean
) -> Tensor {
  requireMatch(probabilities, targets, in: "binaryCrossEntropy")
  let losses = binaryLosses(probabilities, targets)
  return reduction(weights.map { losses * $0 } ?? losses)
}

/// The smallest p (1 − p) by which derivatives of the binary cross-entropy are divided.
private let smallestSpread = 1e-12

/// max(log p, −100) and max(log(1 − p), −100), constants.
private func limitedLogarithms(_ p: Tensor) -> (positive: Tensor, negative: Tensor) {
  func limited(_ x: Tensor) -> Tensor { maximum(x, Tensor(-100, dtype: x.dtype)) }
  return (limited(log(p)), limited(log1p(-p)))
}

/// −t log p − (1 − t) log(1 − p) of each element, with logarithms of at least −100;
/// dp = dy (p − t) / max(p (1 − p), 1e-12), as in PyTorch, and dt = dy log((1 − p) / p).
private func binaryLosses(_ p: Tensor, _ t: Tensor) -> Tensor {
  record("binaryCrossEntropy", p, t, saving: [.first, .second]) { p, t in
    let logarithms = limitedLogarithms(p)
    return -(t * logarithms.positive + (1 - t) * logarithms.negative)
  } lhs: { dy, saved in
    dy * binarySlope(saved.first, saved.second)
  } rhs: { dy, saved in
    dy * negativeLogOdds(saved.first)
  }
}

/// (p − t) / max(p (1 − p), 1e-12);
/// dp = dy (p² − 2pt + t) / ((p + 1e-12)² (1 − p + 1e-12)²), as in PyTorch, and
/// dt = −dy / max(p (1 − p), 1e-12).
private func binarySlope(_ p: Tensor, _ t: Tensor) -> Tensor {
  record("binaryCrossEntropy", p, t, saving: [.first, .second]) { p, t in
    (p - t) / spread(p)
  } lhs: { dy, saved in
    let (p, t) = (saved.first, saved.second)
    let width = square(p + smallestSpread) * square(1 - p + smallestSpread)
    // p² − 2pt + t without its cancellation.
    return dy * ((square(p - t) + t * (1 - t)) / width)
  } rhs: { dy, saved in
    -dy / spread(saved.first)
  }
}

/// log((1 − p) / p) of each element, with logarithms of at least −100;
/// dp = −dy / max(p (1 − p), 1e-12).
private func negativeLogOdds(_ p: Tensor) -> Tensor {
  record("binaryCrossEntropy", p, saving: .input) { p in
    let logarithms = limitedLogarithms(p)
    return logarithms.negative - logarithms.positive
  } pullback: { dy, saved in
    -dy / spread(saved.input)
  }
}

/// max(p (1 − p), 1e-12).
private func spread(_ p: Tensor) -> Tensor {
  maximum(p * (1 - p), Tensor(smallestSpread, dtype: p.dtype))
}

/// The binary cross-entropy of logits x with p = sigmoid x, by default the mean, computed without
/// overflow: (1 − t) x + (1 + (w − 1) t) softplus(−x).
///
/// - Parameters:
///   - logits: The logits x.
///   - targets: The targets t, in 0...1.
///   - positiveWeight: The weight w of the positive class, broadcast to the losses: a scalar, or
///     one value for each class along the last axis.
///   - weights: Factors of the losses of the elements, broadcast to their shape. The mean is not
///     divided by them, as in PyTorch.
///   - reduction: The reduction of the losses.
/// - Returns: The loss.
public func binaryCrossEntropy(
  logits: Tensor, _ targets: Tensor, positiveWeight: Tensor? = nil, weights: Tensor? = nil,
  reduction: LossReduction = .mean
) -> Tensor {
  requireMatch(logits, targets, in: "binaryCrossEntropy")
  func losses() -> Tensor {
    let losses = logitLosses(logits, targets, positiveWeight: positiveWeight)
    return weights.map { losses * $0 } ?? losses
  }
  return reduction(losses())
}

/// (1 − t) x + p softplus(−x) of each element, with the factor p = 1 + t (positiveWeight − 1);
/// without a weight dx = dy ((1 − t) − sigmoid(−x)) and dt = −dy x.
private func logitLosses(_ x: Tensor, _ t: Tensor, positiveWeight: Tensor?) -> Tensor {
  func composed(_ x: Tensor, _ t: Tensor) -> Tensor {
    let penalty = softplus(-x)
    return (1 - t) * x + (positiveWeight.map { penalty * (t * ($0 - 1) + 1) } ?? penalty)
  }
  if Trace.isRunning || positiveWeight != nil { return composed(x, t) }
  return record("binaryCrossEntropy", x, t, saving: [.first, .second]) {
    composed($0.detached, $1.detached)
  } lhs: { dy, saved in
    dy * ((1 - saved.second) - sigmoid(-saved.first))
  } rhs: { dy, saved in
    -dy * saved.first
  }
}

/// The binary cross-entropy of logits with one target for all of them:
/// `binaryCrossEntropy(logits: discriminator(fake), 0)`.
public func binaryCrossEntropy(
  logits: Tensor, _ target: Double, reduction: LossReduction = .mean
) -> Tensor {
  binaryCrossEntropy(logits: logits, .full(like: logits, target), reduction: reduction)
}

/// The Kullback–Leibler divergence of predicted log-probabilities from target probabilities,
/// t (log t − logProbabilities), which is 0 where t = 0; by default the mean over all elements.
///
/// For the mean divergence of distributions, divide the sum by the number of distributions.
public func klDivergence(
  _ logProbabilities: Tensor, _ targets: Tensor, reduction: LossReduction = .mean
) -> Tensor {
  requireMatch(logProbabilities, targets, in: "klDivergence")
  func losses() -> Tensor {
    let isZero = targets .== 0
    let positive = select(isZero, Tensor(1, dtype: targets.dtype), targets)
    // 0 · ∞ would be NaN.
    let isHarmless = isZero .& (logProbabilities .== -Double.infinity)
    let finite = select(isHarmless, Tensor(0, dtype: logProbabilities.dtype), logProbabilities)
    return targets * (log(positive) - finite)
  }
  return reduction(losses())
}

/// The hinge loss of scores x for targets t of 1 and −1, max(0, 1 − t x), by default the mean.
public func hingeLoss(
  _ scores: Tensor, _ targets: Tensor, reduction: LossReduction = .mean
) -> Tensor {
  requireMatch(scores, targets, in: "hingeLoss")
  return reduction(relu(1 - scores * targets))
}

/// Stops the program if the shapes or the dtypes differ.
func requireMatch(_ a: Tensor, _ b: Tensor, in name: StaticString) {
  requireSameShape(a, b, in: name)
  require(a.dtype == b.dtype, "\(name): \(DType.differ(a.dtype, b.dtype))")
}

/// Stops the program if the shapes differ.
///
/// Broadcasting a prediction to a target is usually a mistake.
func requireSameShape(_ a: Tensor, _ b: Tensor, in name: StaticString) {
  require(
    a.shape == b.shape, "\(name): a prediction of shape \(a.shape) for a target of shape \(b.shape)"
  )
}
