import Autograd
import Tensor

/// A residual connection around a layer, x + f(x). (He et al., 2015, 1512.03385)
public struct Residual<Inner: Layer>: Layer {
  /// The layer f.
  public let inner: Inner
  /// Creates a residual connection around a layer whose output has the shape of its input.
  public init(_ inner: Inner) { self.inner = inner }
  /// Returns x + f(x).
  public func callAsFunction(_ input: Tensor) -> Tensor {
    observed(input + inner.observed(inner(input)))
  }
}
