import CKernels

/// Computes deviations from the mean and their squares without losing the digits that elements far
/// from zero share.
///
/// The mean of float32 elements is itself rounded, by up to some units in its last place, which may
/// be more than the elements deviate. But near a common value the differences from it are exact,
/// and their mean is the correction that is missing.
package enum Deviations {
  /// Returns x − mean along the axes of `mask`, and the mean with these axes kept.
  package static func forward(
    _ x: Tensor, along mask: AxisMask
  ) -> (deviations: Tensor, mean: Tensor) {
    let mean = roundedMean(x, mask)
    if x.elementCount == 0 { return (Elementwise.binary(CK_BINARY_SUB, x, mean), mean) }
    // The differences are computed twice, which costs less than keeping them.
    let rest = fused { roundedMean(Elementwise.binary(CK_BINARY_SUB, x, mean), mask) }
    let deviations = fused {
      Elementwise.binary(CK_BINARY_SUB, Elementwise.binary(CK_BINARY_SUB, x, mean), rest)
    }
    return (deviations, Elementwise.binary(CK_BINARY_ADD, mean, rest))
  }

  /// Returns Σ(x − mean)² / divisor along the axes of `mask`.
  package static func variance(
    _ x: Tensor, along mask: AxisMask, divisor: Double, keepingAxes: Bool
  ) -> Tensor {
    if let biased = RowKernels.variance(x, along: mask) {
      let variance = Elementwise.binary(CK_BINARY_MUL, biased, elementCount(of: x, mask) / divisor)
      return Views.reshape(variance, to: x.shape.reduced(along: mask, keepingAxes: keepingAxes))
    }
    if let lines = lines(x, along: mask) {
      let count = elementCount(of: x, mask)
      let variances = GroupKernels(lines).variances.map { $0 * count / divisor }
      let shape = x.shape.reduced(along: mask, keepingAxes: keepingAxes)
      return Views.reshape(Tensor(variances, dtype: x.dtype), to: shape)
    }
    let mean = roundedMean(x, mask)
    func deviations() -> Tensor { Elementwise.binary(CK_BINARY_SUB, x, mean) }
    // Sums of long rows are taken while the differences are computed; others read them in memory.
    let (sums, squares) = fused {
      let deviations = deviations()
      return (
        sum(CK_REDUCE_SUM, deviations, mask, keepingAxes),
        sum(CK_REDUCE_SUM_SQUARES, deviations, mask, keepingAxes)
      )
    }
    // In one loop, also within another scope.
    PendingOperation.compute([sums.storage, squares.storage])
    let count = elementCount(of: x, mask)
    let result = Tensor(uninitialized: squares.shape, dtype: x.dtype)
    let isExact =
      x.dtype == .float64
      ? subtract(Double.self, sums, from: squares, count, divisor, into: result)
      : subtract(Float.self, sums, from: squares, count, divisor, into: result)
    if isExact { return result }
    // The first mean was far off, measured by the deviations.
    let rest = fused { roundedMean(deviations(), mask) }
    let better = fused {
      sum(
        CK_REDUCE_SUM_SQUARES, Elementwise.binary(CK_BINARY_SUB, deviations(), rest), mask,
        keepingAxes)
    }
    return Elementwise.binary(CK_BINARY_DIV, better, divisor)
  }

  /// Returns dy (x − mean), given a dy for each mean along the axes of `mask`, or `nil` where other
  /// operations are faster.
  package static func scaled(_ dy: Tensor, _ x: Tensor, along mask: AxisMask) -> Tensor? {
    if let result = RowKernels.scaledDeviations(dy, x, along: mask) { return result }
    guard let lines = lines(x, along: mask) else { return nil }
    let factors = dy.scalars(as: Double.self)
    // An infinite factor of the difference from a center would meet one of its correction.
    if !factors.allSatisfy(\.isFinite) { return nil }
    return Views.reshape(GroupKernels(lines).deviations(scaledBy: factors), to: x.shape)
  }

  /// The lines of a contiguous tensor of which each group has one mean along the axes of `mask`:
  /// columns, or rows if axes behind those that are kept are among them.
  ///
  /// It is `nil` if the axes are others, or the lines so short that the numbers that are kept for
  /// each take longer than their elements.
  private static func lines(_ x: Tensor, along mask: AxisMask) -> NormalizedLines? {
    let (longRow, longColumn, fewColumns) = (32, 128, 64)
    guard x.isContiguous, x.elementCount > 0 else { return nil }
    var (outer, kept, inner) = (1, 1, 1)
    for axis in 0..<x.rank where x.shape[axis] != 1 {
      if mask.contains(axis) {
        if kept == 1 { outer *= x.shape[axis] } else { inner *= x.shape[axis] }
      } else if inner == 1 {
        kept *= x.shape[axis]
      } else {
        return nil
      }
    }
    if kept == 1 || (outer == 1 && inner == 1) { return nil }
    if inner == 1 {
      if outer < longColumn && kept > fewColumns { return nil }
      return NormalizedLines(columnsOf: Views.reshape(x, to: [outer, kept]))
    }
    // Longer ones are cut into pieces.
    if !(longRow...Grain.elements).contains(inner) { return nil }
    return NormalizedLines(rows: outer * kept, of: x, period: kept, channels: kept)
  }

  /// Computes (Σd² − (Σd)²/n) / divisor for each pair of sums; returns whether that loses no
  /// digits.
  private static func subtract<Scalar: TensorScalar & BinaryFloatingPoint>(
    _ type: Scalar.Type, _ sums: Tensor, from squares: Tensor, _ count: Double, _ divisor: Double,
    into result: Tensor
  ) -> Bool {
    let sum = sums.pointer.assumingMemoryBound(to: type)
    let square = squares.pointer.assumingMemoryBound(to: type)
    let target = result.pointer.assumingMemoryBound(to: type)
    var isExact = true
    for i in 0..<result.elementCount {
      let lost = Double(sum[i]) * Double(sum[i]) / Swift.max(1, count)
      if lost * 64 > Double(square[i]) { isExact = false }
      target[i] = Scalar((Double(square[i]) - lost) / divisor)
    }
    return isExact
  }

  private static func roundedMean(_ x: Tensor, _ mask: AxisMask) -> Tensor {
    Elementwise.binary(CK_BINARY_DIV, sum(CK_REDUCE_SUM, x, mask, true), elementCount(of: x, mask))
  }

  private static func sum(
    _ op: ck_reduce_op, _ x: Tensor, _ mask: AxisMask, _ keepingAxes: Bool
  ) -> Tensor {
    Reduction.reduce(op, x, along: mask, keepingAxes: keepingAxes, name: "variance")
  }

  private static func elementCount(of x: Tensor, _ mask: AxisMask) -> Double {
    var count = 1
    for axis in 0..<x.rank where mask.contains(axis) { count *= x.shape[axis] }
    return Double(count)
  }
}
