import Tensor

// A number beside a tensor is a `Double` in every operation; here are the operations with numbers
// of other types, which become one.
//
// The way of overloading was measured (formulas of 10 to 20 terms with literals, variables of three
// types and functions, type-checked with Foundation imported):
//
// - Operators with `Double` alone are the fastest for right formulas, 0.1 s, but an `Int` in one
//   takes the compiler 13 s to reject.
// - A disfavored generic pair beside `Double` does not finish where a variable stands deep inside
//   of parentheses, `1 + x * (2 + x * (n + x * (4 + x)))`.
// - A favored generic pair beside `Double`: at most 0.4 s for all formulas. Operators with `Int`
//   and `Float` besides take the same time, and make `2 * .pi * x` ambiguous: π of which type?
// - Declaring an operator with anything else unavailable does not help wrong formulas: the compiler
//   first fails without it, which is the slow part. An unavailable conformance is used at once and
//   reported afterwards: `x * "2"` deep in a formula is an error after 0.2 s, with our message.

/// A number that can stand beside a tensor in place of a `Double`: `Float` and all integer types.
public protocol TensorOperand {
  /// The number.
  var tensorOperand: Double { get }
}

extension BinaryInteger where Self: TensorOperand {
  /// The number.
  public var tensorOperand: Double { Double(self) }
}

extension Int: TensorOperand {}
extension Int8: TensorOperand {}
extension Int16: TensorOperand {}
extension Int32: TensorOperand {}
extension Int64: TensorOperand {}
extension UInt: TensorOperand {}
extension UInt8: TensorOperand {}
extension UInt16: TensorOperand {}
extension UInt32: TensorOperand {}
extension UInt64: TensorOperand {}

extension Float: TensorOperand {
  /// The number.
  public var tensorOperand: Double { Double(self) }
}

extension Tensor {
  /// The sum a + b of each element and a number.
  public static func + <Number: TensorOperand>(a: Tensor, b: Number) -> Tensor {
    a + b.tensorOperand
  }
  /// The sum a + b of a number and each element.
  public static func + <Number: TensorOperand>(a: Number, b: Tensor) -> Tensor {
    a.tensorOperand + b
  }

  /// The difference a − b of each element and a number.
  public static func - <Number: TensorOperand>(a: Tensor, b: Number) -> Tensor {
    a - b.tensorOperand
  }
  /// The difference a − b of a number and each element.
  public static func - <Number: TensorOperand>(a: Number, b: Tensor) -> Tensor {
    a.tensorOperand - b
  }

  /// The product a · b of each element and a number.
  public static func * <Number: TensorOperand>(a: Tensor, b: Number) -> Tensor {
    a * b.tensorOperand
  }
  /// The product a · b of a number and each element.
  public static func * <Number: TensorOperand>(a: Number, b: Tensor) -> Tensor {
    a.tensorOperand * b
  }

  /// The quotient a / b of each element and a number.
  public static func / <Number: TensorOperand>(a: Tensor, b: Number) -> Tensor {
    a / b.tensorOperand
  }
  /// The quotient a / b of a number and each element.
  public static func / <Number: TensorOperand>(a: Number, b: Tensor) -> Tensor {
    a.tensorOperand / b
  }

  /// The remainder a − b ⌊a/b⌋ of each element and an integer.
  public static func % (a: Tensor, b: Int) -> Tensor { a % Double(b) }
  /// The remainder a − b ⌊a/b⌋ of an integer and each element.
  public static func % (a: Int, b: Tensor) -> Tensor { Double(a) % b }
  /// The remainder a − b ⌊a/b⌋ of each element and a number.
  public static func % (a: Tensor, b: Float) -> Tensor { a % Double(b) }
  /// The remainder a − b ⌊a/b⌋ of a number and each element.
  public static func % (a: Float, b: Tensor) -> Tensor { Double(a) % b }
  /// The remainder a − b ⌊a/b⌋ of each element and a number.
  @_disfavoredOverload
  public static func % <Number: TensorOperand>(a: Tensor, b: Number) -> Tensor {
    a % b.tensorOperand
  }
  /// The remainder a − b ⌊a/b⌋ of a number and each element.
  @_disfavoredOverload
  public static func % <Number: TensorOperand>(a: Number, b: Tensor) -> Tensor {
    a.tensorOperand % b
  }

  /// Adds a number in place.
  @_disfavoredOverload
  public static func += <Number: TensorOperand>(a: inout Tensor, b: Number) {
    a += b.tensorOperand
  }
  /// Subtracts a number in place.
  @_disfavoredOverload
  public static func -= <Number: TensorOperand>(a: inout Tensor, b: Number) {
    a -= b.tensorOperand
  }
  /// Multiplies by a number in place.
  @_disfavoredOverload
  public static func *= <Number: TensorOperand>(a: inout Tensor, b: Number) {
    a *= b.tensorOperand
  }
  /// Divides by a number in place.
  @_disfavoredOverload
  public static func /= <Number: TensorOperand>(a: inout Tensor, b: Number) {
    a /= b.tensorOperand
  }
  /// Takes the remainder by a number in place.
  @_disfavoredOverload
  public static func %= <Number: TensorOperand>(a: inout Tensor, b: Number) {
    a %= b.tensorOperand
  }

