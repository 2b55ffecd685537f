import CKernels
import Tensor

/// The gradient of an activation function: by a fused kernel where that is allowed, else by
/// `composed`, which is differentiable.
private func fusedGradient(
  _ function: FusedActivation, _ dy: Tensor, _ saved: Tensor, composed: () -> Tensor
) -> Tensor {
  mayUseFusedKernel(dy, saved) ? Elementwise.binary(function.gradient, dy, saved) : composed()
}

extension FusedActivation {
  /// Applies the function to each element.
  package func callAsFunction(_ x: Tensor) -> Tensor {
    switch self {
    case .relu: Autograd.relu(x)
    case .tanh: Autograd.tanh(x)
    case .sigmoid: Autograd.sigmoid(x)
    case .softplus: Autograd.softplus(x)
    case .silu: Autograd.silu(x)
    case .gelu: Autograd.gelu(x)
    case .geluTanh: Autograd.geluTanh(x)
    case .hardSigmoid: Autograd.hardSigmoid(x)
    case .hardSwish: Autograd.hardSwish(x)
    }
  }
}

/// The rectified linear unit max(x, 0) of each element; dx = dy where x > 0, else 0.
/// (Nair and Hinton, 2010)
public func relu(_ x: Tensor) -> Tensor {
  // y > 0 exactly where x > 0, so saving the output is enough.
  record("relu", x, saving: .output) {
    Elementwise.unary(FusedActivation.relu.value, $0)
  } pullback: { dy, saved in
    fusedGradient(.relu, dy, saved.output) {
      select(saved.output .<= 0, Tensor(0, dtype: dy.dtype), dy)
    }
  }
}

/// The leaky rectified linear unit: x where x > 0, else slope · x; dx = dy or slope · dy.
/// (Maas et al., 2013)
public func leakyRelu(_ x: Tensor, slope: Double = 0.01) -> Tensor {
  requireFloatingPoint(x, for: "leakyRelu")
  if Trace.isRunning { return select(x .> 0, x, x * slope) }
  return record("leakyRelu", x, saving: .input) {
    Elementwise.binary(CK_BINARY_LEAKY_RELU, $0, slope)
  } pullback: { dy, saved in
    select(saved.input .> 0, dy, dy * slope)
  }
}

/// The exponential linear unit: x where x > 0, else α(eˣ − 1); dx = dy or dy · α eˣ.
/// (Clevert et al., 2015, 1511.07289)
public func elu(_ x: Tensor, alpha: Double = 1) -> Tensor {
  exponentialLinear("elu", x, alpha: alpha)
}

/// λx where x > 0, else λα(e^(x/w) − 1); dx = dy λ or dy · λα/w · e^(x/w).
///
/// The slope is computed from x, because y + λα cancels where y is near −λα.
private func exponentialLinear(
  _ operation: StaticString, _ x: Tensor, alpha: Double, width: Double = 1, scale: Double = 1
) -> Tensor {
  requireFloatingPoint(x, for: operation)
  // The exponential is not computed for positive elements, where it could overflow.
  @Sendable func exponent(_ x: Tensor) -> Tensor {
    let bounded = select(x .<= 0, x, Tensor(0, dtype: x.dtype))
    return width == 1 ? bounded : bounded / width
  }
  return record(operation, x, saving: .input) { x in
    fused {
      let linear = scale == 1 ? x : x * scale
      return select(x .<= 0, expm1(exponent(x)) * (scale * alpha), linear)
    }
  } pullback: { dy, saved in
    let slope = exp(exponent(saved.input)) * (scale * alpha / width)
    return dy * select(saved.input .<= 0, slope, Tensor(scale, dtype: dy.dtype))
  }
}

/// The hyperbolic tangent of each element; dx = dy (1 − y²).
///
/// The slope is computed from y as (1 − y)(1 + y), as in JAX. Where y is near ±1 its error is that
/// of the rounding of y: at most 2.4·10⁻⁷ in float32, which is all of it beyond |x| ≈ 9.
public func tanh(_ x: Tensor) -> Tensor {
  record("tanh", x, saving: .output) {
    Elementwise.unary(FusedActivation.tanh.value, $0)
  } pullback: { dy, saved in
    fusedGradient(.tanh, dy, saved.output) {
      dy * ((1 - saved.output) * (1 + saved.output))
    }
  }
}

