import CKernels
import Tensor

/// The exponentials eˣ of the elements; dx = dy · y.
public func exp(_ x: Tensor) -> Tensor {
  record("exp", x, saving: .output) {
    Elementwise.unary(CK_UNARY_EXP, $0)
  } pullback: { dy, saved in
    dy * saved.y
  }
}

/// eˣ − 1 of each element, exact for small x too; dx = dy · (y + 1).
public func expm1(_ x: Tensor) -> Tensor {
  record("expm1", x, saving: .output) {
    Elementwise.unary(CK_UNARY_EXPM1, $0)
  } pullback: { dy, saved in
    dy * (saved.y + 1)
  }
}

/// The natural logarithms ln x of the elements; dx = dy / x.
///
/// −∞ at 0, NaN below.
public func log(_ x: Tensor) -> Tensor {
  record("log", x, saving: .first) {
    Elementwise.unary(CK_UNARY_LOG, $0)
  } pullback: { dy, saved in
    dy / saved.x
  }
}

/// ln(1 + x) of each element, exact for small x too; dx = dy / (1 + x).
public func log1p(_ x: Tensor) -> Tensor {
  record("log1p", x, saving: .first) {
    Elementwise.unary(CK_UNARY_LOG1P, $0)
  } pullback: { dy, saved in
    dy / (saved.x + 1)
  }
}

/// The square roots √x of the elements; dx = dy / (2y), infinite at 0.
///
/// NaN below 0.
public func sqrt(_ x: Tensor) -> Tensor {
  record("sqrt", x, saving: .output) {
    Elementwise.unary(CK_UNARY_SQRT, $0)
  } pullback: { dy, saved in
    dy / (saved.y * 2)
  }
}

/// The reciprocal square roots 1/√x of the elements; dx = −dy · y³ / 2.
public func rsqrt(_ x: Tensor) -> Tensor {
  record("rsqrt", x, saving: .output) {
    Elementwise.unary(CK_UNARY_RSQRT, $0)
  } pullback: { dy, saved in
    dy * (saved.y * saved.y * saved.y) * -0.5
  }
}

/// The error function erf x = 2/√π ∫₀ˣ e^(−t²) dt of each element; dx = dy · 2/√π · e^(−x²).
public func erf(_ x: Tensor) -> Tensor {
  record("erf", x, saving: .first) {
    Elementwise.unary(CK_UNARY_ERF, $0)
  } pullback: { dy, saved in
    dy * exp(-square(saved.x)) * (2 / Double.pi.squareRoot())
  }
}

/// The powers 2ˣ of the elements; dx = dy · y · ln 2.
public func exp2(_ x: Tensor) -> Tensor {
  record("exp2", x, saving: .output) {
    Elementwise.unary(CK_UNARY_EXP2, $0)
  } pullback: { dy, saved in
    dy * saved.y * naturalLogarithmOf2
  }
}

/// The binary logarithms of the elements; dx = dy / (x · ln 2).
public func log2(_ x: Tensor) -> Tensor {
  record("log2", x, saving: .first) {
    Elementwise.unary(CK_UNARY_LOG2, $0)
  } pullback: { dy, saved in
    dy / (saved.x * naturalLogarithmOf2)
  }
}

/// The decimal logarithms of the elements; dx = dy / (x · ln 10).
public func log10(_ x: Tensor) -> Tensor {
  record("log10", x, saving: .first) {
    Elementwise.unary(CK_UNARY_LOG10, $0)
  } pullback: { dy, saved in
    dy / (saved.x * naturalLogarithmOf10)
  }
}

private let naturalLogarithmOf2 = 0.693147180559945309417
private let naturalLogarithmOf10 = 2.30258509299404568402
