import Tensor

extension Tensor {
  /// The tensor with elements added at both ends of an axis.
  ///
  /// A negative number removes elements instead, before others are added; a reflection still shows
  /// those that were removed at the other end, as in PyTorch.
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
    if case .constant(let value) = mode { requireHeld(value, by: dtype, for: "padded") }
    if before < 0 || after < 0 {
      let (start, end) = (Swift.max(-before, 0), shape[axis] - Swift.max(-after, 0))
      require(
        start <= end,
        """
        padded: cannot remove \(start) and \(Swift.max(-after, 0)) elements of axis \(axis) of \
        shape \(shape)
        """
      )
      if mode != .reflect {
        return self[along: axis, TensorIndex.range(start: start, end: end)]
          .padded(before: Swift.max(before, 0), after: Swift.max(after, 0), along: axis, with: mode)
      }
    }
    if before == 0 && after == 0 { return self }
    return traced(
      "padded", [self],
      attributes: mode.attributes.merging(
        ["before": .integer(before), "after": .integer(after), "axis": .integer(axis)]
      ) { $1 }
    ) {
      extended(before, after, axis, mode)
    }
  }

  private func extended(
    _ before: Int, _ after: Int, _ axis: Int, _ mode: PaddingMode
  ) -> Tensor {
    let size = shape[axis]
    let places = -before..<size + after
    switch mode {
    case .constant(let value):
      var target = shape
      target[axis] = places.count
      var result = Self.full(target, value, dtype: dtype)
      result[along: axis, TensorIndex.range(start: before, end: before + size)] = self
      return result
    case .edge:
      require(size > 0, "padded: shape \(shape) has no edge along axis \(axis)")
      return selected(places.map { Swift.min(Swift.max($0, 0), size - 1) }, axis)
    case .reflect:
      require(
        before < size && after < size,
        "padded: cannot reflect \(before) and \(after) elements of axis \(axis) of shape \(shape)"
      )
      return selected(
        places.map { $0 < 0 ? -$0 : $0 < size ? $0 : 2 * (size - 1) - $0 }, axis)
    case .circular:
      require(
        before <= size && after <= size,
        "padded: cannot repeat \(before) and \(after) elements of axis \(axis) of shape \(shape)"
      )
      return selected(places.map { $0 < 0 ? $0 + size : $0 < size ? $0 : $0 - size }, axis)
    }
  }

  /// The images, [.., height, width], with rows and columns added on their sides.
  ///
  /// Negative numbers remove rows and columns instead (cropping). Columns are added first, so the
  /// corners of reflected images are reflected twice.
  ///
  /// - Parameters:
  ///   - top: The number of rows added above.
  ///   - bottom: The number of rows added below.
  ///   - left: The number of columns added at the left.
  ///   - right: The number of columns added at the right.
  ///   - mode: The values of the added elements.
  /// - Returns: Images of height + top + bottom rows and width + left + right columns.
  public func padded(
    top: Int = 0, bottom: Int = 0, left: Int = 0, right: Int = 0,
    with mode: PaddingMode = .constant(0)
  ) -> Tensor {
    require(rank >= 2, "padded: shape \(shape) is not [.., height, width]")
    return padded(before: left, after: right, along: -1, with: mode)
      .padded(before: top, after: bottom, along: -2, with: mode)
  }

  private func selected(_ positions: [Int], _ axis: Int) -> Tensor {
    selected(at: Tensor(positions.map(Int32.init), shape: [positions.count]), along: axis)
  }
}

extension Tensor {
  /// The values of the elements that ``padded(before:after:along:with:)`` adds.
  public enum PaddingMode: Sendable, Hashable {
    /// A constant.
    case constant(Double)
    /// The elements next to the end, mirrored at it: b c | a b c …
    case reflect
    /// The element at the end, repeated: a a | a b c …; PyTorch's `replicate`.
    case edge
    /// The elements at the other end: … y z | a b … y z | a b …; NumPy's `wrap`.
    case circular

    /// Zeros.
    public static let zeros = PaddingMode.constant(0)

    fileprivate var attributes: OperationAttributes {
      switch self {
      case .constant(let value): ["mode": "constant", "value": .number(value)]
      case .reflect: ["mode": "reflect"]
      case .edge: ["mode": "edge"]
      case .circular: ["mode": "wrap"]
      }
    }
  }
}
