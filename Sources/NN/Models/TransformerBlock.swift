import Autograd
import Tensor

/// Where the norms of a Transformer's block stand.
public enum NormPosition: Sendable {
  /// Before each part (pre-norm): x + part(norm x).  (Xiong et al., 2020, 2002.04745)
  case pre
  /// Behind each part (post-norm), as in the first Transformer: norm(x + part x).
  case post

  /// The input with what a part makes of it added.
  func adding(_ part: (Tensor) -> Tensor, to x: Tensor, _ norm: LayerNorm) -> Tensor {
    self == .pre ? x + part(norm(x)) : norm(x + part(x))
  }
}

/// A block of a Transformer: attention and a feed-forward layer, each added to its input.
///
/// With the norms before them: x + attention(norm x), then x + feedForward(norm x); with the norms behind:
/// norm(x + attention x), then norm(x + feedForward x).  Names and layouts are those of PyTorch's
/// `TransformerEncoderLayer`.
public struct TransformerBlock: Layer {
  /// The norm of the attention.
  public let norm1: LayerNorm
  /// The attention.
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

  /// A block of parts that were made elsewhere.
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

  /// A block for vectors of `width` numbers.
  ///
  /// - Parameters:
  ///   - width: The size of the vectors.
  ///   - heads: The number of heads of the attention.
  ///   - innerWidth: The inner width of the feed-forward layer; nil for four times the width.
  ///   - kind: What stands between its linear layers.
  ///   - normPosition: Where the norms stand.
  ///   - dropout: The rate at which elements are dropped in training.
  ///   - rotary: Positions by which queries and keys are turned, or nil.
  ///   - weight: How matrices start; nil for the layers' own.
  ///   - dtype: The dtype of the parameters.
  public init(
    _ width: Int, heads: Int, innerWidth: Int? = nil,
    kind: FeedForward.Kind = .activation(.gelu), normPosition: NormPosition = .pre,
    dropout: Double = 0, rotary: RotaryEmbedding? = nil, weight: Initializer? = nil,
    dtype: DType = .float32
  ) {
    self.init(
      norm1: LayerNorm(width, dtype: dtype),
      attention: MultiHeadAttention(
        width, heads: heads, dropout: dropout, rotary: rotary, weight: weight, output: weight,
        dtype: dtype),
      norm2: LayerNorm(width, dtype: dtype),
      feedForward: FeedForward(
        width, innerWidth: innerWidth, kind: kind, dropout: dropout, weight: weight,
        outer: weight, dtype: dtype),
      normPosition: normPosition)
  }

  /// The block's output for sequences [n, t, width], of the same shape.
  ///
  /// - Parameters:
  ///   - input: The sequences.
  ///   - isCausal: Whether a position sees only itself and those before.
  ///   - keyMask: Which positions of the input exist, bool [n, t]; nil for all.
  ///   - cache: Keys and values of earlier positions.
  /// - Returns: The output.
  public func callAsFunction(
    _ input: Tensor, isCausal: Bool, keyMask: Tensor? = nil, cache: KeyValueCache? = nil
  ) -> Tensor {
    let x = normPosition.adding(
      { attention($0, isCausal: isCausal, keyMask: keyMask, cache: cache) }, to: input, norm1)
    return observed(normPosition.adding({ feedForward($0) }, to: x, norm2))
  }

  /// The block's output for sequences [n, t, width] whose positions see each other, of the same shape.
  public func callAsFunction(_ input: Tensor) -> Tensor { self(input, isCausal: false) }
}
