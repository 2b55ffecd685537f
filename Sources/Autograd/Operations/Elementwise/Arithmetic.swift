import CKernels
import Tensor

// Operations of two tensors broadcast: aligned at the last axis, sizes must agree or be 1. Both
// tensors have the same dtype; a number takes the dtype of the tensor beside it, and stops the
// program if int32 or bool cannot hold it.

extension Tensor {
  /// The sum a + b of each pair of elements; da = dy, db = dy.
  public static func + (a: Tensor, b: Tensor) -> Tensor {
    record("+", a, b) {
      Elementwise.binary(CK_BINARY_ADD, $0, $1)
    } lhs: { dy, _ in
      dy
    } rhs: { dy, _ in
      dy
    }
  }

  /// The sum a + b of each element and a number; da = dy.
  ///
  /// A number that the dtype cannot hold, such as 0.5 beside int32, stops the program: convert the
  /// tensor first. The same holds for the other operators.
  public static func + (a: Tensor, b: Double) -> Tensor {
    record("+", a, attributes: ["number": .number(b)]) {
      Elementwise.binary(CK_BINARY_ADD, $0, b)
    } pullback: { dy, _ in
      dy
    }
  }

  /// The sum a + b of a number and each element; db = dy.
  public static func + (a: Double, b: Tensor) -> Tensor { b + a }

  /// The difference a − b of each pair of elements; da = dy, db = −dy.
  public static func - (a: Tensor, b: Tensor) -> Tensor {
    record("-", a, b) {
      Elementwise.binary(CK_BINARY_SUB, $0, $1)
    } lhs: { dy, _ in
      dy
    } rhs: { dy, _ in
      -dy
    }
  }

  /// The difference a − b of each element and a number; da = dy.
  public static func - (a: Tensor, b: Double) -> Tensor {
    record("-", a, attributes: ["number": .number(b)]) {
      Elementwise.binary(CK_BINARY_SUB, $0, b)
    } pullback: { dy, _ in
      dy
    }
  }

  /// The difference a − b of a number and each element; db = −dy.
  public static func - (a: Double, b: Tensor) -> Tensor {
    record("-", b, attributes: ["number": .number(a), "isReversed": true]) {
      Elementwise.binary(CK_BINARY_SUB, a, $0)
    } pullback: { dy, _ in
      -dy
    }
  }

  /// The product a · b of each pair of elements; da = dy · b, db = dy · a.
  public static func * (a: Tensor, b: Tensor) -> Tensor {
    record("*", a, b, saving: [.first, .second]) {
      Elementwise.binary(CK_BINARY_MUL, $0, $1)
    } lhs: { dy, saved in
      dy * saved.second
    } rhs: { dy, saved in
      dy * saved.first
    }
  }

  /// The product a · b of each element and a number; da = dy · b.
  public static func * (a: Tensor, b: Double) -> Tensor {
    record("*", a, attributes: ["number": .number(b)]) {
      Elementwise.binary(CK_BINARY_MUL, $0, b)
    } pullback: { dy, _ in
      dy * b
    }
  }

  /// The product a · b of a number and each element; db = dy · a.
  public static func * (a: Double, b: Tensor) -> Tensor { b * a }

  /// The quotient a / b of each pair of elements; da = dy / b, db = −dy · y / b.
  ///
  /// Two int32 tensors give an int32 tensor, as two `Int` give an `Int`, but the quotient is
  /// rounded down, like `//` of Python: −7 / 2 is −4, so that a == b · (a / b) + a % b with a
  /// remainder of the sign of b. Division by zero gives 0. For fractions, as `/` gives in PyTorch
  /// and NumPy, convert both: `a.converted(to: .float32) / b.converted(to: .float32)`.
  public static func / (a: Tensor, b: Tensor) -> Tensor {
    record("/", a, b, saving: [.second, .output]) {
      Elementwise.binary(CK_BINARY_DIV, $0, $1)
    } lhs: { dy, saved in
      dy / saved.second
    } rhs: { dy, saved in
      -dy * saved.output / saved.second
    }
  }

