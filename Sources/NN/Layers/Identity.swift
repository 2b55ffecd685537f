import Autograd
import Tensor

/// The input itself.
public struct Identity: Layer {
  /// The layer.
  public init() {}
  /// The input.
  public func callAsFunction(_ input: Tensor) -> Tensor { observed(input) }
}
