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
    require(
      paddingIndex.map { (0..<count).contains($0) } ?? true,
      "Embedding: the padding index \(paddingIndex ?? 0) is out of range for \(count) tokens")
    var table = weightInitializer([count, size], dtype: dtype)
    if let paddingIndex { table[paddingIndex] = .zeros([size], dtype: dtype) }
    self.weight = Parameter(table)
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
