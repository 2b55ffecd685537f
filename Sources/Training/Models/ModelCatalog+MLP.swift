import NN
import Optim
import Tensor

extension ModelCatalog {
  /// A multi-layer perceptron over the elements of an example.
  static let mlp = Entry(
    "mlp", "a multi-layer perceptron",
    settings: [CatalogSetting("hidden", "64-64", .counts(1...65536)), .activation],
    traits: ModelTraits(
      describe: { model, shape in
        """
        mlp \(sizes(model, shape).map(String.init).joined(separator: "-")), \
        \(model.word("activation"))
        """
      },
      weightCount: { model, shape in
        let sizes = sizes(model, shape).map(Double.init)
        return zip(sizes, sizes.dropFirst()).reduce(0) { $0 + $1.0 * $1.1 }
      },
      sizeSetting: "hidden")
  ) { request in
    let perceptron = MLP(
      sizes(request.expression, request.context), activation: request.choice("activation"))
    return request.context.input.rank == 1 ? perceptron : Flattened(inner: perceptron)
  }

  private static func sizes(_ model: ModelExpression, _ shape: ModelShape) -> [Int] {
    [shape.inputSize] + model.counts("hidden") + [shape.outputs]
  }
}

/// A perceptron over inputs of any shape [n, ...], whose axes from the second on are joined.
private struct Flattened: Layer {
  let inner: MLP

  /// Weights have the names that they have in the perceptron.
  static var storedNames: [String: String] { ["inner": ""] }

  func callAsFunction(_ input: Tensor) -> Tensor { inner(input.flattened(from: 1)) }
}
