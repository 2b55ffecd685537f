import Tensor

extension Tensor {
  /// The tensor with elements added at both ends of an axis.
  ///
  /// - Parameters:
  ///   - before: The number of elements added at the start.
  ///   - after: The number of elements added at the end.
  ///   - axis: The axis.
  ///   - mode: The values of the added elements.
  /// - Returns: A tensor with `before + after` more elements along the axis.
  public func padded(
    before: Int, after: Int, along axis: Int, with mode: PaddingMode = .constant(0)
  ) -> Tensor {
    let axis = shape.axis(axis, in: "padded")
    let size = shape[axis]
    require(
      before >= 0 && after >= 0,
      "padded: the numbers of added elements must be at least 0, got \(before) and \(after)")
    switch mode {
    case .constant(let value):
      requireHeld(value, by: dtype, for: "padded")
      var target = shape
      target[axis] = size + before + after
      var result = Self.full(target, value, dtype: dtype)
      result[along: axis, TensorIndex.range(start: before, end: before + size)] = self
      return result
    case .edge:
      require(size > 0, "padded: shape \(shape) has no edge along axis \(axis)")
      return selected((-before..<size + after).map { Swift.min(Swift.max($0, 0), size - 1) }, axis)
    case .reflect:
      require(
        before < size && after < size,
        "padded: cannot reflect \(before) and \(after) elements of axis \(axis) of shape \(shape)"
      )
      return selected(
        (-before..<size + after).map {
          $0 < 0 ? -$0 : $0 < size ? $0 : 2 * (size - 1) - $0
        }, axis)
    }
  }

  private func selected(_ positions: [Int], _ axis: Int) -> Tensor {
    selected(at: Tensor(positions.map(Int32.init), shape: [positions.count]), along: axis)
  }
}

extension Tensor {
  /// The values of the elements that ``padded(before:after:along:with:)`` adds.
  public enum PaddingMode: Sendable {
    /// A constant.
    case constant(Double)
    /// The elements next to the end, mirrored at it: b c | a b c …
    case reflect
    /// The element at the end, repeated.
    case edge
  }
}
