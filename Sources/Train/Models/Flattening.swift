import Training
import NN
import Tensor

/// A perceptron over inputs of any shape [n, ...], whose axes from the second on are joined.
struct Flattening: Layer {
  let inner: MLP

  /// The perceptron's names are the names.
  static var storedNames: [String: String] { ["inner": ""] }

  func callAsFunction(_ input: Tensor) -> Tensor { inner(input.flattened(from: 1)) }
}
