import CKernels
import Tensor

/// The elements of `a` where the bool tensor `condition` is true, else those of `b`, broadcast.
///
/// da = dy where the condition is true and 0 elsewhere; db = dy where it is false and 0 elsewhere.
public func select(_ condition: Tensor, _ a: Tensor, _ b: Tensor) -> Tensor {
  record("select", a, b) {
    Elementwise.select(condition, $0, $1)
  } lhs: { dy, _ in
    select(condition, dy, Tensor(0, dtype: dy.dtype))
  } rhs: { dy, _ in
    select(condition, Tensor(0, dtype: dy.dtype), dy)
  }
}

/// The greater of each pair of elements, broadcast; NaN if one of them is NaN.
///
/// The gradient goes to the greater element. Equal elements get half of it each; if one is NaN,
/// both get all of it.
public func maximum(_ a: Tensor, _ b: Tensor) -> Tensor {
  extremum("maximum", CK_BINARY_MAX, a, b) { $0 .> $1 }
}

/// The lesser of each pair of elements, broadcast; NaN if one of them is NaN.
///
/// The gradient goes to the lesser element. Equal elements get half of it each; if one is NaN, both
/// get all of it.
public func minimum(_ a: Tensor, _ b: Tensor) -> Tensor {
  extremum("minimum", CK_BINARY_MIN, a, b) { $0 .< $1 }
}

private func extremum(
  _ name: StaticString, _ op: ck_binary_op, _ a: Tensor, _ b: Tensor,
  _ wins: @escaping @Sendable (Tensor, Tensor) -> Tensor
) -> Tensor {
  /// 0 where the second wins, dy/2 where the two are equal, and dy elsewhere, also if one is NaN.
  @Sendable func share(_ dy: Tensor, _ first: Tensor, _ second: Tensor) -> Tensor {
    let zero = Tensor(0, dtype: dy.dtype)
    return select(wins(second, first), zero, select(first .== second, dy * 0.5, dy))
  }
  requireOperands(a, b, for: name)
  return record(name, a, b, saving: [.first, .second]) {
    Elementwise.binary(op, $0, $1)
  } lhs: { dy, saved in
    share(dy, saved.first, saved.second)
  } rhs: { dy, saved in
    share(dy, saved.second, saved.first)
  }
}

/// Each element limited to the range from `lower` to `upper`; dx = dy strictly inside it, else 0.
///
/// For int32 the range is that of the integers in it, so `clamp(i, from: -0.5, to: .infinity)`
/// replaces negative numbers by 0; a range without an int32 stops the program.
public func clamp(_ x: Tensor, from lower: Double, to upper: Double) -> Tensor {
  require(lower <= upper, "clamp: the range from \(lower) to \(upper) is empty")
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
  return record("clamp", x, saving: .input) {
    Elementwise.binary(
      CK_BINARY_MIN, Elementwise.binary(CK_BINARY_MAX, $0, lower), upper)
  } pullback: { [lower, upper] dy, saved in
    select((saved.input .> lower) .& (saved.input .< upper), dy, Tensor(0, dtype: dy.dtype))
  }
}
