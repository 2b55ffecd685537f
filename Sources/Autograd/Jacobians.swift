import Tensor

// Jacobians, Hessians and products with them, of functions whose value may be any tensor.

/// The value of a function at a point and the vector–Jacobian product cᵀJ.
///
/// The backward pass begins with the cotangent, so it costs no more than a gradient.
///
/// - Parameters:
///   - x: The point.
///   - cotangent: The vector c, with the shape and dtype of the function's value.
///   - function: The function.
/// - Returns: The value, and cᵀJ with the shape of `x`.
/// - Throws: The error that the function throws.
public func vectorJacobianProduct<Failure: Error>(
  at x: Tensor, _ cotangent: Tensor, of function: (Tensor) throws(Failure) -> Tensor
) throws(Failure) -> (value: Tensor, product: Tensor) {
  let found = try differentiated(
    "vectorJacobianProduct", at: [x], cotangent: cotangent
  ) { inputs throws(Failure) in try function(inputs[0]) }
  return (found.value, found.inputGradients[0])
}

/// The value of a function of several tensors and the vector–Jacobian products cᵀJ, one for each.
///
/// - Parameters:
///   - inputs: The point.
///   - cotangent: The vector c, with the shape and dtype of the function's value.
///   - function: The function.
/// - Returns: The value, and the products with the shapes of the inputs.
/// - Throws: The error that the function throws.
public func vectorJacobianProduct<Failure: Error>(
  at inputs: [Tensor], _ cotangent: Tensor, of function: ([Tensor]) throws(Failure) -> Tensor
) throws(Failure) -> (value: Tensor, products: [Tensor]) {
  let found = try differentiated(
    "vectorJacobianProduct", at: inputs, cotangent: cotangent
  ) { inputs throws(Failure) in try function(inputs) }
  return (found.value, found.inputGradients)
}

/// The value of a model's output and the vector–Jacobian products cᵀJ with respect to its
/// parameters: the gradients of a loss whose gradient with respect to the output is c.
///
/// ```swift
/// let (output, gradients) = vectorJacobianProduct(for: model.parameters, slope) { model(x) }
/// ```
///
/// - Parameters:
///   - parameters: The parameters to differentiate with respect to.
///   - cotangent: The vector c, with the shape and dtype of the output.
///   - mode: The mode of layers inside the closure.
///   - allowingUnused: Whether a parameter that the output does not depend on gets a product of
///     zero. Otherwise such a parameter stops the program with a message that names it.
///   - output: Computes the output.
/// - Returns: The output and the products.
/// - Throws: The error that the closure throws.
public func vectorJacobianProduct<Failure: Error>(
  for parameters: Parameters, _ cotangent: Tensor, mode: LayerMode = .training,
  allowingUnused: Bool = false, _ output: () throws(Failure) -> Tensor
) throws(Failure) -> (value: Tensor, products: Gradients) {
  let found = try differentiated(
    "vectorJacobianProduct", for: parameters, at: [], mode: mode, allowingUnused: allowingUnused,
    cotangent: cotangent
  ) { _ throws(Failure) in try output() }
  return (found.value, found.gradients)
}

/// The value of a function at a point, and a function that computes vector–Jacobian products
/// there.
///
/// The pullback maps a cotangent c, with the shape and dtype of the value, to cᵀJ. It may be called
/// any number of times, and keeps the graph alive; the function itself runs once.
/// ```swift
/// let (y, pullback) = valueWithPullback(at: x) { softmax($0) }
/// let slope = pullback(y - target)  // a cotangent that depends on the value
/// ```
public func valueWithPullback<Failure: Error>(
  at x: Tensor, of function: (Tensor) throws(Failure) -> Tensor
) throws(Failure) -> (value: Tensor, pullback: @Sendable (_ cotangent: Tensor) -> Tensor) {
  try pulledBack("valueWithPullback", at: x, of: function)
}

/// The value and the pullback of a function; `name` is the function that the user called.
private func pulledBack<Failure: Error>(
  _ name: StaticString, at x: Tensor, of function: (Tensor) throws(Failure) -> Tensor
) throws(Failure) -> (value: Tensor, pullback: @Sendable (_ cotangent: Tensor) -> Tensor) {
  requireGradients(of: [x], in: name)
  let scope = GradientScope()
  let leaf = scope.leaf(for: x)
  let value = try scope.run(mode: .current) { () throws(Failure) in try function(leaf) }
  let targets = [leaf.graph].compactMap { $0 }
  let pullback: @Sendable (Tensor) -> Tensor = { cotangent in
    let found = backward(
      from: value, cotangent: cotangent, name: name, targets: targets, scope: scope.depth)
    return found[0] ?? Tensor.zeros(like: x)
  }
  return (scope.leaving(value), pullback)
}

