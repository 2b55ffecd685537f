// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

import Tensor

// Operators as other libraries write them. The messages say what to write here.
//
// An unavailable overload takes no part in the type-checking of a formula that has a type without
// it, so it slows down no right program, but a wrong formula of more than three operators is then
// searched for seconds, as plain Swift does with `let i: Int = d * 2 + d * 3 - d / 2`. An
// unavailable conformance or getter gives the wrong formula a type at once, and is reported
// afterwards. An overload that adds a result besides `Tensor` must be disfavored, and there are
// such only for two tensors: with one for a number, or of `sum()`, right formulas take seconds.

infix operator ** : MultiplicationPrecedence

extension Tensor {
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

/// What can be compared by `<` and `==`: nothing available, so that `x > 0` has a type, and is
/// rejected at once with a message.
public protocol ComparedTensor {}

@available(
  *, unavailable,
  message: """
    use '.>', '.<', '.>=', '.<=', '.==' or '.!=', which give a bool tensor; a condition is \
    'Bool((x .> y).all())'
    """
)
extension Tensor: ComparedTensor {}

extension ComparedTensor {
  public static func == (a: Self, b: Self) -> Tensor { fatalError() }
  @_disfavoredOverload
  public static func == (a: Self, b: Self) -> Bool { fatalError() }
  public static func == (a: Self, b: Double) -> Tensor { fatalError() }
  @_disfavoredOverload
  public static func == (a: Self, b: Double) -> Bool { fatalError() }
  public static func == (a: Double, b: Self) -> Tensor { fatalError() }
  @_disfavoredOverload
  public static func == (a: Double, b: Self) -> Bool { fatalError() }
  public static func == <Number: TensorOperand>(a: Self, b: Number) -> Tensor { fatalError() }
  @_disfavoredOverload
  public static func == <Number: TensorOperand>(a: Self, b: Number) -> Bool { fatalError() }
  public static func == <Number: TensorOperand>(a: Number, b: Self) -> Tensor { fatalError() }
  @_disfavoredOverload
  public static func == <Number: TensorOperand>(a: Number, b: Self) -> Bool { fatalError() }
  public static func != (a: Self, b: Self) -> Tensor { fatalError() }
  @_disfavoredOverload
  public static func != (a: Self, b: Self) -> Bool { fatalError() }
  public static func != (a: Self, b: Double) -> Tensor { fatalError() }
  @_disfavoredOverload
  public static func != (a: Self, b: Double) -> Bool { fatalError() }
  public static func != (a: Double, b: Self) -> Tensor { fatalError() }
  @_disfavoredOverload
  public static func != (a: Double, b: Self) -> Bool { fatalError() }
  public static func != <Number: TensorOperand>(a: Self, b: Number) -> Tensor { fatalError() }
  @_disfavoredOverload
  public static func != <Number: TensorOperand>(a: Self, b: Number) -> Bool { fatalError() }
  public static func != <Number: TensorOperand>(a: Number, b: Self) -> Tensor { fatalError() }
  @_disfavoredOverload
  public static func != <Number: TensorOperand>(a: Number, b: Self) -> Bool { fatalError() }
  public static func < (a: Self, b: Self) -> Tensor { fatalError() }
  @_disfavoredOverload
  public static func < (a: Self, b: Self) -> Bool { fatalError() }
  public static func < (a: Self, b: Double) -> Tensor { fatalError() }
  @_disfavoredOverload
  public static func < (a: Self, b: Double) -> Bool { fatalError() }
  public static func < (a: Double, b: Self) -> Tensor { fatalError() }
  @_disfavoredOverload
  public static func < (a: Double, b: Self) -> Bool { fatalError() }
  public static func < <Number: TensorOperand>(a: Self, b: Number) -> Tensor { fatalError() }
  @_disfavoredOverload
  public static func < <Number: TensorOperand>(a: Self, b: Number) -> Bool { fatalError() }
  public static func < <Number: TensorOperand>(a: Number, b: Self) -> Tensor { fatalError() }
  @_disfavoredOverload
  public static func < <Number: TensorOperand>(a: Number, b: Self) -> Bool { fatalError() }
  public static func <= (a: Self, b: Self) -> Tensor { fatalError() }
  @_disfavoredOverload
  public static func <= (a: Self, b: Self) -> Bool { fatalError() }
  public static func <= (a: Self, b: Double) -> Tensor { fatalError() }
  @_disfavoredOverload
  public static func <= (a: Self, b: Double) -> Bool { fatalError() }
  public static func <= (a: Double, b: Self) -> Tensor { fatalError() }
  @_disfavoredOverload
  public static func <= (a: Double, b: Self) -> Bool { fatalError() }
  public static func <= <Number: TensorOperand>(a: Self, b: Number) -> Tensor { fatalError() }
  @_disfavoredOverload
  public static func <= <Number: TensorOperand>(a: Self, b: Number) -> Bool { fatalError() }
  public static func <= <Number: TensorOperand>(a: Number, b: Self) -> Tensor { fatalError() }
  @_disfavoredOverload
  public static func <= <Number: TensorOperand>(a: Number, b: Self) -> Bool { fatalError() }
  public static func > (a: Self, b: Self) -> Tensor { fatalError() }
  @_disfavoredOverload
  public static func > (a: Self, b: Self) -> Bool { fatalError() }
  public static func > (a: Self, b: Double) -> Tensor { fatalError() }
  @_disfavoredOverload
  public static func > (a: Self, b: Double) -> Bool { fatalError() }
  public static func > (a: Double, b: Self) -> Tensor { fatalError() }
  @_disfavoredOverload
  public static func > (a: Double, b: Self) -> Bool { fatalError() }
  public static func > <Number: TensorOperand>(a: Self, b: Number) -> Tensor { fatalError() }
  @_disfavoredOverload
  public static func > <Number: TensorOperand>(a: Self, b: Number) -> Bool { fatalError() }
  public static func > <Number: TensorOperand>(a: Number, b: Self) -> Tensor { fatalError() }
  @_disfavoredOverload
  public static func > <Number: TensorOperand>(a: Number, b: Self) -> Bool { fatalError() }
  public static func >= (a: Self, b: Self) -> Tensor { fatalError() }
  @_disfavoredOverload
  public static func >= (a: Self, b: Self) -> Bool { fatalError() }
  public static func >= (a: Self, b: Double) -> Tensor { fatalError() }
  @_disfavoredOverload
  public static func >= (a: Self, b: Double) -> Bool { fatalError() }
  public static func >= (a: Double, b: Self) -> Tensor { fatalError() }
  @_disfavoredOverload
  public static func >= (a: Double, b: Self) -> Bool { fatalError() }
  public static func >= <Number: TensorOperand>(a: Self, b: Number) -> Tensor { fatalError() }
  @_disfavoredOverload
  public static func >= <Number: TensorOperand>(a: Self, b: Number) -> Bool { fatalError() }
  public static func >= <Number: TensorOperand>(a: Number, b: Self) -> Tensor { fatalError() }
  @_disfavoredOverload
  public static func >= <Number: TensorOperand>(a: Number, b: Self) -> Bool { fatalError() }
}

/// What a formula of tensors is taken for, `let loss: Double = x * x`: nothing available, so that
/// the formula has a type, and is rejected at once with a message.
public protocol TensorFormulaResult {}

@available(*, unavailable, message: "a formula of tensors is a tensor; read it by 'Double(x)'")
extension Double: TensorFormulaResult {}
@available(*, unavailable, message: "a formula of tensors is a tensor; read it by 'Float(x)'")
extension Float: TensorFormulaResult {}
@available(*, unavailable, message: "a formula of tensors is a tensor; read it by 'Int(x)'")
extension Int: TensorFormulaResult {}
@available(*, unavailable, message: "a formula of tensors is a tensor; read it by 'Bool(x.all())'")
extension Bool: TensorFormulaResult {}
@available(*, unavailable, message: "a formula of tensors is a tensor; read it by '[Float](x)'")
extension Array: TensorFormulaResult {}

extension Tensor {
  @_disfavoredOverload
  public static func + <Result: TensorFormulaResult>(a: Tensor, b: Tensor) -> Result {
    fatalError()
  }
  @_disfavoredOverload
  public static func - <Result: TensorFormulaResult>(a: Tensor, b: Tensor) -> Result {
    fatalError()
  }
  @_disfavoredOverload
  public static func * <Result: TensorFormulaResult>(a: Tensor, b: Tensor) -> Result {
    fatalError()
  }
  @_disfavoredOverload
  public static func / <Result: TensorFormulaResult>(a: Tensor, b: Tensor) -> Result {
    fatalError()
  }
}
