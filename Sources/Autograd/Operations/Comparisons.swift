import CKernels
import Tensor

// Comparisons give bool tensors, which carry no gradient.  Operands broadcast and have the same dtype.
// A comparison with NaN is false, but for `.!=`, which is true.

extension Tensor {
  /// Where the elements are equal.
  public static func .== (a: Tensor, b: Tensor) -> Tensor {
    Elementwise.compare(CK_COMPARE_EQ, a, b)
  }
  /// Where the elements equal a number.
  public static func .== (a: Tensor, b: Double) -> Tensor {
    Elementwise.compare(CK_COMPARE_EQ, a, b)
  }
  /// Where the elements differ.
  public static func .!= (a: Tensor, b: Tensor) -> Tensor {
    Elementwise.compare(CK_COMPARE_NE, a, b)
  }
  /// Where the elements differ from a number.
  public static func .!= (a: Tensor, b: Double) -> Tensor {
    Elementwise.compare(CK_COMPARE_NE, a, b)
  }
  /// Where an element of a is less than that of b.
  public static func .< (a: Tensor, b: Tensor) -> Tensor {
    Elementwise.compare(CK_COMPARE_LT, a, b)
  }
  /// Where the elements are less than a number.
  public static func .< (a: Tensor, b: Double) -> Tensor {
    Elementwise.compare(CK_COMPARE_LT, a, b)
  }
  /// Where an element of a is at most that of b.
  public static func .<= (a: Tensor, b: Tensor) -> Tensor {
    Elementwise.compare(CK_COMPARE_LE, a, b)
  }
  /// Where the elements are at most a number.
  public static func .<= (a: Tensor, b: Double) -> Tensor {
    Elementwise.compare(CK_COMPARE_LE, a, b)
  }
  /// Where an element of a is greater than that of b.
  public static func .> (a: Tensor, b: Tensor) -> Tensor {
    Elementwise.compare(CK_COMPARE_GT, a, b)
  }
  /// Where the elements are greater than a number.
  public static func .> (a: Tensor, b: Double) -> Tensor {
    Elementwise.compare(CK_COMPARE_GT, a, b)
  }
  /// Where an element of a is at least that of b.
  public static func .>= (a: Tensor, b: Tensor) -> Tensor {
    Elementwise.compare(CK_COMPARE_GE, a, b)
  }
  /// Where the elements are at least a number.
  public static func .>= (a: Tensor, b: Double) -> Tensor {
    Elementwise.compare(CK_COMPARE_GE, a, b)
  }

  /// Where both are true, of bool tensors.
  public static func .& (a: Tensor, b: Tensor) -> Tensor { Elementwise.binary(CK_BINARY_AND, a, b) }
  /// Where one or both are true, of bool tensors.
  public static func .| (a: Tensor, b: Tensor) -> Tensor { Elementwise.binary(CK_BINARY_OR, a, b) }
  /// Where one and not the other is true, of bool tensors.
  public static func .^ (a: Tensor, b: Tensor) -> Tensor { Elementwise.binary(CK_BINARY_XOR, a, b) }
  /// Where a bool tensor is false.
  public static prefix func .! (x: Tensor) -> Tensor { Elementwise.unary(CK_UNARY_NOT, x) }

  /// Where the elements are neither NaN nor infinite.
  public var finiteElements: Tensor {
    if !dtype.isFloatingPoint { return Tensor.ones(shape, dtype: .bool) }
    return Elementwise.compare(
      CK_COMPARE_LT, Elementwise.unary(CK_UNARY_ABS, self), Double.infinity)
  }

  /// Whether no element is NaN or infinite.
  public var isFinite: Bool {
    if !dtype.isFloatingPoint || elementCount == 0 { return true }
    // x · 0 is 0 for finite x and NaN for all else.
    let zeros = Elementwise.binary(CK_BINARY_MUL, self, 0.0)
    return Reduction.reduce(
      CK_REDUCE_SUM, zeros, along: AxisMask(allOf: rank), keepingAxes: false, name: "isFinite"
    ).scalar() == 0
  }
}

/// The elements of `a` where the bool tensor `condition` is true and those of `b` elsewhere, all broadcast;
/// da = dy where true, db = dy where false, 0 elsewhere.
public func select(_ condition: Tensor, _ a: Tensor, _ b: Tensor) -> Tensor {
  record("select", a, b) {
    Elementwise.select(condition, $0, $1)
  } lhs: { dy, _ in
    select(condition, dy, Tensor(0, dtype: dy.dtype))
  } rhs: { dy, _ in
    select(condition, Tensor(0, dtype: dy.dtype), dy)
  }
}

/// The greater of each pair of elements, broadcast; NaN if one is.
///
/// The gradient goes to the greater one and is halved between equals; beside a NaN both have it.
public func maximum(_ a: Tensor, _ b: Tensor) -> Tensor {
  extremum("maximum", CK_BINARY_MAX, a, b) { $0 .> $1 }
}

/// The lesser of each pair of elements, broadcast; NaN if one is.
///
/// The gradient goes to the lesser one and is halved between equals; beside a NaN both have it.
public func minimum(_ a: Tensor, _ b: Tensor) -> Tensor {
  extremum("minimum", CK_BINARY_MIN, a, b) { $0 .< $1 }
}

private func extremum(
  _ name: StaticString, _ op: ck_binary_op, _ a: Tensor, _ b: Tensor,
  _ wins: @escaping @Sendable (Tensor, Tensor) -> Tensor
) -> Tensor {
  /// 0 where the second wins, half of dy where the two are equal, else dy, as beside a NaN.
  @Sendable func share(_ dy: Tensor, _ first: Tensor, _ second: Tensor) -> Tensor {
    let zero = Tensor(0, dtype: dy.dtype)
    return select(wins(second, first), zero, select(first .== second, dy * 0.5, dy))
  }
  return record(name, a, b, saving: [.first, .second]) {
    Elementwise.binary(op, $0, $1)
  } lhs: { dy, saved in
    share(dy, saved.a, saved.b)
  } rhs: { dy, saved in
    share(dy, saved.b, saved.a)
  }
}

/// The elements limited to the range from `lower` to `upper`; dx = dy strictly inside the range, else 0.
public func clamp(_ x: Tensor, from lower: Double, to upper: Double) -> Tensor {
  require(lower <= upper, "clamp: the range from \(lower) to \(upper) is empty")
  return record("clamp", x, saving: .first) {
    Elementwise.binary(
      CK_BINARY_MIN, Elementwise.binary(CK_BINARY_MAX, $0, lower), upper)
  } pullback: { dy, saved in
    select((saved.x .> lower) .& (saved.x .< upper), dy, Tensor(0, dtype: dy.dtype))
  }
}