  /// True where the elements equal a number.
  @_disfavoredOverload
  public static func .== <Number: TensorOperand>(a: Tensor, b: Number) -> Tensor {
    a .== b.tensorOperand
  }
  /// True where a number equals the elements.
  @_disfavoredOverload
  public static func .== <Number: TensorOperand>(a: Number, b: Tensor) -> Tensor {
    a.tensorOperand .== b
  }
  /// True where the elements differ from a number.
  @_disfavoredOverload
  public static func .!= <Number: TensorOperand>(a: Tensor, b: Number) -> Tensor {
    a .!= b.tensorOperand
  }
  /// True where a number differs from the elements.
  @_disfavoredOverload
  public static func .!= <Number: TensorOperand>(a: Number, b: Tensor) -> Tensor {
    a.tensorOperand .!= b
  }
  /// True where the elements are less than a number.
  @_disfavoredOverload
  public static func .< <Number: TensorOperand>(a: Tensor, b: Number) -> Tensor {
    a .< b.tensorOperand
  }
  /// True where a number is less than the elements.
  @_disfavoredOverload
  public static func .< <Number: TensorOperand>(a: Number, b: Tensor) -> Tensor {
    a.tensorOperand .< b
  }
  /// True where the elements are at most a number.
  @_disfavoredOverload
  public static func .<= <Number: TensorOperand>(a: Tensor, b: Number) -> Tensor {
    a .<= b.tensorOperand
  }
  /// True where a number is at most the elements.
  @_disfavoredOverload
  public static func .<= <Number: TensorOperand>(a: Number, b: Tensor) -> Tensor {
    a.tensorOperand .<= b
  }
  /// True where the elements are greater than a number.
  @_disfavoredOverload
  public static func .> <Number: TensorOperand>(a: Tensor, b: Number) -> Tensor {
    a .> b.tensorOperand
  }
  /// True where a number is greater than the elements.
  @_disfavoredOverload
  public static func .> <Number: TensorOperand>(a: Number, b: Tensor) -> Tensor {
    a.tensorOperand .> b
  }
  /// True where the elements are at least a number.
  @_disfavoredOverload
  public static func .>= <Number: TensorOperand>(a: Tensor, b: Number) -> Tensor {
    a .>= b.tensorOperand
  }
  /// True where a number is at least the elements.
  @_disfavoredOverload
  public static func .>= <Number: TensorOperand>(a: Number, b: Tensor) -> Tensor {
    a.tensorOperand .>= b
  }
}

/// Each element raised to the power of a number.
@_disfavoredOverload
public func pow<Number: TensorOperand>(_ x: Tensor, _ number: Number) -> Tensor {
  pow(x, number.tensorOperand)
}

/// A number raised to the power of each element.
@_disfavoredOverload
public func pow<Number: TensorOperand>(_ number: Number, _ x: Tensor) -> Tensor {
  pow(number.tensorOperand, x)
}

/// The greater of each element and a number.
@_disfavoredOverload
public func maximum<Number: TensorOperand>(_ x: Tensor, _ number: Number) -> Tensor {
  maximum(x, number.tensorOperand)
}

/// The greater of a number and each element.
@_disfavoredOverload
public func maximum<Number: TensorOperand>(_ number: Number, _ x: Tensor) -> Tensor {
  maximum(number.tensorOperand, x)
}

/// The lesser of each element and a number.
@_disfavoredOverload
public func minimum<Number: TensorOperand>(_ x: Tensor, _ number: Number) -> Tensor {
  minimum(x, number.tensorOperand)
}

/// The lesser of a number and each element.
@_disfavoredOverload
public func minimum<Number: TensorOperand>(_ number: Number, _ x: Tensor) -> Tensor {
  minimum(number.tensorOperand, x)
}

/// The elements of `a` where the bool tensor `condition` is true, else a number.
@_disfavoredOverload
public func select<Number: TensorOperand>(_ condition: Tensor, _ a: Tensor, _ b: Number) -> Tensor {
  select(condition, a, b.tensorOperand)
}

/// A number where the bool tensor `condition` is true, else the elements of `b`.
@_disfavoredOverload
public func select<Number: TensorOperand>(_ condition: Tensor, _ a: Number, _ b: Tensor) -> Tensor {
  select(condition, a.tensorOperand, b)
}

/// The linear interpolation a + t(b − a) between two tensors, broadcast; t = 0 gives a.
@_disfavoredOverload
public func lerp<Number: TensorOperand>(_ a: Tensor, _ b: Tensor, _ t: Number) -> Tensor {
  lerp(a, b, t.tensorOperand)
}
