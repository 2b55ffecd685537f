import Autograd
import Tensor

/// A function as a layer; it holds no parameters.
public struct Lambda: Layer {
  private let function: @Sendable (Tensor) -> Tensor
  /// A layer that calls a function.
  public init(_ function: @escaping @Sendable (Tensor) -> Tensor) { self.function = function }
  /// The function's value.
  public func callAsFunction(_ input: Tensor) -> Tensor { observed(function(input)) }
}
