// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

import Tensor

// Functions, types and namespaces of PyTorch, NumPy, JAX and MLX.

@available(*, unavailable, message: "use 'Tensor.zeros([2, 3])'")
public func zeros(_ sizes: Int...) -> Tensor { fatalError() }
@available(*, unavailable, message: "use 'Tensor.zeros([2, 3])'")
public func zeros(_ sizes: [Int]) -> Tensor { fatalError() }
@available(*, unavailable, message: "use 'Tensor.ones([2, 3])'")
public func ones(_ sizes: Int...) -> Tensor { fatalError() }
@available(*, unavailable, message: "use 'Tensor.ones([2, 3])'")
public func ones(_ sizes: [Int]) -> Tensor { fatalError() }
@available(*, unavailable, message: "use 'Tensor.normal([2, 3])'")
public func randn(_ sizes: Int...) -> Tensor { fatalError() }
@available(*, unavailable, message: "use 'Tensor.normal([2, 3])'")
public func randn(_ sizes: [Int]) -> Tensor { fatalError() }
@available(*, unavailable, message: "use 'Tensor.uniform([2, 3])'")
public func rand(_ sizes: Int...) -> Tensor { fatalError() }
@available(*, unavailable, message: "use 'Tensor.uniform([2, 3])'")
public func rand(_ sizes: [Int]) -> Tensor { fatalError() }
@available(*, unavailable, message: "use 'Tensor.zeros(like: x)'")
public func zeros_like(_ x: Tensor) -> Tensor { fatalError() }
@available(*, unavailable, message: "use 'Tensor.ones(like: x)'")
public func ones_like(_ x: Tensor) -> Tensor { fatalError() }
@available(*, unavailable, message: "use 'Tensor.full(like: x, value)'")
public func full_like(_ x: Tensor, _ value: Double) -> Tensor { fatalError() }
@available(*, unavailable, message: "use 'Tensor.normal(x.shape)'")
public func randn_like(_ x: Tensor) -> Tensor { fatalError() }
@available(*, unavailable, message: "use 'Tensor.uniform(x.shape)'")
public func rand_like(_ x: Tensor) -> Tensor { fatalError() }
@available(*, unavailable, message: "use 'Tensor.full([2, 3], value)'")
public func full(_ sizes: [Int], _ value: Double) -> Tensor { fatalError() }
@available(*, unavailable, message: "use 'Tensor.integers([2, 3], in: 0..<10)'")
public func randint(_ low: Int, _ high: Int, _ sizes: [Int]) -> Tensor { fatalError() }
@available(*, unavailable, message: "use 'Tensor.permutation(of: count)'")
public func randperm(_ count: Int) -> Tensor { fatalError() }
@available(*, unavailable, message: "use 'Tensor.arange(to: 5)', or 'Tensor(0..<5)' for int32")
public func arange(_ numbers: Double...) -> Tensor { fatalError() }
@available(*, unavailable, message: "use 'Tensor.linspace(from:to:count:)'")
public func linspace(_ start: Double, _ end: Double, _ count: Int) -> Tensor { fatalError() }
@available(*, unavailable, message: "use 'Tensor.eye(rows)'")
public func eye(_ rows: Int) -> Tensor { fatalError() }
@available(*, unavailable, message: "use 'Tensor([1, 2, 3])' or 'Tensor(array)'")
public func tensor(_ values: Any) -> Tensor { fatalError() }
@available(*, unavailable, message: "use 'Tensor([1, 2, 3])' or 'Tensor(array)'")
public func array(_ values: Any) -> Tensor { fatalError() }
@available(*, unavailable, message: "use 'Tensor([1, 2, 3])' or 'Tensor(array)'")
public func asarray(_ values: Any) -> Tensor { fatalError() }
@available(*, unavailable, message: "use 'Tensor([1, 2, 3])' or 'Tensor(array)'")
public func from_numpy(_ values: Any) -> Tensor { fatalError() }
@available(*, unavailable, message: "use 'vmap(x) { x in ... }': it maps at once")
public func vmap(_ function: (Tensor) -> Tensor) -> (Tensor) -> Tensor { fatalError() }
@available(*, unavailable, message: "use 'vmap(x, y) { x, y in ... }': it maps at once")
public func vmap(_ function: (Tensor, Tensor) -> Tensor) -> (Tensor, Tensor) -> Tensor {
  fatalError()
}
@available(*, unavailable, message: "use 'oneHot(labels, classes:)'")
public func one_hot(_ labels: Tensor, _ classes: Int) -> Tensor { fatalError() }
@available(*, unavailable, message: "use 'withRandomSeed(seed) { ... }'")
public func manual_seed(_ seed: Int) -> Void { fatalError() }
@available(
  *, unavailable,
  message: """
    leave it out: nothing is recorded outside of a gradient scope; inside, use 'withoutGradient { \
    ... }'
    """
)
public func no_grad<Result>(_ body: () -> Result) -> Result { fatalError() }
@available(*, unavailable, message: "use 'matmul(a, b)'")
public func mm(_ a: Tensor, _ b: Tensor) -> Tensor { fatalError() }
@available(*, unavailable, message: "use 'matmul(a, b)'")
public func bmm(_ a: Tensor, _ b: Tensor) -> Tensor { fatalError() }
@available(*, unavailable, message: "use 'clamp(x, from:to:)'")
public func clip(_ x: Tensor, _ lower: Double, _ upper: Double) -> Tensor { fatalError() }
@available(*, unavailable, message: "use 'clamp(x, from:)'")
public func clamp(_ x: Tensor, min: Double) -> Tensor { fatalError() }
@available(*, unavailable, message: "use 'clamp(x, to:)'")
public func clamp(_ x: Tensor, max: Double) -> Tensor { fatalError() }
@available(*, unavailable, message: "use 'clamp(x, from:to:)'")
public func clamp(_ x: Tensor, min: Double, max: Double) -> Tensor { fatalError() }
@available(*, unavailable, message: "use 'clamp(x, from:to:)'")
public func clamp(_ x: Tensor, _ lower: Double, _ upper: Double) -> Tensor { fatalError() }
@available(*, unavailable, message: "use 'select(mask, a, b)'")
public func which(_ mask: Tensor, _ a: Tensor, _ b: Tensor) -> Tensor { fatalError() }
@available(*, unavailable, message: "use 'select(mask, a, b)'")
public func `where`(_ mask: Tensor, _ a: Tensor, _ b: Tensor) -> Tensor { fatalError() }
@available(*, unavailable, renamed: "leakyRelu(_:)")
public func leaky_relu(_ x: Tensor) -> Tensor { fatalError() }
@available(*, unavailable, renamed: "logSigmoid(_:)")
public func log_sigmoid(_ x: Tensor) -> Tensor { fatalError() }
@available(*, unavailable, renamed: "hardSwish(_:)")
public func hardswish(_ x: Tensor) -> Tensor { fatalError() }
@available(*, unavailable, renamed: "silu(_:)")
public func swish(_ x: Tensor) -> Tensor { fatalError() }
@available(*, unavailable, renamed: "abs(_:)")
public func absolute(_ x: Tensor) -> Tensor { fatalError() }
@available(*, unavailable, renamed: "pow(_:_:)")
public func power(_ x: Tensor, _ y: Double) -> Tensor { fatalError() }
@available(*, unavailable, renamed: "atan(_:)")
public func arctan(_ x: Tensor) -> Tensor { fatalError() }
@available(*, unavailable, renamed: "asin(_:)")
public func arcsin(_ x: Tensor) -> Tensor { fatalError() }
@available(*, unavailable, renamed: "acos(_:)")
public func arccos(_ x: Tensor) -> Tensor { fatalError() }
@available(*, unavailable, renamed: "asinh(_:)")
public func arcsinh(_ x: Tensor) -> Tensor { fatalError() }
@available(*, unavailable, renamed: "acosh(_:)")
public func arccosh(_ x: Tensor) -> Tensor { fatalError() }
@available(*, unavailable, renamed: "atanh(_:)")
public func arctanh(_ x: Tensor) -> Tensor { fatalError() }
@available(
  *, unavailable, message: "use 'gradient(at: x) { ... }' or 'valueWithGradient(at: x) { ... }'"
)
public func grad(_ function: @escaping (Tensor) -> Tensor) -> (Tensor) -> Tensor { fatalError() }
@available(
  *, unavailable, message: "use 'gradient(at: x) { ... }' or 'valueWithGradient(at: x) { ... }'"
)
public func value_and_grad(_ function: @escaping (Tensor) -> Tensor) -> (Tensor) -> Tensor {
  fatalError()
}
@available(
  *, unavailable, message: "use 'gradient(at: x) { ... }' or 'valueWithGradient(at: x) { ... }'"
)
public func valueAndGrad(_ function: @escaping (Tensor) -> Tensor) -> (Tensor) -> Tensor {
  fatalError()
}
@available(*, unavailable, message: "use 'valueWithGradients(for: model.parameters) { ... }'")
public func valueAndGrad<Model>(model: Model, _ loss: @escaping (Model, Tensor, Tensor) -> Tensor)
  -> (Model, Tensor, Tensor) -> Tensor
{ fatalError() }
@available(*, unavailable, message: "leave it out: operations run at once")
public func jit<Function>(_ function: Function) -> Function { fatalError() }
@available(*, unavailable, message: "leave it out: operations run at once")
public func compile<Function>(_ function: Function) -> Function { fatalError() }
@available(*, unavailable, message: "leave it out: operations run at once")
public func eval(_ x: Tensor...) -> Void { fatalError() }
@available(*, unavailable, message: "use 'valueWithGradients(for: model.parameters) { ... }'")
public func valueWithGradients<Model>(_ model: Model, _ loss: () -> Tensor) -> (
  value: Tensor, gradients: Gradients
) { fatalError() }
@available(*, unavailable, message: "use 'valueWithGradients(for: model.parameters) { ... }'")
public func valueWithGradients<Model>(for model: Model, _ loss: () -> Tensor) -> (
  value: Tensor, gradients: Gradients
) { fatalError() }
@available(*, unavailable, message: "use 'valueWithGradients(for: parameters) { ... }'")
public func valueWithGradients(_ parameters: Parameters, _ loss: () -> Tensor) -> (
  value: Tensor, gradients: Gradients
) { fatalError() }
@available(*, unavailable, message: "use 'gradient(at: x) { ... }'")
public func gradient(_ function: (Tensor) -> Tensor) -> Tensor { fatalError() }
@available(*, unavailable, message: "use 'gradient(at: x) { ... }'")
public func gradient(of function: (Tensor) -> Tensor) -> Tensor { fatalError() }
@available(
  *, unavailable, message: "use 'valueWithGradients(for: model.parameters) { ... }.gradients'"
)
public func gradients<Model>(for model: Model, _ loss: () -> Tensor) -> Gradients { fatalError() }

