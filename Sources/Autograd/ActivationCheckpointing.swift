import Tensor

/// Evaluates a part of a model so that its intermediate values are recomputed for the gradient
/// instead of saved. (Chen et al., 2016, 1604.06174)
///
/// The value and the gradients are those of `function(x)`; the saved memory costs a second
/// evaluation. The function draws the same numbers from the default generator both times.
///
/// - Parameters:
///   - x: The input.
///   - parameters: All parameters that the function reads.
///   - function: The part of the model.
/// - Returns: The value of the function.
public func checkpointed(
  _ x: Tensor, parameters: Parameters, _ function: @escaping @Sendable (Tensor) -> Tensor
) -> Tensor {
  let mode = LayerMode.current
  let generator = DefaultRandomGenerator.withCurrent { $0.split() }
  @Sendable func evaluated(_ x: Tensor) -> Tensor {
    var generator = generator
    return withRandomGenerator(&generator) { withMode(mode) { function(x) } }
  }
  // The parameters are inputs of the operation, so that their gradients flow.
  return record("checkpointed", [x] + parameters.map(\.parameter.value)) { inputs in
    withoutGradient { evaluated(inputs[0].detached) }
  } jointPullback: { dy, saved in
    // The values at the time of the forward pass, which a scope may have replaced then.
    let values = parameters.indices.map { saved[$0 + 1] }
    let scope = GradientScope(for: parameters, at: values)
    let leaf = scope.leaf(for: saved[0])
    let product = scope.run(mode: mode) { (evaluated(leaf) * dy).sum() }
    let targets = [leaf.graph].compactMap { $0 } + scope.parameterNodes
    return backward(
      from: product, name: "checkpointed", targets: targets, scope: scope.depth)
  }
}
