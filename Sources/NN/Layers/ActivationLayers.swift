import Autograd
import Tensor

/// `relu` as a layer.
public struct ReLU: Layer {
  /// The layer.
  public init() {}
  /// max(x, 0) of each element.
  public func callAsFunction(_ input: Tensor) -> Tensor { observed(relu(input)) }
}

/// `leakyRelu` as a layer.
public struct LeakyReLU: Layer {
  private let slope: Double
  /// The layer with a slope for negative elements.
  public init(slope: Double = 0.01) { self.slope = slope }
  /// x or slope · x of each element.
  public func callAsFunction(_ input: Tensor) -> Tensor { observed(leakyRelu(input, slope: slope)) }
}

/// `elu` as a layer.
public struct ELU: Layer {
  private let alpha: Double
  /// The layer with the limit −α for negative elements.
  public init(alpha: Double = 1) { self.alpha = alpha }
  /// x or α(eˣ − 1) of each element.
  public func callAsFunction(_ input: Tensor) -> Tensor { observed(elu(input, alpha: alpha)) }
}

/// `gelu` as a layer.
public struct GELU: Layer {
  /// The layer.
  public init() {}
  /// x · Φ(x) of each element.
  public func callAsFunction(_ input: Tensor) -> Tensor { observed(gelu(input)) }
}

/// `silu` as a layer.
public struct SiLU: Layer {
  /// The layer.
  public init() {}
  /// x · sigmoid x of each element.
  public func callAsFunction(_ input: Tensor) -> Tensor { observed(silu(input)) }
}

/// `tanh` as a layer.
public struct Tanh: Layer {
  /// The layer.
  public init() {}
  /// The hyperbolic tangent of each element.
  public func callAsFunction(_ input: Tensor) -> Tensor { observed(tanh(input)) }
}

/// `sigmoid` as a layer.
public struct Sigmoid: Layer {
  /// The layer.
  public init() {}
  /// The logistic function of each element.
  public func callAsFunction(_ input: Tensor) -> Tensor { observed(sigmoid(input)) }
}

/// `softplus` as a layer.
public struct Softplus: Layer {
  /// The layer.
  public init() {}
  /// ln(1 + eˣ) of each element.
  public func callAsFunction(_ input: Tensor) -> Tensor { observed(softplus(input)) }
}

/// `softmax` as a layer.
public struct Softmax: Layer {
  private let axis: Int
  /// The layer along an axis, the last by default.
  public init(along axis: Int = -1) { self.axis = axis }
  /// The softmax along the axis.
  public func callAsFunction(_ input: Tensor) -> Tensor { observed(softmax(input, along: axis)) }
}
