import Autograd
import Tensor

/// An encoder and a decoder that looks up what it made.  (Vaswani et al., 2017, 1706.03762)
///
/// Names, layouts and initial weights (Xavier's uniform for matrices) are those of PyTorch's `Transformer`; it takes
/// embedded sequences, so embeddings and positions stand before it and the scores of tokens behind.
public struct Transformer: Module {
  /// The encoder.
  public let encoder: TransformerEncoder
  /// The decoder.
  public let decoder: TransformerDecoder

  /// An encoder and a decoder of `depth` blocks each, both with a norm at their end.
  ///
  /// - Parameters:
  ///   - depth: The number of blocks of each.
  ///   - width: The size of the vectors.
  ///   - heads: The number of heads of each attention.
  ///   - innerWidth: The inner width of the feed-forward layers; nil for four times the width.
  ///   - kind: What stands between their linear layers.
  ///   - normPosition: Where the norms stand.
  ///   - dropout: The rate at which elements are dropped in training.
  ///   - dtype: The dtype of the parameters.
  public init(
    depth: Int, width: Int, heads: Int, innerWidth: Int? = nil,
    kind: FeedForward.Kind = .activation(.relu), normPosition: NormPosition = .post,
    dropout: Double = 0, dtype: DType = .float32
  ) {
    let weight = Initializer.xavierUniform()
    encoder = TransformerEncoder(
      depth: depth, width: width, heads: heads, innerWidth: innerWidth, kind: kind,
      normPosition: normPosition, hasFinalNorm: true, dropout: dropout, weight: weight,
      dtype: dtype)
    decoder = TransformerDecoder(
      depth: depth, width: width, heads: heads, innerWidth: innerWidth, kind: kind,
      normPosition: normPosition, hasFinalNorm: true, dropout: dropout, weight: weight,
      dtype: dtype)
  }

  /// A vector for each position of the target, which sees the source and what stands before it.
  ///
  /// - Parameters:
  ///   - source: The sequences to be encoded, [n, s, width].
  ///   - target: The sequences to go on from, [n, t, width].
  ///   - sourceMask: Which positions of the source exist, bool [n, s]; nil for all.
  ///   - targetMask: Which positions of the target exist, bool [n, t]; nil for all.
  /// - Returns: The vectors, [n, t, width].
  public func callAsFunction(
    source: Tensor, target: Tensor, sourceMask: Tensor? = nil, targetMask: Tensor? = nil
  ) -> Tensor {
    let encoded = encoder(source, keyMask: sourceMask)
    return observed(
      decoder(target, source: encoded, keyMask: targetMask, sourceMask: sourceMask))
  }
}
