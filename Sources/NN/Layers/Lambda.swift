import Tensor

/// A function as a layer without parameters.
public struct Lambda: Layer {
  private let function: @Sendable (Tensor) -> Tensor
  /// Creates a layer that calls a function.
  public init(_ function: @escaping @Sendable (Tensor) -> Tensor) { self.function = function }
  /// Calls the function.
  public func callAsFunction(_ input: Tensor) -> Tensor { observed(function(input)) }
}
