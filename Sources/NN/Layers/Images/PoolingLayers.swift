import Autograd
import Tensor

/// Max pooling over sequences as a layer, [n, c, length] → [n, c, length']; see `maxPool1d`.
public struct MaxPool1d: Layer {
  private let window: PoolingWindow
  /// Creates a layer with windows of a size; by default the stride is the size of the windows.
  public init(
    _ kernelSize: Int, stride: Int? = nil, padding: some WindowPaddingConvertible = 0,
    dilation: Int = 1
  ) {
    window = PoolingWindow(
      IntOrPair(kernelSize), stride.map { IntOrPair($0) }, padding, IntOrPair(dilation))
  }
  /// Returns the greatest element of each window.
  public func callAsFunction(_ input: Tensor) -> Tensor {
    observed(
      maxPool1d(
        input, kernelSize: window.kernelSize.width, stride: window.stride.width,
        padding: window.padding, dilation: window.dilation?.width ?? 1))
  }
}

/// Max pooling over images as a layer, [n, c, h, w] → [n, c, h', w']; see `maxPool2d`.
public struct MaxPool2d: Layer {
  private let window: PoolingWindow
  /// Creates a layer with windows of a size; by default the stride is the size of the windows.
  public init(
    _ kernelSize: some IntOrPairConvertible, stride: (some IntOrPairConvertible)? = Int?.none,
    padding: some WindowPaddingConvertible = 0, dilation: some IntOrPairConvertible = 1
  ) {
    window = PoolingWindow(
      kernelSize.intOrPair, stride?.intOrPair, padding, dilation.intOrPair)
  }
  /// Returns the greatest element of each window.
  public func callAsFunction(_ input: Tensor) -> Tensor {
    observed(
      maxPool2d(
        input, kernelSize: window.kernelSize, stride: window.stride, padding: window.padding,
        dilation: window.dilation ?? 1))
  }
}

/// Average pooling over sequences as a layer, [n, c, length] → [n, c, length']; see
/// `averagePool1d`.
public struct AveragePool1d: Layer {
  private let window: PoolingWindow
  private let countsPadding: Bool
  /// Creates a layer with windows of a size; by default the stride is the size of the windows.
  public init(
    _ kernelSize: Int, stride: Int? = nil, padding: some WindowPaddingConvertible = 0,
    countsPadding: Bool = true
  ) {
    window = PoolingWindow(IntOrPair(kernelSize), stride.map { IntOrPair($0) }, padding)
    self.countsPadding = countsPadding
  }
  /// Returns the mean of each window.
  public func callAsFunction(_ input: Tensor) -> Tensor {
    observed(
      averagePool1d(
        input, kernelSize: window.kernelSize.width, stride: window.stride.width,
        padding: window.padding, countsPadding: countsPadding))
  }
}

/// Average pooling over images as a layer, [n, c, h, w] → [n, c, h', w']; see `averagePool2d`.
public struct AveragePool2d: Layer {
  private let window: PoolingWindow
  private let countsPadding: Bool
  /// Creates a layer with windows of a size; by default the stride is the size of the windows.
  public init(
    _ kernelSize: some IntOrPairConvertible, stride: (some IntOrPairConvertible)? = Int?.none,
    padding: some WindowPaddingConvertible = 0, countsPadding: Bool = true
  ) {
    window = PoolingWindow(kernelSize.intOrPair, stride?.intOrPair, padding)
    self.countsPadding = countsPadding
  }
  /// Returns the mean of each window.
  public func callAsFunction(_ input: Tensor) -> Tensor {
    observed(
      averagePool2d(
        input, kernelSize: window.kernelSize, stride: window.stride, padding: window.padding,
        countsPadding: countsPadding))
  }
}

/// The settings of a pooling layer; a layer over sequences has equal values for both axes.
private struct PoolingWindow: InlineSettings {
  let kernelSize: IntOrPair
  let stride: IntOrPair
  let padding: WindowPadding
  /// The step between the elements of a window, or `nil` for 1.
  let dilation: IntOrPair?

  init(
    _ kernelSize: IntOrPair, _ stride: IntOrPair?, _ padding: some WindowPaddingConvertible,
    _ dilation: IntOrPair = 1
  ) {
    self.kernelSize = kernelSize
    self.stride = stride ?? kernelSize
    self.padding = padding.windowPadding
    self.dilation = dilation == 1 ? nil : dilation
  }
}

/// Average pooling of sequences to a fixed length as a layer; see `adaptiveAveragePool1d`.
public struct AdaptiveAveragePool1d: Layer {
  private let outputSize: Int
  /// Creates a layer whose output has the given length.
  public init(_ outputSize: Int) { self.outputSize = outputSize }
  /// Returns the means of windows that cover the sequence.
  public func callAsFunction(_ input: Tensor) -> Tensor {
    observed(adaptiveAveragePool1d(input, outputSize: outputSize))
  }
}

/// Average pooling to a fixed output size as a layer; see `adaptiveAveragePool2d`.
public struct AdaptiveAveragePool2d: Layer {
  private let outputSize: IntOrPair
  /// Creates a layer whose output has the given height and width.
  public init(_ outputSize: some IntOrPairConvertible) { self.outputSize = outputSize.intOrPair }
  /// Returns the means of windows that cover the image.
  public func callAsFunction(_ input: Tensor) -> Tensor {
    observed(adaptiveAveragePool2d(input, outputSize: outputSize))
  }
}

/// Max pooling of sequences to a fixed length as a layer; see `adaptiveMaxPool1d`.
public struct AdaptiveMaxPool1d: Layer {
  private let outputSize: Int
  /// Creates a layer whose output has the given length.
  public init(_ outputSize: Int) { self.outputSize = outputSize }
  /// Returns the greatest elements of windows that cover the sequence.
  public func callAsFunction(_ input: Tensor) -> Tensor {
    observed(adaptiveMaxPool1d(input, outputSize: outputSize))
  }
}

/// Max pooling to a fixed output size as a layer; see `adaptiveMaxPool2d`.
public struct AdaptiveMaxPool2d: Layer {
  private let outputSize: IntOrPair
  /// Creates a layer whose output has the given height and width.
  public init(_ outputSize: some IntOrPairConvertible) { self.outputSize = outputSize.intOrPair }
  /// Returns the greatest elements of windows that cover the image.
  public func callAsFunction(_ input: Tensor) -> Tensor {
    observed(adaptiveMaxPool2d(input, outputSize: outputSize))
  }
}

/// The mean of each channel over all positions: [n, c, ..] → [n, c].
///
/// It is PyTorch's `AdaptiveAvgPool2d(1)` followed by `Flatten()`, for inputs of any rank.
public struct GlobalAveragePool: Layer {
  /// Creates the layer.
  public init() {}
  /// Returns the means of the channels.
  public func callAsFunction(_ input: Tensor) -> Tensor {
    requirePositions(input, in: "GlobalAveragePool")
    return observed(input.mean(along: Array(2..<input.rank)))
  }
}

/// The greatest element of each channel over all positions: [n, c, ..] → [n, c].
///
/// The gradient is split evenly between equal elements.
public struct GlobalMaxPool: Layer {
  /// Creates the layer.
  public init() {}
  /// Returns the greatest elements of the channels.
  public func callAsFunction(_ input: Tensor) -> Tensor {
    requirePositions(input, in: "GlobalMaxPool")
    return observed(input.max(along: Array(2..<input.rank)))
  }
}

private func requirePositions(_ input: Tensor, in name: StaticString) {
  require(input.rank > 2, "\(name): shape \(input.shape) is not [n, channels, ..]")
}
