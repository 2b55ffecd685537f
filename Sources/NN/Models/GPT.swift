import Autograd
import Tensor

/// A decoder-only Transformer over tokens, with GPT-2's structure.  (Radford et al., 2019)
///
/// Tokens and learned positions are embedded and added, pass through blocks with the norms before attention and
/// feed-forward layer, and become scores by the table of the tokens (tied weights).  Names and layouts are
/// those of nanoGPT's `state_dict`.
///
/// Of the default sizes with 65 tokens the weights and AdamW's state are 9.2 MiB; a training step of 12 sequences
/// of 64 tokens holds 36 MiB at most, all in all.
public struct GPT: Layer {
  /// The sizes of a model.
  public struct Configuration: Sendable, Codable, Equatable {
    /// The number of different tokens.
    public var vocabularySize: Int
    /// The greatest number of tokens that the model sees at once.
    public var contextLength: Int
    /// The number of blocks.
    public var layers: Int
    /// The number of heads of each attention.
    public var heads: Int
    /// The size of the vectors, a multiple of the heads.
    public var width: Int
    /// The rate at which elements are dropped in training.
    public var dropout: Double
    /// Whether linear layers and norms have biases.
    public var bias: Bool

    /// A configuration; the sizes are those of nanoGPT's setting for a CPU unless given.
    public init(
      vocabularySize: Int, contextLength: Int = 64, layers: Int = 4, heads: Int = 4, width: Int = 128,
      dropout: Double = 0, bias: Bool = false
    ) {
      self.vocabularySize = vocabularySize
      self.contextLength = contextLength
      self.layers = layers
      self.heads = heads
      self.width = width
      self.dropout = dropout
      self.bias = bias
    }
  }

  /// The sizes.
  public let configuration: Configuration
  /// The vectors of the tokens, which are the output layer too.
  public let tokens: Embedding
  /// The vectors of the positions.
  public let positions: Embedding
  /// The blocks.
  public let blocks: [TransformerBlock]
  /// The norm behind the blocks.
  public let norm: LayerNorm
  /// The output layer: the table of the tokens under its second name.
  public let head: Parameter
  private let dropout: Dropout

  /// nanoGPT's names.
  public static var storedNames: [String: String] {
    [
      "tokens": "transformer.wte", "positions": "transformer.wpe", "blocks": "transformer.h",
      "norm": "transformer.ln_f", "head": "lm_head.weight",
      "blocks.*.norm1": "ln_1", "blocks.*.norm2": "ln_2", "blocks.*.attention": "attn",
      "blocks.*.attention.projection": "c_attn", "blocks.*.attention.output": "c_proj",
      "blocks.*.feedForward": "mlp", "blocks.*.feedForward.inner": "c_fc",
      "blocks.*.feedForward.outer": "c_proj",
    ]
  }

  /// A model with weights as GPT-2's: normal with deviation 0.02, and 0.02/√(2 · layers) for the projections
  /// that are added to the residual path; biases 0.
  public init(_ configuration: Configuration, dtype: DType = .float32) {
    let c = configuration
    require(
      c.vocabularySize > 0 && c.contextLength > 0 && c.layers > 0 && c.heads > 0 && c.width % c.heads == 0,
      "GPT: \(c)")
    self.configuration = c
    let standard = Initializer.normal(standardDeviation: 0.02)
    let residual = Initializer.normal(
      standardDeviation: 0.02 / Double(2 * c.layers).squareRoot())
    tokens = Embedding(c.vocabularySize, c.width, weight: standard, dtype: dtype)
    positions = Embedding(c.contextLength, c.width, weight: standard, dtype: dtype)
    blocks = (0..<c.layers).map { _ in
      TransformerBlock(
        norm1: LayerNorm(c.width, bias: c.bias, dtype: dtype),
        attention: MultiHeadAttention(
          c.width, heads: c.heads, bias: c.bias, dropout: c.dropout, weight: standard,
          output: residual, dtype: dtype),
        norm2: LayerNorm(c.width, bias: c.bias, dtype: dtype),
        feedForward: FeedForward(
          c.width, bias: c.bias, dropout: c.dropout, weight: standard, outer: residual,
          startingBias: .zeros, dtype: dtype),
        normPosition: .pre)
    }
    norm = LayerNorm(c.width, bias: c.bias, dtype: dtype)
    head = tokens.weight
    dropout = Dropout(c.dropout)
  }

  /// The scores of the token that follows each position: int32 tokens [n, t] → [n, t, vocabulary].
  ///
  /// - Parameters:
  ///   - input: The tokens.
  ///   - caches: Keys and values of earlier tokens, one cache for each block, or none at all; the input then
  ///     follows them.
  /// - Returns: The scores.
  public func callAsFunction(_ input: Tensor, caches: [KeyValueCache]) -> Tensor {
    require(
      caches.isEmpty || caches.count == blocks.count,
      "GPT: \(caches.count) caches for \(blocks.count) blocks")
    let start = caches.first?.count ?? 0
    require(
      input.rank == 2 && start + input.shape[1] <= configuration.contextLength,
      "GPT: tokens of shape \(input.shape) from position \(start) on for a context of \(configuration.contextLength)"
    )
    let places = Tensor.arange(
      from: Double(start), to: Double(start + input.shape[1]), dtype: .int32)
    var x = dropout(tokens(input) + positions(places))  // [n, t, width]
    for (i, block) in blocks.enumerated() {
      x = block(x, isCausal: true, cache: caches.isEmpty ? nil : caches[i])
    }
    return observed(tokens.scores(of: norm(x)))
  }

  /// The scores of the token that follows each position: int32 tokens [n, t] → [n, t, vocabulary].
  public func callAsFunction(_ input: Tensor) -> Tensor { self(input, caches: []) }

  /// The mean cross-entropy of the tokens that follow: tokens and targets int32 [n, t] → a scalar.
  public func loss(_ input: Tensor, targets: Tensor) -> Tensor {
    softmaxCrossEntropy(self(input), labels: targets).mean()
  }
}
