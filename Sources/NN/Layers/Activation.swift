import Autograd
import Tensor

/// An activation function as a value, for models that take it as a setting.
public enum Activation: String, Sendable, CaseIterable, Codable {
  /// The rectified linear unit, max(x, 0).
  case relu
  /// x for positive x, 0.01 x for negative x.
  case leakyRelu = "leaky-relu"
  /// The exponential linear unit: x for positive x, eˣ − 1 for negative x.
  case elu
  /// The exact Gaussian error linear unit, x · Φ(x).
  case gelu
  /// The sigmoid linear unit, x · sigmoid x, also known as swish.
  case silu
  /// The hyperbolic tangent.
  case tanh
  /// The logistic function, 1 / (1 + e⁻ˣ).
  case sigmoid
  /// A smooth approximation of the rectifier, ln(1 + eˣ).
  case softplus

  /// Applies the function to each element.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    switch self {
    case .relu: Autograd.relu(x)
    case .leakyRelu: Autograd.leakyRelu(x)
    case .elu: Autograd.elu(x)
    case .gelu: Autograd.gelu(x)
    case .silu: Autograd.silu(x)
    case .tanh: Autograd.tanh(x)
    case .sigmoid: Autograd.sigmoid(x)
    case .softplus: Autograd.softplus(x)
    }
  }

  /// The same function where a layer computes it together with a linear map, if it can.
  var fused: FusedActivation? {
    switch self {
    case .relu: .relu
    case .gelu: .gelu
    case .silu: .silu
    case .tanh: .tanh
    case .sigmoid: .sigmoid
    case .softplus: .softplus
    case .leakyRelu, .elu: nil
    }
  }
}
