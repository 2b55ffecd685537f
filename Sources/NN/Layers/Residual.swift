import Autograd
import Tensor

/// A layer whose input is added to its output, x + f(x).  (He et al., 2015, 1512.03385)
public struct Residual<Inner: Layer>: Layer {
  /// The function f.
  public let inner: Inner
  /// A layer around another, whose output has the shape of its input.
  public init(_ inner: Inner) { self.inner = inner }
  /// The sum x + f(x).
  public func callAsFunction(_ input: Tensor) -> Tensor {
    observed(input + inner.observed(inner(input)))
  }
}
