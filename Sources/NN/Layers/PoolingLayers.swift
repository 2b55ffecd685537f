import Autograd
import Tensor

/// `maxPool2d` as a layer.
public struct MaxPool2d: Layer {
  private let window: Window
  /// A layer whose windows stand side by side unless a stride is given.
  public init(_ size: (Int, Int), stride: (Int, Int)? = nil, padding: (Int, Int) = (0, 0)) {
    window = Window(size, stride: stride ?? size, padding: padding)
  }
  /// The greatest element of each window.
  public func callAsFunction(_ input: Tensor) -> Tensor { observed(maxPool2d(input, window)) }
}

/// `averagePool2d` as a layer.
public struct AveragePool2d: Layer {
  private let window: Window
  /// A layer whose windows stand side by side unless a stride is given.
  public init(_ size: (Int, Int), stride: (Int, Int)? = nil, padding: (Int, Int) = (0, 0)) {
    window = Window(size, stride: stride ?? size, padding: padding)
  }
  /// The mean of each window.
  public func callAsFunction(_ input: Tensor) -> Tensor { observed(averagePool2d(input, window)) }
}

/// `adaptiveAveragePool2d` as a layer.
public struct AdaptiveAveragePool2d: Layer {
  private let height: Int
  private let width: Int
  /// A layer whose output has the given size.
  public init(height: Int, width: Int) {
    self.height = height
    self.width = width
  }
  /// The means of windows that cover the image.
  public func callAsFunction(_ input: Tensor) -> Tensor {
    observed(adaptiveAveragePool2d(input, height: height, width: width))
  }
}
