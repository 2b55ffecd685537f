import Tensor

/// Each pixel of images [n, c, h, w] repeated `factor` times along the height and the width.
public func upsampleNearest2d(_ x: Tensor, factor: Int) -> Tensor {
  require(
    x.rank == 4 && factor >= 1, "upsampleNearest2d: shape \(x.shape) by a factor of \(factor)")
  return x.repeated(factor, along: 2).repeated(factor, along: 3)
}
