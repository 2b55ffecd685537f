import Tensor

extension Tensor {
  /// The cumulative sums along an axis; dx is the cumulative sum of dy from the other end.
  ///
  /// Sums of float32 are kept in float64 and each is rounded once, so the error does not grow with
  /// the size of the axis.
  public func cumulativeSum(along axis: Int) -> Tensor {
    record("cumulativeSum", self, attributes: ["axis": .integer(axis)]) {
      CumulativeSum.forward($0, along: axis)
    } pullback: { dy, _ in
      dy.flipped(along: axis).cumulativeSum(along: axis).flipped(along: axis)
    }
  }

  /// The cumulative products along an axis.
  ///
  /// Nothing is divided by an element, so the gradient is right where elements are 0. Products of
  /// float32 are computed in float64, and so is their gradient.
  ///
  /// - Complexity: O(n log n) multiplications for n elements along the axis.
  public func cumulativeProduct(along axis: Int) -> Tensor {
    let axis = shape.axis(axis, in: "cumulativeProduct")
    if dtype == .float32 {
      return converted(to: .float64).cumulativeProduct(along: axis).converted(to: .float32)
    }
    let size = shape[axis]
    var result = self
    var distance = 1
    // After each round every element is the product of up to twice as many elements.
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
}
