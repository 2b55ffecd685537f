import Autograd
import Tensor

/// A small convolutional classifier of images [n, channels, height, width] → [n, classes].
///
/// Two convolutions with windows of 3 × 3, each followed by an activation and the maxima of windows of
/// 2 × 2, the second with twice the channels; then two linear layers.
public struct ConvNet: Layer {
  /// The convolutions.
  public let convolutions: [Conv2d]
  /// The linear layers behind them.
  public let layers: [Linear]
  private let pool = MaxPool2d((2, 2))
  private let activation: Activation
  private let dropout: Dropout

  /// A classifier of images of one size, at least 4 × 4.
  ///
  /// - Parameters:
  ///   - channels: The channels of an image.
  ///   - height: The height of an image.
  ///   - width: The width of an image.
  ///   - classes: The number of classes.
  ///   - features: The channels of the first convolution; the first linear layer has 8 times as many outputs.
  ///   - activation: What follows each layer but the last.
  ///   - dropout: The rate at which the inputs of the last layer are dropped in training.
  ///   - dtype: The dtype of the parameters.
  public init(
    channels: Int = 1, height: Int, width: Int, classes: Int, features: Int = 16,
    activation: Activation = .relu, dropout: Double = 0, dtype: DType = .float32
  ) {
    require(
      height >= 4 && width >= 4, "ConvNet: images of \(height) x \(width) are smaller than 4 x 4")
    convolutions = [
      Conv2d(channels, features, kernelSize: (3, 3), padding: (1, 1), dtype: dtype),
      Conv2d(features, 2 * features, kernelSize: (3, 3), padding: (1, 1), dtype: dtype),
    ]
    layers = [
      Linear(2 * features * (height / 4) * (width / 4), 8 * features, dtype: dtype),
      Linear(8 * features, classes, dtype: dtype),
    ]
    self.activation = activation
    self.dropout = Dropout(dropout)
  }

  /// The scores of the classes.
  public func callAsFunction(_ input: Tensor) -> Tensor {
    var x = input
    for convolution in convolutions { x = pool(activation(convolution(x))) }
    x = activation(layers[0](x.flattened(from: 1)))
    return observed(layers[1](dropout(x)))
  }
}
