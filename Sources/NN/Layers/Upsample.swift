import Autograd
import Tensor

/// Nearest-neighbor upsampling of images: [n, c, h, w] → [n, c, h · factor, w · factor].
public struct Upsample: Layer {
  private let factor: Int
  /// Creates a layer that multiplies the height and the width by `factor`.
  public init(factor: Int) { self.factor = factor }
  /// Repeats each pixel `factor` times along both axes.
  public func callAsFunction(_ input: Tensor) -> Tensor {
    observed(upsampleNearest2d(input, factor: factor))
  }
}