@available(*, unavailable, message: "use 'x.detached'")
public func stopGradient(_ x: Tensor) -> Tensor { fatalError() }
@available(*, unavailable, message: "use 'x.detached'")
public func stop_gradient(_ x: Tensor) -> Tensor { fatalError() }
@available(
  *, unavailable,
  message: "use 'Tensor.categorical(logits:)' or 'Tensor.categorical(probabilities:)'"
)
public func multinomial(_ x: Tensor, _ count: Int = 1) -> Tensor { fatalError() }
@available(*, unavailable, message: "use 'valueWithGradient(at: a, b) { a, b in ... }'")
public func valueWithGradients(at x: Tensor, of function: (Tensor) -> Tensor) -> (
  value: Tensor, gradients: Tensor
) {
  fatalError()
}
@available(*, unavailable, message: "use 'valueWithGradient(at: a, b) { a, b in ... }'")
public func valueWithGradients(
  at a: Tensor, _ b: Tensor, of function: (Tensor, Tensor) -> Tensor
) -> (value: Tensor, gradients: (Tensor, Tensor)) {
  fatalError()
}
@available(*, unavailable, message: "use 'valueWithGradient(at: a, b) { a, b in ... }'")
public func valueWithGradients(
  at a: Tensor, _ b: Tensor, _ c: Tensor, of function: (Tensor, Tensor, Tensor) -> Tensor
) -> (value: Tensor, gradients: (Tensor, Tensor, Tensor)) {
  fatalError()
}
@available(*, unavailable, message: "use 'valueWithGradients(at: [a, b]) { ... }.gradients'")
public func gradient(at inputs: [Tensor], of function: ([Tensor]) -> Tensor) -> [Tensor] {
  fatalError()
}

