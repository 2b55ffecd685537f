import Autograd
import Tensor

/// A stack of Transformer decoder blocks, which attend to the sequences of an encoder.
///
/// Names and layouts are those of PyTorch's `TransformerDecoder`.
public struct TransformerDecoder: Module {
  /// The blocks.
  public let layers: [TransformerDecoderBlock]
  /// The norm after the blocks, or `nil`.
  public let norm: LayerNorm?

  /// Creates a stack of blocks; the arguments are those of ``TransformerEncoder``.
  public init(
    depth: Int, width: Int, heads: Int, innerWidth: Int? = nil,
    kind: FeedForward.Kind = .activation(.gelu), normPosition: NormPosition = .pre,
    hasFinalNorm: Bool? = nil, dropout: Double = 0, rotary: RotaryEmbedding? = nil,
    weightInitializer: Initializer? = nil, biasInitializer: Initializer? = nil,
    dtype: DType = .float32
  ) {
    layers = (0..<depth).map { _ in
      TransformerDecoderBlock(
        width, heads: heads, innerWidth: innerWidth, kind: kind, normPosition: normPosition,
        dropout: dropout, rotary: rotary, weightInitializer: weightInitializer,
        biasInitializer: biasInitializer, dtype: dtype)
    }
    norm = hasFinalNorm ?? (normPosition == .pre) ? LayerNorm(width, dtype: dtype) : nil
  }

  /// Applies the blocks and the final norm to sequences; the arguments are those of
  /// ``TransformerDecoderBlock``, with a cache for each block.
  public func callAsFunction(
    _ input: Tensor, source: Tensor, isCausal: Bool = true, keyMask: Tensor? = nil,
    sourceMask: Tensor? = nil, caches: [KeyValueCache] = []
  ) -> Tensor {
    require(
      caches.isEmpty || caches.count == layers.count,
      "TransformerDecoder: \(caches.count) caches for \(layers.count) blocks")
    var x = input
    for (i, layer) in layers.enumerated() {
      x = layer(
        x, source: source, isCausal: isCausal, keyMask: keyMask, sourceMask: sourceMask,
        cache: caches.isEmpty ? nil : caches[i])
    }
    return observed(norm?(x) ?? x)
  }
}
