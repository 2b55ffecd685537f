import Autograd
import Tensor

/// A decoder-only Transformer language model with the structure of GPT-2. (Radford et al., 2019)
///
/// Token and position embeddings are added, passed through pre-norm blocks, and turned into logits
/// by the token embedding (tied weights). Names and layouts are those of nanoGPT's `state_dict`.
///
/// With the default sizes and 65 tokens, the weights and the state of AdamW take 9.2 MiB. A
/// training step of 12 sequences of 64 tokens takes 36 MiB at its peak, everything included.
public struct GPT: Layer, RecomputingModel {
  /// The sizes of a model.
  public struct Configuration: Sendable, Codable, Equatable {
    /// The number of different tokens.
    public var vocabularySize: Int
    /// The greatest number of tokens that the model can attend to.
    public var contextLength: Int
    /// The number of blocks.
    public var layers: Int
    /// The number of attention heads in each block.
    public var heads: Int
    /// The size of the vectors, a multiple of the number of heads.
    public var width: Int
    /// The dropout rate.
    public var dropout: Double
    /// Whether linear layers and norms have biases.
    public var bias: Bool

    /// Creates a configuration; the default sizes are those of nanoGPT's setting for a CPU.
    public init(
      vocabularySize: Int, contextLength: Int = 64, layers: Int = 4, heads: Int = 4,
      width: Int = 128, dropout: Double = 0, bias: Bool = false
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

  /// The sizes of the model.
  public let configuration: Configuration
  /// The token embedding, which is also the output layer.
  public let tokens: Embedding
  /// The position embedding.
  public let positions: Embedding
  /// The blocks.
  public let blocks: [TransformerBlock]
  /// The norm after the blocks.
  public let norm: LayerNorm
  /// The weight of the output layer: the token embedding under its second name.
  public let head: Parameter
  /// How many blocks are recomputed for the gradient; see ``RecomputingModel``.
  public var recomputedBlocks: Int?
  private let dropout: Dropout

  /// The number of blocks.
  public var recomputableBlocks: Int { blocks.count }

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

  /// Creates a model with weights drawn as in GPT-2: from a normal distribution with standard
  /// deviation 0.02, or 0.02/√(2 · layers) for the projections that are added to the residual
  /// stream; biases are 0.
  public init(_ configuration: Configuration, dtype: DType = .float32) {
    let c = configuration
    require(
      c.vocabularySize > 0 && c.contextLength > 0 && c.layers > 0 && c.heads > 0
        && c.width % c.heads == 0,
      "GPT: the sizes must be positive and the width a multiple of the heads, got \(c)")
    self.configuration = c
    let standard = Initializer.normal(standardDeviation: 0.02)
    let residual = Initializer.normal(
      standardDeviation: 0.02 / Double(2 * c.layers).squareRoot())
    tokens = Embedding(c.vocabularySize, c.width, weightInitializer: standard, dtype: dtype)
    positions = Embedding(c.contextLength, c.width, weightInitializer: standard, dtype: dtype)
    blocks = (0..<c.layers).map { _ in
      TransformerBlock(
        norm1: LayerNorm(c.width, bias: c.bias, dtype: dtype),
        attention: MultiHeadAttention(
          c.width, heads: c.heads, bias: c.bias, dropout: c.dropout, weightInitializer: standard,
          outputInitializer: residual, dtype: dtype),
        norm2: LayerNorm(c.width, bias: c.bias, dtype: dtype),
        feedForward: FeedForward(
          c.width, bias: c.bias, dropout: c.dropout, innerInitializer: standard,
          outerInitializer: residual, biasInitializer: .zeros, dtype: dtype),
        normPosition: .pre)
    }
    norm = LayerNorm(c.width, bias: c.bias, dtype: dtype)
    head = tokens.weight
    dropout = Dropout(c.dropout)
  }

  /// Returns the logits of the next token after each position: int32 tokens [n, t] → [n, t,
  /// vocabularySize].
  ///
  /// - Parameters:
  ///   - input: The tokens.
  ///   - caches: The keys and values of earlier tokens, one cache for each block, or an empty
  ///     array. The input follows the cached tokens.
  /// - Returns: The logits.
  public func callAsFunction(_ input: Tensor, caches: [KeyValueCache]) -> Tensor {
    observed(tokens.logits(of: features(input, caches: caches)))
  }

  /// The inputs of the head, [n, t, width].
  private func features(_ input: Tensor, caches: [KeyValueCache]) -> Tensor {
    require(
      caches.isEmpty || caches.count == blocks.count,
      "GPT: \(caches.count) caches for \(blocks.count) blocks")
    let start = caches.first?.count ?? 0
    require(
      input.rank == 2 && start + input.shape[1] <= configuration.contextLength,
      """
      GPT: tokens of shape \(input.shape) at position \(start) do not fit a context of length \
      \(configuration.contextLength)
      """
    )
    let places = Tensor.arange(
      from: Double(start), to: Double(start + input.shape[1]), dtype: .int32)
    var x = dropout(tokens(input) + positions(places))  // [n, t, width]
    for (i, block) in blocks.enumerated() {
      x =
        caches.isEmpty
        ? applyingBlock(i, with: block.parameters, to: x) { block($0, isCausal: true) }
        : block(x, isCausal: true, cache: caches[i])
    }
    return norm(x)
  }

  /// Returns the logits of the next token after each position: int32 tokens [n, t] →
  /// [n, t, vocabularySize].
  public func callAsFunction(_ input: Tensor) -> Tensor { self(input, caches: []) }

  /// Returns the mean cross-entropy of the next tokens: tokens and targets, int32 [n, t] → a
  /// scalar.
  ///
  /// The logits of a large vocabulary are never in memory at once; see `linearCrossEntropy`.
  public func loss(_ input: Tensor, targets: Tensor) -> Tensor {
    linearCrossEntropy(
      features(input, caches: []), weight: tokens.weight.value, labels: targets)
  }
}
