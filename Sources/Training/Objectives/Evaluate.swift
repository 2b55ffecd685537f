import Autograd
import NN
import Tensor

/// Evaluates a model on examples that lie along the first axis.
///
/// ```swift
/// let result = evaluate(model, xTest, yTest)
/// print(result.loss, result.accuracy ?? .nan)
/// ```
/// The model is applied to some hundred examples at a time, in inference mode. Besides the loss it
/// returns the accuracy for classes, which are targets of dtype int32, and R² for numbers. A row of
/// several classes is correct if all of them are.
///
/// - Parameters:
///   - model: Maps inputs `[n, ...]` to outputs for the targets.
///   - x: The inputs.
///   - y: The targets.
///   - loss: The loss.
///   - metrics: Other figures by name, computed from the outputs for all examples.
/// - Returns: The mean loss and the other figures.
public func evaluate(
  _ model: some Layer, _ x: Tensor, _ y: Tensor, loss: LossFunction = .automatic,
  metrics: [String: Metric] = [:]
) -> Evaluation {
  require(
    x.rank > 0 && y.rank > 0 && x.shape[0] == y.shape[0] && x.shape[0] > 0,
    "evaluate: inputs of shape \(x.shape) and targets of shape \(y.shape) must have the same number"
      + " of examples, at least 1, along axis 0")
  return withMode(.inference) {
    evaluate(model, .tensor(x), y, loss: loss, metrics: metrics, lossUnit: 1)
  }
}

func evaluate(
  _ model: some Layer, _ inputs: ExampleInputs, _ targets: Tensor, loss: LossFunction,
  metrics: [String: Metric], lossUnit: Double
) -> Evaluation {
  var (result, outputs) = evaluated(
    model, inputs, targets, loss: loss, lossUnit: lossUnit, keepingOutputs: !metrics.isEmpty)
  if let outputs {
    let matched = withShape(of: outputs, targets)
    result.metrics = metrics.mapValues { $0(outputs, matched) }
  }
  return result
}

/// Evaluates a model on examples, and returns its outputs for all of them if they are wanted.
func evaluated(
  _ model: some Layer, _ inputs: ExampleInputs, _ targets: Tensor, loss lossFunction: LossFunction,
  lossUnit: Double, keepingOutputs: Bool
) -> (evaluation: Evaluation, outputs: Tensor?) {
  let count = inputs.shape[0]
  // Chunks keep the memory of an evaluation independent of the number of examples. Large rows go
  // fewer at a time, so that the activations stay in the cache.
  let width = inputs.shape.dropFirst().reduce(1, *)
  let chunk = min(max(65_536 / max(width, 1), 64), 1024)
  let starts = Array(stride(from: 0, to: count, by: chunk))
  var kept: [Tensor] = []
  func sums(ofChunk index: Int) -> [Double] {
    let indices = Array(starts[index]..<min(starts[index] + chunk, count))[...]
    let part = Gathering.rows(targets, at: indices)
    let outputs = model(inputs.rows(at: indices))
    var tally = Tally()
    tally.loss = lossFunction(outputs, part).scalar() * Double(indices.count)
    tally.add(outputs, part, of: lossFunction)
    if keepingOutputs { kept.append(outputs) }
    return tally.sums
  }
  // Metrics need all outputs.
  let chunks =
    keepingOutputs
    ? starts.indices.map(sums) : SharedEvaluation.values(ofParts: starts.count, sums)
  let tally = chunks.reduce(into: Tally()) { $0.add($1) }
  let mean = tally.loss / Double(count)
  var result = Evaluation(loss: mean, accuracy: tally.accuracy)
  if targets.dtype != .int32 {
    result.loss = mean * lossUnit
    let squaredError = lossFunction.isSquaredError ? mean : tally.meanSquaredError
    let deviation = meanAndDeviation(targets.scalars(as: Double.self)).deviation
    if let squaredError, deviation > 0 { result.r2 = 1 - squaredError / (deviation * deviation) }
  }
  return (result, keepingOutputs ? concatenated(kept) : nil)
}

/// Sums losses, counts correct classes and sums squared errors.
private struct Tally {
  /// The sum of the losses of the rows.
  var loss = 0.0
  private var rows = 0.0
  private var correctRows = 0.0
  private var elements = 0.0
  private var squaredErrors = 0.0

  /// The fraction of correct rows, or `nil` if there are no classes.
  var accuracy: Double? { rows > 0 ? correctRows / rows : nil }
  /// The mean squared error, or `nil` if there are no numbers.
  var meanSquaredError: Double? { elements > 0 ? squaredErrors / elements : nil }

  /// All sums.
  var sums: [Double] { [loss, rows, correctRows, elements, squaredErrors] }

  /// Adds the sums of other rows.
  mutating func add(_ sums: [Double]) {
    loss += sums[0]
    rows += sums[1]
    correctRows += sums[2]
    elements += sums[3]
    squaredErrors += sums[4]
  }

  mutating func add(_ outputs: Tensor, _ targets: Tensor, of loss: LossFunction) {
    switch loss.prediction {
    case .threshold(let threshold):
      let truth = targets.scalars(as: Double.self).map { $0 > 0.5 }
      let scores = outputs.scalars(as: Double.self)
      count(zip(scores, truth).map { ($0 > threshold) == $1 }, in: targets)
    case .byTargets where targets.dtype != .int32:
      guard !loss.isSquaredError, outputs.elementCount == targets.elementCount else { return }
      let errors = square(outputs - withShape(of: outputs, targets))
      squaredErrors += errors.sum().scalar()
      elements += Double(errors.elementCount)
    case .byTargets where outputs.rank == targets.rank + 1:
      let labels = targets.scalars(as: Int32.self)
      let predicted = outputs.argmax(along: -1).scalars(as: Int32.self)
      count(
        zip(predicted, labels).map { $0 == $1 }, in: targets,
        ignoring: loss.ignoredLabel.map { ignored in labels.map { $0 == ignored } })
    case .byTargets: break
    }
  }

  /// Counts the rows of several targets in which all are correct.
  private mutating func count(
    _ isCorrect: [Bool], in targets: Tensor, ignoring isIgnored: [Bool]? = nil
  ) {
    let rowCount = targets.shape[0]
    let width = isCorrect.count / rowCount
    for row in 0..<rowCount {
      let positions = row * width..<(row + 1) * width
      if let isIgnored, positions.allSatisfy({ isIgnored[$0] }) { continue }
      rows += 1
      if positions.allSatisfy({ isCorrect[$0] || isIgnored?[$0] ?? false }) { correctRows += 1 }
    }
  }
}
