// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

import Tensor

// Functions of something other than a tensor. Each has a type, so that a formula with one is
// rejected at once, and arguments without an available conformance.

/// What is taken for a tensor: nothing available.
public protocol TensorArgument {}

@available(*, unavailable, message: "use the tensor of the parameter: 'parameter.value'")
extension Parameter: TensorArgument {}
@available(
  *, unavailable,
  message: "of a tensor: 'Tensor(number)'; the function of a number is Foundation's"
)
extension Double: TensorArgument {}
@available(
  *, unavailable,
  message: "of a tensor: 'Tensor(number)'; the function of a number is Foundation's"
)
extension Float: TensorArgument {}
@available(
  *, unavailable,
  message: """
    convert the integer, 'Double(n)' or 'Tensor(Double(n))'; functions of numbers are in \
    Foundation
    """
)
extension Int: TensorArgument {}
@available(*, unavailable, message: "make a tensor of the array: 'Tensor(array)'")
extension Array: TensorArgument {}
@available(*, unavailable, message: "unwrap the optional first: 'if let', 'guard let' or '??'")
extension Optional: TensorArgument {}
@available(*, unavailable, message: "make a tensor of it: 'Tensor(condition ? 1 : 0)'")
extension Bool: TensorArgument {}
@available(*, unavailable, message: "a text is not a tensor: 'Tensor(Double(text) ?? 0)'")
extension String: TensorArgument {}
@available(*, unavailable, message: "use one size of the shape: 'Double(x.shape[0])'")
extension Shape: TensorArgument {}

