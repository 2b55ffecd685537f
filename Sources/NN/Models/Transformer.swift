import Autograd
import Tensor

/// An encoder-decoder Transformer. (Vaswani et al., 2017, 1706.03762)
///
/// Names, layouts and initial weights (Xavier's uniform for all matrices) are those of PyTorch's
/// `Transformer`. The model takes embedded sequences: embeddings and positional encodings come
/// before it, the output layer after it.
public struct Transformer: Module {
  /// The encoder.
  public let encoder: TransformerEncoder
  /// The decoder.
  public let decoder: TransformerDecoder

  /// Creates an encoder and a decoder of `depth` blocks each, both with a final norm.
  ///
  /// - Parameters:
  ///   - depth: The number of blocks of each.
  ///   - width: The size of the vectors.
  ///   - heads: The number of attention heads in each block.
  ///   - innerWidth: The inner width of the feed-forward layers; by default four times the width.
  ///   - kind: The nonlinearity of the feed-forward layers.
  ///   - normPosition: The position of the norms.
  ///   - dropout: The dropout rate.
  ///   - weightInitializer: The initializer of all matrices.
  ///   - biasInitializer: The initializer of the biases beside them; by default those of the
  ///     layers.
  ///   - dtype: The dtype of the parameters.
  public init(
    depth: Int, width: Int, heads: Int, innerWidth: Int? = nil,
    kind: FeedForward.Kind = .activation(.relu), normPosition: NormPosition = .post,
    dropout: Double = 0, weightInitializer: Initializer = .xavierUniform(),
    biasInitializer: Initializer? = nil, dtype: DType = .float32
  ) {
    encoder = TransformerEncoder(
      depth: depth, width: width, heads: heads, innerWidth: innerWidth, kind: kind,
      normPosition: normPosition, hasFinalNorm: true, dropout: dropout,
      weightInitializer: weightInitializer, biasInitializer: biasInitializer, dtype: dtype)
    decoder = TransformerDecoder(
      depth: depth, width: width, heads: heads, innerWidth: innerWidth, kind: kind,
      normPosition: normPosition, hasFinalNorm: true, dropout: dropout,
      weightInitializer: weightInitializer, biasInitializer: biasInitializer, dtype: dtype)
  }

  /// Encodes the source and decodes the target, each position of which attends to the source and to
  /// earlier positions of the target.
  ///
  /// - Parameters:
  ///   - source: The sequences to encode, [n, s, width].
  ///   - target: The sequences to decode, [n, t, width].
  ///   - sourceMask: The positions of the source that may be attended to, bool [n, s]; `nil` for
  ///     all.
  ///   - targetMask: The positions of the target that may be attended to, bool [n, t]; `nil` for
  ///     all.
  /// - Returns: A vector for each position of the target, [n, t, width].
  public func callAsFunction(
    source: Tensor, target: Tensor, sourceMask: Tensor? = nil, targetMask: Tensor? = nil
  ) -> Tensor {
    let encoded = encoder(source, keyMask: sourceMask)
    return observed(
      decoder(target, source: encoded, keyMask: targetMask, sourceMask: sourceMask))
  }
}
