import NN
import Optim
import Tensor
import Training

/// What a run trains: a model, and an objective for it.
struct Experiment: Sendable {
  /// The model, with its initial weights.
  let model: any Module
  /// The model in a few words: `mlp 2-32-32-2, tanh`.
  let modelText: String
  /// The loss of the model on the data, and how it is evaluated.
  let objective: any Objective

  /// The model of a configuration, with the initial weights that the seed decides, and its objective on the
  /// data.
  init(_ configuration: TrainingConfiguration, on data: TaskData) {
    let shape = configuration.shape(of: data)
    let expression = configuration[FitOptions.model]
    var generator = RandomStream.weights.generator(seed: configuration[FitOptions.seed])
    model = withRandomGenerator(&generator) { expression.make(shape) }
    modelText = expression.description(for: shape)
    objective = Self.objective(model, data, configuration)
  }

  private static func objective(
    _ model: any Module, _ data: TaskData, _ configuration: TrainingConfiguration
  ) -> any Objective {
    switch data {
    case .examples(let data):
      guard let layer = model as? any Layer else { fail("a model of rows that is not a layer") }
      return supervised(layer, data, configuration.loss)
    case .text(let data, _):
      guard let gpt = model as? GPT else { fail("a model of text that is not a language model") }
      return TextObjective(model: gpt, data: data)
    }
  }

  private static func supervised(
    _ layer: some Layer, _ data: TrainingData, _ loss: ClassificationLoss
  ) -> any Objective {
    SupervisedObjective(
      model: layer, training: data.training.tensors, validation: data.validation.tensors,
      loss: loss, lossUnit: data.target.lossUnit)
  }
}

extension TargetEncoding {
  /// What a loss of 1 on encoded targets means for the targets themselves.
  fileprivate var lossUnit: Double {
    switch self {
    case .classes: 1
    case .number(_, let deviation): deviation * deviation
    }
  }
}