@_disfavoredOverload
public func abs<Argument: TensorArgument>(_ x: Argument) -> Tensor { fatalError() }
@_disfavoredOverload
public func acos<Argument: TensorArgument>(_ x: Argument) -> Tensor { fatalError() }
@_disfavoredOverload
public func acosh<Argument: TensorArgument>(_ x: Argument) -> Tensor { fatalError() }
@_disfavoredOverload
public func asin<Argument: TensorArgument>(_ x: Argument) -> Tensor { fatalError() }
@_disfavoredOverload
public func asinh<Argument: TensorArgument>(_ x: Argument) -> Tensor { fatalError() }
@_disfavoredOverload
public func atan<Argument: TensorArgument>(_ x: Argument) -> Tensor { fatalError() }
@_disfavoredOverload
public func atanh<Argument: TensorArgument>(_ x: Argument) -> Tensor { fatalError() }
@_disfavoredOverload
public func ceil<Argument: TensorArgument>(_ x: Argument) -> Tensor { fatalError() }
@_disfavoredOverload
public func celu<Argument: TensorArgument>(_ x: Argument) -> Tensor { fatalError() }
@_disfavoredOverload
public func cos<Argument: TensorArgument>(_ x: Argument) -> Tensor { fatalError() }
@_disfavoredOverload
public func cosh<Argument: TensorArgument>(_ x: Argument) -> Tensor { fatalError() }
@_disfavoredOverload
public func digamma<Argument: TensorArgument>(_ x: Argument) -> Tensor { fatalError() }
@_disfavoredOverload
public func elu<Argument: TensorArgument>(_ x: Argument) -> Tensor { fatalError() }
@_disfavoredOverload
public func erf<Argument: TensorArgument>(_ x: Argument) -> Tensor { fatalError() }
@_disfavoredOverload
public func exp<Argument: TensorArgument>(_ x: Argument) -> Tensor { fatalError() }
@_disfavoredOverload
public func exp2<Argument: TensorArgument>(_ x: Argument) -> Tensor { fatalError() }
@_disfavoredOverload
public func expm1<Argument: TensorArgument>(_ x: Argument) -> Tensor { fatalError() }
@_disfavoredOverload
public func floor<Argument: TensorArgument>(_ x: Argument) -> Tensor { fatalError() }
@_disfavoredOverload
public func gelu<Argument: TensorArgument>(_ x: Argument) -> Tensor { fatalError() }
@_disfavoredOverload
public func geluTanh<Argument: TensorArgument>(_ x: Argument) -> Tensor { fatalError() }
@_disfavoredOverload
public func glu<Argument: TensorArgument>(_ x: Argument) -> Tensor { fatalError() }
@_disfavoredOverload
public func hardSigmoid<Argument: TensorArgument>(_ x: Argument) -> Tensor { fatalError() }
@_disfavoredOverload
public func hardSwish<Argument: TensorArgument>(_ x: Argument) -> Tensor { fatalError() }
@_disfavoredOverload
public func inverseErf<Argument: TensorArgument>(_ x: Argument) -> Tensor { fatalError() }
@_disfavoredOverload
public func leakyRelu<Argument: TensorArgument>(_ x: Argument) -> Tensor { fatalError() }
@_disfavoredOverload
public func log<Argument: TensorArgument>(_ x: Argument) -> Tensor { fatalError() }
@_disfavoredOverload
public func log10<Argument: TensorArgument>(_ x: Argument) -> Tensor { fatalError() }
@_disfavoredOverload
public func log1p<Argument: TensorArgument>(_ x: Argument) -> Tensor { fatalError() }
@_disfavoredOverload
public func log2<Argument: TensorArgument>(_ x: Argument) -> Tensor { fatalError() }
@_disfavoredOverload
public func logGamma<Argument: TensorArgument>(_ x: Argument) -> Tensor { fatalError() }
@_disfavoredOverload
public func logSigmoid<Argument: TensorArgument>(_ x: Argument) -> Tensor { fatalError() }
@_disfavoredOverload
public func logSoftmax<Argument: TensorArgument>(_ x: Argument) -> Tensor { fatalError() }
@_disfavoredOverload
public func mish<Argument: TensorArgument>(_ x: Argument) -> Tensor { fatalError() }
@_disfavoredOverload
public func relu<Argument: TensorArgument>(_ x: Argument) -> Tensor { fatalError() }
@_disfavoredOverload
public func round<Argument: TensorArgument>(_ x: Argument) -> Tensor { fatalError() }
@_disfavoredOverload
public func rsqrt<Argument: TensorArgument>(_ x: Argument) -> Tensor { fatalError() }
@_disfavoredOverload
public func selu<Argument: TensorArgument>(_ x: Argument) -> Tensor { fatalError() }
@_disfavoredOverload
public func sigmoid<Argument: TensorArgument>(_ x: Argument) -> Tensor { fatalError() }
@_disfavoredOverload
public func sign<Argument: TensorArgument>(_ x: Argument) -> Tensor { fatalError() }
@_disfavoredOverload
public func silu<Argument: TensorArgument>(_ x: Argument) -> Tensor { fatalError() }
@_disfavoredOverload
public func sin<Argument: TensorArgument>(_ x: Argument) -> Tensor { fatalError() }
@_disfavoredOverload
public func sinh<Argument: TensorArgument>(_ x: Argument) -> Tensor { fatalError() }
@_disfavoredOverload
public func softmax<Argument: TensorArgument>(_ x: Argument) -> Tensor { fatalError() }
@_disfavoredOverload
public func softplus<Argument: TensorArgument>(_ x: Argument) -> Tensor { fatalError() }
@_disfavoredOverload
public func softsign<Argument: TensorArgument>(_ x: Argument) -> Tensor { fatalError() }
@_disfavoredOverload
public func sqrt<Argument: TensorArgument>(_ x: Argument) -> Tensor { fatalError() }
@_disfavoredOverload
public func square<Argument: TensorArgument>(_ x: Argument) -> Tensor { fatalError() }
@_disfavoredOverload
public func tan<Argument: TensorArgument>(_ x: Argument) -> Tensor { fatalError() }
@_disfavoredOverload
public func tanh<Argument: TensorArgument>(_ x: Argument) -> Tensor { fatalError() }
@_disfavoredOverload
public func softmax<Argument: TensorArgument>(_ x: Argument, along axis: Int) -> Tensor {
  fatalError()
}
@_disfavoredOverload
public func logSoftmax<Argument: TensorArgument>(_ x: Argument, along axis: Int) -> Tensor {
  fatalError()
}

