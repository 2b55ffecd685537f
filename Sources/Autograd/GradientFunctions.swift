import Tensor

// The overloads with auxiliary results are disfavored, because the compiler then reports a mistake
// in a closure, or a result that is taken apart wrongly, against the plain form; otherwise it fails
// to produce a diagnostic for some.

// MARK: - Gradients of functions

/// The gradient of a scalar function at a point: ∂f/∂x, with the shape of `x`.
///
/// ```swift
/// let slope = gradient(at: x) { tanh($0).sum() }
/// let curvature = gradient(at: x) { x in gradient(at: x) { tanh($0).sum() }.sum() }
/// ```
/// The function runs once. The gradient is differentiable itself: nest the calls for higher
/// derivatives. If the function does not use its argument, the gradient is zero. Element-wise
/// operations that only the value needs are not computed.
public func gradient<Failure: Error>(
  at x: Tensor, of function: (Tensor) throws(Failure) -> Tensor
) throws(Failure) -> Tensor {
  try gradients(at: [x]) { inputs throws(Failure) in try function(inputs[0]) }[0]
}

/// The gradients of a scalar function of two tensors.
public func gradient<Failure: Error>(
  at a: Tensor, _ b: Tensor, of function: (Tensor, Tensor) throws(Failure) -> Tensor
) throws(Failure) -> (Tensor, Tensor) {
  let found = try gradients(at: [a, b]) { inputs throws(Failure) in
    try function(inputs[0], inputs[1])
  }
  return (found[0], found[1])
}

/// The gradients of a scalar function of three tensors.
public func gradient<Failure: Error>(
  at a: Tensor, _ b: Tensor, _ c: Tensor,
  of function: (Tensor, Tensor, Tensor) throws(Failure) -> Tensor
) throws(Failure) -> (Tensor, Tensor, Tensor) {
  let found = try gradients(at: [a, b, c]) { inputs throws(Failure) in
    try function(inputs[0], inputs[1], inputs[2])
  }
  return (found[0], found[1], found[2])
}

/// The gradients of a scalar function of four tensors; for more, see
/// ``valueWithGradients(at:of:)``.
public func gradient<Failure: Error>(
  at a: Tensor, _ b: Tensor, _ c: Tensor, _ d: Tensor,
  of function: (Tensor, Tensor, Tensor, Tensor) throws(Failure) -> Tensor
) throws(Failure) -> (Tensor, Tensor, Tensor, Tensor) {
  let found = try gradients(at: [a, b, c, d]) { inputs throws(Failure) in
    try function(inputs[0], inputs[1], inputs[2], inputs[3])
  }
  return (found[0], found[1], found[2], found[3])
}

/// The gradients without the value, of which nothing is computed that they do not need.
private func gradients<Failure: Error>(
  at inputs: [Tensor], of function: ([Tensor]) throws(Failure) -> Tensor
) throws(Failure) -> [Tensor] {
  // The value is released before this scope ends, which computes what still exists.
  try fused { () throws(Failure) in
    try differentiated("gradient", at: inputs, function).inputGradients
  }
}

// MARK: - Values and gradients of functions

/// The value of a scalar function at a point and its gradient there.
public func valueWithGradient<Failure: Error>(
  at x: Tensor, of function: (Tensor) throws(Failure) -> Tensor
) throws(Failure) -> (value: Tensor, gradient: Tensor) {
  let found = try differentiated("valueWithGradient", at: [x]) { inputs throws(Failure) in
    try function(inputs[0])
  }
  return (found.value, found.inputGradients[0])
}

/// The value of a scalar function at a point, an auxiliary result, and the gradient of the value.
///
/// ```swift
/// let (loss, logits, gradient) = valueWithGradient(at: image) { image in
///   let logits = model(image)
///   return (crossEntropy(logits, labels: y), logits)
/// }
/// ```
/// The auxiliary result is not differentiated. Tensors in it are constants outside of the call; see
/// ``TensorContainer``.
@_disfavoredOverload
public func valueWithGradient<Auxiliary, Failure: Error>(
  at x: Tensor, of function: (Tensor) throws(Failure) -> (Tensor, Auxiliary)
) throws(Failure) -> (value: Tensor, auxiliary: Auxiliary, gradient: Tensor) {
  let (found, auxiliary) = try differentiatedWithAuxiliary(
    "valueWithGradient", at: [x]
  ) { inputs throws(Failure) in try function(inputs[0]) }
  return (found.value, auxiliary, found.inputGradients[0])
}

