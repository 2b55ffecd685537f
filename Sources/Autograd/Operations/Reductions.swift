import CKernels
import Tensor

// Reductions along a set of axes, which are dropped or kept with size 1.  No axes given means all of them.

extension Tensor {
  /// The sum of the elements along some axes; dx = dy, broadcast.
  ///
  /// Of int32 it wraps; bool counts what is true, as int32; no elements sum to 0.
  public func sum(along axes: [Int], keepingAxes: Bool = false) -> Tensor {
    sum(along: shape.axisMask(axes, in: "sum"), keepingAxes: keepingAxes)
  }

  /// The sum of the elements along some axes; see ``sum(along:keepingAxes:)-([Int],_)``.
  public func sum(along axes: Int..., keepingAxes: Bool = false) -> Tensor {
    sum(along: shape.axisMask(axes, in: "sum"), keepingAxes: keepingAxes)
  }

  /// The sum of all elements, a scalar.
  public func sum() -> Tensor { sum(along: AxisMask(allOf: rank), keepingAxes: false) }

  func sum(along mask: AxisMask, keepingAxes: Bool) -> Tensor {
    let shape = self.shape
    return record("sum", self) {
      Reduction.reduce(CK_REDUCE_SUM, $0, along: mask, keepingAxes: keepingAxes, name: "sum")
    } pullback: { dy, _ in
      dy.restoringAxes(mask, of: shape)
    }
  }

  /// The mean of the elements along some axes; dx = dy / n.
  ///
  /// Floating point only; of no elements NaN.
  public func mean(along axes: [Int], keepingAxes: Bool = false) -> Tensor {
    mean(along: shape.axisMask(axes, in: "mean"), keepingAxes: keepingAxes)
  }

  /// The mean of the elements along some axes; see ``mean(along:keepingAxes:)-([Int],_)``.
  public func mean(along axes: Int..., keepingAxes: Bool = false) -> Tensor {
    mean(along: shape.axisMask(axes, in: "mean"), keepingAxes: keepingAxes)
  }

  /// The mean of all elements, a scalar.
  public func mean() -> Tensor { mean(along: AxisMask(allOf: rank), keepingAxes: false) }

  private func mean(along mask: AxisMask, keepingAxes: Bool) -> Tensor {
    require(dtype.isFloatingPoint, "mean: not defined for \(dtype)")
    return sum(along: mask, keepingAxes: keepingAxes) / Double(shape.count(along: mask))
  }

  /// The variance of the elements along some axes, Σ(x − mean)² / (n − correction), in two passes.
  ///
  /// A correction of 1, the default, gives the unbiased estimate, as in PyTorch; 0 the mean square.
  public func variance(
    along axes: [Int], correction: Double = 1, keepingAxes: Bool = false
  ) -> Tensor {
    variance(
      along: shape.axisMask(axes, in: "variance"), correction: correction,
      keepingAxes: keepingAxes)
  }

  /// The variance of the elements along some axes; see ``variance(along:correction:keepingAxes:)-([Int],_,_)``.
  public func variance(
    along axes: Int..., correction: Double = 1, keepingAxes: Bool = false
  ) -> Tensor {
    variance(along: axes, correction: correction, keepingAxes: keepingAxes)
  }

  /// The variance of all elements, a scalar; see ``variance(along:correction:keepingAxes:)-([Int],_,_)``.
  public func variance(correction: Double = 1) -> Tensor {
    variance(along: AxisMask(allOf: rank), correction: correction, keepingAxes: false)
  }

  private func variance(along mask: AxisMask, correction: Double, keepingAxes: Bool) -> Tensor {
    let deviations = self - mean(along: mask, keepingAxes: true)
    let count = Double(shape.count(along: mask))
    return square(deviations).sum(along: mask, keepingAxes: keepingAxes)
      / Swift.max(0, count - correction)
  }

  /// The square root of the variance along some axes; see ``variance(along:correction:keepingAxes:)-([Int],_,_)``.
  ///
  /// Where it is 0 the gradient is 0 too.
  public func standardDeviation(
    along axes: [Int], correction: Double = 1, keepingAxes: Bool = false
  ) -> Tensor {
    variance(along: axes, correction: correction, keepingAxes: keepingAxes).flatSquareRoot()
  }

  /// The square root of the variance along some axes.
  ///
  /// See ``variance(along:correction:keepingAxes:)-([Int],_,_)``.
  public func standardDeviation(
    along axes: Int..., correction: Double = 1, keepingAxes: Bool = false
  ) -> Tensor {
    standardDeviation(along: axes, correction: correction, keepingAxes: keepingAxes)
  }

