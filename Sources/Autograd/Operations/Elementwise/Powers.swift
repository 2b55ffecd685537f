import CKernels
import CLibrary
import Tensor

/// Each element raised to the power of a number, xᵖ; dx = dy · p · xᵖ⁻¹, which is 0 for p = 0.
///
/// A negative element to a fractional power is NaN, as in IEEE 754. For int32 an exponent with a
/// fraction or below 0, whose powers would lose their fractions, stops the program.
public func pow(_ x: Tensor, _ exponent: Double) -> Tensor { power(x, exponent, in: "pow") }

/// The square x² of each element; dx = dy · 2x.
public func square(_ x: Tensor) -> Tensor { power(x, 2, in: "square") }

private func power(_ x: Tensor, _ exponent: Double, in operation: StaticString) -> Tensor {
  require(
    x.dtype.isFloatingPoint || !(exponent < 0) || !x.dtype.holds(exponent),
    "\(operation): \(x.dtype) cannot hold powers of \(spelled(exponent)); convert the tensor first")
  return record(operation, x, saving: .input, attributes: ["number": .number(exponent)]) {
    exponent == 2
      ? Elementwise.unary(CK_UNARY_SQUARE, $0) : Elementwise.binary(CK_BINARY_POW, $0, exponent)
  } pullback: { dy, saved in
    if exponent == 0 { return Tensor.zeros(like: dy) }
    return exponent == 2 ? dy * (saved.input * 2) : dy * (pow(saved.input, exponent - 1) * exponent)
  }
}

/// Each element of `base` raised to the power of that of `exponent`, broadcast: y = aᵇ.
///
/// da = dy · b · aᵇ⁻¹, which is 0 where b = 0.
/// db = dy · y · ln a, which is 0 where a = 0 and b ≥ 0.
public func pow(_ base: Tensor, _ exponent: Tensor) -> Tensor {
  record("pow", base, exponent, saving: [.first, .second, .output]) {
    Elementwise.binary(CK_BINARY_POW, $0, $1)
  } lhs: { dy, saved in
    let slope = saved.second * pow(saved.first, saved.second - 1)
    return dy * select(saved.second .== 0, Tensor.zeros(like: saved.second), slope)
  } rhs: { dy, saved in
    let isFlat = (saved.first .== 0) .& (saved.second .>= 0)
    let safe = select(isFlat, Tensor.ones(like: saved.first), saved.first)
    return dy * saved.output * log(safe)
  }
}

/// A number raised to the power of each element, aˣ; dx = dy · y · ln a.
///
/// For a = 0 the gradient is 0 where x ≥ 0. A number that the dtype cannot hold stops the program.
public func pow(_ base: Double, _ exponent: Tensor) -> Tensor {
  record(
    "pow", exponent, saving: [.first, .output],
    attributes: ["number": .number(base), "isReversed": true]
  ) {
    Elementwise.binary(CK_BINARY_POW, base, $0)
  } pullback: { dy, saved in
    if base == 0 { return select(saved.input .>= 0, 0, dy * saved.output * -Double.infinity) }
    return dy * saved.output * log(base)
  }
}

/// The square root √x of each element; dx = dy / (2y), infinite at 0.
///
/// The result is NaN below 0.
public func sqrt(_ x: Tensor) -> Tensor {
  record("sqrt", x, saving: .output) {
    Elementwise.unary(CK_UNARY_SQRT, $0)
  } pullback: { dy, saved in
    dy / (saved.output * 2)
  }
}

/// The reciprocal square root 1/√x of each element; dx = −dy · y³ / 2.
public func rsqrt(_ x: Tensor) -> Tensor {
  record("rsqrt", x, saving: .output) {
    Elementwise.unary(CK_UNARY_RSQRT, $0)
  } pullback: { dy, saved in
    // In this order nothing overflows before the result does.
    dy * (saved.output * saved.output * (saved.output * -0.5))
  }
}
