import Autograd
import Tensor

/// Flattens the axes from the second one on into one: [n, ..] → [n, elements].
public struct Flatten: Layer {
  private let start: Int
  /// Creates a layer that flattens the axes from `start` on.
  public init(from start: Int = 1) { self.start = start }
  /// Flattens the input.
  public func callAsFunction(_ input: Tensor) -> Tensor { observed(input.flattened(from: start)) }
}