@available(*, unavailable, message: "use 'isCausal:'")
public func scaledDotProductAttention(
  _ q: Tensor, _ k: Tensor, _ v: Tensor, mask: Tensor? = nil, causal: Bool
) -> Tensor { fatalError() }
@available(*, unavailable, message: "use 'isCausal:'")
public func scaledDotProductAttention(
  _ q: Tensor, _ k: Tensor, _ v: Tensor, attn_mask: Tensor? = nil, is_causal: Bool
) -> Tensor { fatalError() }
@available(*, unavailable, renamed: "scaledDotProductAttention(_:_:_:mask:isCausal:scale:)")
public func scaled_dot_product_attention(
  _ q: Tensor, _ k: Tensor, _ v: Tensor, attn_mask: Tensor? = nil, is_causal: Bool = false
) -> Tensor { fatalError() }

@available(*, unavailable, renamed: "Tensor")
public typealias MLXArray = Tensor
@available(*, unavailable, renamed: "Tensor")
public typealias NDArray = Tensor

/// What the names of Python's modules stand for, so that any call of theirs type-checks up to the
/// message: as a tensor, or as an object such as a layer.
@dynamicMemberLookup
@dynamicCallable
public struct PythonModule: Sendable {
  public subscript(dynamicMember name: String) -> PythonModule { self }
  public func dynamicallyCall(withKeywordArguments arguments: KeyValuePairs<String, Any>)
    -> Tensor
  { fatalError() }
  @_disfavoredOverload
  public func dynamicallyCall(withKeywordArguments arguments: KeyValuePairs<String, Any>)
    -> PythonModule
  { self }
}

