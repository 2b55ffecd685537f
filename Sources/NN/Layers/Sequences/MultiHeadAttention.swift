import Autograd
import Tensor

/// Multi-head attention, within one sequence or from one sequence to another. (Vaswani et al.,
/// 2017, 1706.03762; grouped key and value heads: Ainslie et al., 2023, 2305.13245)
///
/// Sequences are [n, t, width]. Queries, keys and values come from one packed projection, in that
/// order, as in PyTorch.
public struct MultiHeadAttention: Layer {
  /// The projection to queries, keys and values, [width + 2 · keyValueHeads · headWidth, width].
  public let projection: Linear
  /// The projection of the joined heads, [width, width].
  public let output: Linear
  private let heads: Int
  private let keyValueHeads: Int
  private let headWidth: Int
  private let dropout: Dropout
  private let rotary: RotaryEmbedding?

  /// PyTorch's names.
  public static var storedNames: [String: String] {
    ["projection": "in_proj_", "output": "out_proj"]
  }

  /// Creates an attention layer for vectors of `width` elements.
  ///
  /// - Parameters:
  ///   - width: The size of the vectors, a multiple of `heads`.
  ///   - heads: The number of query heads.
  ///   - keyValueHeads: The number of key and value heads, a divisor of `heads`; by default
  ///     `heads`.
  ///   - bias: Whether the projections have biases.
  ///   - dropout: The dropout rate of the output.
  ///   - rotary: The rotary embedding of queries and keys, or `nil`.
  ///   - weightInitializer: The initializer of the packed projection's weight; by default Xavier's
  ///     uniform, as in PyTorch.
  ///   - outputInitializer: The initializer of the output projection's weight; by default that of
  ///     `Linear`.
  ///   - biasInitializer: The initializer of the biases; by default zeros, as in PyTorch.
  ///   - dtype: The dtype of the parameters.
  public init(
    _ width: Int, heads: Int, keyValueHeads: Int? = nil, bias: Bool = true, dropout: Double = 0,
    rotary: RotaryEmbedding? = nil, weightInitializer: Initializer? = nil,
    outputInitializer: Initializer? = nil, biasInitializer: Initializer = .zeros,
    dtype: DType = .float32
  ) {
    let keyValueHeads = keyValueHeads ?? heads
    require(
      heads > 0 && width % heads == 0 && keyValueHeads > 0 && heads % keyValueHeads == 0,
      """
      MultiHeadAttention: a width of \(width) with \(heads) query heads and \(keyValueHeads) key \
      and value heads
      """
    )
    self.heads = heads
    self.keyValueHeads = keyValueHeads
    headWidth = width / heads
    projection = Linear(
      width, width + 2 * keyValueHeads * headWidth, bias: bias,
      weightInitializer: weightInitializer ?? .xavierUniform(), biasInitializer: biasInitializer,
      dtype: dtype)
    output = Linear(
      width, width, bias: bias, weightInitializer: outputInitializer,
      biasInitializer: biasInitializer, dtype: dtype)
    self.dropout = Dropout(dropout)
    self.rotary = rotary
  }

  /// Applies attention from each position of the input to the positions of a source.
  ///
  /// - Parameters:
  ///   - input: The sequences that the queries come from, [n, t, width].
  ///   - source: The sequences that the keys and values come from, [n, s, width]; `nil` for the
  ///     input itself.
  ///   - isCausal: Whether a position attends only to itself and earlier positions.
  ///   - keyMask: The positions of the source that may be attended to, bool [n, s]; `nil` for all.
  ///   - cache: The keys and values of earlier calls. Those of this input are appended, and the
  ///     input follows the cached positions. For use without gradients.
  /// - Returns: A vector for each position of the input, [n, t, width].
  public func callAsFunction(
    _ input: Tensor, source: Tensor? = nil, isCausal: Bool = false, keyMask: Tensor? = nil,
    cache: KeyValueCache? = nil
  ) -> Tensor {
    let width = heads * headWidth
    require(
      input.rank == 3 && input.shape[2] == width,
      "MultiHeadAttention: an input of shape \(input.shape) for width \(width)")
    require(
      source.map { $0.rank == 3 && $0.shape[0] == input.shape[0] && $0.shape[2] == width } ?? true,
      """
      MultiHeadAttention: a source of shape \(source?.shape ?? []) for an input of shape \
      \(input.shape)
      """
    )
    require(
      keyMask.map { $0.rank == 2 && $0.dtype == .bool } ?? true,
      """
      MultiHeadAttention: the key mask must be bool [n, s], got \(keyMask?.dtype ?? .bool) \
      \(keyMask?.shape ?? [])
      """
    )
    var q: Tensor
    var k: Tensor
    let v: Tensor
    if let source {
      let weights = projection.weight.value.split(
        sizes: [width, projection.weight.shape[0] - width])
      let biases = projection.bias?.value.split(sizes: [width, projection.weight.shape[0] - width])
      let queries = linear(input, weights[0], bias: biases?[0])
      let keysAndValues = linear(source, weights[1], bias: biases?[1])
      q = split(queries, heads)
      let parts = keysAndValues.split(into: 2, along: -1)
      (k, v) = (split(parts[0], keyValueHeads), split(parts[1], keyValueHeads))
    } else {
      let rest = keyValueHeads * headWidth
      let parts = projection(input).split(sizes: [width, rest, rest], along: -1)
      q = split(parts[0], heads)
      (k, v) = (split(parts[1], keyValueHeads), split(parts[2], keyValueHeads))
    }
    if let rotary {
      let start = cache?.count ?? 0
      q = rotary(q, from: start)
      k = rotary(k, from: start)
    }
    let (keys, values) = cache?.appending(k, v) ?? (k, v)
    let mask = keyMask.map { $0.reshaped(to: [$0.shape[0], 1, 1, $0.shape[1]]) }
    let attended = scaledDotProductAttention(
      q, shared(keys), shared(values), mask: mask, isCausal: isCausal)
    // [n, heads, t, headWidth] → [n, t, width]
    let joined = attended.transposed(1, 2).reshaped(
      to: [input.shape[0], input.shape[1], width])
    return observed(dropout(output(joined)))
  }

  /// Applies self-attention without a mask; the output has the shape of the input, [n, t, width].
  public func callAsFunction(_ input: Tensor) -> Tensor { self(input, source: nil) }

  /// Splits vectors into heads, [n, t, heads · headWidth] → [n, heads, t, headWidth].
  private func split(_ x: Tensor, _ heads: Int) -> Tensor {
    x.reshaped(to: [x.shape[0], x.shape[1], heads, headWidth]).transposed(1, 2)
  }

  /// Repeats each key or value head for all query heads that share it.
  private func shared(_ x: Tensor) -> Tensor {
    keyValueHeads == heads ? x : x.repeated(heads / keyValueHeads, along: 1)
  }
}
