// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

// Functions of the library that PyTorch, NumPy and MLX have as methods, `x.exp()`. They are members
// of a type of their own, found by dynamic lookup: an unavailable method of `Tensor` would hide the
// function of the same name in every extension of `Tensor`, also in those of users.

extension Tensor {
  public subscript<Function>(
    dynamicMember path: KeyPath<TensorMethodGuesses, Function>
  ) -> Function { TensorMethodGuesses()[keyPath: path] }

  // Any other name is a member too, whose getter is unavailable: a formula with a wrong name has a
  // type then, and is rejected at once instead of after seconds of looking for another one.
  public subscript(dynamicMember name: String) -> Tensor {
    @available(*, unavailable, message: "a tensor has no member of this name") get { fatalError() }
  }
  @_disfavoredOverload
  public subscript(dynamicMember name: String) -> TensorMethodGuess {
    @available(*, unavailable, message: "a tensor has no method of this name") get { fatalError() }
  }
}

/// A method that does not exist.
@dynamicCallable
public struct TensorMethodGuess {
  public func dynamicallyCall(
    withKeywordArguments arguments: KeyValuePairs<String, Any>
  ) -> Tensor { fatalError() }
}

/// The functions that are no methods.
///
/// Their getters are unavailable, not the properties, which the type checker would leave out until
/// it has tried everything else.
public struct TensorMethodGuesses {
  public var bincount: () -> Tensor {
    @available(*, unavailable, message: "use 'binCounts(minimumCount:)'") get { fatalError() }
  }
  public var binCount: () -> Tensor {
    @available(*, unavailable, message: "use 'binCounts(minimumCount:)'") get { fatalError() }
  }
  public var diag: () -> Tensor {
    @available(*, unavailable, message: "use 'diagonal()'") get { fatalError() }
  }
  public var cholesky: () -> Tensor {
    @available(*, unavailable, message: "use 'LinearAlgebra.cholesky(x)'") get { fatalError() }
  }
  public var inverse: () -> Tensor {
    @available(*, unavailable, message: "use 'LinearAlgebra.inverse(x)'") get { fatalError() }
  }
  public var det: () -> Tensor {
    @available(*, unavailable, message: "use 'LinearAlgebra.determinant(x)'") get { fatalError() }
  }
  public var values: Tensor {
    @available(*, unavailable, message: "leave it out: 'max(along:)' gives the values alone")
    get { fatalError() }
  }
  public var indices: Tensor {
    @available(
      *, unavailable, message: "positions are given by 'argmax(along:)' or 'argmin(along:)'"
    )
    get { fatalError() }
  }
  public var abs: () -> Tensor {
    @available(*, unavailable, message: "use the function 'abs(x)'") get { fatalError() }
  }
  public var acos: () -> Tensor {
    @available(*, unavailable, message: "use the function 'acos(x)'") get { fatalError() }
  }
  public var acosh: () -> Tensor {
    @available(*, unavailable, message: "use the function 'acosh(x)'") get { fatalError() }
  }
  public var asin: () -> Tensor {
    @available(*, unavailable, message: "use the function 'asin(x)'") get { fatalError() }
  }
  public var asinh: () -> Tensor {
    @available(*, unavailable, message: "use the function 'asinh(x)'") get { fatalError() }
  }
  public var atan: () -> Tensor {
    @available(*, unavailable, message: "use the function 'atan(x)'") get { fatalError() }
  }
  public var atanh: () -> Tensor {
    @available(*, unavailable, message: "use the function 'atanh(x)'") get { fatalError() }
  }
  public var ceil: () -> Tensor {
    @available(*, unavailable, message: "use the function 'ceil(x)'") get { fatalError() }
  }
  public var cos: () -> Tensor {
    @available(*, unavailable, message: "use the function 'cos(x)'") get { fatalError() }
  }
  public var cosh: () -> Tensor {
    @available(*, unavailable, message: "use the function 'cosh(x)'") get { fatalError() }
  }
  public var erf: () -> Tensor {
    @available(*, unavailable, message: "use the function 'erf(x)'") get { fatalError() }
  }
  public var exp: () -> Tensor {
    @available(*, unavailable, message: "use the function 'exp(x)'") get { fatalError() }
  }
  public var exp2: () -> Tensor {
    @available(*, unavailable, message: "use the function 'exp2(x)'") get { fatalError() }
  }
  public var expm1: () -> Tensor {
    @available(*, unavailable, message: "use the function 'expm1(x)'") get { fatalError() }
  }
  public var floor: () -> Tensor {
    @available(*, unavailable, message: "use the function 'floor(x)'") get { fatalError() }
  }
  public var gelu: () -> Tensor {
    @available(*, unavailable, message: "use the function 'gelu(x)'") get { fatalError() }
  }
  public var log: () -> Tensor {
    @available(*, unavailable, message: "use the function 'log(x)'") get { fatalError() }
  }
  public var log10: () -> Tensor {
    @available(*, unavailable, message: "use the function 'log10(x)'") get { fatalError() }
  }
  public var log1p: () -> Tensor {
    @available(*, unavailable, message: "use the function 'log1p(x)'") get { fatalError() }
  }
  public var log2: () -> Tensor {
    @available(*, unavailable, message: "use the function 'log2(x)'") get { fatalError() }
  }
  public var logSigmoid: () -> Tensor {
    @available(*, unavailable, message: "use the function 'logSigmoid(x)'") get { fatalError() }
  }
  public var mish: () -> Tensor {
    @available(*, unavailable, message: "use the function 'mish(x)'") get { fatalError() }
  }
  public var relu: () -> Tensor {
    @available(*, unavailable, message: "use the function 'relu(x)'") get { fatalError() }
  }
  public var round: () -> Tensor {
    @available(*, unavailable, message: "use the function 'round(x)'") get { fatalError() }
  }
  public var rsqrt: () -> Tensor {
    @available(*, unavailable, message: "use the function 'rsqrt(x)'") get { fatalError() }
  }
  public var selu: () -> Tensor {
    @available(*, unavailable, message: "use the function 'selu(x)'") get { fatalError() }
  }
  public var sigmoid: () -> Tensor {
    @available(*, unavailable, message: "use the function 'sigmoid(x)'") get { fatalError() }
  }
  public var sign: () -> Tensor {
    @available(*, unavailable, message: "use the function 'sign(x)'") get { fatalError() }
  }
  public var silu: () -> Tensor {
    @available(*, unavailable, message: "use the function 'silu(x)'") get { fatalError() }
  }
  public var sin: () -> Tensor {
    @available(*, unavailable, message: "use the function 'sin(x)'") get { fatalError() }
  }
  public var sinh: () -> Tensor {
    @available(*, unavailable, message: "use the function 'sinh(x)'") get { fatalError() }
  }
  public var softplus: () -> Tensor {
    @available(*, unavailable, message: "use the function 'softplus(x)'") get { fatalError() }
  }
  public var sqrt: () -> Tensor {
    @available(*, unavailable, message: "use the function 'sqrt(x)'") get { fatalError() }
  }
  public var square: () -> Tensor {
    @available(*, unavailable, message: "use the function 'square(x)'") get { fatalError() }
  }
  public var tan: () -> Tensor {
    @available(*, unavailable, message: "use the function 'tan(x)'") get { fatalError() }
  }
  public var tanh: () -> Tensor {
    @available(*, unavailable, message: "use the function 'tanh(x)'") get { fatalError() }
  }
  public var softmax: AxisFunctionGuess {
    @available(*, unavailable, message: "use the function 'softmax(x, along:)'") get {
      fatalError()
    }
  }
  public var logSoftmax: AxisFunctionGuess {
    @available(*, unavailable, message: "use the function 'logSoftmax(x, along:)'") get {
      fatalError()
    }
  }
  public var pow: (Double) -> Tensor {
    @available(*, unavailable, message: "use the function 'pow(x, exponent)'") get { fatalError() }
  }
  public var matmul: (Tensor) -> Tensor {
    @available(*, unavailable, message: "use the function 'matmul(a, b)'") get { fatalError() }
  }
  public var dot: (Tensor) -> Tensor {
    @available(*, unavailable, message: "use the function 'dot(a, b)'") get { fatalError() }
  }
  public var outer: (Tensor) -> Tensor {
    @available(*, unavailable, message: "use the function 'outer(a, b)'") get { fatalError() }
  }
  public var maximum: (Tensor) -> Tensor {
    @available(*, unavailable, message: "use the function 'maximum(a, b)'") get { fatalError() }
  }
  public var minimum: (Tensor) -> Tensor {
    @available(*, unavailable, message: "use the function 'minimum(a, b)'") get { fatalError() }
  }
  public var clamp: ClampGuess {
    @available(*, unavailable, message: "use the function 'clamp(x, from:to:)'") get {
      fatalError()
    }
  }
  public var clamped: ClampGuess {
    @available(*, unavailable, message: "use the function 'clamp(x, from:to:)'") get {
      fatalError()
    }
  }
  public var squared: () -> Tensor {
    @available(*, unavailable, message: "use the function 'square(x)'") get { fatalError() }
  }
  public var rounded: () -> Tensor {
    @available(*, unavailable, message: "use the function 'round(x)'") get { fatalError() }
  }
  public var oneHot: OneHotGuess {
    @available(*, unavailable, message: "use the function 'oneHot(labels, classes:)'") get {
      fatalError()
    }
  }
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
