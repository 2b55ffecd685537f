import NN
import Optim
import Tensor

extension ModelCatalog {
  /// A decoder-only Transformer: a language model, or one that completes sequences.
  static let gpt = Entry(
    "gpt", "a decoder-only Transformer",
    settings: [
      .layers, CatalogSetting("heads", "4", .count(1...256)), .width("64"), .dropout,
      CatalogSetting("bias", "false", .flag),
    ],
    traits: ModelTraits(
      describe: { model, shape in
        "gpt \(counted(model.count("layers"), "layer")) of \(model.count("width")),"
          + " \(counted(model.count("heads"), "head")), context \(shape.inputSize)"
      },
      weightCount: { model, shape in
        let width = Double(model.count("width"))
        let rows = Double(shape.vocabularySize + shape.inputSize)
        return 12 * Double(model.count("layers")) * width * width + rows * width
      },
      sizeSetting: "width"),
    conflict: { model in
      let (heads, width) = (model.count("heads"), model.count("width"))
      return width % heads == 0 ? nil : "\(heads) heads do not share a width of \(width) evenly"
    }
  ) { request in
    let shape = request.context
    let gpt = GPT(
      GPT.Configuration(
        vocabularySize: shape.vocabularySize, contextLength: shape.inputSize,
        layers: request.count("layers"), heads: request.count("heads"),
        width: request.count("width"), dropout: request.number("dropout"),
        bias: request.flag("bias")))
    return shape.predictedLength.map { Completion(gpt: gpt, length: $0) } ?? gpt
  }
}

/// A language model that returns only the scores of the last positions: int32 tokens [n, t] →
/// scores [n, length, vocabulary].
private struct Completion: Layer, RecomputingModel {
  var gpt: GPT
  let length: Int

  /// Weights have the names that they have in the language model.
  static var storedNames: [String: String] { ["gpt": ""] }

  var recomputableBlocks: Int { gpt.recomputableBlocks }
  var recomputedBlocks: Int? {
    get { gpt.recomputedBlocks }
    set { gpt.recomputedBlocks = newValue }
  }

  func callAsFunction(_ input: Tensor) -> Tensor {
    let end = input.shape[1]
    return gpt(input)[.all, end - length..<end]
  }
}
