import Autograd
import Tensor

/// An activation function by its name, for models that take it as a value.
public enum Activation: String, Sendable, CaseIterable, Codable {
  /// max(x, 0)
  case relu
  /// x or 0.01 x
  case leakyRelu = "leaky-relu"
  /// x or eˣ − 1
  case elu
  /// The exact Gaussian error linear unit.
  case gelu
  /// x · sigmoid x
  case silu
  /// The hyperbolic tangent.
  case tanh
  /// The logistic function.
  case sigmoid
  /// ln(1 + eˣ)
  case softplus

  /// The function of each element.
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
}
