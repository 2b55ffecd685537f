/// The offsets at which the items of a batch start: the rows, matrices or images of the inner axes.
package struct BatchOffsets {
  private var shape: Shape
  private var strides: Strides

  /// The number of items.
  package let count: Int
  /// The number of items, over the last axes, that are one step apart, and the step.
  let lastRun: (count: Int, step: Int)

  /// Creates the offsets of the items that the last `innerRank` axes of `x` form.
  package init(of x: Tensor, innerRank: Int) {
    shape = Shape(x.shape.prefix(x.rank - innerRank))
    strides = x.strides
    count = shape.elementCount
    lastRun = Self.lastRun(of: shape, strides)
  }

  /// Creates the offsets of the items that the last `innerRank` axes of `x` form, with its outer
  /// axes broadcast to `batch`.
  package init(of x: Tensor, innerRank: Int, broadcastTo batch: Shape) {
    var target = batch
    for axis in x.rank - innerRank..<x.rank { target.append(x.shape[axis]) }
    shape = batch
    strides = x.strides(broadcastTo: target)
    count = batch.elementCount
    lastRun = Self.lastRun(of: batch, strides)
  }

  /// The offset of item `index` in elements from the first element of the tensor.
  package subscript(index: Int) -> Int {
    if index < lastRun.count { return index * lastRun.step }
    var (rest, offset) = (index, 0)
    for axis in Swift.stride(from: shape.rank - 1, through: 0, by: -1) {
      offset += rest % shape.size(axis) * strides[axis]
      rest /= shape.size(axis)
    }
    return offset
  }

  private static func lastRun(of shape: Shape, _ strides: Strides) -> (count: Int, step: Int) {
    var (total, step) = (1, 0)
    for axis in Swift.stride(from: shape.rank - 1, through: 0, by: -1)
    where shape.size(axis) != 1 {
      if total == 1 { step = strides[axis] }
      if strides[axis] != step * total { break }
      total *= shape.size(axis)
    }
    return (total, step)
  }
}
