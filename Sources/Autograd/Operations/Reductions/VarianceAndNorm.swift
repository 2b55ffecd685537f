import CKernels
import Tensor

extension Tensor {
  /// The variance of the elements along some axes, Σ(x − mean)² / (n − correction);
  /// dx = dy · 2(x − mean) / (n − correction).
  ///
  /// A correction of 1, the default, gives the unbiased estimate, as in PyTorch; 0 gives the mean
  /// square deviation. The rounding of the mean is corrected for, so that the relative error of
  /// float32 is at most 10⁻⁶ however far from zero the elements lie, and so is that of the
  /// gradient, relative to the greatest one.
  public func variance(
    along axes: [Int], correction: Double = 1, keepingAxes: Bool = false
  ) -> Tensor {
    variance(
      along: shape.axisMask(axes, in: "variance"), correction: correction,
      keepingAxes: keepingAxes)
  }

  /// The variance of the elements along some axes; see
  /// ``variance(along:correction:keepingAxes:)-([Int],_,_)``.
  public func variance(
    along axes: Int..., correction: Double = 1, keepingAxes: Bool = false
  ) -> Tensor {
    variance(along: axes, correction: correction, keepingAxes: keepingAxes)
  }

  /// The variance of all elements, a scalar; see
  /// ``variance(along:correction:keepingAxes:)-([Int],_,_)``.
  public func variance(correction: Double = 1) -> Tensor {
    variance(along: AxisMask(allOf: rank), correction: correction, keepingAxes: false)
  }

  private func variance(along mask: AxisMask, correction: Double, keepingAxes: Bool) -> Tensor {
    require(dtype.isFloatingPoint, "variance: \(dtype.isUndefined)")
    let shape = self.shape
    let divisor = Swift.max(0, Double(shape.count(along: mask)) - correction)
    return record(
      "variance", self, saving: .input,
      attributes: [
        "axes": .axes(mask), "keepingAxes": .flag(keepingAxes), "correction": .number(correction),
      ]
    ) {
      Deviations.variance($0, along: mask, divisor: divisor, keepingAxes: keepingAxes)
    } pullback: { dy, saved in
      let (x, factor) = (saved.input, dy * (2 / divisor))
      if mayUseFusedKernel(dy, x), let dx = Deviations.scaled(factor, x, along: mask) {
        return dx
      }
      return factor.restoringAxes(mask, of: shape) * x.deviations(along: mask).deviations
    }
  }

  /// The deviations from the mean along some axes, x − mean x, and the mean, which carries no
  /// gradient; dx = dy − mean dy.
  package func deviations(along mask: AxisMask) -> (deviations: Tensor, mean: Tensor) {
    var mean = self
    let deviations = record("deviations", self, attributes: ["axes": .axes(mask)]) {
      let result = Deviations.forward($0, along: mask)
      mean = result.mean
      return result.deviations
    } pullback: { dy, _ in
      dy - dy.mean(along: mask, keepingAxes: true)
    }
    return (deviations, mean)
  }

  /// The sum of the squares along some axes, read once; dx = dy · 2x.
  package func sumOfSquares(
    along mask: AxisMask, keepingAxes: Bool, in name: StaticString
  ) -> Tensor {
    let shape = self.shape
    return record(
      "sumOfSquares", self, saving: .input,
      attributes: ["axes": .axes(mask), "keepingAxes": .flag(keepingAxes)]
    ) {
      Reduction.reduce(
        CK_REDUCE_SUM_SQUARES, $0, along: mask, keepingAxes: keepingAxes, name: name)
    } pullback: { dy, saved in
      (dy * 2).restoringAxes(mask, of: shape) * saved.input
    }
  }

  /// The mean of the squares along some axes, which are kept with size 1.
  package func meanSquare(along mask: AxisMask) -> Tensor {
    sumOfSquares(along: mask, keepingAxes: true, in: "meanSquare")
      / Double(shape.count(along: mask))
  }

