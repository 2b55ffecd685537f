import Autograd
import Tensor

/// The negative log-likelihood of normal distributions, (ln max(v, ε) + (mean − t)² / max(v, ε)) /
/// 2 for a variance v, by default the mean.
///
/// - Parameters:
///   - mean: The means.
///   - targets: The targets t, of the same shape.
///   - variance: The variances, broadcast to the shape of the means. The gradient passes through
///     the limit ε unchanged, as in PyTorch.
///   - isFull: Whether the constant ln(2π)/2 is added.
///   - epsilon: The least variance ε.
///   - reduction: The reduction of the losses.
/// - Returns: The loss.
public func gaussianNegativeLogLikelihood(
  _ mean: Tensor, _ targets: Tensor, variance: Tensor, isFull: Bool = false,
  epsilon: Double = 1e-6, reduction: LossReduction = .mean
) -> Tensor {
  requireMatch(mean, targets, in: "gaussianNegativeLogLikelihood")
  let fixed = variance.detached
  let limited = variance + (maximum(fixed, Tensor(epsilon, dtype: fixed.dtype)) - fixed)
  var losses = (log(limited) + square(mean - targets) / limited) * 0.5
  if isFull { losses = losses + 0.9189385332046727 }
  return reduction(losses)
}

/// The negative log-likelihood of Poisson distributions with the logarithms x of their rates, eˣ −
/// t x, by default the mean.
///
/// - Parameters:
///   - prediction: The logarithms x of the rates, or the rates.
///   - targets: The counts t, of the same shape.
///   - isLogarithm: Whether the prediction is the logarithm of the rate. Otherwise the loss of a
///     rate r is r − t ln(r + ε).
///   - isFull: Whether Stirling's approximation of ln t! is added for counts above 1.
///   - epsilon: The number ε in the logarithm.
///   - reduction: The reduction of the losses.
/// - Returns: The loss.
public func poissonNegativeLogLikelihood(
  _ prediction: Tensor, _ targets: Tensor, isLogarithm: Bool = true, isFull: Bool = false,
  epsilon: Double = 1e-8, reduction: LossReduction = .mean
) -> Tensor {
  requireMatch(prediction, targets, in: "poissonNegativeLogLikelihood")
  var losses =
    isLogarithm
    ? exp(prediction) - targets * prediction
    : prediction - targets * log(prediction + epsilon)
  if isFull {
    let isLarge = targets .> 1
    let t = select(isLarge, targets, Tensor.ones(like: targets))
    let stirling = t * log(t) - t + log(t * (2 * Double.pi)) * 0.5
    losses = losses + select(isLarge, stirling, Tensor.zeros(like: targets))
  }
  return reduction(losses)
}

