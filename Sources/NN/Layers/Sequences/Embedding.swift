import Autograd
import Tensor

/// A table with a learned vector for each token: int32 tokens [..] → [.., size].
public struct Embedding: Layer {
  /// The vectors, [count, size].
  public let weight: Parameter
  private let paddingIndex: Int?

  /// Creates a table of `count` vectors with `size` elements each.
  ///
  /// - Parameters:
  ///   - count: The number of tokens.
  ///   - size: The length of each vector.
  ///   - paddingIndex: A token whose vector is zero and is never trained, or `nil`.
  ///   - weightInitializer: The initializer of the vectors; by default the standard normal
  ///     distribution, as in PyTorch.
  ///   - dtype: The dtype of the vectors.
  public init(
    _ count: Int, _ size: Int, paddingIndex: Int? = nil,
    weightInitializer: Initializer = .normal(standardDeviation: 1), dtype: DType = .float32
  ) {
    weight = vectors(count, size, paddingIndex, weightInitializer, dtype, in: "Embedding")
    self.paddingIndex = paddingIndex
  }

  /// Looks up the vectors of tokens.
  public func callAsFunction(_ tokens: Tensor) -> Tensor {
    let vectors = embedding(weight.value, at: tokens)
    guard let paddingIndex else { return observed(vectors) }
    let isPadding = (tokens .== Double(paddingIndex)).expanded(along: -1)
    return observed(select(isPadding, vectors.detached, vectors))
  }

  /// The logits of the tokens for vectors, x · Wᵀ: [.., size] → [.., count].
  ///
  /// A language model with tied weights uses the table as its output layer in this way.
  public func logits(of vectors: Tensor) -> Tensor { linear(vectors, weight.value) }
}

/// The sum, mean or maximum of the learned vectors of each bag of tokens: int32 tokens [n, t] →
/// [n, size].
///
/// Names and values are those of PyTorch's `EmbeddingBag` with two-dimensional tokens.
public struct EmbeddingBag: Layer {
  /// The reduction of the vectors of a bag.
  public enum Mode: String, Sendable, CaseIterable, Codable {
    /// Their sum.
    case sum
    /// Their mean.
    case mean
    /// The greatest of each element.
    case max
  }

  /// The vectors, [count, size].
  public let weight: Parameter
  private let mode: Mode
  private let paddingIndex: Int?

  /// Creates a table of `count` vectors with `size` elements each.
  ///
  /// - Parameters:
  ///   - count: The number of tokens.
  ///   - size: The length of each vector.
  ///   - mode: The reduction.
  ///   - paddingIndex: A token that is left out of the bags, or `nil`. A bag of nothing else is 0.
  ///   - weightInitializer: The initializer of the vectors; by default the standard normal
  ///     distribution, as in PyTorch.
  ///   - dtype: The dtype of the vectors.
  public init(
    _ count: Int, _ size: Int, mode: Mode = .mean, paddingIndex: Int? = nil,
    weightInitializer: Initializer = .normal(standardDeviation: 1), dtype: DType = .float32
  ) {
    weight = vectors(count, size, paddingIndex, weightInitializer, dtype, in: "EmbeddingBag")
    self.mode = mode
    self.paddingIndex = paddingIndex
  }

  /// Reduces the vectors of each bag.
  public func callAsFunction(_ tokens: Tensor) -> Tensor {
    require(
      tokens.rank == 2 && tokens.dtype == .int32,
      "EmbeddingBag: the tokens must be int32 [n, t], got \(tokens.dtype) \(tokens.shape)")
    let vectors = embedding(weight.value, at: tokens)
    let isCounted = (tokens .!= Double(paddingIndex ?? -1)).expanded(along: -1)
    let counts = isCounted.converted(to: vectors.dtype)
    switch mode {
    case .sum: return observed((vectors * counts).sum(along: 1))
    case .mean:
      let count = maximum(counts.sum(along: 1), Tensor(1, dtype: vectors.dtype))
      return observed((vectors * counts).sum(along: 1) / count)
    case .max:
      let zeros = Tensor.zeros([tokens.shape[0], weight.shape[1]], dtype: vectors.dtype)
      if tokens.shape[1] == 0 { return observed(zeros) }
      let least = Tensor(-.infinity, dtype: vectors.dtype)
      let greatest = select(isCounted, vectors, least).max(along: 1)
      return observed(select(isCounted.any(along: 1), greatest, zeros))
    }
  }
}

/// Draws a table of vectors, with zeros for the padding.
private func vectors(
  _ count: Int, _ size: Int, _ paddingIndex: Int?, _ initializer: Initializer, _ dtype: DType,
  in name: StaticString
) -> Parameter {
  require(
    paddingIndex.map { (0..<count).contains($0) } ?? true,
    "\(name): the padding index \(paddingIndex ?? 0) is out of range for \(count) tokens")
  var table = initializer([count, size], dtype: dtype)
  if let paddingIndex { table[paddingIndex] = .zeros([size], dtype: dtype) }
  return Parameter(table)
}
