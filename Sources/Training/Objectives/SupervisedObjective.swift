import Autograd
import NN
import Tensor

/// What a training loop lowers, and how it is judged.
public protocol Objective: Sendable {
  /// The number of training examples; a pass over all of them is an epoch.
  var exampleCount: Int { get }

  /// The loss of some training examples, a scalar.
  func loss(ofExamples indices: ArraySlice<Int>) -> Tensor

  /// What a loss of 1 means in the unit that is reported.
  var lossUnit: Double { get }

  /// How the model does on the validation examples; nil where there are none.
  func validation() -> Evaluation?

  /// How the model does on the training examples, or some of them; nil where that is not known.
  func trainingEvaluation() -> Evaluation?
}

extension Objective {
  /// Returns nil.
  public func trainingEvaluation() -> Evaluation? { nil }
}

/// What a classification lowers.
public enum ClassificationLoss: String, Codable, Sendable, CaseIterable {
  /// The cross-entropy of a score for each class.
  case crossEntropy = "cross-entropy"
  /// max(0, 1 ∓ score) of a single score, which is positive for the second of two classes.
  case hinge
}

/// The objective of a model that maps rows of inputs to classes or numbers.
///
/// Targets of dtype int32 are classes, one or several a row, and give the cross-entropy or the hinge
/// loss; any others are numbers and give the mean squared error.
public struct SupervisedObjective<Model: Layer>: Objective {
  /// The model.
  public let model: Model
  /// What a loss of 1 means in the unit that is reported: the variance by which targets were divided.
  public let lossUnit: Double

  private let classificationLoss: ClassificationLoss
  private let training: (inputs: Tensor, targets: Tensor)
  private let held: (inputs: Tensor, targets: Tensor)?

  /// An objective from a model and its examples, which lie along the first axis.
  ///
  /// - Parameters:
  ///   - model: Maps inputs `[n, ...]` to scores with the classes along a last axis behind the targets'
  ///     axes, such as `[n, classes]`; for the hinge loss to a score for each target; or to numbers of
  ///     the targets' shape.
  ///   - training: Inputs and targets to train on.
  ///   - validation: Inputs and targets to judge by.
  ///   - loss: What a classification lowers.
  ///   - lossUnit: What a loss of 1 means in the unit that is reported.
  public init(
    model: Model, training: (inputs: Tensor, targets: Tensor),
    validation: (inputs: Tensor, targets: Tensor)? = nil,
    loss: ClassificationLoss = .crossEntropy, lossUnit: Double = 1
  ) {
    for (inputs, targets) in [training, validation].compactMap(\.self) {
      require(
        inputs.rank > 0 && targets.rank > 0 && inputs.shape[0] == targets.shape[0]
          && inputs.shape[0] > 0,
        "objective: inputs of shape \(inputs.shape) and targets of shape \(targets.shape)"
          + " do not have the same number of examples, at least 1, along axis 0")
    }
    self.model = model
    self.training = training
    self.lossUnit = lossUnit
    classificationLoss = loss
    held = validation
  }

  /// The number of training examples.
  public var exampleCount: Int { training.inputs.shape[0] }

  /// The loss of some training examples.
  public func loss(ofExamples indices: ArraySlice<Int>) -> Tensor {
    loss(model(training.inputs.rows(indices)), training.targets.rows(indices))
  }

  /// How the model does on the validation examples; nil where there are none.
  public func validation() -> Evaluation? {
    held.map { evaluation(inputs: $0.inputs, targets: $0.targets) }
  }

  /// How the model does on the examples that it trains on.
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

  /// The class that each score or each vector of scores speaks for.
  private func picked(_ outputs: Tensor) -> [Int32] {
    switch classificationLoss {
    case .crossEntropy: outputs.argmax(along: -1).scalars(as: Int32.self)
    case .hinge: outputs.scalars(as: Float.self).map { $0 > 0 ? 1 : 0 }
    }
  }

  /// How the model does on any examples.
  public func evaluation(inputs: Tensor, targets: Tensor) -> Evaluation {
    let count = inputs.shape[0]
    // Chunks keep the memory of an evaluation independent of the amount of data; large rows go fewer at
    // a time, so that what lies between layers stays in the cache.
    let width = inputs.elementCount / max(count, 1)
    let chunk = min(max(65_536 / max(width, 1), 64), 1024)
    var loss = 0.0
    var correct = 0
    for start in stride(from: 0, to: count, by: chunk) {
      let indices = Array(start..<min(start + chunk, count))[...]
      let labels = targets.rows(indices)
      let outputs = model(inputs.rows(indices))
      loss += self.loss(outputs, labels).scalar() * Double(indices.count)
      if labels.dtype == .int32 {
        let isRight = zip(picked(outputs), labels.scalars(as: Int32.self)).map { $0 == $1 }
        // A row of several targets is right where all of them are.
        let width = isRight.count / indices.count
        correct += indices.indices.count { row in
          let start = (row - indices.startIndex) * width
          return isRight[start..<start + width].allSatisfy(\.self)
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

extension Tensor {
  /// The slices at some positions along the first axis, one after another, as a constant.
  package func rows(_ indices: ArraySlice<Int>) -> Tensor {
    var shape = self.shape
    shape[0] = indices.count
    let result = Tensor(uninitialized: shape, dtype: dtype)
    let source = contiguous
    let width = elementCount / Swift.max(self.shape[0], 1) * dtype.byteCount
    for (position, index) in indices.enumerated() {
      (result.pointer + position * width).copyMemory(
        from: source.pointer + index * width, byteCount: width)
    }
    withExtendedLifetime(source) {}
    return result
  }
}
