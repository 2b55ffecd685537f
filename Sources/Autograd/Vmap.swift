import Tensor

// Functions of one example, mapped over a batch. These run the function once for each example; they
// do not rewrite its operations for batches, as `jax.vmap` does.

/// Maps a function over the first axis of a tensor and stacks the results along a new first axis.
///
/// ```swift
/// let slopes = vmap(x) { x in gradient(at: x) { energy($0) } }       // a gradient for each row
/// let jacobians = vmap(x) { x in jacobian(at: x, of: field) }
/// let distances = vmap(a) { a in vmap(b) { b in (a - b).norm() } }    // of every pair
/// ```
/// The result can be differentiated, and calls nest with each other and with gradient functions.
///
/// - Complexity: One call of the function for each slice, one after another. Where an operation
///   takes a batch itself, as nearly all do, call it on the batch instead.
/// - Parameters:
///   - x: The batch, with at least one slice.
///   - function: Maps a slice, without the first axis, to a tensor of always the same shape.
/// - Returns: A tensor of shape [n, …], where … is the shape of the function's value.
/// - Throws: The error that the function throws.
public func vmap<Failure: Error>(
  _ x: Tensor, _ function: (Tensor) throws(Failure) -> Tensor
) throws(Failure) -> Tensor {
  var results = [Tensor]()
  for i in 0..<batchSize(of: [x]) { results.append(try function(x[i])) }
  return stacked(results)
}

/// Maps a function of two tensors over the first axes of both; see ``vmap(_:_:)``.
public func vmap<Failure: Error>(
  _ x: Tensor, _ y: Tensor, _ function: (Tensor, Tensor) throws(Failure) -> Tensor
) throws(Failure) -> Tensor {
  var results = [Tensor]()
  for i in 0..<batchSize(of: [x, y]) { results.append(try function(x[i], y[i])) }
  return stacked(results)
}

/// Maps a function of three tensors over the first axes of all; see ``vmap(_:_:)``.
public func vmap<Failure: Error>(
  _ x: Tensor, _ y: Tensor, _ z: Tensor,
  _ function: (Tensor, Tensor, Tensor) throws(Failure) -> Tensor
) throws(Failure) -> Tensor {
  var results = [Tensor]()
  for i in 0..<batchSize(of: [x, y, z]) { results.append(try function(x[i], y[i], z[i])) }
  return stacked(results)
}

/// The gradients of a loss of each example of a batch, with respect to the parameters of a model.
///
/// ```swift
/// // A step of DP-SGD: gradients are clipped example by example. (Abadi et al., 2016, 1607.00133)
/// let clipped = perExampleGradients(for: model.parameters, x, y) { x, y in
///   crossEntropy(model(x), labels: y)
/// }.map { $0.clipped(toNorm: 1) }
/// optimizer.step(.mean(of: clipped))
/// ```
/// The closure gets batches of one example, whose first axis is 1, because that is what layers
/// take.
///
/// - Complexity: One evaluation and one backward pass for each example.
/// - Parameters:
///   - parameters: The parameters to differentiate with respect to.
///   - x: The inputs, along the first axis.
///   - y: The targets, along the first axis.
///   - mode: The mode of layers inside the closure.
///   - allowingUnused: Whether a parameter that a loss does not depend on gets a gradient of zero.
///     Otherwise such a parameter stops the program with a message that names it.
///   - loss: Computes the scalar loss of a batch of one example.
/// - Returns: The gradients of each example, in order.
/// - Throws: The error that the closure throws.
public func perExampleGradients<Failure: Error>(
  for parameters: Parameters, _ x: Tensor, _ y: Tensor, mode: LayerMode = .training,
  allowingUnused: Bool = false, _ loss: (Tensor, Tensor) throws(Failure) -> Tensor
) throws(Failure) -> [Gradients] {
  var result = [Gradients]()
  for i in 0..<batchSize(of: [x, y], in: "perExampleGradients", atLeast: 0) {
    let found = try differentiated(
      "perExampleGradients", for: parameters, at: [], mode: mode, allowingUnused: allowingUnused
    ) { _ throws(Failure) in try loss(x[i..<(i + 1)], y[i..<(i + 1)]) }
    result.append(found.gradients)
  }
  return result
}

/// The size of the first axis, which all tensors must have.
private func batchSize(
  of tensors: [Tensor], in name: StaticString = "vmap", atLeast minimum: Int = 1
) -> Int {
  let shapes = tensors.map { "\($0.shape)" }.joined(separator: " and ")
  let count = tensors[0].rank > 0 ? tensors[0].shape[0] : -1
  require(
    count >= minimum && tensors.allSatisfy { $0.rank > 0 && $0.shape[0] == count },
    """
    \(name): the first axis must be that of the examples, at least \(minimum) and equally many, \
    got \(shapes)
    """
  )
  return count
}
