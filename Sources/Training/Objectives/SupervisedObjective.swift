import Autograd
import NN
import Tensor

/// The objective of a model that maps rows of inputs to targets.
///
/// Targets of dtype int32 are classes, one or several per row, and are by default trained with the
/// cross-entropy; any others are numbers and are trained with the mean squared error. Any other
/// ``LossFunction`` can be given.
public struct SupervisedObjective<Model: Layer>: Objective {
  /// The model to train.
  public let model: Model
  /// The factor from a training loss to the loss that is reported.
  public let lossUnit: Double

  private let lossFunction: LossFunction
  private let metrics: [String: Metric]
  private let training: ObjectiveExamples
  private let held: ObjectiveExamples?
  private let test: ObjectiveExamples?

  /// Creates an objective for a model and examples that lie along the first axis.
  ///
  /// - Parameters:
  ///   - model: Maps inputs `[n, ...]` to scores with the classes along a last axis behind the
  ///     targets' axes, such as `[n, classes]`; with the hinge loss and the binary cross-entropy to
  ///     one score for each target; or to numbers of the targets' shape.
  ///   - training: The inputs and targets to train on.
  ///   - validation: The inputs and targets to evaluate on.
  ///   - loss: The loss.
  ///   - metrics: Figures of an evaluation besides the loss and the accuracy or R², by name.
  ///   - lossUnit: The factor from a training loss to the loss that is reported, such as the
  ///     variance by which targets were divided.
  public init(
    _ model: Model, training: (inputs: Tensor, targets: Tensor),
    validation: (inputs: Tensor, targets: Tensor)? = nil,
    loss: LossFunction = .automatic, metrics: [String: Metric] = [:], lossUnit: Double = 1
  ) {
    self.init(
      model, training: training, validation: validation, loss: loss, metrics: metrics,
      lossUnit: lossUnit, caller: "SupervisedObjective")
  }

  /// Creates an objective for a caller that messages name.
  init(
    _ model: Model, training: (inputs: Tensor, targets: Tensor),
    validation: (inputs: Tensor, targets: Tensor)?, loss: LossFunction, metrics: [String: Metric],
    lossUnit: Double, caller: StaticString
  ) {
    self.init(
      model, (.tensor(training.inputs), training.targets),
      validation: validation.map { (.tensor($0.inputs), $0.targets) }, test: nil, loss, metrics,
      lossUnit, caller: caller)
  }

  /// Creates an objective for a model and supervised data, with losses reported in the unit of the
  /// targets.
  public init(_ model: Model, data: SupervisedData, loss: LossFunction = .automatic) {
    func part(_ part: SupervisedData.Examples) -> ObjectiveExamples {
      (part.source, part.targetTensor)
    }
    self.init(
      model, part(data.training), validation: part(data.validation), test: data.test.map(part),
      loss, [:], data.target.lossUnit, caller: "SupervisedObjective")
  }

  private init(
    _ model: Model, _ training: ObjectiveExamples, validation: ObjectiveExamples?,
    test: ObjectiveExamples?, _ loss: LossFunction, _ metrics: [String: Metric],
    _ lossUnit: Double, caller: StaticString
  ) {
    requireExamples(training, in: caller)
    if let validation { requireExamples(validation, in: caller) }
    self.model = model
    self.training = training
    self.lossUnit = lossUnit
    self.metrics = metrics
    self.test = test
    lossFunction = loss
    held = validation
  }

  /// The number of training examples.
  public var exampleCount: Int { training.inputs.shape[0] }

  /// Returns the mean loss of some training examples.
  public func loss(ofExamples indices: ArraySlice<Int>) -> Tensor {
    lossFunction(
      model(training.inputs.rows(at: indices)),
      Gathering.rows(training.targets, at: indices))
  }

  /// Evaluates the model on the validation examples, or returns `nil` if there are none.
  public func validation() -> Evaluation? {
    held.map(evaluation)
  }

  /// The most rows that an evaluation while training takes: 32,768.
  package static var sampleSize: Int { 1 << 15 }

  /// Evaluates the model on the validation examples, or on 32,768 of more, at equal distances.
  public func sampledValidation() -> Evaluation? {
    guard let held, held.inputs.shape[0] > Self.sampleSize else { return validation() }
    let count = held.inputs.shape[0]
    let rows = (0..<Self.sampleSize).map { $0 * count / Self.sampleSize }
    return evaluation(
      inputs: held.inputs.rows(at: rows), targets: Gathering.rows(held.targets, at: rows))
  }

  /// Evaluates the model on the training examples.
  public func trainingEvaluation() -> Evaluation? {
    evaluation(training)
  }

  /// Evaluates the model on the test examples, or returns `nil` if there are none.
  public func testEvaluation() -> Evaluation? {
    test.map(evaluation)
  }

  /// Evaluates the model on any examples.
  public func evaluation(of examples: SupervisedData.Examples) -> Evaluation {
    evaluation((examples.source, examples.targetTensor))
  }

  /// Evaluates the model on any inputs and targets.
  public func evaluation(inputs: Tensor, targets: Tensor) -> Evaluation {
    evaluation((.tensor(inputs), targets))
  }

  private func evaluation(_ examples: ObjectiveExamples) -> Evaluation {
    evaluate(
      model, examples.inputs, examples.targets, loss: lossFunction, metrics: metrics,
      lossUnit: lossUnit)
  }
}

/// Inputs with their targets, as an objective holds them.
private typealias ObjectiveExamples = (inputs: ExampleInputs, targets: Tensor)

private func requireExamples(_ examples: ObjectiveExamples, in caller: StaticString) {
  let (inputs, targets) = examples
  require(
    inputs.shape.count > 0 && targets.rank > 0 && inputs.shape[0] == targets.shape[0]
      && inputs.shape[0] > 0,
    "\(caller): inputs of shape \(inputs.shape) and targets of shape \(targets.shape)"
      + " must have the same number of examples, at least 1, along axis 0")
}
