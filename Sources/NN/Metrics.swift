import Autograd
import Tensor

// A metric accumulates counts and sums over batches, so unequal batches are weighted correctly.

/// The fraction of the examples whose class has the greatest score; NaN without examples.
///
/// Scores are [.., classes], labels int32 [..]. Several batches are counted by
/// ``ClassificationMetrics``. It is a metric of `fit` as it is: `metrics: ["accuracy": accuracy]`.
public func accuracy(_ scores: Tensor, labels: Tensor) -> Double {
  require(
    scores.rank >= 1 && labels.shape == Shape(scores.shape.dropLast()) && labels.dtype == .int32,
    "accuracy: \(labels.dtype) labels of shape \(labels.shape) for scores of shape \(scores.shape);"
      + " they must be int32 and have the shape of the scores without the last axis")
  return (scores.argmax(along: -1) .== labels).mean().scalar()
}

/// The accuracy of a classifier: overall, within the k greatest scores, and for each class.
public struct ClassificationMetrics: Sendable, Equatable {
  /// The confusion matrix: the number of examples of the class of the row that were classified as
  /// the class of the column.
  public private(set) var confusion: [[Int]]
  private var correctWithinK = 0

  /// The number of greatest scores that count for ``topKAccuracy``.
  public let k: Int

  /// Creates a metric for `classes` classes, without examples.
  public init(classes: Int, k: Int = 5) {
    confusion = Array(repeating: Array(repeating: 0, count: classes), count: classes)
    self.k = k
  }

  /// Adds a batch: scores [.., classes] and int32 labels [..].
  public mutating func add(_ scores: Tensor, labels: Tensor) {
    let classes = confusion.count
    require(
      scores.rank >= 1 && scores.shape[scores.rank - 1] == classes
        && labels.shape == Shape(scores.shape.dropLast()),
      """
      ClassificationMetrics: labels of shape \(labels.shape) for scores of shape \(scores.shape) \
      and \(classes) classes
      """
    )
    let chosen = scores.argmax(along: -1).scalars(as: Int32.self)
    let best = scores.topK(Swift.min(k, classes)).indices.scalars(as: Int32.self)
    for (i, label) in labels.scalars(as: Int32.self).enumerated() {
      require(
        label >= 0 && Int(label) < classes,
        "ClassificationMetrics: label \(label) is out of range for \(classes) classes")
      confusion[Int(label)][Int(chosen[i])] += 1
      let width = Swift.min(k, classes)
      if best[i * width..<(i + 1) * width].contains(label) { correctWithinK += 1 }
    }
  }

  /// The number of examples.
  public var count: Int { confusion.reduce(0) { $0 + $1.reduce(0, +) } }

  /// The fraction of examples whose class has the greatest score; NaN without examples.
  public var accuracy: Double {
    Double(confusion.indices.reduce(0) { $0 + confusion[$1][$1] }) / Double(count)
  }

  /// The fraction of examples whose class is among the ``k`` greatest scores; NaN without examples.
  public var topKAccuracy: Double { Double(correctWithinK) / Double(count) }

  /// The fraction of the examples classified as `label` that belong to it; 0 if there are none.
  public func precision(of label: Int) -> Double {
    ratio(confusion[label][label], confusion.reduce(0) { $0 + $1[label] })
  }

  /// The fraction of the examples of `label` that are classified as it; 0 if there are none.
  public func recall(of label: Int) -> Double {
    ratio(confusion[label][label], confusion[label].reduce(0, +))
  }

  /// The harmonic mean of precision and recall; 0 if there are no examples of the class.
  public func f1(of label: Int) -> Double {
    let predicted = confusion.reduce(0) { $0 + $1[label] }
    let actual = confusion[label].reduce(0, +)
    return ratio(2 * confusion[label][label], predicted + actual)
  }

  private func ratio(_ part: Int, _ whole: Int) -> Double {
    whole == 0 ? 0 : Double(part) / Double(whole)
  }
}

