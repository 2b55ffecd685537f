import Tensor

/// Layer normalization over the last axis, y = (x − mean)/√(variance + ε) · weight + bias.
/// (Ba et al., 2016, 1607.06450)
///
/// The variance is taken without correction. Weight and bias have the size of the axis. Elements
/// far from zero lose no digits: the rounding of the mean is corrected for, in the gradient too.
public func layerNorm(
  _ x: Tensor, weight: Tensor, bias: Tensor, epsilon: Double = 1e-5
) -> Tensor {
  checkShapes(x, weight, bias, in: "layerNorm")
  return record("layerNorm", [x, weight, bias], attributes: ["epsilon": .number(epsilon)]) {
    RowKernels.norm($0[0], weight: $0[1], bias: $0[2], epsilon: epsilon, name: "layerNorm")
  } jointPullback: { dy, saved in
    let (x, weight) = (saved[0], saved[1])
    if mayUseFusedKernel(dy, x, weight) {
      let gradients = RowKernels.normGradient(
        dy, x, weight: weight, hasBias: true, epsilon: epsilon)
      return [gradients.x, gradients.weight, gradients.bias]
    }
    let last = AxisMask(axis: x.rank - 1)
    let deviations = x.deviations(along: last).deviations
    let scale = rsqrt(deviations.meanSquare(along: last) + epsilon)
    let z = deviations * scale
    let g = dy * weight
    let dx =
      scale
      * (g - g.mean(along: -1, keepingAxes: true) - z * (g * z).mean(along: -1, keepingAxes: true))
    return [dx, dy * z, dy]
  }
}

/// Root mean square normalization over the last axis, y = x/√(mean x² + ε) · weight.
/// (Zhang and Sennrich, 2019, 1910.07467)
public func rmsNorm(_ x: Tensor, weight: Tensor, epsilon: Double = 1e-6) -> Tensor {
  checkShapes(x, weight, weight, in: "rmsNorm")
  return record("rmsNorm", [x, weight], attributes: ["epsilon": .number(epsilon)]) {
    RowKernels.norm($0[0], weight: $0[1], bias: nil, epsilon: epsilon, name: "rmsNorm")
  } jointPullback: { dy, saved in
    let (x, weight) = (saved[0], saved[1])
    if mayUseFusedKernel(dy, x, weight) {
      let gradients = RowKernels.normGradient(
        dy, x, weight: weight, hasBias: false, epsilon: epsilon)
      return [gradients.x, gradients.weight]
    }
    let scale = rsqrt(square(x).mean(along: -1, keepingAxes: true) + epsilon)
    let z = x * scale
    let g = dy * weight
    return [scale * (g - z * (g * z).mean(along: -1, keepingAxes: true)), dy * z]
  }
}

private func checkShapes(
  _ x: Tensor, _ weight: Tensor, _ bias: Tensor, in name: StaticString
) {
  require(
    x.rank >= 1 && weight.shape == [x.shape[x.rank - 1]] && bias.shape == weight.shape,
    "\(name): weights of shape \(weight.shape) and \(bias.shape) for shape \(x.shape)")
  require(
    x.dtype == weight.dtype && x.dtype == bias.dtype,
    "\(name): dtypes \(x.dtype), \(weight.dtype) and \(bias.dtype) differ")
}
