import Autograd
import Tensor

/// The feed-forward layer of a Transformer: two linear layers with a nonlinearity between them,
/// applied to each position.
public struct FeedForward: Layer {
  /// The nonlinearity between the linear layers.
  public enum Kind: Sendable {
    /// An activation function.
    case activation(Activation)
    /// A gated unit, silu(a) · b for the halves a and b of the inner layer. (Shazeer, 2020,
    /// 2002.05202)
    case swiGLU
  }

  /// The linear layer from the width to the inner width, or to twice the inner width for SwiGLU.
  public let inner: Linear
  /// The linear layer from the inner width back to the width.
  public let outer: Linear
  private let kind: Kind
  private let dropout: Dropout

  /// Creates a layer for vectors of `width` elements.
  ///
  /// - Parameters:
  ///   - width: The size of the vectors.
  ///   - innerWidth: The size between the linear layers; by default four times the width.
  ///   - kind: The nonlinearity between the linear layers.
  ///   - bias: Whether the linear layers have biases.
  ///   - dropout: The dropout rate of the output.
  ///   - innerInitializer: The initializer of the inner layer's weight; by default that of
  ///     `Linear`.
  ///   - outerInitializer: The initializer of the outer layer's weight; by default that of
  ///     `Linear`.
  ///   - biasInitializer: The initializer of the biases; by default that of `Linear`.
  ///   - dtype: The dtype of the parameters.
  public init(
    _ width: Int, innerWidth: Int? = nil, kind: Kind = .activation(.gelu), bias: Bool = true,
    dropout: Double = 0, innerInitializer: Initializer? = nil,
    outerInitializer: Initializer? = nil, biasInitializer: Initializer? = nil,
    dtype: DType = .float32
  ) {
    let innerWidth = innerWidth ?? 4 * width
    var factor = 1
    if case .swiGLU = kind { factor = 2 }
    inner = Linear(
      width, innerWidth * factor, bias: bias, weightInitializer: innerInitializer,
      biasInitializer: biasInitializer, dtype: dtype)
    outer = Linear(
      innerWidth, width, bias: bias, weightInitializer: outerInitializer,
      biasInitializer: biasInitializer, dtype: dtype)
    self.kind = kind
    self.dropout = Dropout(dropout)
  }

  /// Transforms the vector of each position; the output has the shape of the input.
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