/// The value of a scalar function of two tensors and its gradients.
public func valueWithGradient<Failure: Error>(
  at a: Tensor, _ b: Tensor, of function: (Tensor, Tensor) throws(Failure) -> Tensor
) throws(Failure) -> (value: Tensor, gradients: (Tensor, Tensor)) {
  let found = try differentiated("valueWithGradient", at: [a, b]) { inputs throws(Failure) in
    try function(inputs[0], inputs[1])
  }
  let gradients = found.inputGradients
  return (found.value, (gradients[0], gradients[1]))
}

/// The value of a scalar function of three tensors and its gradients.
public func valueWithGradient<Failure: Error>(
  at a: Tensor, _ b: Tensor, _ c: Tensor,
  of function: (Tensor, Tensor, Tensor) throws(Failure) -> Tensor
) throws(Failure) -> (value: Tensor, gradients: (Tensor, Tensor, Tensor)) {
  let found = try differentiated("valueWithGradient", at: [a, b, c]) { inputs throws(Failure) in
    try function(inputs[0], inputs[1], inputs[2])
  }
  let gradients = found.inputGradients
  return (found.value, (gradients[0], gradients[1], gradients[2]))
}

/// The value of a scalar function of four tensors and its gradients; for more, see
/// ``valueWithGradients(at:of:)``.
public func valueWithGradient<Failure: Error>(
  at a: Tensor, _ b: Tensor, _ c: Tensor, _ d: Tensor,
  of function: (Tensor, Tensor, Tensor, Tensor) throws(Failure) -> Tensor
) throws(Failure) -> (value: Tensor, gradients: (Tensor, Tensor, Tensor, Tensor)) {
  let inputs = [a, b, c, d]
  let found = try differentiated("valueWithGradient", at: inputs) { inputs throws(Failure) in
    try function(inputs[0], inputs[1], inputs[2], inputs[3])
  }
  let gradients = found.inputGradients
  return (found.value, (gradients[0], gradients[1], gradients[2], gradients[3]))
}

/// The value of a scalar function of any number of tensors and its gradients, one for each.
public func valueWithGradients<Failure: Error>(
  at inputs: [Tensor], of function: ([Tensor]) throws(Failure) -> Tensor
) throws(Failure) -> (value: Tensor, gradients: [Tensor]) {
  let found = try differentiated("valueWithGradients", at: inputs) { inputs throws(Failure) in
    try function(inputs)
  }
  return (found.value, found.inputGradients)
}

/// The value of a scalar function of any number of tensors, an auxiliary result, and the gradients
/// of the value; see ``valueWithGradient(at:of:)-(_,(Tensor)->(Tensor,Auxiliary))``.
@_disfavoredOverload
public func valueWithGradients<Auxiliary, Failure: Error>(
  at inputs: [Tensor], of function: ([Tensor]) throws(Failure) -> (Tensor, Auxiliary)
) throws(Failure) -> (value: Tensor, auxiliary: Auxiliary, gradients: [Tensor]) {
  let (found, auxiliary) = try differentiatedWithAuxiliary(
    "valueWithGradients", at: inputs, function)
  return (found.value, auxiliary, found.inputGradients)
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
  let found = try differentiated(
    "valueWithGradients", for: parameters, at: [], mode: mode, allowingUnused: allowingUnused
  ) { _ throws(Failure) in try loss() }
  return (found.value, found.gradients)
}

/// The value of a loss, an auxiliary result, and the gradients of the loss with respect to the
/// parameters of a model.
///
/// ```swift
/// let (loss, logits, gradients) = valueWithGradients(for: model.parameters) {
///   let logits = model(x)
///   return (crossEntropy(logits, labels: y), logits)
/// }
/// ```
/// The auxiliary result may be anything: predictions, parts of the loss, the state of a recurrent
/// network. It is not differentiated. Tensors in it are constants outside of the call; see
/// ``TensorContainer``. The other parameters are those of
/// ``valueWithGradients(for:mode:allowingUnused:_:)-(_,_,_,()->Tensor)``.
@_disfavoredOverload
public func valueWithGradients<Auxiliary, Failure: Error>(
  for parameters: Parameters, mode: LayerMode = .training, allowingUnused: Bool = false,
  _ loss: () throws(Failure) -> (Tensor, Auxiliary)
) throws(Failure) -> (value: Tensor, auxiliary: Auxiliary, gradients: Gradients) {
  let (found, auxiliary) = try differentiatedWithAuxiliary(
    "valueWithGradients", for: parameters, at: [], mode: mode, allowingUnused: allowingUnused
  ) { _ throws(Failure) in try loss() }
  return (found.value, auxiliary, found.gradients)
}

