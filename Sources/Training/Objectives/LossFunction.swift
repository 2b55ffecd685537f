import Autograd
import NN
import Tensor

/// A loss of the outputs of a model for targets, which `fit` and ``Trainer`` minimize.
///
/// ```swift
/// try fit(model, x, y, loss: .huber(delta: 0.5))
/// try fit(model, x, y, loss: { prediction, target in abs(prediction - target).mean() })
/// ```
/// A closure receives the targets of a batch, and the outputs as the model gives them. Numeric
/// targets with as many elements as the outputs receive their shape, such as `[n, 1]` for `[n]`:
/// broadcasting would compare each output with each target.
public struct LossFunction: Sendable {
  /// How outputs are compared with targets, besides by the loss.
  enum Prediction: Sendable {
    /// The class with the largest score for int32 targets behind which the outputs have another
    /// axis, numbers for floating-point targets of as many elements.
    case byTargets
    /// One of two classes: the second if a score is above the threshold.
    case threshold(Double)
  }

  let prediction: Prediction
  let ignoredLabel: Int32?
  /// Whether the loss is the mean squared error where targets are numbers.
  let isSquaredError: Bool
  private let loss: @Sendable (Tensor, Tensor) -> Tensor

  /// Creates a loss from a function of the outputs of a batch and its targets, which returns a
  /// scalar: the mean over the examples.
  public init(_ loss: @escaping @Sendable (_ prediction: Tensor, _ target: Tensor) -> Tensor) {
    self.init(prediction: .byTargets) { loss($0, withShape(of: $0, $1)) }
  }

  private init(
    prediction: Prediction, ignoredLabel: Int32? = nil, isSquaredError: Bool = false,
    _ loss: @escaping @Sendable (Tensor, Tensor) -> Tensor
  ) {
    self.prediction = prediction
    self.ignoredLabel = ignoredLabel
    self.isSquaredError = isSquaredError
    self.loss = loss
  }

  /// Returns the loss of outputs for targets.
  public func callAsFunction(_ prediction: Tensor, _ target: Tensor) -> Tensor {
    loss(prediction, target)
  }
}

// MARK: - Losses

extension LossFunction {
  /// The cross-entropy for int32 targets, the mean squared error for any others.
  public static let automatic = LossFunction(prediction: .byTargets, isSquaredError: true) {
    $1.dtype == .int32 ? crossEntropy($0, $1) : meanSquaredError($0, $1)
  }

  /// The cross-entropy −log softmax(scores)[class], for int32 classes `[n, ...]` and scores
  /// `[n, ..., classes]`.
  public static let crossEntropy = LossFunction.crossEntropy()

  /// The cross-entropy with smoothed, weighted or ignored classes.
  ///
  /// - Parameters:
  ///   - labelSmoothing: The fraction of the target that is spread evenly over all classes.
  ///   - classWeights: A factor for the loss of each class, `[classes]`.
  ///   - ignoredLabel: A label, such as -100, whose examples count neither in the loss nor in the
  ///     accuracy.
  /// - Returns: The loss.
  public static func crossEntropy(
    labelSmoothing: Double = 0, classWeights: Tensor? = nil, ignoredLabel: Int? = nil
  ) -> LossFunction {
    LossFunction(prediction: .byTargets, ignoredLabel: ignoredLabel.map { Int32($0) }) {
      NN.crossEntropy(
        $0, labels: $1, labelSmoothing: labelSmoothing, classWeights: classWeights,
        ignoredLabel: ignoredLabel)
    }
  }

  /// The binary cross-entropy of logits, for targets of 0 and 1 and one logit each; an output above
  /// 0 predicts 1.
  public static let binaryCrossEntropy = LossFunction.binaryCrossEntropy()

  /// The binary cross-entropy of logits with a weight of the positive class.
  ///
  /// - Parameter positiveWeight: The weight of the positive class: a scalar, or one value for each
  ///   class along the last axis.
  /// - Returns: The loss.
  public static func binaryCrossEntropy(positiveWeight: Tensor? = nil) -> LossFunction {
    LossFunction(prediction: .threshold(0)) {
      NN.binaryCrossEntropy(logits: $0, numbers($1, for: $0), positiveWeight: positiveWeight)
    }
  }

  /// The binary cross-entropy of probabilities, for models that end in a sigmoid; an output above
  /// 1/2 predicts 1.
  public static let binaryCrossEntropyOfProbabilities = LossFunction(prediction: .threshold(0.5)) {
    NN.binaryCrossEntropy($0, numbers($1, for: $0))
  }

  /// The hinge loss max(0, 1 ∓ score) of a single score, which is positive for the second of two
  /// classes, for int32 targets of 0 and 1 or numbers −1 and 1.
  public static let hinge = LossFunction(prediction: .threshold(0)) {
    let targets = numbers($1, for: $0)
    return hingeLoss($0, $1.dtype == .int32 ? targets * 2 - 1 : targets)
  }

  /// The mean squared error.
  public static let meanSquaredError = LossFunction(prediction: .byTargets, isSquaredError: true) {
    NN.meanSquaredError($0, numbers($1, for: $0))
  }

  /// The mean absolute error.
  public static let meanAbsoluteError = LossFunction {
    NN.meanAbsoluteError($0, numbers($1, for: $0))
  }

  /// The Huber loss with δ = 1.
  public static let huber = LossFunction.huber(delta: 1)

  /// The Huber loss: d²/2 where |d| < δ and δ(|d| − δ/2) elsewhere.
  public static func huber(delta: Double) -> LossFunction {
    LossFunction { huberLoss($0, numbers($1, for: $0), delta: delta) }
  }

  /// The smooth L1 loss with β = 1.
  public static let smoothL1 = LossFunction.smoothL1(beta: 1)

  /// The smooth L1 loss: d²/(2β) where |d| < β and |d| − β/2 elsewhere.
  public static func smoothL1(beta: Double) -> LossFunction {
    LossFunction { smoothL1Loss($0, numbers($1, for: $0), beta: beta) }
  }
}

/// Returns numeric targets with the shape of the outputs if they have as many elements.
func withShape(of outputs: Tensor, _ targets: Tensor) -> Tensor {
  let isSame = targets.shape == outputs.shape
  guard !isSame, targets.dtype != .int32, targets.elementCount == outputs.elementCount else {
    return targets
  }
  return targets.reshaped(to: outputs.shape)
}

/// Returns targets as numbers with the dtype and the shape of the outputs.
private func numbers(_ targets: Tensor, for outputs: Tensor) -> Tensor {
  withShape(of: outputs, targets.converted(to: outputs.dtype))
}
