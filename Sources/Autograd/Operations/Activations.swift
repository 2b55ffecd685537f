import CKernels
import Tensor

/// The gradient of an activation in one pass where nothing records it, as a composition where something
/// does: `composed` is differentiable, the kernel is not.
private func fused(
  _ kernel: ck_binary_op, _ dy: Tensor, _ saved: Tensor, composed: () -> Tensor
) -> Tensor {
  dy.node == nil && saved.node == nil ? Elementwise.binary(kernel, dy, saved) : composed()
}

/// max(x, 0) of each element; dx = dy where x > 0, else 0, at 0 too.  (Nair and Hinton, 2010)
public func relu(_ x: Tensor) -> Tensor {
  // y > 0 exactly where x > 0, so the output serves and the input need not be kept.
  record("relu", x, saving: .output) {
    Elementwise.unary(CK_UNARY_RELU, $0)
  } pullback: { dy, saved in
    fused(CK_BINARY_RELU_GRAD, dy, saved.y) {
      select(saved.y .<= 0, Tensor(0, dtype: dy.dtype), dy)
    }
  }
}

/// x where x > 0 and slope · x elsewhere; dx = dy or slope · dy.  (Maas et al., 2013)
public func leakyRelu(_ x: Tensor, slope: Double = 0.01) -> Tensor {
  select(x .> 0, x, x * slope)
}

/// x where x > 0 and α(eˣ − 1) elsewhere; dx = dy or dy · α eˣ.  (Clevert et al., 2015, 1511.07289)
public func elu(_ x: Tensor, alpha: Double = 1) -> Tensor {
  exponentialLinear(x) { expm1($0) * alpha }
}

/// Another function where x ≤ 0 and x elsewhere.
private func exponentialLinear(_ x: Tensor, _ negative: (Tensor) -> Tensor) -> Tensor {
  // The exponential sees no positive element, so it cannot overflow where it is not chosen.
  let isNegative = x .<= 0
  return select(isNegative, negative(select(isNegative, x, Tensor(0, dtype: x.dtype))), x)
}

/// The hyperbolic tangent of each element; dx = dy (1 − y²).
public func tanh(_ x: Tensor) -> Tensor {
  record("tanh", x, saving: .output) {
    Elementwise.unary(CK_UNARY_TANH, $0)
  } pullback: { dy, saved in
    fused(CK_BINARY_TANH_GRAD, dy, saved.y) { dy * (1 - square(saved.y)) }
  }
}

/// The logistic function 1/(1 + e⁻ˣ) of each element; dx = dy · y (1 − y).
public func sigmoid(_ x: Tensor) -> Tensor {
  record("sigmoid", x, saving: .output) {
    Elementwise.unary(CK_UNARY_SIGMOID, $0)
  } pullback: { dy, saved in
    fused(CK_BINARY_SIGMOID_GRAD, dy, saved.y) { dy * (saved.y * (1 - saved.y)) }
  }
}

/// ln(1 + eˣ) of each element, without overflow; dx = dy · sigmoid x.
public func softplus(_ x: Tensor) -> Tensor {
  record("softplus", x, saving: .first) {
    Elementwise.unary(CK_UNARY_SOFTPLUS, $0)
  } pullback: { dy, saved in
    fused(CK_BINARY_SOFTPLUS_GRAD, dy, saved.x) { dy * sigmoid(saved.x) }
  }
}

/// x · sigmoid x of each element; dx = dy · s (1 + x (1 − s)) with s = sigmoid x.
/// (Elfwing et al., 2017, 1702.03118)
public func silu(_ x: Tensor) -> Tensor {
  record("silu", x, saving: .first) {
    Elementwise.unary(CK_UNARY_SILU, $0)
  } pullback: { dy, saved in
    fused(CK_BINARY_SILU_GRAD, dy, saved.x) {
      // Further out s is 0 or 1, and 0 · ∞ would be NaN.
      let x = clamp(saved.x, from: -1000, to: 1000)
      let s = sigmoid(x)
      return dy * (s * (1 + x * (1 - s)))
    }
  }
}

/// The Gaussian error linear unit x · Φ(x) of each element, with Φ the normal distribution function;
/// dx = dy · (Φ(x) + x φ(x)).  (Hendrycks and Gimpel, 2016, 1606.08415; the exact form)
public func gelu(_ x: Tensor) -> Tensor {
  record("gelu", x, saving: .first) {
    Elementwise.unary(CK_UNARY_GELU, $0)
  } pullback: { dy, saved in
    fused(CK_BINARY_GELU_GRAD, dy, saved.x) {
      // Further out the density is 0, and 0 · ∞ would be NaN.
      let x = clamp(saved.x, from: -40, to: 40)
      let cumulative = (erf(x * 0.5.squareRoot()) + 1) * 0.5
      let density = exp(square(x) * -0.5) * (1 / (2 * Double.pi).squareRoot())
      return dy * (cumulative + x * density)
    }
  }
}

