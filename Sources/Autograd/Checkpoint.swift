import Tensor

/// Runs `body` so that the parameters it reads are constants, and returns its value as one.
///
/// Outside of gradient scopes nothing is recorded anyway; this is for a part of a loss that is to be no
/// part of its gradient.
public func withoutGradient<Failure: Error>(
  _ body: () throws(Failure) -> Tensor
) throws(Failure) -> Tensor {
  let outcome = GradientScope.$current.withValue(nil) { () -> Result<Tensor, Failure> in
    do throws(Failure) { return .success(try body()) } catch { return .failure(error) }
  }
  return try outcome.get().detached
}

/// A part of a model whose intermediate values are computed again for the gradient instead of kept.
///
/// The value and the gradients are those of `function(x)` itself; memory is traded for one more
/// evaluation.  What the function draws from the default generator is the same both times.  (Chen et al.,
/// 2016, 1604.06174)
///
/// - Parameters:
///   - x: The input.
///   - parameters: All parameters that the function reads.
///   - function: The part of the model.
/// - Returns: The function's value.
public func checkpointed(
  _ x: Tensor, parameters: Parameters, _ function: @escaping @Sendable (Tensor) -> Tensor
) -> Tensor {
  let mode = Mode.current
  let generator = DefaultRandomGenerator.withCurrent { $0.split() }
  @Sendable func evaluated(_ x: Tensor) -> Tensor {
    var generator = generator
    return withRandomGenerator(&generator) { withMode(mode) { function(x) } }
  }
  // The parameters are inputs of the operation, so that their gradients flow.
  return record("checkpointed", [x] + parameters.map(\.parameter.value)) { inputs in
    withoutGradient { evaluated(inputs[0].detached) }
  } jointPullback: { dy, saved in
    let scope = GradientScope(for: parameters)
    let leaf = scope.leaf(for: saved[0])
    let product = scope.run(mode: mode) { (evaluated(leaf) * dy).sum() }
    let targets = [leaf.graph].compactMap { $0 } + scope.parameterNodes
    return backward(from: product, targets: targets, scope: scope.depth)
  }
}
