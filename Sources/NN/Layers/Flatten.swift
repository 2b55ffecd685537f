import Autograd
import Tensor

/// The axes from the second on joined into one: [n, ..] → [n, elements].
public struct Flatten: Layer {
  private let start: Int
  /// A layer that joins the axes from `start` on.
  public init(from start: Int = 1) { self.start = start }
  /// The joined tensor.
  public func callAsFunction(_ input: Tensor) -> Tensor { observed(input.flattened(from: start)) }
}
