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
    return padded([Padding.Side(axis: axis, before: before, after: after)], with: mode)
  }

  /// The tensor with elements added at the ends of some axes, first along the first of them.
  ///
  /// Negative numbers are those of elements that a reflection does not show at their own end.
  private func padded(_ sides: [Padding.Side], with mode: PaddingMode) -> Tensor {
    let sides = sides.filter { $0.before != 0 || $0.after != 0 }
    if sides.isEmpty { return self }
    for side in sides { requirePaddable(side, mode) }
    return traced(
      "padded", [self],
      attributes: mode.attributes.merging([
        "before": .integers(sides.map(\.before)), "after": .integers(sides.map(\.after)),
        "axes": .integers(sides.map(\.axis)),
      ]) { $1 }
    ) {
      if sides.contains(where: { $0.before < 0 || $0.after < 0 }) {
        return sides.reduce(self) { x, side in
          let positions = Self.places(side, of: x.shape[side.axis], mode)
          return x.selected(at: positions, along: side.axis)
        }
      }
      return extended(sides, mode)
    }
  }

  /// The padded tensor; its gradient is that of the elements in the middle plus those of the added
  /// ones that show them.
  private func extended(_ sides: [Padding.Side], _ mode: PaddingMode) -> Tensor {
    let shape = self.shape
    return record("padded", self) {
      Padding.forward($0, sides, mode.fill)
    } pullback: { dy, _ in
      if case .constant = mode {
        return sides.reduce(dy) { dy, side in
          dy.slice(along: side.axis, start: side.before, count: shape[side.axis])
        }
      }
      return sides.reversed().reduce(dy) { dy, side in
        var target = dy.shape
        target[side.axis] = shape[side.axis]
        let positions = Self.places(side, of: shape[side.axis], mode)
        return dy.indexAdded(at: positions, along: side.axis, into: target)
      }
    }
  }

  private func requirePaddable(_ side: Padding.Side, _ mode: PaddingMode) {
    let (size, before, after) = (shape[side.axis], side.before, side.after)
    switch mode {
    case .constant: break
    case .edge: require(size > 0, "padded: shape \(shape) has no edge along axis \(side.axis)")
    case .reflect:
      require(
        before < size && after < size,
        """
        padded: cannot reflect \(before) and \(after) elements of axis \(side.axis) of shape \
        \(shape)
        """)
    case .circular:
      require(
        before <= size && after <= size,
        """
        padded: cannot repeat \(before) and \(after) elements of axis \(side.axis) of shape \
        \(shape)
        """)
    }
  }

  /// The positions along an axis of the elements that a padded tensor shows.
  private static func places(_ side: Padding.Side, of size: Int, _ mode: PaddingMode) -> Tensor {
    let places = (-side.before..<size + side.after).map { place in
      switch mode {
      case .constant: place
      case .edge: Swift.min(Swift.max(place, 0), size - 1)
      case .reflect: place < 0 ? -place : place < size ? place : 2 * (size - 1) - place
      case .circular: place < 0 ? place + size : place < size ? place : place - size
      }
    }
    return Tensor(places.map(Int32.init), shape: [places.count])
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
    if Swift.min(top, bottom, left, right) < 0 {
      return padded(before: left, after: right, along: -1, with: mode)
        .padded(before: top, after: bottom, along: -2, with: mode)
    }
    if case .constant(let value) = mode { requireHeld(value, by: dtype, for: "padded") }
    return padded(
      [
        Padding.Side(axis: rank - 1, before: left, after: right),
        Padding.Side(axis: rank - 2, before: top, after: bottom),
      ], with: mode)
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

    fileprivate var fill: PaddingFill {
      switch self {
      case .constant(let value): .constant(value)
      case .reflect: .reflect
      case .edge: .edge
      case .circular: .circular
      }
    }

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
