import CKernels

/// Weighted means of two slices along an axis, as linear interpolation needs them, and their
/// transpose.
package struct Blending: @unchecked Sendable {
  // Unchecked because of the tensors, which nobody writes to.
  /// The axis.
  package let axis: Int
  /// The size of the axis that is read, and the number of means.
  private let size: Int
  private let length: Int
  private let lower: Tensor
  private let upper: Tensor?
  private let lowWeights: Tensor?
  private let highWeights: Tensor?

  /// Mean i is that of the slices `lower[i]` and `upper[i]`, which have the weights
  /// 1 − `fractions[i]` and `fractions[i]`.
  package init(
    along axis: Int, of size: Int, lower: [Int32], upper: [Int32], fractions: [Double], dtype: DType
  ) {
    let vector: Shape = [lower.count]
    (self.axis, self.size, length) = (axis, size, lower.count)
    (self.lower, self.upper) = (Tensor(lower, shape: vector), Tensor(upper, shape: vector))
    let high = Tensor(fractions, shape: vector)
    highWeights = Elementwise.convert(high, to: dtype)
    lowWeights = Elementwise.convert(
      Tensor(fractions.map { 1 - $0 }, shape: vector), to: dtype)
  }

  /// The slices at positions, with the weight 1.
  init(along axis: Int, of size: Int, positions: Tensor) {
    (self.axis, self.size, length) = (axis, size, positions.elementCount)
    lower = positions.contiguous
    (upper, lowWeights, highWeights) = (nil, nil, nil)
  }

  /// The positions of the lower and the upper slices, and the weights of both.
  package var constants: [Tensor] {
    [lower, upper, lowWeights, highWeights].compactMap { $0 }
  }

  /// Returns the means.
  package func means(of x: Tensor) -> Tensor {
    x.withoutRepeats(exceptAlong: axis..<axis + 1) {
      run(ck_blend(Execution.current.kernels, x.dtype.code), $0, length)
    }
  }

  /// Returns zeros with the slices of `means`, times their weights, added at their positions.
  package func spread(_ means: Tensor) -> Tensor {
    means.withoutRepeats(exceptAlong: axis..<axis + 1) {
      run(ck_spread(Execution.current.kernels, means.dtype.code), $0, size)
    }
  }

  private func run(_ kernel: ck_blend_fn?, _ x: Tensor, _ count: Int) -> Tensor {
    var shape = x.shape
    shape[axis] = count
    let result = Tensor(uninitialized: shape, dtype: x.dtype)
    guard result.elementCount > 0, let kernel else { return result }
    let source = x.contiguous
    let (outer, _, inner) = shape.around(axis)
    let layout = ck_blending(
      lower: lower.pointer.assumingMemoryBound(to: Int32.self),
      upper: upper.map { UnsafePointer($0.pointer.assumingMemoryBound(to: Int32.self)) },
      low_weights: lowWeights.map { UnsafeRawPointer($0.pointer) },
      high_weights: highWeights.map { UnsafeRawPointer($0.pointer) },
      length: length, size: size, inner: inner)
    let (from, to) = (source.pointer, result.pointer)
    withUnsafePointer(to: layout) { layout in
      forEachChunk(of: outer, each: Swift.max(size, length) * inner, grain: Grain.elements) {
        kernel(layout, from, to, $0.lowerBound, $0.upperBound)
      }
    }
    withExtendedLifetime((source, self)) {}
    return result
  }
}
