import Autograd
import Tensor

/// `upsampleNearest2d` as a layer.
public struct Upsample: Layer {
  private let factor: Int
  /// A layer that makes images `factor` times as high and wide.
  public init(factor: Int) { self.factor = factor }
  /// Each pixel `factor` times along both axes.
  public func callAsFunction(_ input: Tensor) -> Tensor {
    observed(upsampleNearest2d(input, factor: factor))
  }
}
