import CKernels
import Tensor

/// The sines of the elements, in radians; dx = dy · cos x.
public func sin(_ x: Tensor) -> Tensor {
  record("sin", x, saving: .first) {
    Elementwise.unary(CK_UNARY_SIN, $0)
  } pullback: { dy, saved in
    dy * cos(saved.x)
  }
}

/// The cosines of the elements, in radians; dx = −dy · sin x.
public func cos(_ x: Tensor) -> Tensor {
  record("cos", x, saving: .first) {
    Elementwise.unary(CK_UNARY_COS, $0)
  } pullback: { dy, saved in
    -dy * sin(saved.x)
  }
}

/// The tangents of the elements, in radians; dx = dy (1 + y²).
public func tan(_ x: Tensor) -> Tensor {
  record("tan", x, saving: .output) {
    Elementwise.unary(CK_UNARY_TAN, $0)
  } pullback: { dy, saved in
    dy * (1 + square(saved.y))
  }
}

/// The angles from −π/2 to π/2 with the sines x; dx = dy / √(1 − x²).
///
/// NaN outside of [−1, 1].
public func asin(_ x: Tensor) -> Tensor {
  record("asin", x, saving: .first) {
    Elementwise.unary(CK_UNARY_ASIN, $0)
  } pullback: { dy, saved in
    dy * rsqrt(1 - square(saved.x))
  }
}

/// The angles from 0 to π with the cosines x; dx = −dy / √(1 − x²).
///
/// NaN outside of [−1, 1].
public func acos(_ x: Tensor) -> Tensor {
  record("acos", x, saving: .first) {
    Elementwise.unary(CK_UNARY_ACOS, $0)
  } pullback: { dy, saved in
    -dy * rsqrt(1 - square(saved.x))
  }
}

/// The angles from −π/2 to π/2 with the tangents x; dx = dy / (1 + x²).
public func atan(_ x: Tensor) -> Tensor {
  record("atan", x, saving: .first) {
    Elementwise.unary(CK_UNARY_ATAN, $0)
  } pullback: { dy, saved in
    dy / (1 + square(saved.x))
  }
}

/// The angles from −π to π of the points (x, y); dy' = d · x/(x² + y²), dx' = −d · y/(x² + y²), which are 0
/// at the origin.
public func atan2(_ y: Tensor, _ x: Tensor) -> Tensor {
  /// 1 / (x² + y²), or 0 at the origin.
  @Sendable func inverseSquareRadius(_ saved: Saved) -> Tensor {
    let squares = square(saved.a) + square(saved.b)
    let isOrigin = squares .== 0
    return select(
      isOrigin, Tensor.zeros(like: squares),
      1 / select(isOrigin, Tensor.ones(like: squares), squares))
  }
  return record("atan2", y, x, saving: [.first, .second]) {
    Elementwise.binary(CK_BINARY_ATAN2, $0, $1)
  } lhs: { dy, saved in
    dy * saved.b * inverseSquareRadius(saved)
  } rhs: { dy, saved in
    -dy * saved.a * inverseSquareRadius(saved)
  }
}

/// The hyperbolic sines (eˣ − e⁻ˣ)/2 of the elements; dx = dy · cosh x.
public func sinh(_ x: Tensor) -> Tensor {
  record("sinh", x, saving: .first) {
    Elementwise.unary(CK_UNARY_SINH, $0)
  } pullback: { dy, saved in
    dy * cosh(saved.x)
  }
}

/// The hyperbolic cosines (eˣ + e⁻ˣ)/2 of the elements; dx = dy · sinh x.
public func cosh(_ x: Tensor) -> Tensor {
  record("cosh", x, saving: .first) {
    Elementwise.unary(CK_UNARY_COSH, $0)
  } pullback: { dy, saved in
    dy * sinh(saved.x)
  }
}
