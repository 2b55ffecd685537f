import Autograd
import Tensor

/// Images enlarged or shrunk, [n, c, h, w] → [n, c, h', w']; see `interpolate`.
public struct Upsample: Layer {
  private let factor: Double?
  private let size: IntOrPair?
  private let mode: InterpolationMode
  private let alignCorners: Bool

  /// Creates a layer that multiplies the height and the width by `factor`, rounded down.
  public init(
    factor: Double, mode: InterpolationMode = .nearest, alignCorners: Bool = false
  ) {
    self.factor = factor
    size = nil
    self.mode = mode
    self.alignCorners = alignCorners
  }

  /// Creates a layer whose output has the given height and width.
  public init(
    size: some IntOrPairConvertible, mode: InterpolationMode = .nearest, alignCorners: Bool = false
  ) {
    factor = nil
    self.size = size.intOrPair
    self.mode = mode
    self.alignCorners = alignCorners
  }

  /// Returns the resized images.
  public func callAsFunction(_ input: Tensor) -> Tensor {
    if let size {
      return observed(interpolate(input, size: size, mode: mode, alignCorners: alignCorners))
    }
    return observed(
      interpolate(input, factor: factor ?? 1, mode: mode, alignCorners: alignCorners))
  }
}
