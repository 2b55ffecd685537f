import Tensor

// MARK: - Gradients of functions

/// The gradient of a scalar function at a point: ∂f/∂x, with the shape of `x`.
///
/// ```swift
/// let slope = gradient(at: x) { tanh($0).sum() }
/// let curvature = gradient(at: x) { x in gradient(at: x) { tanh($0).sum() }.sum() }
/// ```
/// The function runs once. The gradient is differentiable itself: nest the calls for higher
/// derivatives. If the function does not use its argument, the gradient is zero.
public func gradient<Failure: Error>(
  at x: Tensor, of function: (Tensor) throws(Failure) -> Tensor
) throws(Failure) -> Tensor {
  try valueWithGradient(at: x, of: function).gradient
}

/// The value of a scalar function at a point and its gradient there.
public func valueWithGradient<Failure: Error>(
  at x: Tensor, of function: (Tensor) throws(Failure) -> Tensor
) throws(Failure) -> (value: Tensor, gradient: Tensor) {
  let (value, gradients) = try valueWithGradients(at: [x]) { inputs throws(Failure) in
    try function(inputs[0])
  }
  return (value, gradients[0])
}

/// The gradients of a scalar function of two tensors.
public func gradient<Failure: Error>(
  at a: Tensor, _ b: Tensor, of function: (Tensor, Tensor) throws(Failure) -> Tensor
) throws(Failure) -> (Tensor, Tensor) {
  let gradients = try valueWithGradients(at: [a, b]) { inputs throws(Failure) in
    try function(inputs[0], inputs[1])
  }.gradients
  return (gradients[0], gradients[1])
}

/// The value of a scalar function of any number of tensors and its gradients, one for each.
public func valueWithGradients<Failure: Error>(
  at inputs: [Tensor], of function: ([Tensor]) throws(Failure) -> Tensor
) throws(Failure) -> (value: Tensor, gradients: [Tensor]) {
  for (i, input) in inputs.enumerated() {
    require(
      input.dtype.isFloatingPoint, "gradient: input \(i) is \(input.dtype), which has no gradient")
  }
  let scope = GradientScope()
  let leaves = inputs.map(scope.leaf(for:))
  let value = try scope.run(mode: LayerMode.current) { () throws(Failure) in try function(leaves) }
  let result = scope.leaving(value)
  let targets = leaves.compactMap(\.graph)
  let gradients = backward(from: consume value, targets: targets, scope: scope.depth)
  return (result, zip(gradients, inputs).map { $0 ?? Tensor.zeros(like: $1) })
}

// MARK: - Gradients of parameters

/// The value of a loss and its gradients with respect to the parameters of a model.
///
/// ```swift
/// let (loss, gradients) = valueWithGradients(for: model.parameters) {
///   crossEntropy(model(x), labels: y)
/// }
/// ```
/// The graph is freed on return, and the returned loss is a constant.
///
/// - Parameters:
///   - parameters: The parameters to differentiate with respect to.
///   - mode: The mode of layers inside the closure.
///   - allowingUnused: Whether a parameter that the loss does not depend on gets a gradient of
///     zero. Otherwise such a parameter stops the program with a message that names it, because it
///     is usually a mistake.
///   - loss: Computes a scalar loss.
/// - Returns: The loss and its gradients.
/// - Throws: The error that the closure throws.
public func valueWithGradients<Failure: Error>(
  for parameters: Parameters, mode: LayerMode = .training, allowingUnused: Bool = false,
  _ loss: () throws(Failure) -> Tensor
) throws(Failure) -> (value: Tensor, gradients: Gradients) {
  let scope = GradientScope(for: parameters)
  let value = try scope.run(mode: mode, loss)
  let result = scope.leaving(value)
  let found = backward(
    from: consume value, targets: scope.parameterNodes, scope: scope.depth)
  if !allowingUnused {
    let unused = zip(parameters, found).filter { $0.1 == nil }.map { "'\($0.0.name)'" }
    require(
      unused.isEmpty,
      "valueWithGradients: the loss does not depend on \(unused.joined(separator: ", "))")
  }
  let gradients = zip(parameters, found).map {
    $1 ?? Tensor.zeros($0.parameter.shape, dtype: $0.parameter.dtype)
  }
  return (result, Gradients(gradients, for: parameters))
}
