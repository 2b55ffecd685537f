import CKernels

/// An activation function that has a kernel for its value and one for its gradient, so that layers
/// can compute it together with a linear map.
package enum FusedActivation: Sendable {
  case relu, tanh, sigmoid, softplus, silu, gelu, geluTanh, hardSigmoid, hardSwish

  /// The kernel of the value.
  package var value: ck_unary_op {
    switch self {
    case .relu: CK_UNARY_RELU
    case .tanh: CK_UNARY_TANH
    case .sigmoid: CK_UNARY_SIGMOID
    case .softplus: CK_UNARY_SOFTPLUS
    case .silu: CK_UNARY_SILU
    case .gelu: CK_UNARY_GELU
    case .geluTanh: CK_UNARY_GELU_TANH
    case .hardSigmoid: CK_UNARY_HARD_SIGMOID
    case .hardSwish: CK_UNARY_HARD_SWISH
    }
  }

  /// The kernel of the gradient, given that of the output and what ``readsOutput`` says.
  package var gradient: ck_binary_op {
    switch self {
    case .relu: CK_BINARY_RELU_GRAD
    case .tanh: CK_BINARY_TANH_GRAD
    case .sigmoid: CK_BINARY_SIGMOID_GRAD
    case .softplus: CK_BINARY_SOFTPLUS_GRAD
    case .silu: CK_BINARY_SILU_GRAD
    case .gelu: CK_BINARY_GELU_GRAD
    case .geluTanh: CK_BINARY_GELU_TANH_GRAD
    case .hardSigmoid: CK_BINARY_HARD_SIGMOID_GRAD
    case .hardSwish: CK_BINARY_HARD_SWISH_GRAD
    }
  }

  /// Whether the gradient is computed from the output of the function instead of its input.
  var readsOutput: Bool {
    switch self {
    case .relu, .tanh, .sigmoid: true
    case .softplus, .silu, .gelu, .geluTanh, .hardSigmoid, .hardSwish: false
    }
  }
}
