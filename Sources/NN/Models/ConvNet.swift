import Autograd
import Tensor

/// A small convolutional classifier of images, [n, channels, height, width] → [n, classes].
///
/// Two 3 × 3 convolutions, each followed by an activation and a 2 × 2 max pooling, the second with
/// twice as many channels; then two linear layers.
public struct ConvNet: Layer {
  /// The convolutions.
  public let convolutions: [Conv2d]
  /// The linear layers after the convolutions.
  public let layers: [Linear]
  private let pool = MaxPool2d(2)
  private let activation: Activation
  private let dropout: Dropout

  /// The least height and width of an image, which both poolings halve.
  package static let smallestSide = 4

  /// Creates a classifier of images of one size, at least 4 × 4.
  ///
  /// - Parameters:
  ///   - channels: The number of channels of an image.
  ///   - height: The height of an image.
  ///   - width: The width of an image.
  ///   - classes: The number of classes.
  ///   - features: The number of channels after the first convolution; the first linear layer has
  ///     8 times as many outputs.
  ///   - activation: The activation function after each layer except the last.
  ///   - dropout: The dropout rate before the last layer.
  ///   - weightInitializer: The initializer of the weights; by default those of the layers.
  ///   - biasInitializer: The initializer of the biases; by default those of the layers.
  ///   - dtype: The dtype of the parameters.
  public init(
    channels: Int = 1, height: Int, width: Int, classes: Int, features: Int = 16,
    activation: Activation = .relu, dropout: Double = 0,
    weightInitializer: Initializer? = nil, biasInitializer: Initializer? = nil,
    dtype: DType = .float32
  ) {
    require(
      height >= Self.smallestSide && width >= Self.smallestSide,
      "ConvNet: images must be at least 4 x 4, got \(height) x \(width)")
    convolutions = [
      Conv2d(
        channels, features, kernelSize: 3, padding: 1, weightInitializer: weightInitializer,
        biasInitializer: biasInitializer, dtype: dtype),
      Conv2d(
        features, 2 * features, kernelSize: 3, padding: 1, weightInitializer: weightInitializer,
        biasInitializer: biasInitializer, dtype: dtype),
    ]
    layers = [
      Linear(
        2 * features * (height / 4) * (width / 4), 8 * features,
        weightInitializer: weightInitializer, biasInitializer: biasInitializer, dtype: dtype),
      Linear(
        8 * features, classes, weightInitializer: weightInitializer,
        biasInitializer: biasInitializer, dtype: dtype),
    ]
    self.activation = activation
    self.dropout = Dropout(dropout)
  }

  /// Returns the logits of the classes.
  public func callAsFunction(_ input: Tensor) -> Tensor {
    var x = input
    for convolution in convolutions { x = pool(activation(convolution(x))) }
    x = activation(layers[0](x.flattened(from: 1)))
    return observed(layers[1](dropout(x)))
  }
}
