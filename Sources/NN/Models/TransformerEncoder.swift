import Autograd
import Tensor

/// A stack of Transformer blocks over sequences [n, t, width]: an encoder, or with `isCausal` a
/// decoder-only stack.
///
/// Names and layouts are those of PyTorch's `TransformerEncoder`.
public struct TransformerEncoder: Layer, RecomputingModel {
  /// The blocks.
  public let layers: [TransformerBlock]
  /// The norm after the blocks, or `nil`.
  public let norm: LayerNorm?
  /// How many blocks are recomputed for the gradient; see ``RecomputingModel``.
  public var recomputedBlocks: Int?
  private let isCausal: Bool

  /// Creates a stack of blocks.
  ///
  /// - Parameters:
  ///   - depth: The number of blocks.
  ///   - width: The size of the vectors.
  ///   - heads: The number of attention heads in each block.
  ///   - innerWidth: The inner width of the feed-forward layers; by default four times the width.
  ///   - kind: The nonlinearity of the feed-forward layers.
  ///   - normPosition: The position of the norms.
  ///   - hasFinalNorm: Whether a norm follows the blocks; by default only for `.pre` norms.
  ///   - isCausal: Whether a position attends only to itself and earlier positions, as in a
  ///     decoder.
  ///   - dropout: The dropout rate.
  ///   - rotary: The rotary embedding of queries and keys, or `nil`.
  ///   - weightInitializer: The initializer of all matrices; by default those of the layers.
  ///   - biasInitializer: The initializer of the biases beside them; by default those of the
  ///     layers.
  ///   - dtype: The dtype of the parameters.
  public init(
    depth: Int, width: Int, heads: Int, innerWidth: Int? = nil,
    kind: FeedForward.Kind = .activation(.gelu), normPosition: NormPosition = .pre,
    hasFinalNorm: Bool? = nil, isCausal: Bool = false, dropout: Double = 0,
    rotary: RotaryEmbedding? = nil, weightInitializer: Initializer? = nil,
    biasInitializer: Initializer? = nil, dtype: DType = .float32
  ) {
    layers = (0..<depth).map { _ in
      TransformerBlock(
        width, heads: heads, innerWidth: innerWidth, kind: kind, normPosition: normPosition,
        dropout: dropout, rotary: rotary, weightInitializer: weightInitializer,
        biasInitializer: biasInitializer, dtype: dtype)
    }
    norm = hasFinalNorm ?? (normPosition == .pre) ? LayerNorm(width, dtype: dtype) : nil
    self.isCausal = isCausal
  }

  /// The number of blocks.
  public var recomputableBlocks: Int { layers.count }

  /// Applies the blocks and the final norm to sequences; the output has the shape of the input.
  ///
  /// - Parameters:
  ///   - input: The sequences.
  ///   - keyMask: The positions that may be attended to, bool [n, t]; `nil` for all.
  /// - Returns: The output.
  public func callAsFunction(_ input: Tensor, keyMask: Tensor?) -> Tensor {
    var x = input
    for (i, layer) in layers.enumerated() {
      x = applyingBlock(i, with: layer.parameters, to: x) { [isCausal] in
        layer($0, isCausal: isCausal, keyMask: keyMask)
      }
    }
    return observed(norm?(x) ?? x)
  }

  /// Applies the blocks and the final norm to sequences without padding.
  public func callAsFunction(_ input: Tensor) -> Tensor { self(input, keyMask: nil) }
}
