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
}

/// The objective of a model that maps rows of features to classes or numbers.
///
/// Targets of dtype int32 are classes and give the cross-entropy, any others are numbers and give the
/// mean squared error.
public struct SupervisedObjective<Model: Layer>: Objective {
  /// The model.
  public let model: Model
  /// What a loss of 1 means in the unit that is reported: the variance by which targets were divided.
  public let lossUnit: Double

  private let training: (inputs: Tensor, targets: Tensor)
  private let held: (inputs: Tensor, targets: Tensor)?

  /// An objective from a model and its examples, which lie along the first axis.
  ///
  /// - Parameters:
  ///   - model: Maps inputs `[n, ...]` to scores `[n, classes]`, or to numbers of the targets' shape.
  ///   - training: Inputs and targets to train on.
  ///   - validation: Inputs and targets to judge by.
  ///   - lossUnit: What a loss of 1 means in the unit that is reported.
  public init(
    model: Model, training: (inputs: Tensor, targets: Tensor),
    validation: (inputs: Tensor, targets: Tensor)? = nil, lossUnit: Double = 1
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
  public func trainingEvaluation() -> Evaluation {
    evaluation(inputs: training.inputs, targets: training.targets)
  }

  private func loss(_ outputs: Tensor, _ targets: Tensor) -> Tensor {
    targets.dtype == .int32
      ? crossEntropy(outputs, labels: targets)
      : meanSquaredError(outputs.reshaped(to: targets.shape), targets)
  }

  /// How the model does on any examples.
  public func evaluation(inputs: Tensor, targets: Tensor) -> Evaluation {
    let count = inputs.shape[0]
    // Chunks keep the memory of an evaluation independent of the amount of data.
    let chunk = 1024
    var loss = 0.0
    var correct = 0
    for start in stride(from: 0, to: count, by: chunk) {
      let indices = Array(start..<min(start + chunk, count))[...]
      let labels = targets.rows(indices)
      let outputs = model(inputs.rows(indices))
      loss += self.loss(outputs, labels).scalar() * Double(indices.count)
      if labels.dtype == .int32 {
        let picked = outputs.argmax(along: 1).scalars(as: Int32.self)
        correct += zip(picked, labels.scalars(as: Int32.self)).count { $0 == $1 }
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
