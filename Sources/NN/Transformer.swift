import Autograd
import Tensor

/// Two linear layers with a non-linearity between them, applied to each position.
public struct FeedForward: Layer {
  /// What stands between the linear layers.
  public enum Kind: Sendable {
    /// An activation of the inner numbers.
    case activation(Activation)
    /// silu(a) · b of two inner parts a and b.  (Shazeer, 2020, 2002.05202)
    case swiGLU
  }

  /// To the inner width, or twice the inner width for SwiGLU.
  public let inner: Linear
  /// Back to the width.
  public let outer: Linear
  private let kind: Kind
  private let dropout: Dropout

  /// Layers from `width` to `innerWidth` and back; nil for four times the width.
  public init(
    _ width: Int, innerWidth: Int? = nil, kind: Kind = .activation(.gelu), bias: Bool = true,
    dropout: Double = 0, weight: Initializer? = nil, outer: Initializer? = nil,
    startingBias: Initializer? = nil, dtype: DType = .float32
  ) {
    let innerWidth = innerWidth ?? 4 * width
    var factor = 1
    if case .swiGLU = kind { factor = 2 }
    inner = Linear(
      width, innerWidth * factor, bias: bias, weightInitializer: weight,
      biasInitializer: startingBias, dtype: dtype)
    self.outer = Linear(
      innerWidth, width, bias: bias, weightInitializer: outer, biasInitializer: startingBias,
      dtype: dtype)
    self.kind = kind
    self.dropout = Dropout(dropout)
  }

  /// A vector for each position, of the input's shape.
  public func callAsFunction(_ input: Tensor) -> Tensor {
    let x = inner(input)
    switch kind {
    case .activation(let activation): return dropout(outer(activation(x)))
    case .swiGLU:
      let parts = x.split(into: 2, along: -1)
      return dropout(outer(silu(parts[0]) * parts[1]))
    }
  }
}

/// A block of a Transformer: attention and a feed-forward layer, each added to its input.
///
/// With the norms before them (pre-norm): x + attention(norm x), then x + feedForward(norm x); with the norms
/// behind (post-norm, as in the first Transformer): norm(x + attention x), then norm(x + feedForward x).
public struct TransformerBlock: Module {
  /// Where the norms stand.
  public enum NormPosition: Sendable {
    /// Before attention and feed-forward layer.
    case before
    /// Behind them.
    case behind
  }

  /// The norm of the attention.
  public let norm1: LayerNorm
  /// The attention.
  public let attention: MultiHeadAttention
  /// The attention to the sequences of an encoder, and its norm; nil in other blocks.
  public let crossAttention: CrossAttention?
  /// The norm of the feed-forward layer.
  public let norm2: LayerNorm
  /// The feed-forward layer.
  public let feedForward: FeedForward
  private let normPosition: NormPosition

  /// The names of PyTorch's encoder layer.
  public static var storedNames: [String: String] {
    [
      "attention": "self_attn", "feedForward": "", "feedForward.inner": "linear1",
      "feedForward.outer": "linear2", "crossAttention": "",
    ]
  }

