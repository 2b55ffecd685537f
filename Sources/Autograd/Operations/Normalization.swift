import CKernels
import Tensor

/// Vectors of the last axis shifted and scaled to mean 0 and variance 1, then by a weight and a bias:
/// y = (x − mean)/√(variance + ε) · weight + bias.  (Ba et al., 2016, 1607.06450)
///
/// The variance is that of all elements, without correction.  Weight and bias have the size of the axis.
public func layerNorm(
  _ x: Tensor, weight: Tensor, bias: Tensor, epsilon: Double = 1e-5
) -> Tensor {
  let deviations = x - x.mean(along: -1, keepingAxes: true)
  let variance = square(deviations).mean(along: -1, keepingAxes: true)
  return deviations * rsqrt(variance + epsilon) * weight + bias
}

/// Vectors of the last axis scaled to mean square 1, then by a weight: y = x/√(mean x² + ε) · weight.
/// (Zhang and Sennrich, 2019, 1910.07467)
public func rmsNorm(_ x: Tensor, weight: Tensor, epsilon: Double = 1e-6) -> Tensor {
  x * rsqrt(square(x).mean(along: -1, keepingAxes: true) + epsilon) * weight
}
