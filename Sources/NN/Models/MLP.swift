import Autograd
import Tensor

/// A multilayer perceptron: linear layers with an activation function between them.
public struct MLP: Layer {
  /// The linear layers.
  public let layers: [Linear]
  /// The activation function between two layers.
  public let activation: Activation

  /// Creates layers between the given sizes: `MLP([2, 16, 16, 1])` has two hidden layers of 16.
  ///
  /// - Parameters:
  ///   - sizes: The sizes of the input, the hidden layers and the output.
  ///   - activation: The activation function between two layers.
  ///   - weightInitializer: The initializer of the weights; by default that of ``Linear``.
  ///   - biasInitializer: The initializer of the biases; by default that of ``Linear``.
  ///   - dtype: The dtype of the parameters.
  public init(
    _ sizes: [Int], activation: Activation = .relu, weightInitializer: Initializer? = nil,
    biasInitializer: Initializer? = nil, dtype: DType = .float32
  ) {
    require(
      sizes.count >= 2,
      "MLP: the sizes must include those of the input and the output, got \(sizes)")
    layers = zip(sizes, sizes.dropFirst()).map {
      Linear(
        $0, $1, weightInitializer: weightInitializer, biasInitializer: biasInitializer, dtype: dtype
      )
    }
    self.activation = activation
  }

  /// Returns the output of the last layer, without an activation.
  public func callAsFunction(_ input: Tensor) -> Tensor {
    if let fused = activation.fused, !OutputObserver.isAnyWatching {
      var run = DenseRun(of: input, layers: layers.count)
      for (i, layer) in layers.enumerated() {
        run.append(layer, activation: i < layers.count - 1 ? fused : nil)
      }
      return run.output
    }
    var x = input
    for (i, layer) in layers.enumerated() {
      x = layer(x)
      if i < layers.count - 1 { x = activation(x) }
    }
    return observed(x)
  }
}
