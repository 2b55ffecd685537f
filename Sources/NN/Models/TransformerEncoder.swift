import Autograd
import Tensor

/// Blocks one after another over sequences [n, t, width]: an encoder, or with `isCausal` a decoder without one.
///
/// Names and layouts are those of PyTorch's `TransformerEncoder`.
public struct TransformerEncoder: Layer {
  /// The blocks.
  public let layers: [TransformerBlock]
  /// The norm behind them, or nil.
  public let norm: LayerNorm?
  private let isCausal: Bool

  /// A stack of blocks.
  ///
  /// - Parameters:
  ///   - depth: The number of blocks.
  ///   - width: The size of the vectors.
  ///   - heads: The number of heads of each attention.
  ///   - innerWidth: The inner width of the feed-forward layers; nil for four times the width.
  ///   - kind: What stands between their linear layers.
  ///   - normPosition: Where the norms stand.
  ///   - hasFinalNorm: Whether there is a norm behind the blocks; nil for one where the norms stand before.
  ///   - isCausal: Whether a position sees only itself and those before, as in a decoder.
  ///   - dropout: The rate at which elements are dropped in training.
  ///   - rotary: Positions by which queries and keys are turned, or nil.
  ///   - weight: How matrices start; nil for the layers' own.
  ///   - dtype: The dtype of the parameters.
  public init(
    depth: Int, width: Int, heads: Int, innerWidth: Int? = nil,
    kind: FeedForward.Kind = .activation(.gelu), normPosition: NormPosition = .pre,
    hasFinalNorm: Bool? = nil, isCausal: Bool = false, dropout: Double = 0,
    rotary: RotaryEmbedding? = nil, weight: Initializer? = nil, dtype: DType = .float32
  ) {
    layers = (0..<depth).map { _ in
      TransformerBlock(
        width, heads: heads, innerWidth: innerWidth, kind: kind, normPosition: normPosition,
        dropout: dropout, rotary: rotary, weight: weight, dtype: dtype)
    }
    norm = hasFinalNorm ?? (normPosition == .pre) ? LayerNorm(width, dtype: dtype) : nil
    self.isCausal = isCausal
  }

  /// The output of the last block, normalised where there is a norm; of the input's shape.
  ///
  /// - Parameters:
  ///   - input: The sequences.
  ///   - keyMask: Which positions exist, bool [n, t]; nil for all.
  /// - Returns: The output.
  public func callAsFunction(_ input: Tensor, keyMask: Tensor?) -> Tensor {
    let x = layers.reduce(input) { $1($0, isCausal: isCausal, keyMask: keyMask) }
    return observed(norm?(x) ?? x)
  }

  /// The output for sequences all of whose positions exist, of the input's shape.
  public func callAsFunction(_ input: Tensor) -> Tensor { self(input, keyMask: nil) }
}
