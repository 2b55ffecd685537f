import CKernels
import Tensor

// Operations of two tensors broadcast: aligned at the last axis, sizes must agree or be 1.  Both have the
// same dtype; a number takes the dtype of the tensor beside it.

extension Tensor {
  /// The sum a + b of each pair of elements; da = dy, db = dy.
  public static func + (a: Tensor, b: Tensor) -> Tensor {
    record("add", a, b) {
      Elementwise.binary(CK_BINARY_ADD, $0, $1)
    } lhs: { dy, _ in
      dy
    } rhs: { dy, _ in
      dy
    }
  }

  /// The sum a + b of each element and a number; da = dy.
  public static func + (a: Tensor, b: Double) -> Tensor {
    record("add", a) {
      Elementwise.binary(CK_BINARY_ADD, $0, b)
    } pullback: { dy, _ in
      dy
    }
  }

  /// The sum a + b of a number and each element; db = dy.
  public static func + (a: Double, b: Tensor) -> Tensor { b + a }

  /// The difference a − b of each pair of elements; da = dy, db = −dy.
  public static func - (a: Tensor, b: Tensor) -> Tensor {
    record("subtract", a, b) {
      Elementwise.binary(CK_BINARY_SUB, $0, $1)
    } lhs: { dy, _ in
      dy
    } rhs: { dy, _ in
      -dy
    }
  }

  /// The difference a − b of each element and a number; da = dy.
  public static func - (a: Tensor, b: Double) -> Tensor {
    record("subtract", a) {
      Elementwise.binary(CK_BINARY_SUB, $0, b)
    } pullback: { dy, _ in
      dy
    }
  }

  /// The difference a − b of a number and each element; db = −dy.
  public static func - (a: Double, b: Tensor) -> Tensor {
    record("subtract", b) {
      Elementwise.binary(CK_BINARY_SUB, a, $0)
    } pullback: { dy, _ in
      -dy
    }
  }

  /// The product a · b of each pair of elements; da = dy · b, db = dy · a.
  public static func * (a: Tensor, b: Tensor) -> Tensor {
    record("multiply", a, b, saving: [.first, .second]) {
      Elementwise.binary(CK_BINARY_MUL, $0, $1)
    } lhs: { dy, saved in
      dy * saved.b
    } rhs: { dy, saved in
      dy * saved.a
    }
  }

  /// The product a · b of each element and a number; da = dy · b.
  public static func * (a: Tensor, b: Double) -> Tensor {
    record("multiply", a) {
      Elementwise.binary(CK_BINARY_MUL, $0, b)
    } pullback: { dy, _ in
      dy * b
    }
  }

  /// The product a · b of a number and each element; db = dy · a.
  public static func * (a: Double, b: Tensor) -> Tensor { b * a }

  /// The quotient a / b of each pair of elements; da = dy / b, db = −dy · y / b.
  ///
  /// Of int32 the quotient rounded down; a division by zero gives 0.
  public static func / (a: Tensor, b: Tensor) -> Tensor {
    record("divide", a, b, saving: [.second, .output]) {
      Elementwise.binary(CK_BINARY_DIV, $0, $1)
    } lhs: { dy, saved in
      dy / saved.b
    } rhs: { dy, saved in
      -dy * saved.y / saved.b
    }
  }

  /// The quotient a / b of each element and a number; da = dy / b.
  public static func / (a: Tensor, b: Double) -> Tensor {
    record("divide", a) {
      Elementwise.binary(CK_BINARY_DIV, $0, b)
    } pullback: { dy, _ in
      dy / b
    }
  }

  /// The quotient a / b of a number and each element; db = −dy · y / b.
  public static func / (a: Double, b: Tensor) -> Tensor {
    record("divide", b, saving: [.first, .output]) {
      Elementwise.binary(CK_BINARY_DIV, a, $0)
    } pullback: { dy, saved in
      -dy * saved.y / saved.x
    }
  }

  /// The remainder a − b ⌊a/b⌋ of each pair of elements, with the sign of b; da = dy, db = −dy ⌊a/b⌋.
  ///
  /// Of int32 the remainder of a division by zero is 0.
  public static func % (a: Tensor, b: Tensor) -> Tensor {
    record("remainder", a, b, saving: [.first, .second]) {
      Elementwise.binary(CK_BINARY_REM, $0, $1)
    } lhs: { dy, _ in
      dy
    } rhs: { dy, saved in
      -dy * floor(saved.a / saved.b)
    }
  }

  /// The remainder a − b ⌊a/b⌋ of each element and a number, with the sign of b; da = dy.
  public static func % (a: Tensor, b: Double) -> Tensor {
    record("remainder", a) {
      Elementwise.binary(CK_BINARY_REM, $0, b)
    } pullback: { dy, _ in
      dy
    }
  }

  /// The negative −x of each element; dx = −dy.
  public static prefix func - (x: Tensor) -> Tensor {
    record("negate", x) {
      Elementwise.unary(CK_UNARY_NEG, $0)
    } pullback: { dy, _ in
      -dy
    }
  }

