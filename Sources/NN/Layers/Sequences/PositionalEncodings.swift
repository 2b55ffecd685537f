import Autograd
import Tensor

/// Rotary position embedding (RoPE): pairs of elements are rotated by angles proportional to the
/// position. (Su et al., 2021, 2104.09864)
///
/// Element i of the first half of a head forms a pair with element i of the second half. At
/// position p the pair is rotated by p · base^(−2i/headWidth).
///
/// ``MultiHeadAttention`` takes one as `rotary:`. Heads of one's own are rotated by a call:
/// ```swift
/// let rotary = RotaryEmbedding()
/// let y = scaledDotProductAttention(rotary(q), rotary(k), v, isCausal: true)
/// ```
public struct RotaryEmbedding: Sendable {
  private let base: Double

  /// Creates an embedding whose angles per position range from 1 down to 1/base.
  public init(base: Double = 10000) { self.base = base }

  /// Rotates queries or keys [.., t, headWidth], the first of which is at position `start`, such as
  /// the number of positions in a cache.
  public func callAsFunction(_ x: Tensor, from start: Int = 0) -> Tensor {
    require(
      x.rank >= 2 && x.dtype.isFloatingPoint,
      "RotaryEmbedding: heads must be floating-point [.., t, headWidth], got \(x.dtype) \(x.shape)")
    let (length, width) = (x.shape[-2], x.shape[-1])
    require(width % 2 == 0, "RotaryEmbedding: the width of the heads must be even, got \(width)")
    let half = width / 2
    let rates = pow(
      Tensor(base, dtype: x.dtype),
      Tensor.arange(to: Double(half), dtype: x.dtype) * (-2 / Double(width)))
    let positions = Tensor.arange(
      from: Double(start), to: Double(start + length), dtype: x.dtype)
    let angles = positions.expanded(along: 1) * rates
    let (cosines, sines) = (cos(angles), sin(angles))
    let parts = x.split(into: 2, along: -1)
    return concatenated(
      [parts[0] * cosines - parts[1] * sines, parts[1] * cosines + parts[0] * sines], along: -1)
  }
}

/// The sinusoidal encoding of positions, [length, width]: at position p, column 2i is
/// sin(p / base^(2i/width)) and column 2i + 1 the cosine. (Vaswani et al., 2017, 1706.03762)
public func sinusoidalPositionalEncoding(
  _ length: Int, width: Int, base: Double = 10000, dtype: DType = .float32
) -> Tensor {
  require(width % 2 == 0, "sinusoidalPositionalEncoding: the width must be even, got \(width)")
  let rates = pow(
    Tensor(base, dtype: .float64),
    Tensor.arange(to: Double(width / 2), dtype: .float64) * (-2 / Double(width)))
  let positions = Tensor.arange(to: Double(length), dtype: .float64).expanded(along: 1)
  let angles = positions * rates
  return stacked([sin(angles), cos(angles)], along: -1).reshaped(to: [length, width])
    .converted(to: dtype)
}