  /// The standard deviation along some axes: the square root of the variance.
  ///
  /// Where it is 0 the gradient is 0 too. See
  /// ``variance(along:correction:keepingAxes:)-([Int],_,_)``.
  public func standardDeviation(
    along axes: [Int], correction: Double = 1, keepingAxes: Bool = false
  ) -> Tensor {
    variance(along: axes, correction: correction, keepingAxes: keepingAxes)
      .squareRootWithZeroGradient()
  }

  /// The standard deviation along some axes; see
  /// ``standardDeviation(along:correction:keepingAxes:)-([Int],_,_)``.
  public func standardDeviation(
    along axes: Int..., correction: Double = 1, keepingAxes: Bool = false
  ) -> Tensor {
    standardDeviation(along: axes, correction: correction, keepingAxes: keepingAxes)
  }

  /// The standard deviation of all elements, a scalar.
  public func standardDeviation(correction: Double = 1) -> Tensor {
    variance(correction: correction).squareRootWithZeroGradient()
  }

  /// The norm of the vectors along some axes: Σ|x|, √Σx² or max |x|.
  ///
  /// Where it is 0 the gradient is 0 too.
  public func norm(_ kind: Norm = .two, along axes: [Int], keepingAxes: Bool = false) -> Tensor {
    let mask = shape.axisMask(axes, in: "norm")
    require(dtype.isFloatingPoint, "norm: \(dtype.isUndefined)")
    switch kind {
    case .one: return fused { abs(self).sum(along: mask, keepingAxes: keepingAxes) }
    case .two:
      return sumOfSquares(along: mask, keepingAxes: keepingAxes, in: "norm")
        .squareRootWithZeroGradient()
    case .infinity:
      return abs(self).extreme(CK_REDUCE_MAX, along: mask, keepingAxes: keepingAxes, "norm")
    }
  }

  /// The norm of the vectors along some axes; see ``norm(_:along:keepingAxes:)-(_,[Int],_)``.
  public func norm(_ kind: Norm = .two, along axes: Int..., keepingAxes: Bool = false) -> Tensor {
    norm(kind, along: axes, keepingAxes: keepingAxes)
  }

  /// The norm of all elements as one vector, a scalar.
  public func norm(_ kind: Norm = .two) -> Tensor { norm(kind, along: Array(0..<rank)) }

  /// The square root, whose gradient is 0 instead of infinite at 0.
  private func squareRootWithZeroGradient() -> Tensor {
    let isZero = self .== 0
    let safe = select(isZero, Self.ones(like: self), self)
    return select(isZero, Self.zeros(like: self), sqrt(safe))
  }

  /// The kind of a vector norm.
  public enum Norm: Sendable {
    /// The sum of absolute values, Σ|x|.
    case one
    /// The Euclidean norm, √Σx².
    case two
    /// The greatest absolute value, max |x|.
    case infinity
  }
}

/// The mean of the squares (a − b)² of two tensors of one shape, a scalar;
/// da = dy · 2(a − b)/n, and db = −da.
///
/// Few elements take one operation; for many, the differences need not be written to memory.
package func meanSquaredDifference(_ a: Tensor, _ b: Tensor) -> Tensor {
  if Trace.isRunning || a.dtype != b.dtype || !a.dtype.isFloatingPoint
    || a.elementCount >= FusionScope.minimumCount
  {
    return fused { square(a - b).mean() }
  }
  let factor = 2 / Double(a.elementCount)
  return record("meanSquaredDifference", a, b, saving: [.first, .second]) { a, b in
    let sum = Reduction.reduce(
      CK_REDUCE_SUM_SQUARES, Elementwise.binary(CK_BINARY_SUB, a, b),
      along: AxisMask(allOf: a.rank), keepingAxes: false, name: "meanSquaredDifference")
    return Elementwise.binary(CK_BINARY_DIV, sum, Double(a.elementCount))
  } lhs: { dy, saved in
    (saved.first - saved.second) * (dy * factor)
  } rhs: { dy, saved in
    (saved.second - saved.first) * (dy * factor)
  }
}
