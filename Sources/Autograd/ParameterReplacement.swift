import Tensor

extension Parameter {
  /// Runs `body` with another value of the parameter, which may carry a graph.
  ///
  /// Within `body`, ``value`` is `replacement`, so that a model computes with a function of its
  /// parameters: a normalized weight, or a weight after a step that is itself differentiated. The
  /// stored value does not change. It is not seen in other tasks' calls, nor inside
  /// `withoutGradient`.
  ///
  /// - Parameters:
  ///   - replacement: The value, of the parameter's shape and dtype.
  ///   - body: The code that reads it.
  /// - Returns: The result of `body`.
  /// - Throws: The error of `body`.
  public func withValue<Result, Failure: Error>(
    _ replacement: Tensor, _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    require(
      replacement.shape == shape && replacement.dtype == dtype,
      "withValue: the value of a parameter of shape \(shape) and dtype \(dtype) cannot have shape \(replacement.shape) and dtype \(replacement.dtype)"
    )
    let scope = GradientScope(replacing: self, by: replacement)
    let outcome = GradientScope.$current.withValue(scope) { () -> Swift.Result<Result, Failure> in
      do throws(Failure) { return .success(try body()) } catch { return .failure(error) }
    }
    return try outcome.get()
  }
}