  /// The quotient a / b of each element and a number; da = dy / b.
  public static func / (a: Tensor, b: Double) -> Tensor {
    record("/", a, attributes: ["number": .number(b)]) {
      Elementwise.binary(CK_BINARY_DIV, $0, b)
    } pullback: { dy, _ in
      dy / b
    }
  }

  /// The quotient a / b of a number and each element; db = −dy · y / b.
  public static func / (a: Double, b: Tensor) -> Tensor {
    record(
      "/", b, saving: [.first, .output], attributes: ["number": .number(a), "isReversed": true]
    ) {
      Elementwise.binary(CK_BINARY_DIV, a, $0)
    } pullback: { dy, saved in
      -dy * saved.output / saved.input
    }
  }

  /// The remainder a − b ⌊a/b⌋ of each pair of elements; da = dy, db = −dy ⌊a/b⌋.
  ///
  /// It has the sign of b. For int32 the remainder of a division by zero is 0.
  public static func % (a: Tensor, b: Tensor) -> Tensor {
    record("%", a, b, saving: [.first, .second]) {
      Elementwise.binary(CK_BINARY_REM, $0, $1)
    } lhs: { dy, _ in
      dy
    } rhs: { dy, saved in
      -dy * floor(saved.first / saved.second)
    }
  }

  /// The remainder a − b ⌊a/b⌋ of each element and a number, with the sign of b; da = dy.
  public static func % (a: Tensor, b: Double) -> Tensor {
    record("%", a, attributes: ["number": .number(b)]) {
      Elementwise.binary(CK_BINARY_REM, $0, b)
    } pullback: { dy, _ in
      dy
    }
  }

  /// The remainder a − b ⌊a/b⌋ of a number and each element, with the sign of b; db = −dy ⌊a/b⌋.
  public static func % (a: Double, b: Tensor) -> Tensor {
    record(
      "%", b, saving: .input, attributes: ["number": .number(a), "isReversed": true]
    ) {
      Elementwise.binary(CK_BINARY_REM, a, $0)
    } pullback: { dy, saved in
      -dy * floor(a / saved.input)
    }
  }

  /// The negation −x of each element; dx = −dy.
  public static prefix func - (x: Tensor) -> Tensor {
    record("-", x) {
      Elementwise.unary(CK_UNARY_NEG, $0)
    } pullback: { dy, _ in
      -dy
    }
  }
}

/// The linear interpolation a + t(b − a) between two tensors, broadcast; t = 0 gives a, and t = 1
/// gives b.
///
/// From t = 1/2 on it is computed from the other end, as b − (1 − t)(b − a), which is exact there.
public func lerp(_ a: Tensor, _ b: Tensor, _ t: Double) -> Tensor {
  requireOperands(a, b, for: "lerp")
  requireHeld(t, by: a.dtype, for: "lerp")
  return fused { t < 0.5 ? a + (b - a) * t : b - (b - a) * (1 - t) }
}

/// The linear interpolation a + t(b − a) between two tensors, with a tensor of weights, broadcast;
/// see ``lerp(_:_:_:)-(_,_,Double)``.
public func lerp(_ a: Tensor, _ b: Tensor, _ t: Tensor) -> Tensor {
  requireOperands(a, b, for: "lerp")
  requireOperands(b, t, for: "lerp")
  return fused {
    let change = b - a
    return select(t.detached .< 0.5, a + change * t, b - change * (1 - t))
  }
}

/// Requires a floating-point tensor.
///
/// Operations that are composed of others call this where integers would lose fractions.
func requireFloatingPoint(_ x: Tensor, for operation: StaticString) {
  require(x.dtype.isFloatingPoint, "\(operation): \(x.dtype.isUndefined)")
}

/// Requires two tensors of one dtype that broadcast.
///
/// Operations that are composed of others call this, so that the message names the operation that
/// the user called.
func requireOperands(_ a: Tensor, _ b: Tensor, for operation: StaticString) {
  require(a.dtype == b.dtype, "\(operation): \(DType.differ(a.dtype, b.dtype))")
  require(
    a.shape.broadcast(with: b.shape) != nil,
    "\(operation): shapes \(a.shape) and \(b.shape) do not broadcast")
}