  /// The square root of the variance of all elements, a scalar.
  public func standardDeviation(correction: Double = 1) -> Tensor {
    variance(correction: correction).flatSquareRoot()
  }

  /// The size of the vectors along some axes: Σ|x|, √Σx² or max |x|.
  ///
  /// At 0 the gradient is 0.
  public func norm(_ kind: Norm = .two, along axes: [Int], keepingAxes: Bool = false) -> Tensor {
    let mask = shape.axisMask(axes, in: "norm")
    require(dtype.isFloatingPoint, "norm: not defined for \(dtype)")
    switch kind {
    case .one: return abs(self).sum(along: mask, keepingAxes: keepingAxes)
    case .two: return square(self).sum(along: mask, keepingAxes: keepingAxes).flatSquareRoot()
    case .infinity:
      return abs(self).extreme(CK_REDUCE_MAX, along: mask, keepingAxes: keepingAxes, "norm")
    }
  }

  /// The size of the vectors along some axes; see ``norm(_:along:keepingAxes:)-(_,[Int],_)``.
  public func norm(_ kind: Norm = .two, along axes: Int..., keepingAxes: Bool = false) -> Tensor {
    norm(kind, along: axes, keepingAxes: keepingAxes)
  }

  /// The size of all elements as one vector, a scalar.
  public func norm(_ kind: Norm = .two) -> Tensor { norm(kind, along: Array(0..<rank)) }

  /// The square root, with the gradient 0 instead of infinity where it is 0.
  private func flatSquareRoot() -> Tensor {
    let isZero = self .== 0
    let safe = select(isZero, Tensor.ones(like: self), self)
    return select(isZero, Tensor.zeros(like: self), sqrt(safe))
  }

  /// ln Σ eˣ along some axes, without overflow; dx = dy · e^(x − y).
  ///
  /// Of no elements it is −∞; of elements that are all −∞ too, with the gradient 0.
  public func logSumExp(along axes: [Int], keepingAxes: Bool = false) -> Tensor {
    let mask = shape.axisMask(axes, in: "logSumExp")
    let shape = self.shape
    return record("logSumExp", self, saving: [.first, .output]) { x in
      var shift = Tensor(0, dtype: x.dtype)
      // No elements have no greatest.
      if shape.count(along: mask) > 0 {
        let greatest = Reduction.reduce(
          CK_REDUCE_MAX, x, along: mask, keepingAxes: true, name: "logSumExp")
        shift = select(greatest.finiteElements, greatest, shift)
      }
      let sums = exp(x.detached - shift).sum(along: mask, keepingAxes: true)
      let kept = log(sums) + shift
      return Views.reshape(kept, to: shape.reduced(along: mask, keepingAxes: keepingAxes))
    } pullback: { dy, saved in
      let y = saved.y
      let isEmpty = y .== -Double.infinity
      let safe = select(isEmpty, Tensor.zeros(like: y), y)
      return dy.restoringAxes(mask, of: shape)
        * exp(saved.x - safe.restoringAxes(mask, of: shape))
    }
  }

  /// ln Σ eˣ along some axes; see ``logSumExp(along:keepingAxes:)-([Int],_)``.
  public func logSumExp(along axes: Int..., keepingAxes: Bool = false) -> Tensor {
    logSumExp(along: axes, keepingAxes: keepingAxes)
  }

  /// ln Σ eˣ of all elements, a scalar.
  public func logSumExp() -> Tensor { logSumExp(along: Array(0..<rank)) }

  /// Whether any element along some axes is true, or not 0; of no elements false.
  public func any(along axes: [Int], keepingAxes: Bool = false) -> Tensor {
    truths().sum(along: axes, keepingAxes: keepingAxes) .> 0
  }

  /// Whether any element along some axes is true; see ``any(along:keepingAxes:)-([Int],_)``.
  public func any(along axes: Int..., keepingAxes: Bool = false) -> Tensor {
    any(along: axes, keepingAxes: keepingAxes)
  }

  /// Whether any element is true, or not 0; a scalar.
  public func any() -> Tensor { any(along: Array(0..<rank)) }

  /// Whether all elements along some axes are true, or not 0; of no elements true.
  public func all(along axes: [Int], keepingAxes: Bool = false) -> Tensor {
    .!((.!truths()).any(along: axes, keepingAxes: keepingAxes))
  }