/// The value of a loss, two auxiliary results, and the gradients of the loss with respect to the
/// parameters of a model.
///
/// ```swift
/// let (loss, (reconstruction, divergence), gradients) = valueWithGradients(for: parameters) {
///   let (reconstruction, divergence) = vae.losses(x)
///   return (reconstruction + divergence, reconstruction, divergence)
/// }
/// ```
@_disfavoredOverload
public func valueWithGradients<First, Second, Failure: Error>(
  for parameters: Parameters, mode: LayerMode = .training, allowingUnused: Bool = false,
  _ loss: () throws(Failure) -> (Tensor, First, Second)
) throws(Failure) -> (value: Tensor, auxiliary: (First, Second), gradients: Gradients) {
  let (found, auxiliary) = try differentiatedWithAuxiliary(
    "valueWithGradients", for: parameters, at: [], mode: mode, allowingUnused: allowingUnused
  ) { _ throws(Failure) in
    let (value, first, second) = try loss()
    return (value, AuxiliaryPair(first: first, second: second))
  }
  return (found.value, (auxiliary.first, auxiliary.second), found.gradients)
}

// MARK: - Gradients of parameters and inputs

/// The value of a loss, and its gradients with respect to the parameters of a model and to an
/// input, in one pass.
///
/// ```swift
/// let (loss, gradients, slope) = valueWithGradients(for: model.parameters, at: x) { x in
///   crossEntropy(model(x), labels: y)
/// }
/// let adversarial = x + sign(slope) * 0.01
/// ```
/// For a penalty on the gradient of an input, as in a WGAN-GP, nest the calls instead:
/// ```swift
/// let (loss, gradients) = valueWithGradients(for: critic.parameters) {
///   let slope = gradient(at: mixed) { critic($0).sum() }
///   return critic(fake).mean() - critic(real).mean()
///     + square(sqrt(square(slope).sum(along: 1)) - 1).mean() * 10
/// }
/// ```
///
/// - Parameters:
///   - parameters: The parameters to differentiate with respect to.
///   - input: The input to differentiate with respect to.
///   - mode: The mode of layers inside the closure.
///   - allowingUnused: Whether a parameter that the loss does not depend on gets a gradient of
///     zero. Otherwise such a parameter stops the program with a message that names it.
///   - loss: Computes a scalar loss of the input.
/// - Returns: The loss, the gradients of the parameters, and the gradient of the input, which is
///   zero if the loss does not depend on it.
/// - Throws: The error that the closure throws.
public func valueWithGradients<Failure: Error>(
  for parameters: Parameters, at input: Tensor, mode: LayerMode = .training,
  allowingUnused: Bool = false, _ loss: (Tensor) throws(Failure) -> Tensor
) throws(Failure) -> (value: Tensor, gradients: Gradients, inputGradient: Tensor) {
  let found = try differentiated(
    "valueWithGradients", for: parameters, at: [input], mode: mode, allowingUnused: allowingUnused
  ) { inputs throws(Failure) in try loss(inputs[0]) }
  return (found.value, found.gradients, found.inputGradients[0])
}

/// The value of a loss, an auxiliary result, and the gradients of the loss with respect to the
/// parameters of a model and to an input; see
/// ``valueWithGradients(for:at:mode:allowingUnused:_:)-(_,Tensor,_,_,(Tensor)->Tensor)``.
@_disfavoredOverload
public func valueWithGradients<Auxiliary, Failure: Error>(
  for parameters: Parameters, at input: Tensor, mode: LayerMode = .training,
  allowingUnused: Bool = false, _ loss: (Tensor) throws(Failure) -> (Tensor, Auxiliary)
) throws(Failure) -> (
  value: Tensor, auxiliary: Auxiliary, gradients: Gradients, inputGradient: Tensor
) {
  let (found, auxiliary) = try differentiatedWithAuxiliary(
    "valueWithGradients", for: parameters, at: [input], mode: mode, allowingUnused: allowingUnused
  ) { inputs throws(Failure) in try loss(inputs[0]) }
  return (found.value, auxiliary, found.gradients, found.inputGradients[0])
}

/// The value of a loss, and its gradients with respect to the parameters of a model and to any
/// number of inputs; see
/// ``valueWithGradients(for:at:mode:allowingUnused:_:)-(_,Tensor,_,_,(Tensor)->Tensor)``.
public func valueWithGradients<Failure: Error>(
  for parameters: Parameters, at inputs: [Tensor], mode: LayerMode = .training,
  allowingUnused: Bool = false, _ loss: ([Tensor]) throws(Failure) -> Tensor
) throws(Failure) -> (value: Tensor, gradients: Gradients, inputGradients: [Tensor]) {
  let found = try differentiated(
    "valueWithGradients", for: parameters, at: inputs, mode: mode, allowingUnused: allowingUnused
  ) { inputs throws(Failure) in try loss(inputs) }
  return (found.value, found.gradients, found.inputGradients)
}

// MARK: - The pass