public var torch: PythonModule {
  @available(
    *, unavailable,
    message: """
      there is no 'torch': write 'Tensor.zeros([2, 3])', 'exp(x)', 'x.sum(along: 1)', \
      'select(mask, a, b)'
      """
  )
  get { PythonModule() }
}
public var jnp: PythonModule {
  @available(
    *, unavailable,
    message: """
      there is no 'jnp': write 'Tensor.zeros([2, 3])', 'exp(x)', 'x.sum(along: 1)', 'select(mask, \
      a, b)'
      """
  )
  get { PythonModule() }
}
public var np: PythonModule {
  @available(
    *, unavailable,
    message: """
      there is no 'np': write 'Tensor.zeros([2, 3])', 'exp(x)', 'x.sum(along: 1)', 'select(mask, \
      a, b)'
      """
  )
  get { PythonModule() }
}
public var mx: PythonModule {
  @available(
    *, unavailable,
    message: """
      there is no 'mx': write 'Tensor.zeros([2, 3])', 'exp(x)', 'x.sum(along: 1)', 'select(mask, \
      a, b)'
      """
  )
  get { PythonModule() }
}
public var nn: PythonModule {
  @available(
    *, unavailable,
    message: """
      there is no 'nn': write 'Linear(2, 3)', 'Conv2d(1, 16, kernelSize: 3)', and losses as \
      functions
      """
  )
  get { PythonModule() }
}
public var F: PythonModule {
  @available(
    *, unavailable,
    message:
      "there is no 'F': write 'relu(x)', 'softmax(x, along: -1)', 'crossEntropy(logits, labels: y)'"
  )
  get { PythonModule() }
}
public var optim: PythonModule {
  @available(
    *, unavailable,
    message: "there is no 'optim': write 'AdamW(model.parameters, learningRate: 1e-3)'"
  )
  get { PythonModule() }
}
public var jax: PythonModule {
  @available(
    *, unavailable,
    message: "there is no 'jax': write 'gradient(at: x) { ... }'; operations run at once"
  )
  get { PythonModule() }
}
