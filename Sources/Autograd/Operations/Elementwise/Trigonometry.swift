import CKernels
import Tensor

/// The sine of each element, in radians; dx = dy · cos x.
public func sin(_ x: Tensor) -> Tensor {
  record("sin", x, saving: .input) {
    Elementwise.unary(CK_UNARY_SIN, $0)
  } pullback: { dy, saved in
    dy * cos(saved.input)
  }
}

/// The cosine of each element, in radians; dx = −dy · sin x.
public func cos(_ x: Tensor) -> Tensor {
  record("cos", x, saving: .input) {
    Elementwise.unary(CK_UNARY_COS, $0)
  } pullback: { dy, saved in
    -dy * sin(saved.input)
  }
}

/// The tangent of each element, in radians; dx = dy (1 + y²).
public func tan(_ x: Tensor) -> Tensor {
  record("tan", x, saving: .output) {
    Elementwise.unary(CK_UNARY_TAN, $0)
  } pullback: { dy, saved in
    dy * (1 + square(saved.output))
  }
}

/// The arcsine of each element, from −π/2 to π/2; dx = dy / √(1 − x²).
///
/// The result is NaN outside of [−1, 1].
public func asin(_ x: Tensor) -> Tensor {
  record("asin", x, saving: .input) {
    Elementwise.unary(CK_UNARY_ASIN, $0)
  } pullback: { dy, saved in
    dy * rsqrt((1 - saved.input) * (1 + saved.input))
  }
}

/// The arccosine of each element, from 0 to π; dx = −dy / √(1 − x²).
///
/// The result is NaN outside of [−1, 1].
public func acos(_ x: Tensor) -> Tensor {
  record("acos", x, saving: .input) {
    Elementwise.unary(CK_UNARY_ACOS, $0)
  } pullback: { dy, saved in
    -dy * rsqrt((1 - saved.input) * (1 + saved.input))
  }
}

/// The arctangent of each element, from −π/2 to π/2; dx = dy / (1 + x²).
public func atan(_ x: Tensor) -> Tensor {
  record("atan", x, saving: .input) {
    Elementwise.unary(CK_UNARY_ATAN, $0)
  } pullback: { dy, saved in
    dy / (1 + square(saved.input))
  }
}

/// The angle of each point (x, y), from −π to π.
///
/// With d the gradient of the angle, the gradient of y is d · x/(x² + y²) and that of x is
/// −d · y/(x² + y²); both are 0 at the origin.
public func atan2(_ y: Tensor, _ x: Tensor) -> Tensor {
  /// One coordinate over x² + y², or 0 at the origin.
  ///
  /// Both are divided by the greater one first, so that the squares neither overflow nor vanish.
  @Sendable func overSquareRadius(_ coordinate: Tensor, _ saved: SavedTensors) -> Tensor {
    let limit =
      coordinate.dtype == .float32
      ? Double(Float.greatestFiniteMagnitude) : Double.greatestFiniteMagnitude
    let greatest = clamp(maximum(abs(saved.first), abs(saved.second)), from: 0, to: limit)
    let isOrigin = greatest .== 0
    let unit = select(isOrigin, Tensor.ones(like: greatest), greatest)
    let squares = square(saved.first / unit) + square(saved.second / unit)
    let slope = coordinate / unit / select(isOrigin, unit, squares) / unit
    return select(isOrigin, Tensor.zeros(like: slope), slope)
  }
  return record("atan2", y, x, saving: [.first, .second]) {
    Elementwise.binary(CK_BINARY_ATAN2, $0, $1)
  } lhs: { dy, saved in
    dy * overSquareRadius(saved.second, saved)
  } rhs: { dy, saved in
    -dy * overSquareRadius(saved.first, saved)
  }
}

/// The hyperbolic sine (eˣ − e⁻ˣ)/2 of each element; dx = dy · cosh x.
public func sinh(_ x: Tensor) -> Tensor {
  record("sinh", x, saving: .input) {
    Elementwise.unary(CK_UNARY_SINH, $0)
  } pullback: { dy, saved in
    dy * cosh(saved.input)
  }
}

/// The hyperbolic cosine (eˣ + e⁻ˣ)/2 of each element; dx = dy · sinh x.
public func cosh(_ x: Tensor) -> Tensor {
  record("cosh", x, saving: .input) {
    Elementwise.unary(CK_UNARY_COSH, $0)
  } pullback: { dy, saved in
    dy * sinh(saved.input)
  }
}

/// The inverse hyperbolic sine log(x + √(x² + 1)) of each element; dx = dy / √(x² + 1).
public func asinh(_ x: Tensor) -> Tensor {
  record("asinh", x, saving: .input) {
    Elementwise.unary(CK_UNARY_ASINH, $0)
  } pullback: { dy, saved in
    // The greater of |x| and 1 is divided out, so that the square does not overflow.
    let size = abs(saved.input)
    let greater = clamp(size, from: 1)
    return dy / greater * rsqrt(1 + square(clamp(size, to: 1) / greater))
  }
}

/// The inverse hyperbolic cosine log(x + √(x² − 1)) of each element, at least 0;
/// dx = dy / √(x² − 1).
///
/// The result is NaN below 1.
public func acosh(_ x: Tensor) -> Tensor {
  record("acosh", x, saving: .input) {
    Elementwise.unary(CK_UNARY_ACOSH, $0)
  } pullback: { dy, saved in
    dy * rsqrt(saved.input - 1) * rsqrt(saved.input + 1)
  }
}

/// The inverse hyperbolic tangent ½ log((1 + x)/(1 − x)) of each element; dx = dy / (1 − x²).
///
/// The result is ±∞ at ±1, and NaN outside of [−1, 1].
public func atanh(_ x: Tensor) -> Tensor {
  record("atanh", x, saving: .input) {
    Elementwise.unary(CK_UNARY_ATANH, $0)
  } pullback: { dy, saved in
    dy / ((1 - saved.input) * (1 + saved.input))
  }
}
