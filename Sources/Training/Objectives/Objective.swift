import Autograd
import NN
import Tensor

/// A model and what it is trained for: the loss that a ``Trainer`` minimizes, and how the model is
/// evaluated.
///
/// ``SupervisedObjective`` and ``LanguageModelObjective`` cover the common cases. An objective of
/// your own computes the loss of some training examples with its model:
/// ```swift
/// struct Reconstruction: Objective {
///   let model: Autoencoder, images: Tensor
///   var exampleCount: Int { images.shape[0] }
///
///   func loss(ofExamples indices: ArraySlice<Int>) -> Tensor {
///     let positions = Tensor(indices.map { Int32($0) }, shape: [indices.count])
///     let batch = images.selected(at: positions, along: 0)
///     return meanSquaredError(model(batch), batch)
///   }
/// }
/// ```
public protocol Objective: Sendable {
  /// The type of the model.
  associatedtype Model: Module

  /// The model to train.
  var model: Model { get }

  /// The number of training examples; an epoch visits all of them.
  var exampleCount: Int { get }

  /// Returns the mean loss of some training examples, a scalar.
  func loss(ofExamples indices: ArraySlice<Int>) -> Tensor

  /// The factor from a training loss to the loss that is reported, such as the variance by which
  /// targets were divided. The default is 1.
  var lossUnit: Double { get }

  /// Evaluates the model on the validation examples, or returns `nil` if there are none, as by
  /// default.
  func validation() -> Evaluation?

  /// Evaluates the model on a fixed part of the validation examples, as is done while training; by
  /// default on all of them.
  func sampledValidation() -> Evaluation?

  /// Evaluates the model on the training examples or some of them, or returns `nil`, as by default.
  func trainingEvaluation() -> Evaluation?

  /// Evaluates the model on the examples that are kept apart for a test, or returns `nil` if there
  /// are none, as by default.
  func testEvaluation() -> Evaluation?
}

extension Objective {
  /// Returns 1: losses are reported as they are.
  public var lossUnit: Double { 1 }

  /// Returns `nil`: there are no validation examples.
  public func validation() -> Evaluation? { nil }

  /// Evaluates the model on all validation examples.
  public func sampledValidation() -> Evaluation? { validation() }

  /// Returns `nil`: the model is not evaluated on training examples.
  public func trainingEvaluation() -> Evaluation? { nil }

  /// Returns `nil`: there are no test examples.
  public func testEvaluation() -> Evaluation? { nil }
}