  /// Whether all elements along some axes are true; see ``all(along:keepingAxes:)-([Int],_)``.
  public func all(along axes: Int..., keepingAxes: Bool = false) -> Tensor {
    all(along: axes, keepingAxes: keepingAxes)
  }

  /// Whether all elements are true, or not 0; a scalar.
  public func all() -> Tensor { all(along: Array(0..<rank)) }

  private func truths() -> Tensor { Elementwise.convert(self, to: .bool) }

  /// The greatest element along some axes, NaN if one is; the gradient is split evenly between equals.
  public func max(along axes: [Int], keepingAxes: Bool = false) -> Tensor {
    extreme(
      CK_REDUCE_MAX, along: shape.axisMask(axes, in: "max"), keepingAxes: keepingAxes, "max")
  }

  /// The greatest element along some axes; see ``max(along:keepingAxes:)-([Int],_)``.
  public func max(along axes: Int..., keepingAxes: Bool = false) -> Tensor {
    max(along: axes, keepingAxes: keepingAxes)
  }

  /// The greatest of all elements, a scalar.
  public func max() -> Tensor {
    extreme(CK_REDUCE_MAX, along: AxisMask(allOf: rank), keepingAxes: false, "max")
  }

  /// The least element along some axes, NaN if one is; the gradient is split evenly between equals.
  public func min(along axes: [Int], keepingAxes: Bool = false) -> Tensor {
    extreme(
      CK_REDUCE_MIN, along: shape.axisMask(axes, in: "min"), keepingAxes: keepingAxes, "min")
  }

  /// The least element along some axes; see ``min(along:keepingAxes:)-([Int],_)``.
  public func min(along axes: Int..., keepingAxes: Bool = false) -> Tensor {
    min(along: axes, keepingAxes: keepingAxes)
  }

  /// The least of all elements, a scalar.
  public func min() -> Tensor {
    extreme(CK_REDUCE_MIN, along: AxisMask(allOf: rank), keepingAxes: false, "min")
  }

  private func extreme(
    _ op: ck_reduce_op, along mask: AxisMask, keepingAxes: Bool, _ name: StaticString
  ) -> Tensor {
    record(name, self, saving: [.first, .output]) {
      Reduction.reduce(op, $0, along: mask, keepingAxes: keepingAxes, name: name)
    } pullback: { dy, saved in
      let x = saved.x
      // Which elements are extreme does not change under small steps, so the share is a constant.
      let extreme = saved.y.detached.restoringAxes(mask, of: x.shape)
      let isExtreme = (x.detached .== extreme).converted(to: dy.dtype)
      let count = isExtreme.sum(along: mask, keepingAxes: true)
      return dy.restoringAxes(mask, of: x.shape) * (isExtreme / count)
    }
  }

  /// The position of the greatest element along an axis as int32, the first of equals; NaN wins.
  public func argmax(along axis: Int, keepingAxes: Bool = false) -> Tensor {
    Reduction.argument(CK_ARG_MAX, self, along: axis, keepingAxes: keepingAxes, name: "argmax")
  }

  /// The position of the least element along an axis as int32, the first of equals; NaN wins.
  public func argmin(along axis: Int, keepingAxes: Bool = false) -> Tensor {
    Reduction.argument(CK_ARG_MIN, self, along: axis, keepingAxes: keepingAxes, name: "argmin")
  }

  /// The sum of the elements that were broadcast, so that the result has the shape that was broadcast.
  func summed(to shape: Shape, for operation: StaticString) -> Tensor {
    require(
      shape.broadcast(with: self.shape) == self.shape,
      "\(operation): a gradient of shape \(self.shape) for an input of shape \(shape)")
    let mask = self.shape.axesBroadcast(from: shape)
    return sum(along: mask, keepingAxes: true).reshaped(to: shape)
  }

  /// What was reduced along the axes in `mask`, broadcast back to the shape from before.
  fileprivate func restoringAxes(_ mask: AxisMask, of shape: Shape) -> Tensor {
    reshaped(to: shape.reduced(along: mask, keepingAxes: true)).broadcast(to: shape)
  }
}

extension Shape {
  /// The number of elements along the axes of a mask.
  fileprivate func count(along mask: AxisMask) -> Int {
    var count = 1
    for axis in 0..<rank where mask.contains(axis) { count *= self[axis] }
    return count
  }
}

/// How the size of a vector is measured.
public enum Norm: Sendable {
  /// Σ|x|
  case one
  /// √Σx²
  case two
  /// max |x|
  case infinity
}
