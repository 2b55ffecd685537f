// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

import Tensor

// Operators as other libraries write them. The messages say what to write here.
//
// An unavailable overload takes no part in the type-checking of a formula that has a type without
// it, so it slows down no right program. An unavailable conformance does; it is used where a formula
// with an operand of a wrong type would otherwise take seconds to be rejected.

infix operator ** : MultiplicationPrecedence

extension Tensor {
  @available(*, unavailable, message: "use '.==', which gives a bool tensor")
  public static func == (a: Tensor, b: Tensor) -> Tensor { fatalError() }
  @_disfavoredOverload
  @available(
    *, unavailable,
    message: "use '.==', which gives a bool tensor; a condition is 'Bool((x .== y).all())'"
  )
  public static func == (a: Tensor, b: Tensor) -> Bool { fatalError() }
  @available(*, unavailable, message: "use '.==', which gives a bool tensor")
  public static func == (a: Tensor, b: Double) -> Tensor { fatalError() }
  @_disfavoredOverload
  @available(
    *, unavailable,
    message: "use '.==', which gives a bool tensor; a condition is 'Bool((x .== y).all())'"
  )
  public static func == (a: Tensor, b: Double) -> Bool { fatalError() }
  @available(*, unavailable, message: "use '.==', which gives a bool tensor")
  public static func == (a: Double, b: Tensor) -> Tensor { fatalError() }
  @_disfavoredOverload
  @available(
    *, unavailable,
    message: "use '.==', which gives a bool tensor; a condition is 'Bool((x .== y).all())'"
  )
  public static func == (a: Double, b: Tensor) -> Bool { fatalError() }
  @available(*, unavailable, message: "use '.!=', which gives a bool tensor")
  public static func != (a: Tensor, b: Tensor) -> Tensor { fatalError() }
  @_disfavoredOverload
  @available(
    *, unavailable,
    message: "use '.!=', which gives a bool tensor; a condition is 'Bool((x .!= y).all())'"
  )
  public static func != (a: Tensor, b: Tensor) -> Bool { fatalError() }
  @available(*, unavailable, message: "use '.!=', which gives a bool tensor")
  public static func != (a: Tensor, b: Double) -> Tensor { fatalError() }
  @_disfavoredOverload
  @available(
    *, unavailable,
    message: "use '.!=', which gives a bool tensor; a condition is 'Bool((x .!= y).all())'"
  )
  public static func != (a: Tensor, b: Double) -> Bool { fatalError() }
  @available(*, unavailable, message: "use '.!=', which gives a bool tensor")
  public static func != (a: Double, b: Tensor) -> Tensor { fatalError() }
  @_disfavoredOverload
  @available(
    *, unavailable,
    message: "use '.!=', which gives a bool tensor; a condition is 'Bool((x .!= y).all())'"
  )
  public static func != (a: Double, b: Tensor) -> Bool { fatalError() }
  @available(*, unavailable, message: "use '.<', which gives a bool tensor")
  public static func < (a: Tensor, b: Tensor) -> Tensor { fatalError() }
  @_disfavoredOverload
  @available(
    *, unavailable,
    message: "use '.<', which gives a bool tensor; a condition is 'Bool((x .< y).all())'"
  )
  public static func < (a: Tensor, b: Tensor) -> Bool { fatalError() }
  @available(*, unavailable, message: "use '.<', which gives a bool tensor")
  public static func < (a: Tensor, b: Double) -> Tensor { fatalError() }
  @_disfavoredOverload
  @available(
    *, unavailable,
    message: "use '.<', which gives a bool tensor; a condition is 'Bool((x .< y).all())'"
  )
  public static func < (a: Tensor, b: Double) -> Bool { fatalError() }
  @available(*, unavailable, message: "use '.<', which gives a bool tensor")
  public static func < (a: Double, b: Tensor) -> Tensor { fatalError() }
  @_disfavoredOverload
  @available(
    *, unavailable,
    message: "use '.<', which gives a bool tensor; a condition is 'Bool((x .< y).all())'"
  )
  public static func < (a: Double, b: Tensor) -> Bool { fatalError() }
  @available(*, unavailable, message: "use '.<=', which gives a bool tensor")
  public static func <= (a: Tensor, b: Tensor) -> Tensor { fatalError() }
  @_disfavoredOverload
  @available(
    *, unavailable,
    message: "use '.<=', which gives a bool tensor; a condition is 'Bool((x .<= y).all())'"
  )
  public static func <= (a: Tensor, b: Tensor) -> Bool { fatalError() }
  @available(*, unavailable, message: "use '.<=', which gives a bool tensor")
  public static func <= (a: Tensor, b: Double) -> Tensor { fatalError() }
  @_disfavoredOverload
  @available(
    *, unavailable,
    message: "use '.<=', which gives a bool tensor; a condition is 'Bool((x .<= y).all())'"
  )
  public static func <= (a: Tensor, b: Double) -> Bool { fatalError() }
  @available(*, unavailable, message: "use '.<=', which gives a bool tensor")
  public static func <= (a: Double, b: Tensor) -> Tensor { fatalError() }
  @_disfavoredOverload
  @available(
    *, unavailable,
    message: "use '.<=', which gives a bool tensor; a condition is 'Bool((x .<= y).all())'"
  )
  public static func <= (a: Double, b: Tensor) -> Bool { fatalError() }
  @available(*, unavailable, message: "use '.>', which gives a bool tensor")
  public static func > (a: Tensor, b: Tensor) -> Tensor { fatalError() }
  @_disfavoredOverload
  @available(
    *, unavailable,
    message: "use '.>', which gives a bool tensor; a condition is 'Bool((x .> y).all())'"
  )
  public static func > (a: Tensor, b: Tensor) -> Bool { fatalError() }
  @available(*, unavailable, message: "use '.>', which gives a bool tensor")
  public static func > (a: Tensor, b: Double) -> Tensor { fatalError() }
  @_disfavoredOverload
  @available(
    *, unavailable,
    message: "use '.>', which gives a bool tensor; a condition is 'Bool((x .> y).all())'"
  )
  public static func > (a: Tensor, b: Double) -> Bool { fatalError() }
  @available(*, unavailable, message: "use '.>', which gives a bool tensor")
  public static func > (a: Double, b: Tensor) -> Tensor { fatalError() }
  @_disfavoredOverload
  @available(
    *, unavailable,
    message: "use '.>', which gives a bool tensor; a condition is 'Bool((x .> y).all())'"
  )
  public static func > (a: Double, b: Tensor) -> Bool { fatalError() }
  @available(*, unavailable, message: "use '.>=', which gives a bool tensor")
  public static func >= (a: Tensor, b: Tensor) -> Tensor { fatalError() }
  @_disfavoredOverload
  @available(
    *, unavailable,
    message: "use '.>=', which gives a bool tensor; a condition is 'Bool((x .>= y).all())'"
  )
  public static func >= (a: Tensor, b: Tensor) -> Bool { fatalError() }
  @available(*, unavailable, message: "use '.>=', which gives a bool tensor")
  public static func >= (a: Tensor, b: Double) -> Tensor { fatalError() }
  @_disfavoredOverload
  @available(
    *, unavailable,
    message: "use '.>=', which gives a bool tensor; a condition is 'Bool((x .>= y).all())'"
  )
  public static func >= (a: Tensor, b: Double) -> Bool { fatalError() }
  @available(*, unavailable, message: "use '.>=', which gives a bool tensor")
  public static func >= (a: Double, b: Tensor) -> Tensor { fatalError() }
  @_disfavoredOverload
  @available(
    *, unavailable,
    message: "use '.>=', which gives a bool tensor; a condition is 'Bool((x .>= y).all())'"
  )
  public static func >= (a: Double, b: Tensor) -> Bool { fatalError() }
  @available(*, unavailable, message: "use '.==', which gives a bool tensor")
  public static func == <Number: TensorOperand>(a: Tensor, b: Number) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use '.==', which gives a bool tensor")
  public static func == <Number: TensorOperand>(a: Number, b: Tensor) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use '.!=', which gives a bool tensor")
  public static func != <Number: TensorOperand>(a: Tensor, b: Number) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use '.!=', which gives a bool tensor")
  public static func != <Number: TensorOperand>(a: Number, b: Tensor) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use '.<', which gives a bool tensor")
  public static func < <Number: TensorOperand>(a: Tensor, b: Number) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use '.<', which gives a bool tensor")
  public static func < <Number: TensorOperand>(a: Number, b: Tensor) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use '.<=', which gives a bool tensor")
  public static func <= <Number: TensorOperand>(a: Tensor, b: Number) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use '.<=', which gives a bool tensor")
  public static func <= <Number: TensorOperand>(a: Number, b: Tensor) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use '.>', which gives a bool tensor")
  public static func > <Number: TensorOperand>(a: Tensor, b: Number) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use '.>', which gives a bool tensor")
  public static func > <Number: TensorOperand>(a: Number, b: Tensor) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use '.>=', which gives a bool tensor")
  public static func >= <Number: TensorOperand>(a: Tensor, b: Number) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use '.>=', which gives a bool tensor")
  public static func >= <Number: TensorOperand>(a: Number, b: Tensor) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use '.&' of bool tensors")
  public static func && (a: Tensor, b: Tensor) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use '.|' of bool tensors")
  public static func || (a: Tensor, b: Tensor) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use '.&' of bool tensors")
  public static func & (a: Tensor, b: Tensor) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use '.|' of bool tensors")
  public static func | (a: Tensor, b: Tensor) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use '.!'")
  public static prefix func ! (x: Tensor) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use '.!'")
  public static prefix func ~ (x: Tensor) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'pow(x, y)'")
  public static func ** (a: Tensor, b: Tensor) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'pow(x, y)', or '.^' for the exclusive or of bools")
  public static func ^ (a: Tensor, b: Tensor) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'pow(x, y)'")
  public static func ** (a: Tensor, b: Double) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'pow(x, y)', or '.^' for the exclusive or of bools")
  public static func ^ (a: Tensor, b: Double) -> Tensor { fatalError() }
}

