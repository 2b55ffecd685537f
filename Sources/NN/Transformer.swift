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

  /// Layers from `width` to `innerWidth` and back.
  ///
  /// - Parameters:
  ///   - width: The size of the vectors.
  ///   - innerWidth: The size between the layers; nil for four times the width.
  ///   - kind: What stands between the layers.
  ///   - bias: Whether the layers have biases.
  ///   - dropout: The rate at which elements of the output are dropped in training.
  ///   - weight: How the first layer's weight starts; nil for `Linear`'s own.
  ///   - outer: How the second layer's weight starts; nil for `Linear`'s own.
  ///   - startingBias: How the biases start; nil for `Linear`'s own.
  ///   - dtype: The dtype of the parameters.
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
    case .activation(let activation): return observed(dropout(outer(activation(x))))
    case .swiGLU:
      let parts = x.split(into: 2, along: -1)
      return observed(dropout(outer(silu(parts[0]) * parts[1])))
    }
  }
}

/// Where the norms of a Transformer's block stand.
public enum NormPosition: Sendable {
  /// Before each part (pre-norm): x + part(norm x).  (Xiong et al., 2020, 2002.04745)
  case before
  /// Behind each part (post-norm), as in the first Transformer: norm(x + part x).
  case behind

  /// The input with what a part makes of it added.
  func adding(_ part: (Tensor) -> Tensor, to x: Tensor, _ norm: LayerNorm) -> Tensor {
    self == .before ? x + part(norm(x)) : norm(x + part(x))
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
    kind: FeedForward.Kind = .activation(.gelu), normPosition: NormPosition = .before,
    dropout: Double = 0, rotary: RotaryPositions? = nil, weight: Initializer? = nil,
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
    kind: FeedForward.Kind = .activation(.gelu), normPosition: NormPosition = .before,
    dropout: Double = 0, rotary: RotaryPositions? = nil, weight: Initializer? = nil,
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
  ///   - endsWithNorm: Whether there is a norm behind the blocks; nil for one where the norms stand before.
  ///   - isCausal: Whether a position sees only itself and those before, as in a decoder.
  ///   - dropout: The rate at which elements are dropped in training.
  ///   - rotary: Positions by which queries and keys are turned, or nil.
  ///   - weight: How matrices start; nil for the layers' own.
  ///   - dtype: The dtype of the parameters.
  public init(
    depth: Int, width: Int, heads: Int, innerWidth: Int? = nil,
    kind: FeedForward.Kind = .activation(.gelu), normPosition: NormPosition = .before,
    endsWithNorm: Bool? = nil, isCausal: Bool = false, dropout: Double = 0,
    rotary: RotaryPositions? = nil, weight: Initializer? = nil, dtype: DType = .float32
  ) {
    layers = (0..<depth).map { _ in
      TransformerBlock(
        width, heads: heads, innerWidth: innerWidth, kind: kind, normPosition: normPosition,
        dropout: dropout, rotary: rotary, weight: weight, dtype: dtype)
    }
    norm = endsWithNorm ?? (normPosition == .before) ? LayerNorm(width, dtype: dtype) : nil
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

/// Decoder blocks one after another, which look up the sequences of an encoder.
///
/// Names and layouts are those of PyTorch's `TransformerDecoder`.
public struct TransformerDecoder: Module {
  /// The blocks.
  public let layers: [TransformerDecoderBlock]
  /// The norm behind them, or nil.
  public let norm: LayerNorm?

  /// A stack of blocks; the parameters are those of ``TransformerEncoder``'s initializer.
  public init(
    depth: Int, width: Int, heads: Int, innerWidth: Int? = nil,
    kind: FeedForward.Kind = .activation(.gelu), normPosition: NormPosition = .before,
    endsWithNorm: Bool? = nil, dropout: Double = 0, rotary: RotaryPositions? = nil,
    weight: Initializer? = nil, dtype: DType = .float32
  ) {
    layers = (0..<depth).map { _ in
      TransformerDecoderBlock(
        width, heads: heads, innerWidth: innerWidth, kind: kind, normPosition: normPosition,
        dropout: dropout, rotary: rotary, weight: weight, dtype: dtype)
    }
    norm = endsWithNorm ?? (normPosition == .before) ? LayerNorm(width, dtype: dtype) : nil
  }

  /// The output of the last block, normalised where there is a norm; the parameters are those of
  /// ``TransformerDecoderBlock``'s call, with a cache for each block.
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
    kind: FeedForward.Kind = .activation(.relu), normPosition: NormPosition = .behind,
    dropout: Double = 0, dtype: DType = .float32
  ) {
    let weight = Initializer.xavierUniform()
    encoder = TransformerEncoder(
      depth: depth, width: width, heads: heads, innerWidth: innerWidth, kind: kind,
      normPosition: normPosition, endsWithNorm: true, dropout: dropout, weight: weight,
      dtype: dtype)
    decoder = TransformerDecoder(
      depth: depth, width: width, heads: heads, innerWidth: innerWidth, kind: kind,
      normPosition: normPosition, endsWithNorm: true, dropout: dropout, weight: weight,
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