/// The logistic function 1/(1 + e⁻ˣ) of each element; dx = dy · y (1 − y).
///
/// The slope is computed from y, as in PyTorch and JAX. Where y is near 1 its error is that of the
/// rounding of y: at most 1.2·10⁻⁷ in float32, which is all of it beyond x ≈ 17.
public func sigmoid(_ x: Tensor) -> Tensor {
  record("sigmoid", x, saving: .output) {
    Elementwise.unary(FusedActivation.sigmoid.value, $0)
  } pullback: { dy, saved in
    fusedGradient(.sigmoid, dy, saved.output) {
      dy * (saved.output * (1 - saved.output))
    }
  }
}

/// The softplus ln(1 + eˣ) of each element, computed without overflow; dx = dy · sigmoid x.
public func softplus(_ x: Tensor) -> Tensor {
  record("softplus", x, saving: .input) {
    Elementwise.unary(FusedActivation.softplus.value, $0)
  } pullback: { dy, saved in
    fusedGradient(.softplus, dy, saved.input) { dy * sigmoid(saved.input) }
  }
}

/// The sigmoid linear unit x · s of each element, with s = sigmoid x; dx = dy · s (1 + x (1 − s)).
/// (Elfwing et al., 2017, 1702.03118)
///
/// The slope is 0 at x ≈ −1.278; near it the error of float32 is at most 1.2·10⁻⁷.
public func silu(_ x: Tensor) -> Tensor {
  record("silu", x, saving: .input) {
    Elementwise.unary(FusedActivation.silu.value, $0)
  } pullback: { dy, saved in
    fusedGradient(.silu, dy, saved.input) {
      // Beyond these limits s is 0 or 1, and 0 · ∞ would be NaN.
      let x = clamp(saved.input, from: -1000, to: 1000)
      let s = sigmoid(x)
      return dy * (s * (1 + x * (1 - s)))
    }
  }
}

/// The Gaussian error linear unit x · Φ(x) of each element, with Φ the normal distribution
/// function; dx = dy · (Φ(x) + x φ(x)). (Hendrycks and Gimpel, 2016, 1606.08415; the exact form)
///
/// The value keeps its digits in the lower tail, where 1 + erf would cancel. The slope is 0 at
/// x ≈ −0.752; near it the error of float32 is at most 1.2·10⁻⁷.
public func gelu(_ x: Tensor) -> Tensor {
  record("gelu", x, saving: .input) {
    Elementwise.unary(FusedActivation.gelu.value, $0)
  } pullback: { dy, saved in
    fusedGradient(.gelu, dy, saved.input) { dy * geluSlope(saved.input) }
  }
}

/// The slope of `gelu`, Φ(x) + x φ(x); dx = dy · φ(x)(2 − x²).
private func geluSlope(_ x: Tensor) -> Tensor {
  record("geluSlope", x, saving: .input) {
    Elementwise.binary(CK_BINARY_GELU_GRAD, 1, $0)
  } pullback: { dy, saved in
    // Beyond these limits the density is 0, and 0 · ∞ would be NaN.
    let x = clamp(saved.input, from: -40, to: 40)
    let density = gaussian(x * 0.5.squareRoot()) * (1 / (2 * Double.pi).squareRoot())
    return dy * (density * (2 - square(x)))
  }
}

/// The tanh approximation of the Gaussian error linear unit,
/// x/2 · (1 + tanh u) with u = √(2/π)(x + 0.044715x³). (Hendrycks and Gimpel, 2016, 1606.08415)
///
/// With s = sigmoid 2u, which does not cancel for negative u, it is x · s, and
/// dx = dy · s (1 + x (1 − s) 2u′). In the lower tail the relative error of float32 grows with |u|,
/// to 2.5·10⁻⁵ where the value underflows. The slope is 0 at x ≈ −0.753; near it the error is at
/// most 1.2·10⁻⁷.
public func geluTanh(_ x: Tensor) -> Tensor {
  requireFloatingPoint(x, for: "geluTanh")
  return record("geluTanh", x, saving: .input) {
    Elementwise.unary(FusedActivation.geluTanh.value, $0)
  } pullback: { dy, saved in
    fusedGradient(.geluTanh, dy, saved.input) {
      // Beyond these limits s is 0 or 1, and 0 · ∞ would be NaN.
      let x = clamp(saved.input, from: -40, to: 40)
      let (factor, cubic) = ((8 / Double.pi).squareRoot(), 0.044715)
      let s = sigmoid(x * (square(x) * (factor * cubic) + factor))
      let inner = square(x) * (factor * cubic * 3) + factor
      return dy * (s * (x * (1 - s) * inner + 1))
    }
  }
}

