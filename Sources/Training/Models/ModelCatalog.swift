import NN
import Optim
import Tensor

/// The models that the command trains, by name.
///
/// Each model is a file in this folder and an entry in the list.
package enum ModelCatalog: Catalog {
  package typealias Traits = ModelTraits
  package typealias Context = ModelShape
  package typealias Product = any Module

  package static let noun = "a model"
  package static let entries: [Entry] = [mlp, conv, gpt, lstm, gru, rnn]
}

/// A model as text, such as `mlp(hidden=64-64, activation=tanh)`.
package typealias ModelExpression = CatalogExpression<ModelCatalog>

/// The sizes of a model that the data of a run determines.
package struct ModelShape: Sendable {
  /// The shape of one example: features, an image [channels, height, width], or a sequence of
  /// tokens.
  package let input: Shape
  /// The number of different tokens of a sequence.
  package let vocabularySize: Int
  /// The number of outputs for each position that is predicted: one per class, or one in all.
  package let outputs: Int
  /// The number of positions at the end of a sequence that are predicted; nil for all of a language
  /// model.
  package let predictedLength: Int?

  /// The number of elements of an example.
  package var inputSize: Int { input.elementCount }
}

/// Facts about a model besides its settings.
package struct ModelTraits: Sendable {
  /// The model in a few words, with its sizes: `mlp 2-64-64-2, tanh`.
  package let describe: @Sendable (ModelExpression, ModelShape) -> String
  /// The approximate number of weights, which may be too large for an `Int`.
  package let weightCount: @Sendable (ModelExpression, ModelShape) -> Double
  /// The setting that most of the weights come from.
  package let sizeSetting: String
  /// Why the model cannot be made for data of a shape; nil if it can.
  package var problem: @Sendable (ModelShape) -> String? = { _ in nil }
}

extension CatalogExpression<ModelCatalog> {
  /// The model in a few words, with its sizes: `mlp 2-64-64-2, tanh`.
  package func description(for shape: ModelShape) -> String { entry.traits.describe(self, shape) }
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