  /// A block of parts that were made elsewhere.
  public init(
    norm1: LayerNorm, attention: MultiHeadAttention, crossAttention: CrossAttention? = nil,
    norm2: LayerNorm, feedForward: FeedForward, normPosition: NormPosition
  ) {
    self.norm1 = norm1
    self.attention = attention
    self.crossAttention = crossAttention
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
  ///   - attendsToSource: Whether the block looks up the sequences of an encoder, as a decoder's does.
  ///   - dropout: The rate at which elements are dropped in training.
  ///   - rotary: Positions by which queries and keys are turned, or nil.
  ///   - dtype: The dtype of the parameters.
  public init(
    _ width: Int, heads: Int, innerWidth: Int? = nil,
    kind: FeedForward.Kind = .activation(.gelu), normPosition: NormPosition = .before,
    attendsToSource: Bool = false, dropout: Double = 0, rotary: RotaryPositions? = nil,
    dtype: DType = .float32
  ) {
    self.init(
      norm1: LayerNorm(width, dtype: dtype),
      attention: MultiHeadAttention(
        width, heads: heads, dropout: dropout, rotary: rotary, dtype: dtype),
      crossAttention: attendsToSource
        ? CrossAttention(width, heads: heads, dropout: dropout, dtype: dtype) : nil,
      norm2: LayerNorm(width, dtype: dtype),
      feedForward: FeedForward(
        width, innerWidth: innerWidth, kind: kind, dropout: dropout, dtype: dtype),
      normPosition: normPosition)
  }

  /// The block's output for sequences [n, t, width], of the same shape.
  ///
  /// - Parameters:
  ///   - input: The sequences.
  ///   - source: The sequences of an encoder, [n, s, width], where the block looks them up.
  ///   - isCausal: Whether a position sees only itself and those before.
  ///   - keyMask: Which positions of the input exist, bool [n, t]; nil for all.
  ///   - sourceMask: Which positions of the source exist, bool [n, s]; nil for all.
  ///   - cache: Keys and values of earlier positions.
  /// - Returns: The output.
  public func callAsFunction(
    _ input: Tensor, source: Tensor? = nil, isCausal: Bool = false, keyMask: Tensor? = nil,
    sourceMask: Tensor? = nil, cache: KeyValueCache? = nil
  ) -> Tensor {
    require(
      (source == nil) == (crossAttention == nil),
      "TransformerBlock: a source is looked up by a block made with attendsToSource, and only by it"
    )
    var x = input
    func add(_ norm: LayerNorm, _ part: (Tensor) -> Tensor) {
      x = normPosition == .before ? x + part(norm(x)) : norm(x + part(x))
    }
    add(norm1) { attention($0, isCausal: isCausal, keyMask: keyMask, cache: cache) }
    if let crossAttention, let source {
      add(crossAttention.norm) {
        crossAttention.attention($0, source: source, keyMask: sourceMask)
      }
    }
    add(norm2) { feedForward($0) }
    return x
  }
}

/// The part of a decoder's block that looks up the sequences of an encoder.
public struct CrossAttention: Module {
  /// The norm of the attention.
  public let norm: LayerNorm
  /// The attention.
  public let attention: MultiHeadAttention

  /// Names in the style of PyTorch's decoder layer.
  public static var storedNames: [String: String] {
    ["norm": "cross_norm", "attention": "multihead_attn"]
  }

  /// An attention for vectors of `width` numbers.
  public init(_ width: Int, heads: Int, dropout: Double = 0, dtype: DType = .float32) {
    norm = LayerNorm(width, dtype: dtype)
    attention = MultiHeadAttention(width, heads: heads, dropout: dropout, dtype: dtype)
  }
}

/// Blocks one after another over sequences [n, t, width], as an encoder or a decoder.
public struct Transformer: Module {
  /// The blocks.
  public let layers: [TransformerBlock]
  /// The norm behind them, for blocks with the norms before.
  public let norm: LayerNorm?
  private let isCausal: Bool

  /// A stack of blocks.
  ///
  /// - Parameters:
  ///   - depth: The number of blocks.
  ///   - width: The size of the vectors.
  ///   - heads: The number of heads of each attention.
  ///   - innerWidth: The inner width of the feed-forward layers; nil for four times the width.
  ///   - normPosition: Where the norms stand.
  ///   - isCausal: Whether a position sees only itself and those before, as in a decoder.
  ///   - attendsToSource: Whether the blocks look up the sequences of an encoder.
  ///   - dropout: The rate at which elements are dropped in training.
  ///   - dtype: The dtype of the parameters.
  public init(
    depth: Int, width: Int, heads: Int, innerWidth: Int? = nil,
    normPosition: TransformerBlock.NormPosition = .before, isCausal: Bool = false,
    attendsToSource: Bool = false, dropout: Double = 0, dtype: DType = .float32
  ) {
    layers = (0..<depth).map { _ in
      TransformerBlock(
        width, heads: heads, innerWidth: innerWidth, normPosition: normPosition,
        attendsToSource: attendsToSource, dropout: dropout, dtype: dtype)
    }
    norm = normPosition == .before ? LayerNorm(width, dtype: dtype) : nil
    self.isCausal = isCausal
  }

  /// The output of the last block, normalised where there is a norm; of the input's shape.
  public func callAsFunction(
    _ input: Tensor, source: Tensor? = nil, keyMask: Tensor? = nil, sourceMask: Tensor? = nil
  ) -> Tensor {
    let x = layers.reduce(input) { x, block in
      block(x, source: source, isCausal: isCausal, keyMask: keyMask, sourceMask: sourceMask)
    }
    return norm?(x) ?? x
  }
}
