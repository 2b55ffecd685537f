import Tensor

/// A layer that returns its input.
public struct Identity: Layer {
  /// Creates the layer.
  public init() {}
  /// Returns the input.
  public func callAsFunction(_ input: Tensor) -> Tensor { observed(input) }
}
