import CKernels
import Tensor

/// The absolute value |x| of each element; dx = dy · sign x, which is 0 at 0.
public func abs(_ x: Tensor) -> Tensor {
  record("abs", x, saving: .input) {
    Elementwise.unary(CK_UNARY_ABS, $0)
  } pullback: { dy, saved in
    dy * sign(saved.input)
  }
}

/// The sign of each element: −1, 0 or 1, and NaN for NaN; the derivative is 0.
public func sign(_ x: Tensor) -> Tensor {
  recordConstant("sign", x) { Elementwise.unary(CK_UNARY_SIGN, x) }
}

/// Each element rounded down to an integer; the derivative is 0.
public func floor(_ x: Tensor) -> Tensor {
  recordConstant("floor", x) { Elementwise.unary(CK_UNARY_FLOOR, x) }
}

/// Each element rounded up to an integer; the derivative is 0.
public func ceil(_ x: Tensor) -> Tensor {
  recordConstant("ceil", x) { Elementwise.unary(CK_UNARY_CEIL, x) }
}

/// Each element rounded to the nearest integer, ties to even; the derivative is 0.
public func round(_ x: Tensor) -> Tensor {
  recordConstant("round", x) { Elementwise.unary(CK_UNARY_ROUND, x) }
}
