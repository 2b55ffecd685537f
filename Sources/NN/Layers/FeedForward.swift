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
