import Autograd
import Tensor

/// The position of the norms in a block of a Transformer.
public enum NormPosition: Sendable {
  /// Before each sublayer (pre-norm): x + f(norm x). (Xiong et al., 2020, 2002.04745)
  case pre
  /// After each residual sum (post-norm), as in the original Transformer: norm(x + f(x)).
  case post

  /// Adds the output of a sublayer to its input.
  func adding(_ sublayer: (Tensor) -> Tensor, to x: Tensor, _ norm: LayerNorm) -> Tensor {
    self == .pre ? x + sublayer(norm(x)) : norm(x + sublayer(x))
  }
}

/// A block of a Transformer: self-attention and a feed-forward layer, each with a residual
/// connection.
///
/// Pre-norm: x + attention(norm x), then x + feedForward(norm x). Post-norm: norm(x + attention x),
/// then norm(x + feedForward x). Names and layouts are those of PyTorch's
/// `TransformerEncoderLayer`.
public struct TransformerBlock: Layer {
  /// The norm of the self-attention.
  public let norm1: LayerNorm
  /// The self-attention.
  public let attention: MultiHeadAttention
  /// The norm of the feed-forward layer.
  public let norm2: LayerNorm
  /// The feed-forward layer.
  public let feedForward: FeedForward
  private let normPosition: NormPosition

  /// PyTorch's names.
  public static var storedNames: [String: String] {
    [
      "attention": "self_attn", "feedForward": "", "feedForward.inner": "linear1",
      "feedForward.outer": "linear2",
    ]
  }

  /// Creates a block from its parts.
  public init(
    norm1: LayerNorm, attention: MultiHeadAttention, norm2: LayerNorm, feedForward: FeedForward,
    normPosition: NormPosition
  ) {
    self.norm1 = norm1
    self.attention = attention
    self.norm2 = norm2
    self.feedForward = feedForward
    self.normPosition = normPosition
  }

  /// Creates a block for vectors of `width` elements.
  ///
  /// - Parameters:
  ///   - width: The size of the vectors.
  ///   - heads: The number of attention heads.
  ///   - innerWidth: The inner width of the feed-forward layer; by default four times the width.
  ///   - kind: The nonlinearity of the feed-forward layer.
  ///   - normPosition: The position of the norms.
  ///   - dropout: The dropout rate.
  ///   - rotary: The rotary embedding of queries and keys, or `nil`.
  ///   - weightInitializer: The initializer of all matrices; by default those of the layers.
  ///   - biasInitializer: The initializer of the biases beside them; by default those of the
  ///     layers.
  ///   - dtype: The dtype of the parameters.
  public init(
    _ width: Int, heads: Int, innerWidth: Int? = nil,
    kind: FeedForward.Kind = .activation(.gelu), normPosition: NormPosition = .pre,
    dropout: Double = 0, rotary: RotaryEmbedding? = nil, weightInitializer: Initializer? = nil,
    biasInitializer: Initializer? = nil, dtype: DType = .float32
  ) {
    self.init(
      norm1: LayerNorm(width, dtype: dtype),
      attention: MultiHeadAttention(
        width, heads: heads, dropout: dropout, rotary: rotary, weightInitializer: weightInitializer,
        outputInitializer: weightInitializer, biasInitializer: biasInitializer ?? .zeros,
        dtype: dtype),
      norm2: LayerNorm(width, dtype: dtype),
      feedForward: FeedForward(
        width, innerWidth: innerWidth, kind: kind, dropout: dropout,
        innerInitializer: weightInitializer, outerInitializer: weightInitializer,
        biasInitializer: biasInitializer, dtype: dtype),
      normPosition: normPosition)
  }

  /// Applies the block to sequences [n, t, width]; the output has the same shape.
  ///
  /// - Parameters:
  ///   - input: The sequences.
  ///   - isCausal: Whether a position attends only to itself and earlier positions.
  ///   - keyMask: The positions that may be attended to, bool [n, t]; `nil` for all.
  ///   - cache: The keys and values of earlier positions.
  /// - Returns: The output.
  public func callAsFunction(
    _ input: Tensor, isCausal: Bool, keyMask: Tensor? = nil, cache: KeyValueCache? = nil
  ) -> Tensor {
    let x = normPosition.adding(
      { attention($0, isCausal: isCausal, keyMask: keyMask, cache: cache) }, to: input, norm1)
    return observed(normPosition.adding({ feedForward($0) }, to: x, norm2))
  }

  /// Applies the block to sequences [n, t, width] without a mask; the output has the same shape.
  public func callAsFunction(_ input: Tensor) -> Tensor { self(input, isCausal: false) }
}
