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

/// An axis cut into several: [.., a · b, ..] → [.., a, b, ..].
public struct Unflatten: Layer {
  private let axis: Int
  private let sizes: [Int]
  /// Creates a layer that cuts an axis into axes of given sizes, of which one may be −1.
  public init(_ axis: Int, into sizes: [Int]) {
    self.axis = axis
    self.sizes = sizes
  }
  /// Cuts the axis.
  public func callAsFunction(_ input: Tensor) -> Tensor {
    let axis = input.shape.axis(axis, in: "Unflatten")
    let known = sizes.filter { $0 != -1 }.reduce(1, *)
    let size = input.shape[axis]
    let sizes = known > 0 ? self.sizes.map { $0 == -1 ? size / known : $0 } : self.sizes
    require(
      !sizes.isEmpty && sizes.allSatisfy { $0 >= 0 } && sizes.reduce(1, *) == size,
      "Unflatten: axis \(axis) of shape \(input.shape) cannot be cut into \(self.sizes)")
    let shape = Array(input.shape.prefix(axis)) + sizes + Array(input.shape.dropFirst(axis + 1))
    return observed(input.reshaped(to: Shape(shape)))
  }
}
