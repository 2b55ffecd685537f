import CKernels
import Tensor

/// The elements of `a` where the bool tensor `condition` is true, else those of `b`, broadcast.
///
/// da = dy where the condition is true and 0 elsewhere; db = dy where it is false and 0 elsewhere.
public func select(_ condition: Tensor, _ a: Tensor, _ b: Tensor) -> Tensor {
  record("select", a, b, constants: [condition]) {
    Elementwise.select(condition, $0, $1)
  } lhs: { dy, _ in
    select(condition, dy, 0)
  } rhs: { dy, _ in
    select(condition, 0, dy)
  }
}

/// The elements of `a` where the bool tensor `condition` is true, else a number; da = dy where it
/// is true and 0 elsewhere.
///
/// A number that the dtype of the tensor cannot hold stops the program.
public func select(_ condition: Tensor, _ a: Tensor, _ b: Double) -> Tensor {
  requireHeld(b, by: a.dtype, for: "select")
  return select(condition, a, Tensor(number: b, dtype: a.dtype, for: "select"))
}

/// A number where the bool tensor `condition` is true, else the elements of `b`; db = dy where it
/// is false and 0 elsewhere.
///
/// A number that the dtype of the tensor cannot hold stops the program.
public func select(_ condition: Tensor, _ a: Double, _ b: Tensor) -> Tensor {
  requireHeld(a, by: b.dtype, for: "select")
  return select(condition, Tensor(number: a, dtype: b.dtype, for: "select"), b)
}

/// One number where the bool tensor `condition` is true, else another, as float32.
public func select(_ condition: Tensor, _ a: Double, _ b: Double) -> Tensor {
  select(condition, Tensor(a), Tensor(b))
}

/// The greater of each pair of elements, broadcast; NaN if one of them is NaN.
///
/// The gradient goes to the greater element. Equal elements get half of it each; if one is NaN,
/// both get all of it.
public func maximum(_ a: Tensor, _ b: Tensor) -> Tensor {
  extremum("maximum", CK_BINARY_MAX, a, b) { Elementwise.binary(CK_BINARY_MAX_SLOPE, $0, $1) }
}

/// The greater of each element and a number; NaN if one of them is NaN.
///
/// The gradient goes to the greater elements; those that equal the number get half of it.
/// ``clamp(_:from:)`` gives the same values, and elements that equal the bound no gradient.
public func maximum(_ x: Tensor, _ number: Double) -> Tensor {
  extremum("maximum", CK_BINARY_MAX, x, number) {
    Elementwise.binary(CK_BINARY_MAX_SLOPE, $0, number)
  }
}

/// The greater of a number and each element; NaN if one of them is NaN.
public func maximum(_ number: Double, _ x: Tensor) -> Tensor { maximum(x, number) }

/// The lesser of each pair of elements, broadcast; NaN if one of them is NaN.
///
/// The gradient goes to the lesser element. Equal elements get half of it each; if one is NaN, both
/// get all of it.
public func minimum(_ a: Tensor, _ b: Tensor) -> Tensor {
  extremum("minimum", CK_BINARY_MIN, a, b) { Elementwise.binary(CK_BINARY_MAX_SLOPE, $1, $0) }
}

/// The lesser of each element and a number; NaN if one of them is NaN.
///
/// The gradient goes to the lesser elements; those that equal the number get half of it.
public func minimum(_ x: Tensor, _ number: Double) -> Tensor {
  extremum("minimum", CK_BINARY_MIN, x, number) {
    Elementwise.binary(CK_BINARY_MAX_SLOPE, number, $0)
  }
}

/// The lesser of a number and each element; NaN if one of them is NaN.
public func minimum(_ number: Double, _ x: Tensor) -> Tensor { minimum(x, number) }

private func extremum(
  _ name: StaticString, _ op: ck_binary_op, _ x: Tensor, _ number: Double,
  slope: @escaping @Sendable (_ x: Tensor) -> Tensor
) -> Tensor {
  record(name, x, saving: .input, attributes: ["number": .number(number)]) {
    Elementwise.binary(op, $0, number)
  } pullback: { dy, saved in
    share(dy, slope: slope(saved.input))
  }
}

private func extremum(
  _ name: StaticString, _ op: ck_binary_op, _ a: Tensor, _ b: Tensor,
  slope: @escaping @Sendable (_ operand: Tensor, _ other: Tensor) -> Tensor
) -> Tensor {
  requireOperands(a, b, for: name)
  return record(name, a, b, saving: [.first, .second]) {
    Elementwise.binary(op, $0, $1)
  } lhs: { dy, saved in
    share(dy, slope: slope(saved.first, saved.second))
  } rhs: { dy, saved in
    share(dy, slope: slope(saved.second, saved.first))
  }
}

/// dy times the slope of an extremum, 0, ½ or 1: 0 where the slope is 0, even if dy is infinite.
private func share(_ dy: Tensor, slope: Tensor) -> Tensor {
  if dy.node == nil { return Elementwise.binary(CK_BINARY_SHARE, dy, slope) }
  return select(slope .== 0, 0, dy * slope)
}

/// Each element limited to the range from `lower` to `upper`; dx = dy strictly inside it, else 0.
///
/// For int32 the range is that of the integers in it, so `clamp(i, from: -0.5, to: .infinity)`
/// replaces negative numbers by 0; a range without an int32 stops the program.
public func clamp(_ x: Tensor, from lower: Double, to upper: Double) -> Tensor {
  require(lower <= upper, "clamp: the range from \(spelled(lower)) to \(spelled(upper)) is empty")
  require(x.dtype != .bool, "clamp: not defined for bool")
  var (lower, upper) = (lower, upper)
  if let integers = x.dtype.integers {
    let first = Swift.max(lower.rounded(.up), integers.lowerBound)
    let last = Swift.min(upper.rounded(.down), integers.upperBound)
    require(
      first <= last,
      "clamp: \(x.dtype) has no number from \(spelled(lower)) to \(spelled(upper))")
    (lower, upper) = (first, last)
  }
  return record(
    "clamp", x, saving: .input,
    attributes: ["lower": .number(lower), "upper": .number(upper)]
  ) { x in
    fused {
      Elementwise.binary(CK_BINARY_MIN, Elementwise.binary(CK_BINARY_MAX, x, lower), upper)
    }
  } pullback: { [lower, upper] dy, saved in
    select((saved.input .> lower) .& (saved.input .< upper), dy, 0)
  }
}

/// Each element, but at least `lower`; dx = dy strictly above it, else 0.
public func clamp(_ x: Tensor, from lower: Double) -> Tensor {
  clamp(x, from: lower, to: .infinity)
}

/// Each element, but at most `upper`; dx = dy strictly below it, else 0.
public func clamp(_ x: Tensor, to upper: Double) -> Tensor {
  clamp(x, from: -.infinity, to: upper)
}
