// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

// Functions of the library that PyTorch, NumPy and MLX have as methods, `x.exp()`. They are members
// of a type of their own, found by dynamic lookup: an unavailable method of `Tensor` would hide the
// function of the same name in every extension of `Tensor`, also in those of users.

extension Tensor {
  public subscript<Function>(
    dynamicMember path: KeyPath<TensorMethodGuesses, Function>
  ) -> Function { TensorMethodGuesses()[keyPath: path] }
}

/// The functions that are no methods.
public struct TensorMethodGuesses {
  @available(*, unavailable, message: "use the function 'abs(x)'")
  public var abs: () -> Tensor { fatalError() }
  @available(*, unavailable, message: "use the function 'acos(x)'")
  public var acos: () -> Tensor { fatalError() }
  @available(*, unavailable, message: "use the function 'asin(x)'")
  public var asin: () -> Tensor { fatalError() }
  @available(*, unavailable, message: "use the function 'atan(x)'")
  public var atan: () -> Tensor { fatalError() }
  @available(*, unavailable, message: "use the function 'ceil(x)'")
  public var ceil: () -> Tensor { fatalError() }
  @available(*, unavailable, message: "use the function 'cos(x)'")
  public var cos: () -> Tensor { fatalError() }
  @available(*, unavailable, message: "use the function 'cosh(x)'")
  public var cosh: () -> Tensor { fatalError() }
  @available(*, unavailable, message: "use the function 'erf(x)'")
  public var erf: () -> Tensor { fatalError() }
  @available(*, unavailable, message: "use the function 'exp(x)'")
  public var exp: () -> Tensor { fatalError() }
  @available(*, unavailable, message: "use the function 'exp2(x)'")
  public var exp2: () -> Tensor { fatalError() }
  @available(*, unavailable, message: "use the function 'expm1(x)'")
  public var expm1: () -> Tensor { fatalError() }
  @available(*, unavailable, message: "use the function 'floor(x)'")
  public var floor: () -> Tensor { fatalError() }
  @available(*, unavailable, message: "use the function 'gelu(x)'")
  public var gelu: () -> Tensor { fatalError() }
  @available(*, unavailable, message: "use the function 'log(x)'")
  public var log: () -> Tensor { fatalError() }
  @available(*, unavailable, message: "use the function 'log10(x)'")
  public var log10: () -> Tensor { fatalError() }
  @available(*, unavailable, message: "use the function 'log1p(x)'")
  public var log1p: () -> Tensor { fatalError() }
  @available(*, unavailable, message: "use the function 'log2(x)'")
  public var log2: () -> Tensor { fatalError() }
  @available(*, unavailable, message: "use the function 'logSigmoid(x)'")
  public var logSigmoid: () -> Tensor { fatalError() }
  @available(*, unavailable, message: "use the function 'mish(x)'")
  public var mish: () -> Tensor { fatalError() }
  @available(*, unavailable, message: "use the function 'relu(x)'")
  public var relu: () -> Tensor { fatalError() }
  @available(*, unavailable, message: "use the function 'round(x)'")
  public var round: () -> Tensor { fatalError() }
  @available(*, unavailable, message: "use the function 'rsqrt(x)'")
  public var rsqrt: () -> Tensor { fatalError() }
  @available(*, unavailable, message: "use the function 'selu(x)'")
  public var selu: () -> Tensor { fatalError() }
  @available(*, unavailable, message: "use the function 'sigmoid(x)'")
  public var sigmoid: () -> Tensor { fatalError() }
  @available(*, unavailable, message: "use the function 'sign(x)'")
  public var sign: () -> Tensor { fatalError() }
  @available(*, unavailable, message: "use the function 'silu(x)'")
  public var silu: () -> Tensor { fatalError() }
  @available(*, unavailable, message: "use the function 'sin(x)'")
  public var sin: () -> Tensor { fatalError() }
  @available(*, unavailable, message: "use the function 'sinh(x)'")
  public var sinh: () -> Tensor { fatalError() }
  @available(*, unavailable, message: "use the function 'softplus(x)'")
  public var softplus: () -> Tensor { fatalError() }
  @available(*, unavailable, message: "use the function 'sqrt(x)'")
  public var sqrt: () -> Tensor { fatalError() }
  @available(*, unavailable, message: "use the function 'square(x)'")
  public var square: () -> Tensor { fatalError() }
  @available(*, unavailable, message: "use the function 'tan(x)'")
  public var tan: () -> Tensor { fatalError() }
  @available(*, unavailable, message: "use the function 'tanh(x)'")
  public var tanh: () -> Tensor { fatalError() }
  @available(*, unavailable, message: "use the function 'softmax(x, along:)'")
  public var softmax: AxisFunctionGuess { fatalError() }
  @available(*, unavailable, message: "use the function 'logSoftmax(x, along:)'")
  public var logSoftmax: AxisFunctionGuess { fatalError() }
  @available(*, unavailable, message: "use the function 'pow(x, exponent)'")
  public var pow: (Double) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use the function 'matmul(a, b)'")
  public var matmul: (Tensor) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use the function 'dot(a, b)'")
  public var dot: (Tensor) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use the function 'outer(a, b)'")
  public var outer: (Tensor) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use the function 'maximum(a, b)'")
  public var maximum: (Tensor) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use the function 'minimum(a, b)'")
  public var minimum: (Tensor) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use the function 'clamp(x, from:to:)'")
  public var clamp: ClampGuess { fatalError() }
  @available(*, unavailable, message: "use the function 'clamp(x, from:to:)'")
  public var clamped: ClampGuess { fatalError() }
  @available(*, unavailable, message: "use the function 'square(x)'")
  public var squared: () -> Tensor { fatalError() }
  @available(*, unavailable, message: "use the function 'round(x)'")
  public var rounded: () -> Tensor { fatalError() }
  @available(*, unavailable, message: "use the function 'oneHot(labels, classes:)'")
  public var oneHot: OneHotGuess { fatalError() }
}

/// A function of an axis, with the labels of other libraries.
public struct AxisFunctionGuess {
  public func callAsFunction(_ axis: Int = -1) -> Tensor { fatalError() }
  public func callAsFunction(dim: Int) -> Tensor { fatalError() }
  public func callAsFunction(axis: Int) -> Tensor { fatalError() }
  public func callAsFunction(along axis: Int) -> Tensor { fatalError() }
}

/// A function of a number of classes, with the labels of other libraries.
public struct OneHotGuess {
  public func callAsFunction(_ classes: Int) -> Tensor { fatalError() }
  public func callAsFunction(classes: Int) -> Tensor { fatalError() }
}

/// A function of two bounds, with the labels of other libraries.
public struct ClampGuess {
  public func callAsFunction(_ lower: Double, _ upper: Double) -> Tensor { fatalError() }
  public func callAsFunction(min: Double, max: Double) -> Tensor { fatalError() }
  public func callAsFunction(min: Double) -> Tensor { fatalError() }
  public func callAsFunction(max: Double) -> Tensor { fatalError() }
  public func callAsFunction(to range: ClosedRange<Double>) -> Tensor { fatalError() }
  public func callAsFunction(from lower: Double) -> Tensor { fatalError() }
  public func callAsFunction(to upper: Double) -> Tensor { fatalError() }
  public func callAsFunction(from lower: Double, to upper: Double) -> Tensor { fatalError() }
}