// Functions of two tensors, one of which is a parameter.

@_disfavoredOverload
public func matmul<Argument: TensorArgument>(_ a: Argument, _ b: Tensor) -> Tensor { fatalError() }
@_disfavoredOverload
public func matmul<Argument: TensorArgument>(_ a: Tensor, _ b: Argument) -> Tensor { fatalError() }
@available(*, unavailable, message: "use the tensor of the parameter: 'parameter.value'")
public func matmul(_ a: Parameter, _ b: Parameter) -> Tensor { fatalError() }
@_disfavoredOverload
public func dot<Argument: TensorArgument>(_ a: Argument, _ b: Tensor) -> Tensor { fatalError() }
@_disfavoredOverload
public func dot<Argument: TensorArgument>(_ a: Tensor, _ b: Argument) -> Tensor { fatalError() }
@available(*, unavailable, message: "use the tensor of the parameter: 'parameter.value'")
public func dot(_ a: Parameter, _ b: Parameter) -> Tensor { fatalError() }
@_disfavoredOverload
public func outer<Argument: TensorArgument>(_ a: Argument, _ b: Tensor) -> Tensor { fatalError() }
@_disfavoredOverload
public func outer<Argument: TensorArgument>(_ a: Tensor, _ b: Argument) -> Tensor { fatalError() }
@available(*, unavailable, message: "use the tensor of the parameter: 'parameter.value'")
public func outer(_ a: Parameter, _ b: Parameter) -> Tensor { fatalError() }
@_disfavoredOverload
public func cross<Argument: TensorArgument>(_ a: Argument, _ b: Tensor) -> Tensor { fatalError() }
@_disfavoredOverload
public func cross<Argument: TensorArgument>(_ a: Tensor, _ b: Argument) -> Tensor { fatalError() }
@available(*, unavailable, message: "use the tensor of the parameter: 'parameter.value'")
public func cross(_ a: Parameter, _ b: Parameter) -> Tensor { fatalError() }
@_disfavoredOverload
public func kron<Argument: TensorArgument>(_ a: Argument, _ b: Tensor) -> Tensor { fatalError() }
@_disfavoredOverload
public func kron<Argument: TensorArgument>(_ a: Tensor, _ b: Argument) -> Tensor { fatalError() }
@available(*, unavailable, message: "use the tensor of the parameter: 'parameter.value'")
public func kron(_ a: Parameter, _ b: Parameter) -> Tensor { fatalError() }
@_disfavoredOverload
public func maximum<Argument: TensorArgument>(_ a: Argument, _ b: Tensor) -> Tensor { fatalError() }
@_disfavoredOverload
public func maximum<Argument: TensorArgument>(_ a: Tensor, _ b: Argument) -> Tensor { fatalError() }
@available(*, unavailable, message: "use the tensor of the parameter: 'parameter.value'")
public func maximum(_ a: Parameter, _ b: Parameter) -> Tensor { fatalError() }
@_disfavoredOverload
public func minimum<Argument: TensorArgument>(_ a: Argument, _ b: Tensor) -> Tensor { fatalError() }
@_disfavoredOverload
public func minimum<Argument: TensorArgument>(_ a: Tensor, _ b: Argument) -> Tensor { fatalError() }
@available(*, unavailable, message: "use the tensor of the parameter: 'parameter.value'")
public func minimum(_ a: Parameter, _ b: Parameter) -> Tensor { fatalError() }
@_disfavoredOverload
public func pow<Argument: TensorArgument>(_ a: Argument, _ b: Tensor) -> Tensor { fatalError() }
@_disfavoredOverload
public func pow<Argument: TensorArgument>(_ a: Tensor, _ b: Argument) -> Tensor { fatalError() }
@available(*, unavailable, message: "use the tensor of the parameter: 'parameter.value'")
public func pow(_ a: Parameter, _ b: Parameter) -> Tensor { fatalError() }
@_disfavoredOverload
public func atan2<Argument: TensorArgument>(_ a: Argument, _ b: Tensor) -> Tensor { fatalError() }
@_disfavoredOverload
public func atan2<Argument: TensorArgument>(_ a: Tensor, _ b: Argument) -> Tensor { fatalError() }
@available(*, unavailable, message: "use the tensor of the parameter: 'parameter.value'")
public func atan2(_ a: Parameter, _ b: Parameter) -> Tensor { fatalError() }
@_disfavoredOverload
public func logAddExp<Argument: TensorArgument>(_ a: Argument, _ b: Tensor) -> Tensor {
  fatalError()
}
@_disfavoredOverload
public func logAddExp<Argument: TensorArgument>(_ a: Tensor, _ b: Argument) -> Tensor {
  fatalError()
}
@available(*, unavailable, message: "use the tensor of the parameter: 'parameter.value'")
public func logAddExp(_ a: Parameter, _ b: Parameter) -> Tensor { fatalError() }
@_disfavoredOverload
public func linear<Argument: TensorArgument>(_ a: Argument, _ b: Tensor) -> Tensor { fatalError() }
@_disfavoredOverload
public func linear<Argument: TensorArgument>(_ a: Tensor, _ b: Argument) -> Tensor { fatalError() }
@available(*, unavailable, message: "use the tensor of the parameter: 'parameter.value'")
public func linear(_ a: Parameter, _ b: Parameter) -> Tensor { fatalError() }
@available(*, unavailable, message: "use the tensor of the parameter: 'parameter.value'")
public func pow(_ a: Parameter, _ b: Double) -> Tensor { fatalError() }
@available(*, unavailable, message: "use the tensor of the parameter: 'parameter.value'")
public func maximum(_ a: Parameter, _ b: Double) -> Tensor { fatalError() }
@available(*, unavailable, message: "use the tensor of the parameter: 'parameter.value'")
public func minimum(_ a: Parameter, _ b: Double) -> Tensor { fatalError() }
@available(*, unavailable, message: "use the tensor of the parameter: 'parameter.value'")
public func linear(_ x: Tensor, _ weight: Parameter, _ bias: Parameter) -> Tensor { fatalError() }
@available(*, unavailable, message: "use the tensor of the parameter: 'parameter.value'")
public func linear(_ x: Tensor, _ weight: Parameter, bias: Parameter?) -> Tensor { fatalError() }
@available(*, unavailable, message: "use the tensor of the parameter: 'parameter.value'")
public func embedding(_ table: Parameter, at positions: Tensor) -> Tensor { fatalError() }

