import NN
import Optim
import Tensor

/// What is needed besides the weights to apply the model of a run: the model and how its data is
/// encoded.
///
/// The configuration of a run holds it among other keys; a model in a single file holds it in its
/// metadata.
package struct ModelDescription: Codable, Sendable {
  /// The name of the task.
  package let task: String
  /// The model.
  package let model: ModelExpression
  /// The loss that it was trained with; nil for the standard one.
  package let loss: ClassificationLoss?
  /// How the data is encoded.
  package let input: InputEncoding

  package init(
    task: String, model: ModelExpression, loss: ClassificationLoss?, input: InputEncoding
  ) {
    self.task = task
    self.model = model
    self.loss = loss
    self.input = input
  }

  /// The sizes of the model.
  package var shape: ModelShape { input.modelShape(loss ?? .crossEntropy) }

  /// The approximate number of weights of the model.
  var approximateWeightCount: Double { model.entry.traits.weightCount(model, shape) }

  /// Returns the model with new weights.
  package func makeModel() -> any Module {
    // Weights that are read in their place should not advance the caller's random numbers.
    withRandomSeed(0) { model.make(shape) }
  }
}
