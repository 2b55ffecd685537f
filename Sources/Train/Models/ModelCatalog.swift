import NN
import Optim
import Tensor
import Training

/// The models that the command trains, by name.
///
/// Each model is a file in this folder and an entry in the list.
enum ModelCatalog: Catalog {
  typealias Traits = ModelTraits
  typealias Context = ModelShape
  typealias Product = any Module

  static let noun = "a model"
  static let entries: [Entry] = [mlp, conv, gpt, lstm, gru, rnn]
}

/// A model as text, such as `mlp(hidden=64-64, activation=tanh)`.
typealias ModelExpression = CatalogExpression<ModelCatalog>

/// The sizes of a model that the data of a run determines.
struct ModelShape: Sendable {
  /// The shape of one example: features, an image [channels, height, width], or a sequence of
  /// tokens.
  let input: Shape
  /// The number of different tokens of a sequence.
  let vocabularySize: Int
  /// The number of outputs for each position that is predicted: one per class, or one in all.
  let outputs: Int
  /// The number of positions at the end of a sequence that are predicted; nil for all of a language
  /// model.
  let predictedLength: Int?

  /// The number of elements of an example.
  var inputSize: Int { input.elementCount }
}

/// Facts about a model besides its settings.
struct ModelTraits: Sendable {
  /// The model in a few words, with its sizes: `mlp 2-64-64-2, tanh`.
  let describe: @Sendable (ModelExpression, ModelShape) -> String
  /// The approximate number of weights, which may be too large for an `Int`.
  let weightCount: @Sendable (ModelExpression, ModelShape) -> Double
  /// The setting that most of the weights come from.
  let sizeSetting: String
}

extension CatalogExpression<ModelCatalog> {
  /// The most weights that a model may have: with optimizer and gradients some gigabytes.
  private static var maximumWeightCount: Double { 200_000_000 }

  /// Rejects a model that is too large.
  ///
  /// - Throws: ``UsageError`` that names the setting to lower.
  func checkSize(_ shape: ModelShape) throws {
    let count = entry.traits.weightCount(self, shape)
    guard count > Self.maximumWeightCount else { return }
    throw UsageError(
      "--\(entry.traits.sizeSetting): \(Format.count(count)) weights; at most"
        + " \(Format.count(Self.maximumWeightCount)) can be trained")
  }

  /// The model in a few words, with its sizes: `mlp 2-64-64-2, tanh`.
  func description(for shape: ModelShape) -> String { entry.traits.describe(self, shape) }
}

extension CatalogSetting {
  /// The function after each layer.
  static let activation = CatalogSetting(
    "activation", Activation.relu.rawValue, .choice(Activation.allCases.map(\.rawValue)))

  /// The rate of dropped elements.
  static let dropout = CatalogSetting("dropout", "0", .number(from: 0, below: 1))

  /// The number of layers.
  static let layers = CatalogSetting("layers", "1", .count(1...256))

  /// A size of vectors or channels.
  static func width(_ standard: String) -> CatalogSetting {
    CatalogSetting("width", standard, .count(1...65536))
  }
}