extension Parameter {
  @available(*, unavailable, message: "use the tensor of the parameter: 'parameter.value'")
  public static func + (a: Parameter, b: Parameter) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use the tensor of the parameter: 'parameter.value'")
  public static func + (a: Parameter, b: Double) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use the tensor of the parameter: 'parameter.value'")
  public static func + (a: Double, b: Parameter) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use the tensor of the parameter: 'parameter.value'")
  public static func - (a: Parameter, b: Parameter) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use the tensor of the parameter: 'parameter.value'")
  public static func - (a: Parameter, b: Double) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use the tensor of the parameter: 'parameter.value'")
  public static func - (a: Double, b: Parameter) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use the tensor of the parameter: 'parameter.value'")
  public static func * (a: Parameter, b: Parameter) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use the tensor of the parameter: 'parameter.value'")
  public static func * (a: Parameter, b: Double) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use the tensor of the parameter: 'parameter.value'")
  public static func * (a: Double, b: Parameter) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use the tensor of the parameter: 'parameter.value'")
  public static func / (a: Parameter, b: Parameter) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use the tensor of the parameter: 'parameter.value'")
  public static func / (a: Parameter, b: Double) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use the tensor of the parameter: 'parameter.value'")
  public static func / (a: Double, b: Parameter) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use the tensor of the parameter: 'parameter.value'")
  public static prefix func - (x: Parameter) -> Tensor { fatalError() }
}
