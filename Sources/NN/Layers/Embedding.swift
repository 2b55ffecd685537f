import Autograd
import Tensor

/// A learned vector for each of a number of tokens: int32 tokens [..] → [.., size].
public struct Embedding: Layer {
  /// The vectors, [count, size].
  public let weight: Parameter
  private let paddingIndex: Int?

  /// A table of `count` vectors of `size` numbers, normally distributed, as PyTorch's.
  ///
  /// - Parameters:
  ///   - count: The number of tokens.
  ///   - size: The length of a vector.
  ///   - paddingIndex: A token whose vector starts as zeros and never learns.
  ///   - weight: How the vectors start.
  ///   - dtype: The dtype of the vectors.
  public init(
    _ count: Int, _ size: Int, paddingIndex: Int? = nil,
    weight: Initializer = .normal(standardDeviation: 1), dtype: DType = .float32
  ) {
    require(
      paddingIndex.map { (0..<count).contains($0) } ?? true,
      "Embedding: the padding index \(paddingIndex ?? 0) is not one of \(count) tokens")
    var table = weight([count, size], dtype: dtype)
    if let paddingIndex { table[paddingIndex] = .zeros([size], dtype: dtype) }
    self.weight = Parameter(table)
    self.paddingIndex = paddingIndex
  }

  /// The vectors of tokens.
  public func callAsFunction(_ tokens: Tensor) -> Tensor {
    let vectors = embedding(weight.value, at: tokens)
    guard let paddingIndex else { return observed(vectors) }
    let isPadding = (tokens .== Double(paddingIndex)).expandedDimensions(axis: -1)
    return observed(select(isPadding, vectors.detached, vectors))
  }

  /// The scores of tokens for vectors, x · Wᵀ: the table as an output layer, tied to the input.
  public func scores(of vectors: Tensor) -> Tensor { linear(vectors, weight.value) }
}