@available(*, unavailable, message: "make a tensor of the array: 'Tensor(array)'")
extension Array: TensorOperand {
  public var tensorOperand: Double { fatalError() }
}

@available(*, unavailable, message: "a text is not a number: convert it, 'Double(text)'")
extension String: TensorOperand {
  public var tensorOperand: Double { fatalError() }
}

@available(*, unavailable, message: "a bool is not a number: write 'condition ? 1 : 0'")
extension Bool: TensorOperand {
  public var tensorOperand: Double { fatalError() }
}

@available(
  *, unavailable, message: "unwrap the optional first: 'value ?? 0', 'if let' or 'guard let'"
)
extension Optional: TensorOperand {
  public var tensorOperand: Double { fatalError() }
}

@available(*, unavailable, message: "use the tensor of the parameter: 'parameter.value'")
extension Parameter: TensorOperand {
  public var tensorOperand: Double { fatalError() }
}

@available(*, unavailable, message: "make a tensor of the range: 'Tensor(0...4)'")
extension ClosedRange: TensorOperand {
  public var tensorOperand: Double { fatalError() }
}

@available(*, unavailable, message: "make a tensor of the range: 'Tensor(0..<4)'")
extension Range: TensorOperand {
  public var tensorOperand: Double { fatalError() }
}

@available(*, unavailable, message: "use one size of the shape, 'x.shape[0]', or 'x.elementCount'")
extension Shape: TensorOperand {
  public var tensorOperand: Double { fatalError() }
}
