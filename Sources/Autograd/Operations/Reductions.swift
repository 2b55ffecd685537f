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