/// The Gaussian error linear unit in its tanh form,
/// x/2 · (1 + tanh(√(2/π)(x + 0.044715x³))).  (Hendrycks and Gimpel, 2016, 1606.08415)
public func geluTanh(_ x: Tensor) -> Tensor {
  let inner = (x + x * square(x) * 0.044715) * (2 / Double.pi).squareRoot()
  return x * 0.5 * (tanh(inner) + 1)
}

/// ln sigmoid x = −ln(1 + e⁻ˣ) of each element, without overflow; dx = dy · sigmoid(−x).
public func logSigmoid(_ x: Tensor) -> Tensor { -softplus(-x) }

/// λx where x > 0 and λα(eˣ − 1) elsewhere, with λ ≈ 1.0507 and α ≈ 1.6733.
/// (Klambauer et al., 2017, 1706.02515)
public func selu(_ x: Tensor) -> Tensor {
  elu(x, alpha: 1.6732632423543772848170429916717) * 1.0507009873554804934193349852946
}

/// max(x, 0) + min(0, α(e^(x/α) − 1)) of each element.  (Barron, 2017, 1704.07483)
public func celu(_ x: Tensor, alpha: Double = 1) -> Tensor {
  exponentialLinear(x) { expm1($0 / alpha) * alpha }
}

/// x · tanh(softplus x) of each element.  (Misra, 2019, 1908.08681)
public func mish(_ x: Tensor) -> Tensor { x * tanh(softplus(x)) }

/// x/6 + 1/2 limited to [0, 1], of each element; the derivative is 0 at the limits.
public func hardSigmoid(_ x: Tensor) -> Tensor { clamp(x / 6 + 0.5, from: 0, to: 1) }

/// x · hardSigmoid x of each element.  (Howard et al., 2019, 1905.02244)
public func hardSwish(_ x: Tensor) -> Tensor { x * hardSigmoid(x) }

/// x / (1 + |x|) of each element.
public func softsign(_ x: Tensor) -> Tensor { x / (abs(x) + 1) }

/// The gated linear unit a · sigmoid b of the halves a and b of an axis.
/// (Dauphin et al., 2016, 1612.08083)
public func glu(_ x: Tensor, along axis: Int = -1) -> Tensor {
  let size = x.shape[x.shape.axis(axis, in: "glu")]
  require(size % 2 == 0, "glu: axis \(axis) of shape \(x.shape) has no halves")
  let halves = x.split(into: 2, along: axis)
  return halves[0] * sigmoid(halves[1])
}

/// The softmax along an axis, yᵢ = e^xᵢ / Σⱼ e^xⱼ, computed from differences to the greatest element;
/// dx = y (dy − Σ dy·y).
public func softmax(_ x: Tensor, along axis: Int = -1) -> Tensor {
  alongLast(x, axis, in: "softmax") { x in
    record("softmax", x, saving: .output) {
      RowKernels.apply(CK_ROWS_SOFTMAX, $0, name: "softmax")
    } pullback: { dy, saved in
      let y = saved.y
      if dy.node == nil && y.node == nil { return RowKernels.gradient(CK_ROWS_SOFTMAX, dy, y) }
      return y * (dy - (dy * y).sum(along: -1, keepingAxes: true))
    }
  }
}

/// The logarithm of the softmax along an axis, yᵢ = xᵢ − ln Σⱼ e^xⱼ, without overflow;
/// dx = dy − e^y Σ dy.
public func logSoftmax(_ x: Tensor, along axis: Int = -1) -> Tensor {
  alongLast(x, axis, in: "logSoftmax") { x in
    record("logSoftmax", x, saving: .output) {
      RowKernels.apply(CK_ROWS_LOG_SOFTMAX, $0, name: "logSoftmax")
    } pullback: { dy, saved in
      let y = saved.y
      if dy.node == nil && y.node == nil {
        return RowKernels.gradient(CK_ROWS_LOG_SOFTMAX, dy, y)
      }
      return dy - exp(y) * dy.sum(along: -1, keepingAxes: true)
    }
  }
}

/// Applies an operation of the last axis along another one.
private func alongLast(
  _ x: Tensor, _ axis: Int, in name: StaticString, _ operation: (Tensor) -> Tensor
) -> Tensor {
  let axis = x.shape.axis(axis, in: name)
  if axis == x.rank - 1 { return operation(x) }
  return operation(x.transposed(axis, -1)).transposed(axis, -1)
}
