import Autograd
import Tensor

/// A multi-layer perceptron: linear layers with an activation between them.
public struct MLP: Layer {
  /// The linear layers.
  public let layers: [Linear]
  /// What stands between two of them.
  public let activation: Activation

  /// Layers between the given sizes: `MLP([2, 16, 16, 1])` has two hidden layers of 16.
  public init(_ sizes: [Int], activation: Activation = .relu, dtype: DType = .float32) {
    require(sizes.count >= 2, "MLP: \(sizes) has no input and output size")
    layers = zip(sizes, sizes.dropFirst()).map { Linear($0, $1, dtype: dtype) }
    self.activation = activation
  }

  /// The output of the last layer, to which no activation is applied.
  public func callAsFunction(_ input: Tensor) -> Tensor {
    var x = input
    for (i, layer) in layers.enumerated() {
      x = layer(x)
      if i < layers.count - 1 { x = activation(x) }
    }
    return observed(x)
  }
}
