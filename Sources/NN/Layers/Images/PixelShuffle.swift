import Autograd
import Tensor

/// Channels rearranged into pixels, [n, c · r², h, w] → [n, c, h · r, w · r]. (Shi et al., 2016,
/// 1609.05158)
///
/// Channel (c · r + i) · r + j goes to the pixels at row i and column j of each block.
public struct PixelShuffle: Layer {
  private let factor: Int
  /// Creates a layer that multiplies the height and the width by `factor`.
  public init(_ factor: Int) {
    require(factor > 0, "PixelShuffle: the factor must be positive, got \(factor)")
    self.factor = factor
  }
  /// Rearranges channels into pixels.
  public func callAsFunction(_ input: Tensor) -> Tensor {
    require(
      input.rank == 4 && input.shape[1] % (factor * factor) == 0,
      "PixelShuffle: channels of shape \(input.shape) do not form blocks of \(factor) x \(factor)")
    let (n, h, w) = (input.shape[0], input.shape[2], input.shape[3])
    let channels = input.shape[1] / (factor * factor)
    return observed(
      input.reshaped(to: [n, channels, factor, factor, h, w]).permuted(0, 1, 4, 2, 5, 3)
        .reshaped(to: [n, channels, h * factor, w * factor]))
  }
}

/// Blocks of pixels rearranged into channels, [n, c, h · r, w · r] → [n, c · r², h, w]; the inverse
/// of ``PixelShuffle``.
public struct PixelUnshuffle: Layer {
  private let factor: Int
  /// Creates a layer that divides the height and the width by `factor`.
  public init(_ factor: Int) {
    require(factor > 0, "PixelUnshuffle: the factor must be positive, got \(factor)")
    self.factor = factor
  }
  /// Rearranges pixels into channels.
  public func callAsFunction(_ input: Tensor) -> Tensor {
    require(
      input.rank == 4 && input.shape[2] % factor == 0 && input.shape[3] % factor == 0,
      "PixelUnshuffle: pixels of shape \(input.shape) do not form blocks of \(factor) x \(factor)")
    let (n, channels) = (input.shape[0], input.shape[1])
    let (h, w) = (input.shape[2] / factor, input.shape[3] / factor)
    return observed(
      input.reshaped(to: [n, channels, h, factor, w, factor]).permuted(0, 1, 3, 5, 2, 4)
        .reshaped(to: [n, channels * factor * factor, h, w]))
  }
}
