import CKernels
import Tensor

// Reductions along a set of axes, which are dropped or kept with size 1.

extension Tensor {
  /// The sum of the elements along some axes; dx = dy, broadcast.
  ///
  /// For int32 the sum wraps around; for bool it is the int32 number of true elements. The sum of
  /// no elements is 0.
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
    return record(
      "sum", self, attributes: ["axes": .axes(mask), "keepingAxes": .flag(keepingAxes)]
    ) {
      Reduction.reduce(CK_REDUCE_SUM, $0, along: mask, keepingAxes: keepingAxes, name: "sum")
    } pullback: { dy, _ in
      dy.restoringAxes(mask, of: shape)
    }
  }

  /// The mean of the elements along some axes; dx = dy / n.
  ///
  /// The dtype must be floating-point, or bool, whose mean is the float32 fraction of true
  /// elements: `(predicted .== y).mean()`. The mean of no elements is NaN.
  public func mean(along axes: [Int], keepingAxes: Bool = false) -> Tensor {
    mean(along: shape.axisMask(axes, in: "mean"), keepingAxes: keepingAxes)
  }

  /// The mean of the elements along some axes; see ``mean(along:keepingAxes:)-([Int],_)``.
  public func mean(along axes: Int..., keepingAxes: Bool = false) -> Tensor {
    mean(along: shape.axisMask(axes, in: "mean"), keepingAxes: keepingAxes)
  }

  /// The mean of all elements, a scalar.
  public func mean() -> Tensor { mean(along: AxisMask(allOf: rank), keepingAxes: false) }

  func mean(along mask: AxisMask, keepingAxes: Bool) -> Tensor {
    require(dtype.isFloatingPoint || dtype == .bool, "mean: \(dtype.isUndefined)")
    return traced(
      "mean", [self], attributes: ["axes": .axes(mask), "keepingAxes": .flag(keepingAxes)]
    ) {
      let sum = sum(along: mask, keepingAxes: keepingAxes)
      let total = dtype == .bool ? sum.converted(to: .float32) : sum
      return total / Double(shape.count(along: mask))
    }
  }

  /// The product of the elements along some axes; the product of no elements is 1.
  ///
  /// Nothing is divided by an element, so the gradient is right where elements are 0.
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
      return recordConstant(
        "product", self, attributes: ["axes": .axes(mask), "keepingAxes": .flag(keepingAxes)]
      ) {
        Reduction.reduce(
          CK_REDUCE_PROD, self, along: mask, keepingAxes: keepingAxes, name: "product")
      }
    }
    var result = self
    for axis in 0..<rank where mask.contains(axis) { result = result.recordedProduct(along: axis) }
    return result.reshaped(to: shape.reduced(along: mask, keepingAxes: keepingAxes))
  }

  /// The length from which the product along an axis is one of products of parts.
  private static let longProduct = 1 << 12

  /// The product along an axis, which is kept with size 1; dxᵢ = dy · ∏ xⱼ over j ≠ i.
  private func recordedProduct(along axis: Int) -> Tensor {
    let size = shape[axis]
    if size >= 2 * Self.longProduct {
      // The parts are read side by side.
      let (count, rest) = size.quotientAndRemainder(dividingBy: Self.longProduct)
      var parts = shape
      parts[axis] = Self.longProduct
      let whole = slice(along: axis, start: 0, count: size - rest)
        .reshaped(to: parts.inserting(count, at: axis))
        .recordedProduct(along: axis + 1).squeezed(along: axis + 1)
      if rest == 0 { return whole.recordedProduct(along: axis) }
      let end = slice(along: axis, start: size - rest, count: rest).recordedProduct(along: axis)
      return whole.recordedProduct(along: axis) * end
    }
    let mask = AxisMask(axis: axis)
    return record(
      "product", self, saving: .input,
      attributes: ["axes": .axes(mask), "keepingAxes": .flag(true)]
    ) {
      Reduction.reduce(
        CK_REDUCE_PROD, $0, along: mask, keepingAxes: true, name: "product")
    } pullback: { dy, saved in
      let x = saved.input
      if mayUseFusedKernel(dy, x) {
        return RowKernels.gradient(CK_ROWS_PRODUCT, dy, x, along: axis)
      }
      let before = x.exclusiveProduct(along: axis)
      let after = x.flipped(along: axis).exclusiveProduct(along: axis).flipped(along: axis)
      return dy * before * after
    }
  }

  /// The logarithm ln Σ eˣ of the sum of exponentials along some axes, computed without overflow;
  /// dx = dy · eˣ / Σ eˣ.
  ///
  /// The result is −∞ for no elements, and for elements that are all −∞, where the gradient is 0.
  public func logSumExp(along axes: [Int], keepingAxes: Bool = false) -> Tensor {
    let mask = shape.axisMask(axes, in: "logSumExp")
    let shape = self.shape
    // There is no greatest of no elements. Where all are −∞, so are the differences from 0.
    var shift = Self.zeros(shape.reduced(along: mask, keepingAxes: true), dtype: dtype)
    if shape.count(along: mask) > 0 {
      let greatest = Reduction.reduce(
        CK_REDUCE_MAX, self, along: mask, keepingAxes: true, name: "logSumExp")
      let isEmpty = Elementwise.compare(CK_COMPARE_EQ, greatest, -Double.infinity)
      shift = Elementwise.select(isEmpty, shift, greatest)
    }
    // A gradient reads the terms again: y may be too large to tell their shares in the sum.
    var kept: Tensor?
    let sums = fused {
      let terms = Elementwise.unary(CK_UNARY_EXP, Elementwise.binary(CK_BINARY_SUB, self, shift))
      if node != nil { kept = terms }
      return Reduction.reduce(
        CK_REDUCE_SUM, terms, along: mask, keepingAxes: true, name: "logSumExp")
    }
    return record(
      "logSumExp", self, saving: .input,
      attributes: ["axes": .axes(mask), "keepingAxes": .flag(keepingAxes)]
    ) { _ in
      let y = select(shift .== Double.infinity, shift, log(sums) + shift)
      return Views.reshape(y, to: shape.reduced(along: mask, keepingAxes: keepingAxes))
    } pullback: { [kept, shift] dy, saved in
      var (terms, sums) = (kept, sums)
      if !mayUseFusedKernel(dy, saved.input) {
        let exponentials = exp(saved.input - shift)
        (terms, sums) = (exponentials, exponentials.sum(along: mask, keepingAxes: true))
      }
      guard let terms else { return dy.restoringAxes(mask, of: shape) }
      let isProper = sums.finiteElements .& (sums .> 0)
      let scale = dy.reshaped(to: sums.shape) / select(isProper, sums, Self.ones(like: sums))
      return terms * scale.broadcast(to: shape)
    }
  }

  /// The logarithm of the sum of exponentials along some axes; see
  /// ``logSumExp(along:keepingAxes:)-([Int],_)``.
  public func logSumExp(along axes: Int..., keepingAxes: Bool = false) -> Tensor {
    logSumExp(along: axes, keepingAxes: keepingAxes)
  }

  /// The logarithm of the sum of the exponentials of all elements, a scalar.
  public func logSumExp() -> Tensor { logSumExp(along: Array(0..<rank)) }

  /// Whether any element along some axes is true or not 0; false for no elements.
  public func any(along axes: [Int], keepingAxes: Bool = false) -> Tensor {
    truth(CK_REDUCE_MAX, along: shape.axisMask(axes, in: "any"), keepingAxes: keepingAxes, "any")
  }

  /// Whether any element along some axes is true; see ``any(along:keepingAxes:)-([Int],_)``.
  public func any(along axes: Int..., keepingAxes: Bool = false) -> Tensor {
    any(along: axes, keepingAxes: keepingAxes)
  }

  /// Whether any element is true or not 0, a scalar.
  public func any() -> Tensor { any(along: Array(0..<rank)) }

  /// Whether all elements along some axes are true or not 0; true for no elements.
  public func all(along axes: [Int], keepingAxes: Bool = false) -> Tensor {
    truth(CK_REDUCE_PROD, along: shape.axisMask(axes, in: "all"), keepingAxes: keepingAxes, "all")
  }

  /// Whether all elements along some axes are true; see ``all(along:keepingAxes:)-([Int],_)``.
  public func all(along axes: Int..., keepingAxes: Bool = false) -> Tensor {
    all(along: axes, keepingAxes: keepingAxes)
  }

  /// Whether all elements are true or not 0, a scalar.
  public func all() -> Tensor { all(along: Array(0..<rank)) }

  /// The greatest of truth values, or their product.
  private func truth(
    _ op: ck_reduce_op, along mask: AxisMask, keepingAxes: Bool, _ name: StaticString
  ) -> Tensor {
    let flags = converted(to: .bool)
    return recordConstant(
      name, flags, attributes: ["axes": .axes(mask), "keepingAxes": .flag(keepingAxes)]
    ) {
      if op == CK_REDUCE_MAX && flags.elementCount == 0 {
        return Self.zeros(
          flags.shape.reduced(along: mask, keepingAxes: keepingAxes), dtype: .bool)
      }
      return Reduction.reduce(op, flags, along: mask, keepingAxes: keepingAxes, name: name)
    }
  }

  /// The greatest element along some axes; the gradient is split evenly between equal elements.
  ///
  /// The result is NaN if an element is NaN.
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

  /// The least element along some axes; the gradient is split evenly between equal elements.
  ///
  /// The result is NaN if an element is NaN.
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

  func extreme(
    _ op: ck_reduce_op, along mask: AxisMask, keepingAxes: Bool, _ name: StaticString
  ) -> Tensor {
    record(
      name, self, saving: [.first, .output],
      attributes: ["axes": .axes(mask), "keepingAxes": .flag(keepingAxes)]
    ) {
      Reduction.reduce(op, $0, along: mask, keepingAxes: keepingAxes, name: name)
    } pullback: { dy, saved in
      // Which elements are extreme does not change under small steps, so their share is a constant.
      let x = saved.input.detached
      let extreme = saved.output.detached.restoringAxes(mask, of: x.shape)
      // Comparing twice costs less than keeping the result.
      func areExtreme() -> Tensor { Elementwise.binary(CK_BINARY_EQUALITY, x, extreme) }
      let count = areExtreme().sum(along: mask, keepingAxes: true)
      let share = dy.reshaped(to: count.shape) / count
      return share.broadcast(to: x.shape) * areExtreme()
    }
  }

  /// The int32 position of the greatest element along an axis; the first of equals, NaN first of
  /// all.
  public func argmax(along axis: Int, keepingAxes: Bool = false) -> Tensor {
    recordConstant(
      "argmax", self, attributes: ["axis": .integer(axis), "keepingAxes": .flag(keepingAxes)]
    ) {
      Reduction.argument(
        CK_ARG_MAX, self, along: axis, keepingAxes: keepingAxes, name: "argmax")
    }
  }

  /// The int32 position of the least element along an axis; the first of equals, NaN first of all.
  public func argmin(along axis: Int, keepingAxes: Bool = false) -> Tensor {
    recordConstant(
      "argmin", self, attributes: ["axis": .integer(axis), "keepingAxes": .flag(keepingAxes)]
    ) {
      Reduction.argument(
        CK_ARG_MIN, self, along: axis, keepingAxes: keepingAxes, name: "argmin")
    }
  }

  /// The tensor summed over the axes along which `shape` was broadcast to that of the tensor.
  func summed(to shape: Shape, for operation: StaticString) -> Tensor {
    require(
      shape.broadcast(with: self.shape) == self.shape,
      "\(operation): a gradient of shape \(self.shape) for an input of shape \(shape)")
    let mask = self.shape.axesBroadcast(from: shape)
    return sum(along: mask, keepingAxes: true).reshaped(to: shape)
  }

  /// The result of a reduction along the axes of `mask`, broadcast back to the original shape.
  func restoringAxes(_ mask: AxisMask, of shape: Shape) -> Tensor {
    reshaped(to: shape.reduced(along: mask, keepingAxes: true)).broadcast(to: shape)
  }
}

extension Shape {
  /// The number of elements along the axes of a mask.
  func count(along mask: AxisMask) -> Int {
    var count = 1
    for axis in 0..<rank where mask.contains(axis) { count *= self[axis] }
    return count
  }
}
