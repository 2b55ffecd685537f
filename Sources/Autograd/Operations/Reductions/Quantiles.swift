import Tensor

extension Tensor {
  /// The median along an axis and its int32 position: of an even number of elements the lower one
  /// of the two in the middle, as in PyTorch; the gradient flows to that element.
  ///
  /// It is NaN if an element is NaN.
  public func median(
    along axis: Int, keepingAxes: Bool = false
  ) -> (values: Tensor, indices: Tensor) {
    let axis = shape.axis(axis, in: "median")
    let size = shape[axis]
    require(size > 0, "median: no elements along axis \(axis) of shape \(shape)")
    let order = argsort(along: axis)
    // NaN is sorted last.
    let last = order.slice(along: axis, start: size - 1, count: 1)
    let greatest = detached.gathered(at: last, along: axis)
    let middle = order.slice(along: axis, start: (size - 1) / 2, count: 1)
    let indices = select(greatest .!= greatest, last, middle)
    let values = gathered(at: indices, along: axis)
    if keepingAxes { return (values, indices) }
    return (values.squeezed(along: axis), indices.squeezed(along: axis))
  }

  /// The median of all elements, a scalar; see ``median(along:keepingAxes:)``.
  public func median() -> Tensor { flattened().median(along: 0).values }

  /// The quantile of a probability along an axis: of n sorted elements the one at position
  /// probability · (n − 1), interpolated linearly between the two around it.
  ///
  /// It is NaN if an element is NaN. The gradient flows to the two elements in the shares of their
  /// weights.
  public func quantile(
    _ probability: Double, along axis: Int, keepingAxes: Bool = false
  ) -> Tensor {
    require(dtype.isFloatingPoint, "quantile: \(dtype.isUndefined)")
    require(
      probability >= 0 && probability <= 1,
      "quantile: the probability must be from 0 to 1, got \(spelled(probability))")
    let axis = shape.axis(axis, in: "quantile")
    let size = shape[axis]
    require(size > 0, "quantile: no elements along axis \(axis) of shape \(shape)")
    let position = probability * Double(size - 1)
    let lower = Int(position)
    let fraction = position - Double(lower)
    let ascending = sorted(along: axis)
    func element(_ i: Int) -> Tensor { ascending.slice(along: axis, start: i, count: 1) }
    var result = element(lower)
    if fraction > 0 { result = lerp(result, element(lower + 1), fraction) }
    // NaN is sorted last.
    let greatest = element(size - 1)
    result = select(greatest.detached .!= greatest.detached, greatest, result)
    return keepingAxes ? result : result.squeezed(along: axis)
  }

  /// The quantile of all elements, a scalar; see ``quantile(_:along:keepingAxes:)``.
  public func quantile(_ probability: Double) -> Tensor {
    flattened().quantile(probability, along: 0)
  }
}
