import Autograd
import Tensor

/// Attention with several heads: queries of one sequence look up values of the same or of another.
/// (Vaswani et al., 2017, 1706.03762; separate key and value heads: Ainslie et al., 2023, 2305.13245)
///
/// Sequences are [n, t, width].  Queries, keys and values come from one packed projection, in that order, as in
/// PyTorch.
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

  /// An attention of vectors of `width` numbers.
  ///
  /// - Parameters:
  ///   - width: The size of the vectors, a multiple of `heads`.
  ///   - heads: The number of heads of the queries.
  ///   - keyValueHeads: The number of heads of keys and values, which divides `heads`; nil for as many.
  ///   - bias: Whether the projections have biases.
  ///   - dropout: The rate at which elements of the output are dropped in training.
  ///   - rotary: Positions by which queries and keys are turned, or nil.
  ///   - weight: How the projections start; nil for Xavier's uniform, as PyTorch's.
  ///   - output: How the output projection starts; nil for `Linear`'s own.
  ///   - dtype: The dtype of the parameters.
  public init(
    _ width: Int, heads: Int, keyValueHeads: Int? = nil, bias: Bool = true, dropout: Double = 0,
    rotary: RotaryEmbedding? = nil, weight: Initializer? = nil, output: Initializer? = nil,
    dtype: DType = .float32
  ) {
    let keyValueHeads = keyValueHeads ?? heads
    require(
      heads > 0 && width % heads == 0 && keyValueHeads > 0 && heads % keyValueHeads == 0,
      "MultiHeadAttention: width \(width) with \(heads) heads, \(keyValueHeads) of keys and values")
    self.heads = heads
    self.keyValueHeads = keyValueHeads
    headWidth = width / heads
    projection = Linear(
      width, width + 2 * keyValueHeads * headWidth, bias: bias,
      weightInitializer: weight ?? .xavierUniform(), biasInitializer: .zeros, dtype: dtype)
    self.output = Linear(
      width, width, bias: bias, weightInitializer: output, biasInitializer: .zeros, dtype: dtype)
    self.dropout = Dropout(dropout)
    self.rotary = rotary
  }

  /// The attention of a sequence to itself, or to another.
  ///
  /// - Parameters:
  ///   - input: The sequences that ask, [n, t, width].
  ///   - source: The sequences that are looked up, [n, s, width]; nil for the input itself.
  ///   - isCausal: Whether a position sees only itself and those before.
  ///   - keyMask: Which positions of the source exist, bool [n, s]; nil for all.
  ///   - cache: Keys and values of earlier calls, to which those of the input are added; the input then
  ///     follows them.  For use without gradients.
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
      "MultiHeadAttention: a source of shape \(source?.shape ?? []) for an input of shape \(input.shape)"
    )
    require(
      keyMask.map { $0.rank == 2 && $0.dtype == .bool } ?? true,
      "MultiHeadAttention: a key mask of dtype \(keyMask?.dtype ?? .bool) and shape \(keyMask?.shape ?? []), not bool [n, s]"
    )
    var q: Tensor
    var k: Tensor
    let v: Tensor
    if let source {
      let weights = projection.weight.value.split(
        sizes: [width, projection.weight.shape[0] - width])
      let biases = projection.bias?.value.split(sizes: [width, projection.weight.shape[0] - width])
      let asked = biases.map { linear(input, weights[0], $0[0]) } ?? linear(input, weights[0])
      let found = biases.map { linear(source, weights[1], $0[1]) } ?? linear(source, weights[1])
      q = split(asked, heads)
      let parts = found.split(into: 2, along: -1)
      (k, v) = (split(parts[0], keyValueHeads), split(parts[1], keyValueHeads))
    } else {
      let rest = keyValueHeads * headWidth
      let parts = projection(input).split(sizes: [width, rest, rest], along: -1)
      q = split(parts[0], heads)
      (k, v) = (split(parts[1], keyValueHeads), split(parts[2], keyValueHeads))
    }
    if let rotary {
      let start = cache?.count ?? 0
      q = rotary.turned(q, from: start)
      k = rotary.turned(k, from: start)
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

  /// The attention of a sequence to itself, without a mask: [n, t, width], of the input's shape.
  public func callAsFunction(_ input: Tensor) -> Tensor { self(input, source: nil) }

  /// The heads of vectors, [n, t, heads · headWidth] → [n, heads, t, headWidth].
  private func split(_ x: Tensor, _ heads: Int) -> Tensor {
    x.reshaped(to: [x.shape[0], x.shape[1], heads, headWidth]).transposed(1, 2)
  }

  /// Each head of keys or values for all the heads of queries that share it.
  private func shared(_ x: Tensor) -> Tensor {
    keyValueHeads == heads ? x : x.repeated(heads / keyValueHeads, along: 1)
  }
}
