import Tensor

/// Each pixel repeated `factor` times along both axes: [n, c, h, w] → [n, c, h · factor, w · factor].
public func upsampleNearest2d(_ x: Tensor, factor: Int) -> Tensor {
  require(
    x.rank == 4 && factor >= 1, "upsampleNearest2d: shape \(x.shape) by a factor of \(factor)")
  return x.repeated(factor, along: 2).repeated(factor, along: 3)
}
