import Autograd
import Tensor

/// A block of a Transformer decoder: self-attention, cross-attention to the sequences of an
/// encoder, and a feed-forward layer, each with a residual connection. (Vaswani et al., 2017,
/// 1706.03762)
///
/// Names and layouts are those of PyTorch's `TransformerDecoderLayer`.
public struct TransformerDecoderBlock: Module {
  /// The norm of the self-attention.
  public let norm1: LayerNorm
  /// The self-attention.
  public let attention: MultiHeadAttention
  /// The norm of the cross-attention.
  public let norm2: LayerNorm
  /// The cross-attention to the sequences of the encoder.
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

  /// Creates a block for vectors of `width` elements; the arguments are those of
  /// ``TransformerBlock``.
  public init(
    _ width: Int, heads: Int, innerWidth: Int? = nil,
    kind: FeedForward.Kind = .activation(.gelu), normPosition: NormPosition = .pre,
    dropout: Double = 0, rotary: RotaryEmbedding? = nil, weightInitializer: Initializer? = nil,
    biasInitializer: Initializer? = nil, dtype: DType = .float32
  ) {
    norm1 = LayerNorm(width, dtype: dtype)
    attention = MultiHeadAttention(
      width, heads: heads, dropout: dropout, rotary: rotary, weightInitializer: weightInitializer,
      outputInitializer: weightInitializer, biasInitializer: biasInitializer ?? .zeros,
      dtype: dtype)
    norm2 = LayerNorm(width, dtype: dtype)
    crossAttention = MultiHeadAttention(
      width, heads: heads, dropout: dropout, weightInitializer: weightInitializer,
      outputInitializer: weightInitializer, biasInitializer: biasInitializer ?? .zeros,
      dtype: dtype)
    norm3 = LayerNorm(width, dtype: dtype)
    feedForward = FeedForward(
      width, innerWidth: innerWidth, kind: kind, dropout: dropout,
      innerInitializer: weightInitializer, outerInitializer: weightInitializer,
      biasInitializer: biasInitializer, dtype: dtype)
    self.normPosition = normPosition
  }

  /// Applies the block to sequences [n, t, width]; the output has the same shape.
  ///
  /// - Parameters:
  ///   - input: The sequences.
  ///   - source: The sequences of the encoder, [n, s, width].
  ///   - isCausal: Whether a position of the input attends only to itself and earlier positions.
  ///   - keyMask: The positions of the input that may be attended to, bool [n, t]; `nil` for all.
  ///   - sourceMask: The positions of the source that may be attended to, bool [n, s]; `nil` for
  ///     all.
  ///   - cache: The keys and values of earlier positions of the input.
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
