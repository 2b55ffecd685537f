import Training
import NN
import Tensor

/// What a run trains: a model, and what it is to become good at.
struct Subject: Sendable {
  /// The model, with its initial weights.
  let model: any Module
  /// The model in a few words: `mlp 2-32-32-2, tanh`.
  let modelText: String
  /// What the model is to become good at.
  let objective: any Objective
}

extension TrainingConfiguration {
  /// The model that the configuration describes, with the initial weights that the seed decides, and
  /// its objective on the data.
  func subject(of data: TaskData) -> Subject {
    var generator = RandomStream.weights.generator(seed: seed)
    return withRandomGenerator(&generator) {
      switch data {
      case .examples(let data): subject(layer(for: data), data)
      case .text(let data):
        subject(gpt(vocabulary: data.vocabulary, context: context ?? 1), data)
      }
    }
  }

  private func subject(_ layer: some Layer, _ data: SupervisedData) -> Subject {
    Subject(
      model: layer, modelText: modelText(for: data),
      objective: SupervisedObjective(
        layer, training: data.training.tensors, validation: data.validation.tensors,
        loss: loss ?? .crossEntropy, lossUnit: data.target.lossUnit))
  }

  private func subject(_ gpt: GPT, _ data: TextData) -> Subject {
    Subject(
      model: gpt, modelText: gptText(context: gpt.configuration.context),
      objective: LanguageModelObjective(gpt, data: data))
  }

  /// The language model, with weights from the scope's generator.
  func gpt(vocabulary: Vocabulary, context: Int) -> GPT {
    GPT(
      GPT.Configuration(
        vocabulary: vocabulary.count, context: context, layers: layers ?? 1, heads: heads ?? 1,
        width: width ?? 1, dropout: dropout ?? 0, bias: bias ?? false))
  }

  private func layer(for data: SupervisedData) -> any Layer {
    let shape = data.training.inputs.shape
    let outputs = outputs(for: data.target)
    switch model {
    case .mlp:
      let perceptron = MLP(
        [data.training.columns] + (hidden ?? []) + [outputs], activation: activation ?? .relu)
      return shape.rank == 2 ? perceptron : Flattening(inner: perceptron)
    case .conv:
      return ConvNet(
        channels: shape[1], height: shape[2], width: shape[3], classes: outputs,
        features: width ?? 1, activation: activation ?? .relu, dropout: dropout ?? 0)
    case .gpt:
      return Completion(
        gpt: gpt(vocabulary: data.vocabulary ?? Vocabulary([]), context: shape[1]),
        length: (digits ?? 0) + 1)
    case .lstm: return recurrent(.lstm, data)
    case .gru: return recurrent(.gru, data)
    case .rnn: return recurrent(.rnn, data)
    }
  }

  private func recurrent(_ cell: Recurrent.Cell, _ data: SupervisedData) -> RecurrentClassifier {
    RecurrentClassifier(
      cell, tokens: data.vocabulary?.count ?? 0, length: data.training.columns, width: width ?? 1,
      layers: layers ?? 1, dropout: dropout ?? 0, classes: data.target.outputs)
  }

  /// The model in a few words.
  private func modelText(for data: SupervisedData) -> String {
    let activation = activation.map { ", \($0.rawValue)" } ?? ""
    let outputs = outputs(for: data.target)
    switch model {
    case .mlp:
      let sizes = [data.training.columns] + (hidden ?? []) + [outputs]
      return "mlp " + sizes.map(String.init).joined(separator: "-") + activation
    case .conv:
      let features = width ?? 1
      return "conv \(features)-\(2 * features)-\(8 * features)-\(outputs)" + activation
    case .gpt: return gptText(context: data.training.columns)
    case .lstm, .gru, .rnn:
      return "\(model.rawValue) \(Format.counted(layers ?? 1, "layer")) of \(width ?? 1)"
    }
  }

  private func gptText(context: Int) -> String {
    "gpt \(Format.counted(layers ?? 1, "layer")) of \(width ?? 1), \(Format.counted(heads ?? 1, "head"))"
      + ", context \(context)"
  }

  /// The number of outputs of a model: with the hinge loss one score tells two classes apart.
  private func outputs(for target: TargetEncoding) -> Int {
    loss == .hinge ? 1 : target.outputs
  }
}
