import CKernels
import Tensor

/// The exponential eˣ of each element; dx = dy · y.
public func exp(_ x: Tensor) -> Tensor {
  record("exp", x, saving: .output) {
    Elementwise.unary(CK_UNARY_EXP, $0)
  } pullback: { dy, saved in
    dy * saved.output
  }
}

/// eˣ − 1 of each element, accurate for small x too; dx = dy · eˣ.
public func expm1(_ x: Tensor) -> Tensor {
  record("expm1", x, saving: .input) {
    Elementwise.unary(CK_UNARY_EXPM1, $0)
  } pullback: { dy, saved in
    dy * exp(saved.input)
  }
}

/// The natural logarithm ln x of each element; dx = dy / x.
///
/// The result is −∞ at 0 and NaN below.
public func log(_ x: Tensor) -> Tensor {
  record("log", x, saving: .input) {
    Elementwise.unary(CK_UNARY_LOG, $0)
  } pullback: { dy, saved in
    dy / saved.input
  }
}

/// ln(1 + x) of each element, accurate for small x too; dx = dy / (1 + x).
public func log1p(_ x: Tensor) -> Tensor {
  record("log1p", x, saving: .input) {
    Elementwise.unary(CK_UNARY_LOG1P, $0)
  } pullback: { dy, saved in
    dy / (saved.input + 1)
  }
}

/// The error function erf x = 2/√π ∫₀ˣ e^(−t²) dt of each element; dx = dy · 2/√π · e^(−x²).
public func erf(_ x: Tensor) -> Tensor {
  record("erf", x, saving: .input) {
    Elementwise.unary(CK_UNARY_ERF, $0)
  } pullback: { dy, saved in
    dy * gaussian(saved.input) * (2 / Double.pi.squareRoot())
  }
}

/// The Gaussian function e^(−x²) of each element, without the rounding of x²; dx = −dy · 2xy.
func gaussian(_ x: Tensor) -> Tensor {
  record("gaussian", x, saving: [.input, .output]) {
    Elementwise.unary(CK_UNARY_GAUSS, $0)
  } pullback: { dy, saved in
    dy * saved.output * saved.input * -2
  }
}

/// The power 2ˣ of each element; dx = dy · y · ln 2.
public func exp2(_ x: Tensor) -> Tensor {
  record("exp2", x, saving: .output) {
    Elementwise.unary(CK_UNARY_EXP2, $0)
  } pullback: { dy, saved in
    dy * saved.output * naturalLogarithmOf2
  }
}

/// The binary logarithm of each element; dx = dy / (x · ln 2).
public func log2(_ x: Tensor) -> Tensor {
  record("log2", x, saving: .input) {
    Elementwise.unary(CK_UNARY_LOG2, $0)
  } pullback: { dy, saved in
    dy / (saved.input * naturalLogarithmOf2)
  }
}

/// The decimal logarithm of each element; dx = dy / (x · ln 10).
public func log10(_ x: Tensor) -> Tensor {
  record("log10", x, saving: .input) {
    Elementwise.unary(CK_UNARY_LOG10, $0)
  } pullback: { dy, saved in
    dy / (saved.input * naturalLogarithmOf10)
  }
}

private let naturalLogarithmOf2 = 0.693147180559945309417
private let naturalLogarithmOf10 = 2.30258509299404568402
