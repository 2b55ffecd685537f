import Autograd
import NN
import Tensor

/// The objective of a model that maps rows of inputs to classes or numbers.
///
/// Targets of dtype int32 are classes, one or several per row, and are trained with the
/// cross-entropy or the hinge loss; any others are numbers and are trained with the mean squared
/// error.
public struct SupervisedObjective<Model: Layer>: Objective {
  /// The model to train.
  public let model: Model
  /// The factor from a training loss to the loss that is reported.
  public let lossUnit: Double

  private let classificationLoss: ClassificationLoss
  private let training: (inputs: Tensor, targets: Tensor)
  private let held: (inputs: Tensor, targets: Tensor)?

  /// Creates an objective for a model and examples that lie along the first axis.
  ///
  /// - Parameters:
  ///   - model: Maps inputs `[n, ...]` to scores with the classes along a last axis behind the
  ///     targets' axes, such as `[n, classes]`; with the hinge loss to one score for each target;
  ///     or to numbers of the targets' shape.
  ///   - training: The inputs and targets to train on.
  ///   - validation: The inputs and targets to evaluate on.
  ///   - loss: The loss function of a classifier.
  ///   - lossUnit: The factor from a training loss to the loss that is reported, such as the
  ///     variance by which targets were divided.
  public init(
    _ model: Model, training: (inputs: Tensor, targets: Tensor),
    validation: (inputs: Tensor, targets: Tensor)? = nil,
    loss: ClassificationLoss = .crossEntropy, lossUnit: Double = 1
  ) {
    for (inputs, targets) in [training, validation].compactMap(\.self) {
      require(
        inputs.rank > 0 && targets.rank > 0 && inputs.shape[0] == targets.shape[0]
          && inputs.shape[0] > 0,
        "SupervisedObjective: inputs of shape \(inputs.shape) and targets of shape \(targets.shape)"
          + " must have the same number of examples, at least 1, along axis 0")
    }
    self.model = model
    self.training = training
    self.lossUnit = lossUnit
    classificationLoss = loss
    held = validation
  }

  /// Creates an objective for a model and supervised data, with losses reported in the unit of the
  /// targets.
  public init(_ model: Model, data: SupervisedData, loss: ClassificationLoss = .crossEntropy) {
    self.init(
      model, training: data.training.tensors, validation: data.validation.tensors, loss: loss,
      lossUnit: data.target.lossUnit)
  }

  /// The number of training examples.
  public var exampleCount: Int { training.inputs.shape[0] }

  /// Returns the mean loss of some training examples.
  public func loss(ofExamples indices: ArraySlice<Int>) -> Tensor {
    loss(
      model(Gathering.rows(training.inputs, at: indices)),
      Gathering.rows(training.targets, at: indices))
  }

  /// Evaluates the model on the validation examples, or returns `nil` if there are none.
  public func validation() -> Evaluation? {
    held.map { evaluation(inputs: $0.inputs, targets: $0.targets) }
  }

  /// Evaluates the model on the training examples.
  public func trainingEvaluation() -> Evaluation? {
    evaluation(inputs: training.inputs, targets: training.targets)
  }

  private func loss(_ outputs: Tensor, _ targets: Tensor) -> Tensor {
    guard targets.dtype == .int32 else {
      return meanSquaredError(outputs.reshaped(to: targets.shape), targets)
    }
    switch classificationLoss {
    case .crossEntropy: return crossEntropy(outputs, labels: targets)
    case .hinge:
      let signs = targets.converted(to: outputs.dtype) * 2 - 1
      return hingeLoss(outputs.reshaped(to: targets.shape), signs)
    }
  }

  /// Returns the class that each score or each vector of scores predicts.
  private func predictedClasses(_ outputs: Tensor) -> [Int32] {
    switch classificationLoss {
    case .crossEntropy: outputs.argmax(along: -1).scalars(as: Int32.self)
    case .hinge: outputs.scalars(as: Float.self).map { $0 > 0 ? 1 : 0 }
    }
  }

  /// Evaluates the model on any examples.
  public func evaluation(of examples: SupervisedData.Examples) -> Evaluation {
    let (inputs, targets) = examples.tensors
    return evaluation(inputs: inputs, targets: targets)
  }

  /// Evaluates the model on any inputs and targets.
  public func evaluation(inputs: Tensor, targets: Tensor) -> Evaluation {
    let count = inputs.shape[0]
    // Chunks keep the memory of an evaluation independent of the number of examples. Large rows go
    // fewer at a time, so that the activations stay in the cache.
    let width = inputs.elementCount / max(count, 1)
    let chunk = min(max(65_536 / max(width, 1), 64), 1024)
    var loss = 0.0
    var correct = 0
    for start in stride(from: 0, to: count, by: chunk) {
      let indices = Array(start..<min(start + chunk, count))[...]
      let labels = Gathering.rows(targets, at: indices)
      let outputs = model(Gathering.rows(inputs, at: indices))
      loss += self.loss(outputs, labels).scalar() * Double(indices.count)
      if labels.dtype == .int32 {
        let isCorrect = zip(predictedClasses(outputs), labels.scalars(as: Int32.self)).map {
          $0 == $1
        }
        // A row of several targets is correct if all of them are.
        let width = isCorrect.count / indices.count
        correct += indices.indices.count { row in
          let start = (row - indices.startIndex) * width
          return isCorrect[start..<start + width].allSatisfy(\.self)
        }
      }
    }
    let mean = loss / Double(count)
    if targets.dtype == .int32 {
      return Evaluation(loss: mean, accuracy: Double(correct) / Double(count))
    }
    let deviation = meanAndDeviation(targets.scalars(as: Double.self)).deviation
    return Evaluation(
      loss: mean * lossUnit, r2: deviation > 0 ? 1 - mean / (deviation * deviation) : nil)
  }
}
