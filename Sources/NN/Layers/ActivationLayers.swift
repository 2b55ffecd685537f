import Autograd
import Tensor

/// The rectified linear unit as a layer; see `relu`.
public struct ReLU: Layer {
  /// Creates the layer.
  public init() {}
  /// Returns max(x, 0) for each element.
  public func callAsFunction(_ input: Tensor) -> Tensor { observed(relu(input)) }
}

/// The leaky rectified linear unit as a layer; see `leakyRelu`.
public struct LeakyReLU: Layer {
  private let slope: Double
  /// Creates the layer with a slope for negative elements.
  public init(slope: Double = 0.01) { self.slope = slope }
  /// Returns x for each positive element and slope · x for each negative one.
  public func callAsFunction(_ input: Tensor) -> Tensor { observed(leakyRelu(input, slope: slope)) }
}

/// The exponential linear unit as a layer; see `elu`.
public struct ELU: Layer {
  private let alpha: Double
  /// Creates the layer with the limit −α for negative elements.
  public init(alpha: Double = 1) { self.alpha = alpha }
  /// Returns x for each positive element and α(eˣ − 1) for each negative one.
  public func callAsFunction(_ input: Tensor) -> Tensor { observed(elu(input, alpha: alpha)) }
}

/// The Gaussian error linear unit as a layer; see `gelu`.
public struct GELU: Layer {
  /// Creates the layer.
  public init() {}
  /// Returns x · Φ(x) for each element.
  public func callAsFunction(_ input: Tensor) -> Tensor { observed(gelu(input)) }
}

/// The sigmoid linear unit as a layer; see `silu`.
public struct SiLU: Layer {
  /// Creates the layer.
  public init() {}
  /// Returns x · sigmoid x for each element.
  public func callAsFunction(_ input: Tensor) -> Tensor { observed(silu(input)) }
}

/// The hyperbolic tangent as a layer; see `tanh`.
public struct Tanh: Layer {
  /// Creates the layer.
  public init() {}
  /// Returns the hyperbolic tangent of each element.
  public func callAsFunction(_ input: Tensor) -> Tensor { observed(tanh(input)) }
}

/// The logistic function as a layer; see `sigmoid`.
public struct Sigmoid: Layer {
  /// Creates the layer.
  public init() {}
  /// Returns the logistic function of each element.
  public func callAsFunction(_ input: Tensor) -> Tensor { observed(sigmoid(input)) }
}

/// The softplus function as a layer; see `softplus`.
public struct Softplus: Layer {
  /// Creates the layer.
  public init() {}
  /// Returns ln(1 + eˣ) for each element.
  public func callAsFunction(_ input: Tensor) -> Tensor { observed(softplus(input)) }
}

/// The softmax as a layer; see `softmax`.
public struct Softmax: Layer {
  private let axis: Int
  /// Creates the layer for an axis, the last one by default.
  public init(along axis: Int = -1) { self.axis = axis }
  /// Returns the softmax along the axis.
  public func callAsFunction(_ input: Tensor) -> Tensor { observed(softmax(input, along: axis)) }
}
