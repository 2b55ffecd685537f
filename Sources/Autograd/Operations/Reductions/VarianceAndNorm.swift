import CKernels
import Tensor

extension Tensor {
  /// The variance of the elements along some axes, Σ(x − mean)² / (n − correction), in two passes.
  ///
  /// A correction of 1, the default, gives the unbiased estimate, as in PyTorch; 0 gives the mean
  /// square deviation.
  public func variance(
    along axes: [Int], correction: Double = 1, keepingAxes: Bool = false
  ) -> Tensor {
    variance(
      along: shape.axisMask(axes, in: "variance"), correction: correction,
      keepingAxes: keepingAxes)
  }

  /// The variance of the elements along some axes; see
  /// ``variance(along:correction:keepingAxes:)-([Int],_,_)``.
  public func variance(
    along axes: Int..., correction: Double = 1, keepingAxes: Bool = false
  ) -> Tensor {
    variance(along: axes, correction: correction, keepingAxes: keepingAxes)
  }

  /// The variance of all elements, a scalar; see
  /// ``variance(along:correction:keepingAxes:)-([Int],_,_)``.
  public func variance(correction: Double = 1) -> Tensor {
    variance(along: AxisMask(allOf: rank), correction: correction, keepingAxes: false)
  }

  private func variance(along mask: AxisMask, correction: Double, keepingAxes: Bool) -> Tensor {
    let deviations = self - mean(along: mask, keepingAxes: true)
    let count = Double(shape.count(along: mask))
    return square(deviations).sum(along: mask, keepingAxes: keepingAxes)
      / Swift.max(0, count - correction)
  }

  /// The standard deviation along some axes: the square root of the variance.
  ///
  /// Where it is 0 the gradient is 0 too. See
  /// ``variance(along:correction:keepingAxes:)-([Int],_,_)``.
  public func standardDeviation(
    along axes: [Int], correction: Double = 1, keepingAxes: Bool = false
  ) -> Tensor {
    variance(along: axes, correction: correction, keepingAxes: keepingAxes)
      .squareRootWithZeroGradient()
  }

  /// The standard deviation along some axes; see
  /// ``standardDeviation(along:correction:keepingAxes:)-([Int],_,_)``.
  public func standardDeviation(
    along axes: Int..., correction: Double = 1, keepingAxes: Bool = false
  ) -> Tensor {
    standardDeviation(along: axes, correction: correction, keepingAxes: keepingAxes)
  }

  /// The standard deviation of all elements, a scalar.
  public func standardDeviation(correction: Double = 1) -> Tensor {
    variance(correction: correction).squareRootWithZeroGradient()
  }

  /// The norm of the vectors along some axes: Σ|x|, √Σx² or max |x|.
  ///
  /// Where it is 0 the gradient is 0 too.
  public func norm(_ kind: Norm = .two, along axes: [Int], keepingAxes: Bool = false) -> Tensor {
    let mask = shape.axisMask(axes, in: "norm")
    require(dtype.isFloatingPoint, "norm: not defined for \(dtype)")
    switch kind {
    case .one: return abs(self).sum(along: mask, keepingAxes: keepingAxes)
    case .two:
      return square(self).sum(along: mask, keepingAxes: keepingAxes).squareRootWithZeroGradient()
    case .infinity:
      return abs(self).extreme(CK_REDUCE_MAX, along: mask, keepingAxes: keepingAxes, "norm")
    }
  }

  /// The norm of the vectors along some axes; see ``norm(_:along:keepingAxes:)-(_,[Int],_)``.
  public func norm(_ kind: Norm = .two, along axes: Int..., keepingAxes: Bool = false) -> Tensor {
    norm(kind, along: axes, keepingAxes: keepingAxes)
  }

  /// The norm of all elements as one vector, a scalar.
  public func norm(_ kind: Norm = .two) -> Tensor { norm(kind, along: Array(0..<rank)) }

  /// The square root, whose gradient is 0 instead of infinite at 0.
  private func squareRootWithZeroGradient() -> Tensor {
    let isZero = self .== 0
    let safe = select(isZero, Self.ones(like: self), self)
    return select(isZero, Self.zeros(like: self), sqrt(safe))
  }

  /// The kind of a vector norm.
  public enum Norm: Sendable {
    /// The sum of absolute values, Σ|x|.
    case one
    /// The Euclidean norm, √Σx².
    case two
    /// The greatest absolute value, max |x|.
    case infinity
  }
}
