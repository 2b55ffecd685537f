import Autograd
import Tensor

/// A block of a decoder: attention, attention to the sequences of an encoder, and a feed-forward layer, each
/// added to its input.  (Vaswani et al., 2017, 1706.03762)
///
/// Names and layouts are those of PyTorch's `TransformerDecoderLayer`.
public struct TransformerDecoderBlock: Module {
  /// The norm of the attention.
  public let norm1: LayerNorm
  /// The attention.
  public let attention: MultiHeadAttention
  /// The norm of the attention to the encoder's sequences.
  public let norm2: LayerNorm
  /// The attention to the encoder's sequences.
  public let crossAttention: MultiHeadAttention
  /// The norm of the feed-forward layer.
  public let norm3: LayerNorm
  /// The feed-forward layer.
  public let feedForward: FeedForward
  private let normPosition: NormPosition

  /// PyTorch's names.
  public static var storedNames: [String: String] {
    [
      "attention": "self_attn", "crossAttention": "multihead_attn", "feedForward": "",
      "feedForward.inner": "linear1", "feedForward.outer": "linear2",
    ]
  }

  /// A block for vectors of `width` numbers; the parameters are those of ``TransformerBlock``'s initializer.
  public init(
    _ width: Int, heads: Int, innerWidth: Int? = nil,
    kind: FeedForward.Kind = .activation(.gelu), normPosition: NormPosition = .pre,
    dropout: Double = 0, rotary: RotaryEmbedding? = nil, weight: Initializer? = nil,
    dtype: DType = .float32
  ) {
    norm1 = LayerNorm(width, dtype: dtype)
    attention = MultiHeadAttention(
      width, heads: heads, dropout: dropout, rotary: rotary, weight: weight, output: weight,
      dtype: dtype)
    norm2 = LayerNorm(width, dtype: dtype)
    crossAttention = MultiHeadAttention(
      width, heads: heads, dropout: dropout, weight: weight, output: weight, dtype: dtype)
    norm3 = LayerNorm(width, dtype: dtype)
    feedForward = FeedForward(
      width, innerWidth: innerWidth, kind: kind, dropout: dropout, weight: weight, outer: weight,
      dtype: dtype)
    self.normPosition = normPosition
  }

  /// The block's output for sequences [n, t, width], of the same shape.
  ///
  /// - Parameters:
  ///   - input: The sequences.
  ///   - source: The sequences of the encoder, [n, s, width].
  ///   - isCausal: Whether a position of the input sees only itself and those before.
  ///   - keyMask: Which positions of the input exist, bool [n, t]; nil for all.
  ///   - sourceMask: Which positions of the source exist, bool [n, s]; nil for all.
  ///   - cache: Keys and values of earlier positions of the input.
  /// - Returns: The output.
  public func callAsFunction(
    _ input: Tensor, source: Tensor, isCausal: Bool = true, keyMask: Tensor? = nil,
    sourceMask: Tensor? = nil, cache: KeyValueCache? = nil
  ) -> Tensor {
    var x = normPosition.adding(
      { attention($0, isCausal: isCausal, keyMask: keyMask, cache: cache) }, to: input, norm1)
    x = normPosition.adding(
      { crossAttention($0, source: source, keyMask: sourceMask) }, to: x, norm2)
    return observed(normPosition.adding({ feedForward($0) }, to: x, norm3))
  }
}
