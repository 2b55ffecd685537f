import Tensor

/// Runs `body` with other values of some parameters, which only the current task sees.
///
/// Inside of `body`, ``Parameter/value`` reads as the given tensor. Other tasks and threads see the
/// stored values, which do not change; a value that is set while `body` runs is stored, and visible
/// here afterwards. The values may carry a graph, so gradients flow through them: this evaluates a
/// model as a function of its weights, as PyTorch's `functional_call` does.
/// ```swift
/// // A step of MAML: the gradient of the loss after one step of gradient descent.
/// let (loss, gradients) = valueWithGradients(for: parameters) {
///   let inner = valueWithGradients(for: parameters) { error(of: model, support) }.gradients
///   let adapted = zip(parameters, inner).map { $0.parameter.value - $1.gradient * 0.1 }
///   return withValues(adapted, of: parameters) { error(of: model, query) }
/// }
/// ```
///
/// - Parameters:
///   - values: A tensor for each parameter, of its shape and dtype.
///   - parameters: The parameters. The innermost call decides about each.
///   - body: Reads the parameters.
/// - Returns: What `body` returns.
/// - Throws: The error that `body` throws.
public func withValues<Result, Failure: Error>(
  _ values: [Tensor], of parameters: Parameters, _ body: () throws(Failure) -> Result
) throws(Failure) -> Result {
  require(
    values.count == parameters.count,
    """
    withValues: the number of tensors must be that of the parameters, \(parameters.count), got \
    \(values.count)
    """
  )
  for (value, element) in zip(values, parameters) {
    require(
      value.shape == element.parameter.shape && value.dtype == element.parameter.dtype,
      """
      withValues: the value of '\(element.name)' must have shape \(element.parameter.shape) and \
      dtype \(element.parameter.dtype), got \(value.shape) and \(value.dtype)
      """
    )
  }
  return try GradientScope.run(in: GradientScope(replacing: parameters, by: values), body)
}

extension Parameter {
  /// Runs `body` with another value of the parameter, which only the current task sees and which
  /// may carry a graph; see ``withValues(_:of:_:)``.
  ///
  /// - Parameters:
  ///   - replacement: The value, of the parameter's shape and dtype.
  ///   - body: The code that reads it.
  /// - Returns: What `body` returns.
  /// - Throws: The error that `body` throws.
  public func withValue<Result, Failure: Error>(
    _ replacement: Tensor, _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    require(
      replacement.shape == shape && replacement.dtype == dtype,
      """
      withValue: the value of a parameter of shape \(shape) and dtype \(dtype) cannot have shape \
      \(replacement.shape) and dtype \(replacement.dtype)
      """
    )
    let scope = GradientScope(replacing: Parameters([("", self)]), by: [replacement])
    return try GradientScope.run(in: scope, body)
  }
}
