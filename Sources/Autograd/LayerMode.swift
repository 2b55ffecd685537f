import Tensor

/// The mode of layers that behave differently in training and inference, such as dropout and batch
/// normalization.
public enum LayerMode: Sendable, Hashable {
  /// Dropout drops elements, and batch normalization takes the statistics of the batch.
  case training
  /// The output depends on the input and the weights alone.
  case inference

  @TaskLocal fileprivate static var scoped: LayerMode = .inference

  /// The mode of the current scope.
  ///
  /// It is ``training`` inside ``valueWithGradients(for:mode:allowingUnused:_:)``, unless another
  /// mode was asked for, and ``inference`` outside.
  public static var current: LayerMode { scoped }
}

/// Runs `body` with ``LayerMode/current`` set to a mode.
public func withMode<Result, Failure: Error>(
  _ mode: LayerMode, _ body: () throws(Failure) -> Result
) throws(Failure) -> Result {
  let outcome = LayerMode.$scoped.withValue(mode) { () -> Swift.Result<Result, Failure> in
    do throws(Failure) { return .success(try body()) } catch { return .failure(error) }
  }
  return try outcome.get()
}
