import NN
import Optim
import Tensor
import Training

/// The model of a run and its objective on the data.
struct Experiment: Sendable {
  /// The loss of the model on the data, and how it is evaluated.
  let objective: any Objective
  /// The model in a few words: `mlp 2-32-32-2, tanh`.
  let modelText: String
  /// What the user should know about the memory and where the weights come from, a sentence each.
  private(set) var notes: [String]

  /// The model, with its initial weights.
  var model: any Module { objective.model }

  /// Creates the model of a configuration, with the initial weights that the seed decides.
  init(
    _ configuration: TrainingConfiguration, on data: TaskData,
    within plan: MemoryPlan = .unlimited
  ) {
    let shape = configuration.shape(of: data)
    let expression = configuration[FitOptions.model]
    var generator = RandomStream.weights.generator(seed: configuration[FitOptions.seed])
    var model = withRandomGenerator(&generator) { expression.make(shape) }
    if plan.recomputedBlocks > 0, var blocks = model as? any RecomputingModel {
      blocks.recomputedBlocks = plan.recomputedBlocks
      model = blocks
    }
    notes = plan.note.map { [$0] } ?? []
    modelText = expression.description(for: shape)
    switch data {
    case .examples(let data):
      guard let layer = model as? any Layer else { fail("a model of rows that is not a layer") }
      objective = Self.supervised(layer, data, configuration.loss)
    case .text(let data, _):
      guard let gpt = model as? GPT else { fail("a model of text that is not a language model") }
      objective = LanguageModelObjective(gpt, data: data)
    }
  }

  /// Creates the model of a new run: with the weights that `--from` names, or else initial ones.
  ///
  /// - Throws: ``TrainingError`` for weights that cannot be read, ``UsageError`` for patterns that
  ///   match no weight.
  init(
    starting configuration: TrainingConfiguration, on data: TaskData,
    within plan: MemoryPlan = .unlimited
  ) throws {
    self.init(configuration, on: data, within: plan)
    try configuration.checkPatterns(model.parameters)
    if let path = configuration[FitOptions.from] {
      notes += try StartingWeights(from: path, into: model).notes
    }
  }

  private static func supervised(
    _ layer: some Layer, _ data: SupervisedData, _ loss: ClassificationLoss
  ) -> any Objective {
    SupervisedObjective(layer, data: data, loss: loss.function)
  }
}
