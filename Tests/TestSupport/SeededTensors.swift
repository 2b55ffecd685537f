import Adjoint

extension Tensor {
  /// Returns uniformly distributed numbers, the same for the same seed.
  package static func seeded(
    _ shape: Shape, seed: UInt64 = 1, in range: Range<Double> = -2..<2, dtype: DType = .float64
  ) -> Tensor {
    var generator = RandomGenerator(seed: seed)
    return generator.uniform(shape, in: range, dtype: .float64).converted(to: dtype)
  }

  /// Returns the numbers 0, 1, 2, … in row order.
  package static func counting(_ shape: Shape, dtype: DType = .float32) -> Tensor {
    Tensor((0..<shape.elementCount).map(Double.init), shape: shape).converted(to: dtype)
  }
}
