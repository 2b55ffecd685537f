import Autograd
import Tensor

/// Rows and columns added around images as a layer, [.., h, w] → [.., h', w']; see
/// `Tensor.padded(top:bottom:left:right:with:)`.
///
/// It is PyTorch's `ZeroPad2d`, `ConstantPad2d`, `ReflectionPad2d`, `ReplicationPad2d` and
/// `CircularPad2d`. Negative numbers remove rows and columns.
public struct Pad2d: Layer {
  private let top: Int
  private let bottom: Int
  private let left: Int
  private let right: Int
  private let mode: Tensor.PaddingMode

  /// Creates a layer that adds the same number of rows above and below, and of columns on both
  /// sides.
  public init(_ amount: some IntOrPairConvertible, mode: Tensor.PaddingMode = .zeros) {
    let amount = amount.intOrPair
    self.init(
      top: amount.height, bottom: amount.height, left: amount.width, right: amount.width,
      mode: mode)
  }

  /// Creates a layer that adds given numbers of rows and columns.
  public init(
    top: Int = 0, bottom: Int = 0, left: Int = 0, right: Int = 0,
    mode: Tensor.PaddingMode = .zeros
  ) {
    self.top = top
    self.bottom = bottom
    self.left = left
    self.right = right
    self.mode = mode
  }

  /// Pads the images.
  public func callAsFunction(_ input: Tensor) -> Tensor {
    observed(input.padded(top: top, bottom: bottom, left: left, right: right, with: mode))
  }
}