/// What a function computed in a scope of its own, as code outside of the scope sees it.
struct Differentiated {
  let value: Tensor
  let gradients: Gradients
  let inputGradients: [Tensor]
}

/// Runs a function in a gradient scope and then its backward pass.
///
/// - Parameters:
///   - name: The function that the user called, for messages.
///   - parameters: The parameters to differentiate with respect to.
///   - inputs: The inputs to differentiate with respect to.
///   - mode: The mode of layers, by default the current one.
///   - allowingUnused: Whether a parameter without a gradient gets one of zero.
///   - cotangent: The gradient of what is differentiated with respect to the value, or `nil` for a
///     scalar value that is differentiated itself.
///   - function: Computes the value.
/// - Returns: The value as a constant, and the gradients.
/// - Throws: The error that the function throws.
func differentiated<Failure: Error>(
  _ name: StaticString, for parameters: Parameters = Parameters(), at inputs: [Tensor],
  mode: LayerMode = .current, allowingUnused: Bool = false, cotangent: Tensor? = nil,
  _ function: ([Tensor]) throws(Failure) -> Tensor
) throws(Failure) -> Differentiated {
  requireGradients(of: inputs, in: name)
  FusionScope.enter()
  defer { FusionScope.leave() }
  let scope = GradientScope(for: parameters)
  let leaves = inputs.map(scope.leaf(for:))
  let value = try scope.run(mode: mode) { () throws(Failure) in try function(leaves) }
  let result = scope.leaving(value)
  var found = backward(
    from: consume value, cotangent: cotangent, name: name,
    targets: scope.parameterNodes + leaves.compactMap(\.graph), scope: scope.depth)
  if !allowingUnused { requireUse(of: parameters, found, in: name) }
  // Moved, because copies of many small gradients would take longer than what computes them.
  var gradients: [Tensor] = []
  gradients.reserveCapacity(parameters.count)
  for i in 0..<parameters.count {
    gradients.append(
      found[i].take()
        ?? Tensor.zeros(parameters[i].parameter.shape, dtype: parameters[i].parameter.dtype))
  }
  let inputGradients = inputs.indices.map {
    found[parameters.count + $0].take() ?? Tensor.zeros(like: inputs[$0])
  }
  return Differentiated(
    value: result, gradients: Gradients(unchecked: gradients, for: parameters),
    inputGradients: inputGradients)
}

/// Runs a function that has an auxiliary result in a gradient scope and then its backward pass.
///
/// The other functions do without it, because a result of any type takes time even if it is empty.
private func differentiatedWithAuxiliary<Auxiliary, Failure: Error>(
  _ name: StaticString, for parameters: Parameters = Parameters(), at inputs: [Tensor],
  mode: LayerMode = .current, allowingUnused: Bool = false,
  _ function: ([Tensor]) throws(Failure) -> (Tensor, Auxiliary)
) throws(Failure) -> (Differentiated, auxiliary: Auxiliary) {
  // One element, after the function has returned.
  var results: [Auxiliary] = []
  let found = try differentiated(
    name, for: parameters, at: inputs, mode: mode, allowingUnused: allowingUnused
  ) { inputs throws(Failure) in
    let (value, auxiliary) = try function(inputs)
    // A graph that the result held would not be freed during the backward pass.
    results.append(GradientScope.leavingCurrent(auxiliary))
    return value
  }
  return (found, results[0])
}

/// Two auxiliary results.
private struct AuxiliaryPair<First, Second>: TensorContainer {
  let first: First
  let second: Second

  func mapTensors(_ transform: (Tensor) -> Tensor) -> Self {
    Self(
      first: mappingTensors(in: first, transform), second: mappingTensors(in: second, transform))
  }
}

/// Stops the program if a parameter has no gradient.
private func requireUse(of parameters: Parameters, _ found: [Tensor?], in name: StaticString) {
  let positions = parameters.indices.filter { found[$0] == nil }
  if positions.isEmpty { return }
  let unused = positions.map { "'\(parameters[$0].name)'" }
  let shown = 8
  let more = unused.count > shown ? " and \(unused.count - shown) more" : ""
  let hint =
    unused.count == parameters.count
    ? "compute it from them inside the closure"
    : "leave out what is not used, or pass allowingUnused: true for gradients of zero"
  fail(
    """
    \(name): the loss does not depend on \(unused.prefix(shown).joined(separator: ", "))\(more); \
    \(hint)
    """
  )
}

/// Stops the program if an input is not of a floating-point dtype.
func requireGradients(of inputs: [Tensor], in name: StaticString) {
  for (i, input) in inputs.enumerated() {
    require(
      input.dtype.isFloatingPoint,
      """
      \(name): input \(i) is \(input.dtype), which has no gradient; convert it by converted(to: \
      .float32), or let the closure capture it
      """
    )
  }
}