/// The value of a function at a point and the Jacobian–vector product Jv.
///
/// It takes two backward passes: cᵀJ is linear in c, so the gradient of cᵀJv with respect to c is
/// Jv.
///
/// - Parameters:
///   - x: The point.
///   - tangent: The vector v, with the shape of `x`.
///   - function: The function.
/// - Returns: The value, and Jv with the value's shape.
/// - Throws: The error that the function throws.
public func jacobianVectorProduct<Failure: Error>(
  at x: Tensor, _ tangent: Tensor, of function: (Tensor) throws(Failure) -> Tensor
) throws(Failure) -> (value: Tensor, product: Tensor) {
  require(
    tangent.shape == x.shape,
    "jacobianVectorProduct: a tangent of shape \(tangent.shape) for a point of shape \(x.shape)")
  let (value, pullback) = try pulledBack("jacobianVectorProduct", at: x, of: function)
  let product = gradient(at: Tensor.zeros(value.shape, dtype: value.dtype)) { cotangent in
    (pullback(cotangent) * tangent).sum()
  }
  return (value, product)
}

/// The Jacobian of a function at a point; its shape is that of the value followed by that of the
/// point.
///
/// - Complexity: One evaluation of the function, and a backward pass for each element of the value.
public func jacobian<Failure: Error>(
  at x: Tensor, of function: (Tensor) throws(Failure) -> Tensor
) throws(Failure) -> Tensor {
  try jacobian("jacobian", at: x, of: function)
}

/// The Jacobian of a function; `name` is the function that the user called.
private func jacobian<Failure: Error>(
  _ name: StaticString, at x: Tensor, of function: (Tensor) throws(Failure) -> Tensor
) throws(Failure) -> Tensor {
  let (value, pullback) = try pulledBack(name, at: x, of: function)
  let count = value.elementCount
  let rows = (0..<count).map { i in
    var unit = Tensor.zeros([count], dtype: value.dtype)
    unit[i] = Tensor.ones([], dtype: value.dtype)
    return pullback(unit.reshaped(to: value.shape))
  }
  var result = value.shape
  for size in x.shape { result.append(size) }
  return rows.isEmpty
    ? Tensor.zeros(result, dtype: x.dtype) : stacked(rows).reshaped(to: result)
}

/// The Hessian of a scalar function at a point; its shape is that of the point, twice.
///
/// - Complexity: One evaluation of the function and its gradient, and a backward pass for each
///   element of the point.
public func hessian(at x: Tensor, of function: (Tensor) -> Tensor) -> Tensor {
  jacobian("hessian", at: x) { gradient(at: $0, of: function) }
}

/// The Hessian–vector product Hv of a scalar function at a point, by two backward passes.
public func hessianVectorProduct(
  at x: Tensor, _ vector: Tensor, of function: (Tensor) -> Tensor
) -> Tensor {
  require(
    vector.shape == x.shape,
    "hessianVectorProduct: a vector of shape \(vector.shape) for a point of shape \(x.shape)")
  return gradient(at: x) { x in (gradient(at: x, of: function) * vector).sum() }
}

/// The Hessian–vector product Hv of a loss with respect to the parameters of a model, by two
/// backward passes.
///
/// ```swift
/// // The greatest eigenvalue of the Hessian, by power iteration.
/// for _ in 0..<20 { v = hessianVectorProduct(for: parameters, v) { loss() } / v.norm }
/// ```
///
/// - Parameters:
///   - parameters: The parameters.
///   - vector: The vector v, a tensor for each parameter.
///   - mode: The mode of layers inside the closure.
///   - loss: Computes a scalar loss. A parameter that it does not depend on has a product of zero.
/// - Returns: Hv.
/// - Throws: The error that the closure throws.
public func hessianVectorProduct<Failure: Error>(
  for parameters: Parameters, _ vector: Gradients, mode: LayerMode = .training,
  _ loss: () throws(Failure) -> Tensor
) throws(Failure) -> Gradients {
  let vector = vector[parameters]
  return try valueWithGradients(
    for: parameters, mode: mode, allowingUnused: true
  ) { () throws(Failure) in
    let slope = try valueWithGradients(
      for: parameters, mode: mode, allowingUnused: true, loss
    ).gradients
    let products = zip(slope.tensors, vector.tensors).map { ($0 * $1).sum() }
    return stacked(products.map { $0.converted(to: .float64) }).sum()
  }.gradients
}
