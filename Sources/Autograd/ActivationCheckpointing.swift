import Tensor

/// Evaluates a part of a model so that its intermediate values are recomputed for the gradient
/// instead of saved. (Chen et al., 2016, 1604.06174)
///
/// The value and the gradients are those of `function(x)`, to the bit; the saved memory costs a
/// second evaluation. The function draws from the default generator as it would anyway, and the
/// same numbers again the second time.
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
  let generator = DefaultRandomGenerator.withCurrent { $0 }
  // The parameters are inputs of the operation, so that their gradients flow.
  return record("checkpointed", [x] + parameters.map(\.parameter.value)) { inputs in
    withoutGradient { function(inputs[0].detached) }
  } jointPullback: { dy, saved in
    // The values at the time of the forward pass, which a scope may have replaced then.
    let values = parameters.indices.map { saved[$0 + 1] }
    let scope = GradientScope(for: parameters, at: values)
    let leaf = scope.leaf(for: saved[0])
    var generator = generator
    let product = withRandomGenerator(&generator) {
      scope.run(mode: mode) { (function(leaf) * dy).sum() }
    }
    let targets = [leaf.graph].compactMap { $0 } + scope.parameterNodes
    return backward(
      from: product, name: "checkpointed", targets: targets, scope: scope.depth)
  }
}
