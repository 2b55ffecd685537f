import CKernels
import Tensor

// Cumulative and ordering operations along one axis.

extension Tensor {
  /// The sums of the elements up to and including each along an axis; dx is the same from the other end.
  public func cumulativeSum(along axis: Int) -> Tensor {
    record("cumulativeSum", self) {
      CumulativeSum.forward($0, along: axis)
    } pullback: { dy, _ in
      dy.flipped(along: axis).cumulativeSum(along: axis).flipped(along: axis)
    }
  }

  /// The products of the elements up to and including each along an axis.
  ///
  /// - Complexity: O(n log n) multiplications for n elements along the axis.  No element is divided by, so
  ///   the gradient is right where elements are 0.
  public func cumulativeProduct(along axis: Int) -> Tensor {
    let axis = shape.axis(axis, in: "cumulativeProduct")
    let size = shape[axis]
    var result = self
    var distance = 1
    // After each round every element is the product of twice as many before it.
    while distance < size {
      let head = result.slice(along: axis, start: 0, count: distance)
      let tail =
        result.slice(along: axis, start: distance, count: size - distance)
        * result.slice(along: axis, start: 0, count: size - distance)
      result = concatenated([head, tail], along: axis)
      distance *= 2
    }
    return result
  }

  /// The product of the elements along some axes; of no elements 1.
  ///
  /// No element is divided by, so the gradient is right where elements are 0.
  public func product(along axes: [Int], keepingAxes: Bool = false) -> Tensor {
    product(along: shape.axisMask(axes, in: "product"), keepingAxes: keepingAxes)
  }

  /// The product of the elements along some axes; see ``product(along:keepingAxes:)-([Int],_)``.
  public func product(along axes: Int..., keepingAxes: Bool = false) -> Tensor {
    product(along: axes, keepingAxes: keepingAxes)
  }

  /// The product of all elements, a scalar.
  public func product() -> Tensor { product(along: AxisMask(allOf: rank), keepingAxes: false) }

  private func product(along mask: AxisMask, keepingAxes: Bool) -> Tensor {
    if node == nil {
      return Reduction.reduce(
        CK_REDUCE_PROD, self, along: mask, keepingAxes: keepingAxes, name: "product")
    }
    var result = self
    for axis in 0..<rank where mask.contains(axis) { result = result.halvedToProduct(along: axis) }
    return result.reshaped(to: shape.reduced(along: mask, keepingAxes: keepingAxes))
  }

  /// The product along an axis, which keeps size 1, by multiplying halves with each other.
  private func halvedToProduct(along axis: Int) -> Tensor {
    var result = self
    while result.shape[axis] > 1 {
      let (size, half) = (result.shape[axis], result.shape[axis] / 2)
      var next =
        result.slice(along: axis, start: 0, count: half)
        * result.slice(along: axis, start: half, count: half)
      if size % 2 == 1 {
        next = concatenated(
          [next, result.slice(along: axis, start: size - 1, count: 1)], along: axis)
      }
      result = next
    }
    if result.shape[axis] == 1 { return result }
    return Tensor.ones(shape.reduced(along: AxisMask(axis: axis), keepingAxes: true), dtype: dtype)
  }

  /// The positions that sort the elements along an axis, int32; equal elements keep their order.
  ///
  /// NaN counts as the greatest.
  public func argsort(along axis: Int = -1, descending: Bool = false) -> Tensor {
    Sorting.argsort(self, along: axis, descending: descending)
  }

  /// The elements sorted along an axis; the gradient goes where each came from.
  ///
  /// NaN counts as the greatest.
  public func sorted(along axis: Int = -1, descending: Bool = false) -> Tensor {
    let axis = shape.axis(axis, in: "sorted")
    return gathered(at: argsort(along: axis, descending: descending), along: axis)
  }

  /// The `count` greatest elements along an axis in descending order, and their positions as int32.
  public func topK(_ count: Int, along axis: Int = -1) -> (values: Tensor, indices: Tensor) {
    let resolved = shape.axis(axis, in: "topK")
    require(
      count >= 0 && count <= shape[resolved],
      "topK: \(count) elements of axis \(axis) of shape \(shape)")
    let order = argsort(along: axis, descending: true)
    let indices = order.slice(along: resolved, start: 0, count: count)
    return (gathered(at: indices, along: axis), indices)
  }
}