/// The loss of connectionist temporal classification: the negative log-probability of a sequence of
/// labels, summed over all its alignments with the positions of the input. (Graves et al., 2006)
///
/// An alignment gives each position a label or the blank; repeated labels are merged, then blanks
/// are removed. The mean is that of the losses divided by the lengths of their targets, as in
/// PyTorch. A target that does not fit its input has an infinite loss.
///
/// Unlike in PyTorch, the batch is the first axis.
///
/// - Parameters:
///   - logProbabilities: The log-probabilities of the classes, [n, t, classes], as `logSoftmax`
///     gives them.
///   - targets: The labels, int32 [n, s], filled with any label after the end.
///   - inputLengths: The number of positions of each input; `nil` if all have t.
///   - targetLengths: The number of labels of each target; `nil` if all have s.
///   - blank: The class of the blank.
///   - zeroInfinity: Whether infinite losses, and their gradients, are replaced by 0.
///   - reduction: The reduction of the losses.
/// - Returns: The loss.
/// - Complexity: O(n t s) operations, recorded in O(t) nodes.
public func ctcLoss(
  _ logProbabilities: Tensor, targets: Tensor, inputLengths: [Int]? = nil,
  targetLengths: [Int]? = nil, blank: Int = 0, zeroInfinity: Bool = false,
  reduction: LossReduction = .mean
) -> Tensor {
  require(
    logProbabilities.rank == 3 && targets.rank == 2 && targets.dtype == .int32
      && targets.shape[0] == logProbabilities.shape[0],
    """
    ctcLoss: targets \(targets.dtype) \(targets.shape) for log-probabilities of shape \
    \(logProbabilities.shape); they must be int32 [n, s] and [n, t, classes]
    """
  )
  let (n, length) = (logProbabilities.shape[0], logProbabilities.shape[1])
  let (classes, count) = (logProbabilities.shape[2], targets.shape[1])
  let inputLengths = inputLengths ?? [Int](repeating: length, count: n)
  let targetLengths = targetLengths ?? [Int](repeating: count, count: n)
  require(
    inputLengths.count == n && inputLengths.allSatisfy { (1...Swift.max(length, 1)).contains($0) }
      && targetLengths.count == n && targetLengths.allSatisfy { (0...count).contains($0) },
    """
    ctcLoss: input lengths \(inputLengths) and target lengths \(targetLengths) for shapes \
    \(logProbabilities.shape) and \(targets.shape)
    """
  )
  require((0..<classes).contains(blank), "ctcLoss: blank \(blank) of \(classes) classes")
  let dtype = logProbabilities.dtype
  // Blanks around and between the labels: 2s + 1 states.
  let labels = targets.scalars(as: Int32.self)
  let states = 2 * count + 1
  var classOf = [Int32](repeating: Int32(blank), count: n * states)
  var maySkip = [Bool](repeating: false, count: n * states)
  for i in 0..<n {
    for s in 0..<targetLengths[i] {
      let label = labels[i * count + s]
      require(
        (0..<Int32(classes)).contains(label) && label != Int32(blank),
        "ctcLoss: label \(label) of \(classes) classes with blank \(blank)")
      classOf[i * states + 2 * s + 1] = label
      maySkip[i * states + 2 * s + 1] = s > 0 && label != labels[i * count + s - 1]
    }
  }
  let places = Tensor(classOf, shape: [n, 1, states]).broadcast(to: [n, length, states])
  let emitted = logProbabilities.gathered(at: places, along: 2)
  // Finite, because differences of infinities would be NaN.
  let impossible = dtype == .float32 ? -1e30 : -1e300
  let never = Tensor(impossible, dtype: dtype)
  let starts = Tensor((0..<states).map { $0 < 2 }, shape: [1, states])
  let canSkip = Tensor(maySkip, shape: [n, states])
  func moved(_ x: Tensor, by step: Int) -> Tensor {
    x.padded(before: step, after: -step, along: 1, with: .constant(impossible))
  }
  var alpha = select(starts, emitted[.all, 0], never)
  for t in 1..<Swift.max(length, 1) {
    var ways = [alpha, moved(alpha, by: 1)]
    if states > 2 { ways.append(select(canSkip, moved(alpha, by: 2), never)) }
    let next = maximum(stacked(ways).logSumExp(along: 0) + emitted[.all, t], never)
    let isInside = Tensor(inputLengths.map { t < $0 }, shape: [n, 1])
    alpha = inputLengths.allSatisfy { t < $0 } ? next : select(isInside, next, alpha)
  }
  // The last label or the blank after it.
  let last = targetLengths.flatMap { [Int32(2 * $0), Int32(Swift.max(2 * $0 - 1, 0))] }
  let hasLabels = Tensor(targetLengths.flatMap { [true, $0 > 0] }, shape: [n, 2])
  let ends = select(hasLabels, alpha.gathered(at: Tensor(last, shape: [n, 2]), along: 1), never)
  let losses = -ends.logSumExp(along: 1)
  let isFinite = losses.detached .< -impossible / 2
  let whole = select(
    isFinite, losses, Tensor(zeroInfinity ? 0 : Double.infinity, dtype: dtype))
  guard reduction == .mean else { return reduction(whole) }
  let divisors = targetLengths.map { Double(Swift.max($0, 1)) }
  return (whole / Tensor(divisors, shape: [n]).converted(to: dtype)).mean()
}
