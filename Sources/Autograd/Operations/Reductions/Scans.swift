import CKernels
import Tensor

extension Tensor {
  /// The cumulative sums along an axis; dx is the cumulative sum of dy from the other end.
  ///
  /// Sums of float32 are kept in float64 and each is rounded once, so the error does not grow with
  /// the size of the axis.
  public func cumulativeSum(along axis: Int) -> Tensor {
    record("cumulativeSum", self, attributes: ["axis": .integer(axis)]) {
      Scan.run(CK_SCAN_SUM, $0, along: axis, name: "cumulativeSum")
    } pullback: { dy, _ in
      dy.cumulativeSumFromEnd(along: axis)
    }
  }

  private func cumulativeSumFromEnd(along axis: Int) -> Tensor {
    record("cumulativeSumFromEnd", self) {
      Scan.run(CK_SCAN_SUM, $0, along: axis, reversed: true, name: "cumulativeSum")
    } pullback: { dy, _ in
      dy.cumulativeSum(along: axis)
    }
  }

  /// The cumulative products along an axis.
  ///
  /// Nothing is divided by an element, so the gradient is right where elements are 0. Products of
  /// float32 are computed in float64, and so is their gradient.
  public func cumulativeProduct(along axis: Int) -> Tensor {
    let axis = shape.axis(axis, in: "cumulativeProduct")
    return record(
      "cumulativeProduct", self, saving: .input, attributes: ["axis": .integer(axis)]
    ) {
      Scan.run(CK_SCAN_PRODUCT, $0, along: axis, name: "cumulativeProduct")
    } pullback: { dy, saved in
      // yᵢ is the product pᵢ of the elements before xᵢ, times xᵢ, and xᵢ goes on into yⱼ for j > i:
      // dxᵢ = pᵢ rᵢ with rᵢ = dyᵢ + xᵢ₊₁ rᵢ₊₁.
      if mayUseFusedKernel(dy, saved.input) && saved.input.shape[axis] <= Self.longScan {
        return RowKernels.gradient(CK_ROWS_CUMULATIVE_PRODUCT, dy, saved.input, along: axis)
      }
      let x = saved.input.converted(to: .float64)
      let before = x.exclusiveProduct(along: axis)
      let rest = dy.converted(to: .float64).recurrence(
        x.shifted(along: axis, by: -1, filling: 0), along: axis, reversed: true)
      return (before * rest).converted(to: saved.input.dtype)
    }
  }

  /// The length of an axis beyond which lines are too long to be read side by side.
  private static let longScan = 1 << 15

  /// The product of the elements before each one along an axis.
  func exclusiveProduct(along axis: Int) -> Tensor {
    cumulativeProduct(along: axis).shifted(along: axis, by: 1, filling: 1)
  }

  /// The logarithms of the cumulative sums of exponentials along an axis, yᵢ = ln Σ e^xⱼ over
  /// j ≤ i; dxⱼ = e^(xⱼ − yⱼ) sⱼ with sⱼ = dyⱼ + e^(yⱼ − yⱼ₊₁) sⱼ₊₁.
  ///
  /// No exponential overflows. Sums of float32 are kept in float64.
  public func logCumulativeSumExp(along axis: Int) -> Tensor {
    let axis = shape.axis(axis, in: "logCumulativeSumExp")
    return record(
      "logCumulativeSumExp", self, saving: [.input, .output],
      attributes: ["axis": .integer(axis)]
    ) {
      Scan.run(CK_SCAN_LOG_SUM_EXP, $0, along: axis, name: "logCumulativeSumExp")
    } pullback: { dy, saved in
      let y = saved.output
      // Sums of no elements other than −∞ have no share in those after them.
      let isEmpty = y .== -Double.infinity
      let zero = Tensor(0, dtype: y.dtype)
      let safe = select(isEmpty, zero, y)
      let steps = (safe.shifted(along: axis, by: 1, filling: 0) - safe)
        .shifted(along: axis, by: -1, filling: 0)
      let sums = dy.recurrence(exp(select(isEmpty, zero, steps)), along: axis, reversed: true)
      return exp(saved.input - safe) * sums
    }
  }

  /// The greatest element up to each one along an axis, and its int32 position; the gradient flows
  /// to that element.
  ///
  /// Of equal elements the last one counts, as in PyTorch's `cummax`. A NaN is greater than all
  /// numbers.
  public func cumulativeMax(along axis: Int) -> (values: Tensor, indices: Tensor) {
    cumulativeExtreme(CK_ARG_MAX, along: axis, "cumulativeMax")
  }

  /// The least element up to each one along an axis, and its int32 position; the gradient flows to
  /// that element.
  ///
  /// Of equal elements the last one counts, as in PyTorch's `cummin`. A NaN is less than all
  /// numbers.
  public func cumulativeMin(along axis: Int) -> (values: Tensor, indices: Tensor) {
    cumulativeExtreme(CK_ARG_MIN, along: axis, "cumulativeMin")
  }

  private func cumulativeExtreme(
    _ op: ck_arg_op, along axis: Int, _ name: StaticString
  ) -> (values: Tensor, indices: Tensor) {
    let indices = recordConstant(name, self, attributes: ["axis": .integer(axis)]) {
      Scan.extremePositions(op, self, along: axis, name: name)
    }
    return (gathered(at: indices, along: axis), indices)
  }

  /// yᵢ = xᵢ + fᵢ yᵢ₋₁ along an axis, given the factors f; reversed, yᵢ = xᵢ + fᵢ yᵢ₊₁.
  private func recurrence(_ factors: Tensor, along axis: Int, reversed: Bool) -> Tensor {
    let step = reversed ? -1 : 1
    return record("recurrence", self, factors, saving: [.second, .output]) {
      Scan.recurrence($0, factors: $1, along: axis, reversed: reversed)
    } lhs: { dy, saved in
      dy.recurrence(
        saved.second.shifted(along: axis, by: -step, filling: 0), along: axis, reversed: !reversed)
    } rhs: { dy, saved in
      dy.recurrence(
        saved.second.shifted(along: axis, by: -step, filling: 0), along: axis, reversed: !reversed)
        * saved.output.shifted(along: axis, by: step, filling: 0)
    }
  }

  /// The elements moved by one place along an axis, to its end if `distance` is 1 and to its start
  /// if it is -1, with a number in the place that becomes free.
  private func shifted(along axis: Int, by distance: Int, filling value: Double) -> Tensor {
    let size = shape[axis]
    if size == 0 { return self }
    var shape = shape
    shape[axis] = 1
    let filling = Tensor.full(shape, value, dtype: dtype)
    let rest = slice(along: axis, start: distance > 0 ? 0 : 1, count: size - 1)
    return concatenated(distance > 0 ? [filling, rest] : [rest, filling], along: axis)
  }
}