/// The errors of a regression.
public struct RegressionMetrics: Sendable, Equatable {
  private var count = 0
  private var absoluteErrors = 0.0
  private var squaredErrors = 0.0
  // Welford's running mean and sum of squared deviations of the targets.
  private var targetMean = 0.0
  private var targetSquares = 0.0

  /// Creates a metric without predictions.
  public init() {}

  /// Adds predictions and targets of equal shape.
  public mutating func add(_ predictions: Tensor, _ targets: Tensor) {
    require(
      predictions.shape == targets.shape,
      """
      RegressionMetrics: predictions of shape \(predictions.shape) for targets of shape \
      \(targets.shape)
      """
    )
    let pairs = zip(predictions.scalars(as: Double.self), targets.scalars(as: Double.self))
    for (prediction, target) in pairs {
      count += 1
      absoluteErrors += Swift.abs(prediction - target)
      squaredErrors += (prediction - target) * (prediction - target)
      let deviation = target - targetMean
      targetMean += deviation / Double(count)
      targetSquares += deviation * (target - targetMean)
    }
  }

  /// The mean of |prediction − target|; NaN without predictions.
  public var meanAbsoluteError: Double { absoluteErrors / Double(count) }
  /// The mean of (prediction − target)²; NaN without predictions.
  public var meanSquaredError: Double { squaredErrors / Double(count) }
  /// The coefficient of determination, 1 − Σ(prediction − target)² / Σ(target − mean)²: 1 for
  /// perfect predictions, 0 for predicting the mean.
  ///
  /// Of targets that are all equal it is 1 if the predictions are perfect and otherwise 0, as in
  /// scikit-learn. It is NaN without predictions, or if one is NaN.
  public var r2: Double {
    if count == 0 || squaredErrors.isNaN { return .nan }
    if targetSquares == 0 { return squaredErrors == 0 ? 1 : 0 }
    return 1 - squaredErrors / targetSquares
  }
}

/// The mean loss over examples, and the perplexity.
public struct MeanLoss: Sendable, Equatable {
  private var sum = 0.0
  private var count = 0

  /// Creates a mean without losses.
  public init() {}

  /// Adds the mean loss of `count` examples.
  public mutating func add(_ mean: Double, count: Int) {
    sum += mean * Double(count)
    self.count += count
  }

  /// The mean loss of all examples; NaN without examples.
  public var mean: Double { sum / Double(count) }
  /// The perplexity of a language model, e^mean: the number of equally likely tokens that would
  /// give the same loss.
  public var perplexity: Double { exp(Tensor(mean, dtype: .float64)).scalar() }
}

/// The area under the ROC curve (AUC): the probability that a positive example has a greater score
/// than a negative one, where ties count half. (Mann and Whitney, 1947)
public struct ROCArea: Sendable, Equatable {
  private var scores = [Double]()
  private var isPositive = [Bool]()

  /// Creates a metric without examples.
  public init() {}

  /// Adds scores and targets of equal shape; a target other than 0 is positive.
  public mutating func add(_ scores: Tensor, _ targets: Tensor) {
    require(
      scores.shape == targets.shape,
      "ROCArea: scores of shape \(scores.shape) for targets of shape \(targets.shape)")
    self.scores += scores.scalars(as: Double.self)
    isPositive += targets.scalars(as: Bool.self)
  }

  /// The area; NaN unless there are positive and negative examples, or if a score is NaN.
  public var value: Double {
    // NaN has no rank.
    if scores.contains(where: \.isNaN) { return .nan }
    let order = Tensor(scores, shape: [scores.count], dtype: .float64).argsort()
      .scalars(as: Int32.self).map { Int($0) }
    let positives = Double(isPositive.count { $0 })
    let negatives = Double(order.count) - positives
    var rankSum = 0.0
    var start = 0
    while start < order.count {
      var end = start
      while end < order.count && scores[order[end]] == scores[order[start]] { end += 1 }
      // Equal scores share the mean of their ranks, which start at 1.
      let rank = Double(start + end + 1) / 2
      rankSum += rank * Double(order[start..<end].count { isPositive[$0] })
      start = end
    }
    return (rankSum - positives * (positives + 1) / 2) / (positives * negatives)
  }
}