  /// Adds, a ← a + b, without a copy where nothing else holds the elements of a; b broadcasts to a's shape.
  public static func += (a: inout Tensor, b: Tensor) {
    if !a.updateInPlace(CK_BINARY_ADD, b, "add") { a = a + b }
  }

  /// Subtracts, a ← a − b, without a copy where nothing else holds the elements of a; b broadcasts to a's
  /// shape.
  public static func -= (a: inout Tensor, b: Tensor) {
    if !a.updateInPlace(CK_BINARY_SUB, b, "subtract") { a = a - b }
  }

  /// Multiplies, a ← a · b, without a copy where nothing else holds the elements of a; b broadcasts to a's
  /// shape.
  public static func *= (a: inout Tensor, b: Tensor) {
    if !a.updateInPlace(CK_BINARY_MUL, b, "multiply") { a = a * b }
  }

  /// Divides, a ← a / b, without a copy where nothing else holds the elements of a; b broadcasts to a's shape.
  public static func /= (a: inout Tensor, b: Tensor) {
    if !a.updateInPlace(CK_BINARY_DIV, b, "divide") { a = a / b }
  }

  /// Applies an operation in place if no graph, no other tensor and no broadcast of a stands against it.
  private mutating func updateInPlace(
    _ op: ck_binary_op, _ b: Tensor, _ name: StaticString
  ) -> Bool {
    require(
      shape.broadcast(with: b.shape) == shape,
      "\(name): shape \(b.shape) does not broadcast to \(shape), which is assigned to")
    guard node == nil, b.node == nil, dtype == b.dtype, isContiguous, isUniquelyHeld() else {
      return false
    }
    Elementwise.update(&self, op, b)
    return true
  }
}

/// The elements to the power of a number, xᵖ; dx = dy · p · xᵖ⁻¹, which is 0 for p = 0.
///
/// A negative element to a power that is not whole is NaN, as in IEEE 754.
public func pow(_ x: Tensor, _ exponent: Double) -> Tensor {
  record("power", x, saving: .first) {
    exponent == 2
      ? Elementwise.unary(CK_UNARY_SQUARE, $0) : Elementwise.binary(CK_BINARY_POW, $0, exponent)
  } pullback: { dy, saved in
    if exponent == 0 { return Tensor.zeros(like: dy) }
    return exponent == 2 ? dy * (saved.x * 2) : dy * (pow(saved.x, exponent - 1) * exponent)
  }
}

/// Each element of `base` to the power of that of `exponent`, broadcast: y = aᵇ;
/// da = dy · b · aᵇ⁻¹, which is 0 where b = 0, and db = dy · y · ln a, which is 0 where a = 0 and b ≥ 0.
public func pow(_ base: Tensor, _ exponent: Tensor) -> Tensor {
  record("power", base, exponent, saving: [.first, .second, .output]) {
    Elementwise.binary(CK_BINARY_POW, $0, $1)
  } lhs: { dy, saved in
    let slope = saved.b * pow(saved.a, saved.b - 1)
    return dy * select(saved.b .== 0, Tensor.zeros(like: saved.b), slope)
  } rhs: { dy, saved in
    let isFlat = (saved.a .== 0) .& (saved.b .>= 0)
    let safe = select(isFlat, Tensor.ones(like: saved.a), saved.a)
    return dy * saved.y * log(safe)
  }
}

/// The squares x² of the elements; dx = dy · 2x.
public func square(_ x: Tensor) -> Tensor { pow(x, 2) }

/// The absolute values |x| of the elements; dx = dy · sign x, which is 0 at 0.
public func abs(_ x: Tensor) -> Tensor {
  record("abs", x, saving: .first) {
    Elementwise.unary(CK_UNARY_ABS, $0)
  } pullback: { dy, saved in
    dy * sign(saved.x)
  }
}

/// The signs of the elements: −1, 0 or 1; NaN for NaN.
///
/// The derivative is 0.
public func sign(_ x: Tensor) -> Tensor {
  Elementwise.unary(CK_UNARY_SIGN, x)
}

/// The greatest whole numbers not above the elements; the derivative is 0.
public func floor(_ x: Tensor) -> Tensor { Elementwise.unary(CK_UNARY_FLOOR, x) }

/// The least whole numbers not below the elements; the derivative is 0.
public func ceil(_ x: Tensor) -> Tensor { Elementwise.unary(CK_UNARY_CEIL, x) }

/// The nearest whole numbers, of two equally near ones the even; the derivative is 0.
public func round(_ x: Tensor) -> Tensor { Elementwise.unary(CK_UNARY_ROUND, x) }

/// The point between two tensors, a + t(b − a), broadcast; t = 0 gives a.
public func lerp(_ a: Tensor, _ b: Tensor, _ t: Double) -> Tensor { a + (b - a) * t }

/// The points between two tensors, a + t(b − a), broadcast; t = 0 gives a.
public func lerp(_ a: Tensor, _ b: Tensor, _ t: Tensor) -> Tensor { a + (b - a) * t }
