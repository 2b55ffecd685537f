import Autograd
import Tensor

/// Max pooling over images as a layer; see `maxPool2d`.
public struct MaxPool2d: Layer {
  private let kernelSize: IntOrPair
  private let stride: IntOrPair
  private let padding: IntOrPair
  /// Creates a layer with windows of a size; by default the stride is the size of the windows.
  public init(_ kernelSize: IntOrPair, stride: IntOrPair? = nil, padding: IntOrPair = 0) {
    self.kernelSize = kernelSize
    self.stride = stride ?? kernelSize
    self.padding = padding
  }
  /// Returns the greatest element of each window.
  public func callAsFunction(_ input: Tensor) -> Tensor {
    observed(maxPool2d(input, kernelSize: kernelSize, stride: stride, padding: padding))
  }
}

/// Average pooling over images as a layer; see `averagePool2d`.
public struct AveragePool2d: Layer {
  private let kernelSize: IntOrPair
  private let stride: IntOrPair
  private let padding: IntOrPair
  /// Creates a layer with windows of a size; by default the stride is the size of the windows.
  public init(_ kernelSize: IntOrPair, stride: IntOrPair? = nil, padding: IntOrPair = 0) {
    self.kernelSize = kernelSize
    self.stride = stride ?? kernelSize
    self.padding = padding
  }
  /// Returns the mean of each window.
  public func callAsFunction(_ input: Tensor) -> Tensor {
    observed(averagePool2d(input, kernelSize: kernelSize, stride: stride, padding: padding))
  }
}

/// Average pooling to a fixed output size as a layer; see `adaptiveAveragePool2d`.
public struct AdaptiveAveragePool2d: Layer {
  private let outputSize: IntOrPair
  /// Creates a layer whose output has the given height and width.
  public init(_ outputSize: IntOrPair) { self.outputSize = outputSize }
  /// Returns the means of windows that cover the image.
  public func callAsFunction(_ input: Tensor) -> Tensor {
    observed(adaptiveAveragePool2d(input, outputSize: outputSize))
  }
}