/// The logarithm of the sigmoid, −ln(1 + e⁻ˣ), of each element, computed without overflow;
/// dx = dy · sigmoid(−x).
public func logSigmoid(_ x: Tensor) -> Tensor {
  requireFloatingPoint(x, for: "logSigmoid")
  return -softplus(-x)
}

/// The scaled exponential linear unit: λx where x > 0, else λα(eˣ − 1); λ ≈ 1.0507, α ≈ 1.6733.
/// (Klambauer et al., 2017, 1706.02515)
public func selu(_ x: Tensor) -> Tensor {
  exponentialLinear(
    "selu", x, alpha: 1.6732632423543772848170429916717, scale: 1.0507009873554804934193349852946)
}

/// The continuously differentiable exponential linear unit max(x, 0) + min(0, α(e^(x/α) − 1)).
/// (Barron, 2017, 1704.07483)
///
/// The slope is e^(x/α) below 0; the rounding of x/α gives it a relative error of up to |x/α| units
/// in the last place.
public func celu(_ x: Tensor, alpha: Double = 1) -> Tensor {
  exponentialLinear("celu", x, alpha: alpha, width: alpha)
}

/// The mish function x · tanh(softplus x) of each element. (Misra, 2019, 1908.08681)
///
/// The slope is 0 at x ≈ −1.192; near it, and where the tanh is near 1, the error of float32 is at
/// most 10⁻⁶.
public func mish(_ x: Tensor) -> Tensor { fused { x * tanh(softplus(x)) } }

/// The hard sigmoid of each element: x/6 + 1/2, limited to [0, 1]; dx = dy/6 inside, else 0.
public func hardSigmoid(_ x: Tensor) -> Tensor {
  requireFloatingPoint(x, for: "hardSigmoid")
  if Trace.isRunning { return clamp(x / 6 + 0.5, from: 0, to: 1) }
  return record("hardSigmoid", x, saving: .input) {
    Elementwise.unary(FusedActivation.hardSigmoid.value, $0)
  } pullback: { dy, saved in
    fusedGradient(.hardSigmoid, dy, saved.input) {
      select(isInsideHardSigmoid(saved.input), dy / 6, 0)
    }
  }
}

/// Whether the hard sigmoid has a slope: x/6 + 1/2 is strictly between 0 and 1.
private func isInsideHardSigmoid(_ x: Tensor) -> Tensor {
  let y = x.detached / 6 + 0.5
  return (y .> 0) .& (y .< 1)
}

/// The hard swish x · hardSigmoid x of each element. (Howard et al., 2019, 1905.02244)
public func hardSwish(_ x: Tensor) -> Tensor {
  requireFloatingPoint(x, for: "hardSwish")
  if Trace.isRunning { return x * hardSigmoid(x) }
  return record("hardSwish", x, saving: .input) {
    Elementwise.unary(FusedActivation.hardSwish.value, $0)
  } pullback: { dy, saved in
    let x = saved.input
    return fusedGradient(.hardSwish, dy, x) {
      dy * hardSigmoid(x) + select(isInsideHardSigmoid(x), dy * x / 6, 0)
    }
  }
}

/// The softsign x / (1 + |x|) of each element; dx = dy / (1 + |x|)².
public func softsign(_ x: Tensor) -> Tensor {
  requireFloatingPoint(x, for: "softsign")
  return record("softsign", x, saving: .input) {
    x in
    fused { x / (abs(x) + 1) }
  } pullback: { dy, saved in
    // Divided twice, because the square may overflow.
    let size = abs(saved.input) + 1
    return dy / size / size
  }
}

/// The gated linear unit a · sigmoid b, where a and b are the halves of an axis.
/// (Dauphin et al., 2016, 1612.08083)
public func glu(_ x: Tensor, along axis: Int = -1) -> Tensor {
  let size = x.shape[x.shape.axis(axis, in: "glu")]
  require(size % 2 == 0, "glu: axis \(axis) of shape \(x.shape) has an odd size")
  requireFloatingPoint(x, for: "glu")
  let halves = x.split(into: 2, along: axis)
  if x.node != nil || Trace.isRunning { return fused { halves[0] * sigmoid(halves[1]) } }
  // Only a gradient reads the sigmoid by itself; it is the slope of softplus.
  return recordConstant("glu", halves[0], halves[1]) {
    Elementwise.binary(FusedActivation.softplus.gradient, halves[0], halves[1])
  }
}
