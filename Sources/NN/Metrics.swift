import Autograd
import Tensor

// Metrics are values that add up batches exactly: counts and sums, never means of means.

/// What a classifier got right, class by class.
public struct ClassificationMetrics: Sendable, Equatable {
  /// How often an example of the class in the row was taken for the class in the column.
  public private(set) var confusion: [[Int]]
  private var correctWithinK = 0

  /// How many of the greatest scores count for ``topKAccuracy``.
  public let k: Int

  /// No examples of `classes` classes.
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
      "ClassificationMetrics: labels of shape \(labels.shape) for scores of shape \(scores.shape) and \(classes) classes"
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

  /// The share of examples whose class has the greatest score; NaN of none.
  public var accuracy: Double {
    Double(confusion.indices.reduce(0) { $0 + confusion[$1][$1] }) / Double(count)
  }

  /// The share of examples whose class is among the ``k`` greatest scores.
  public var topKAccuracy: Double { Double(correctWithinK) / Double(count) }

  /// Of the examples taken for a class, the share that is of it; 0 where there are none.
  public func precision(of label: Int) -> Double {
    ratio(confusion[label][label], confusion.reduce(0) { $0 + $1[label] })
  }

  /// Of the examples of a class, the share that was taken for it; 0 where there are none.
  public func recall(of label: Int) -> Double {
    ratio(confusion[label][label], confusion[label].reduce(0, +))
  }

  /// The harmonic mean of precision and recall.
  public func f1(of label: Int) -> Double {
    let taken = confusion.reduce(0) { $0 + $1[label] } + confusion[label].reduce(0, +)
    return ratio(2 * confusion[label][label], taken)
  }

  private func ratio(_ part: Int, _ whole: Int) -> Double {
    whole == 0 ? 0 : Double(part) / Double(whole)
  }
}

/// How far predictions of numbers are from their targets.
public struct RegressionMetrics: Sendable, Equatable {
  private var count = 0
  private var absoluteErrors = 0.0
  private var squaredErrors = 0.0
  // Welford's running mean and sum of squared deviations of the targets.
  private var targetMean = 0.0
  private var targetSquares = 0.0

  /// No predictions.
  public init() {}

  /// Adds predictions and targets of equal shape.
  public mutating func add(_ predictions: Tensor, _ targets: Tensor) {
    require(
      predictions.shape == targets.shape,
      "RegressionMetrics: predictions of shape \(predictions.shape) for targets of shape \(targets.shape)"
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

  /// The mean of |prediction − target|; NaN of none.
  public var meanAbsoluteError: Double { absoluteErrors / Double(count) }
  /// The mean of (prediction − target)²; NaN of none.
  public var meanSquaredError: Double { squaredErrors / Double(count) }
  /// 1 − Σ(prediction − target)² / Σ(target − mean)²: 1 is perfect, 0 as good as the mean.
  public var r2: Double { 1 - squaredErrors / targetSquares }
}

/// The mean of losses over examples, and e to its power.
public struct MeanLoss: Sendable, Equatable {
  private var sum = 0.0
  private var count = 0

  /// No losses.
  public init() {}

  /// Adds the mean loss of `count` examples.
  public mutating func add(_ mean: Double, count: Int) {
    sum += mean * Double(count)
    self.count += count
  }

  /// The mean loss of all examples; NaN of none.
  public var mean: Double { sum / Double(count) }
  /// e^mean: among how many equally likely tokens a language model is undecided.
  public var perplexity: Double { exp(Tensor(mean, dtype: .float64)).scalar() }
}

/// The area under the ROC curve: the probability that a positive example has a greater score than a negative
/// one, ties counting half.  (Mann and Whitney, 1947)
public struct ROCArea: Sendable, Equatable {
  private var examples: [Example] = []

  private struct Example: Sendable, Equatable {
    let score: Double
    let isPositive: Bool
  }

  /// No examples.
  public init() {}

  /// Adds scores and truths of equal shape; a truth that is not 0 is positive.
  public mutating func add(_ scores: Tensor, _ truths: Tensor) {
    require(
      scores.shape == truths.shape,
      "ROCArea: scores of shape \(scores.shape) for truths of shape \(truths.shape)")
    for (score, truth) in zip(scores.scalars(as: Double.self), truths.scalars(as: Bool.self)) {
      examples.append(Example(score: score, isPositive: truth))
    }
  }

  /// The area; NaN without examples of both kinds.
  public var value: Double {
    let sorted = examples.sorted { $0.score < $1.score }
    let positives = Double(sorted.count { $0.isPositive })
    let negatives = Double(sorted.count) - positives
    var rankSum = 0.0
    var start = 0
    while start < sorted.count {
      var end = start
      while end < sorted.count && sorted[end].score == sorted[start].score { end += 1 }
      // Equal scores share the mean of their ranks, which count from 1.
      let rank = Double(start + end + 1) / 2
      rankSum += rank * Double(sorted[start..<end].count { $0.isPositive })
      start = end
    }
    return (rankSum - positives * (positives + 1) / 2) / (positives * negatives)
  }
}
