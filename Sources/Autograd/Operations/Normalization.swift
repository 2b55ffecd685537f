import CKernels
import Tensor

/// Vectors of the last axis shifted and scaled to mean 0 and variance 1, then by a weight and a bias:
/// y = (x − mean)/√(variance + ε) · weight + bias.  (Ba et al., 2016, 1607.06450)
///
/// The variance is that of all elements, without correction.  Weight and bias have the size of the axis.
public func layerNorm(
  _ x: Tensor, weight: Tensor, bias: Tensor, epsilon: Double = 1e-5
) -> Tensor {
  checkShapes(x, weight, bias, in: "layerNorm")
  return record("layerNorm", [x, weight, bias]) {
    RowKernels.norm($0[0], weight: $0[1], bias: $0[2], epsilon: epsilon, name: "layerNorm")
  } jointPullback: { dy, saved in
    let (x, weight) = (saved[0], saved[1])
    if dy.node == nil && x.node == nil && weight.node == nil {
      let gradients = RowKernels.normGradient(
        dy, x, weight: weight, hasBias: true, epsilon: epsilon)
      return [gradients.x, gradients.weight, gradients.bias]
    }
    let deviations = x - x.mean(along: -1, keepingAxes: true)
    let scale = rsqrt(square(deviations).mean(along: -1, keepingAxes: true) + epsilon)
    let z = deviations * scale
    let g = dy * weight
    let dx =
      scale
      * (g - g.mean(along: -1, keepingAxes: true) - z * (g * z).mean(along: -1, keepingAxes: true))
    return [dx, dy * z, dy]
  }
}

/// Vectors of the last axis scaled to mean square 1, then by a weight: y = x/√(mean x² + ε) · weight.
/// (Zhang and Sennrich, 2019, 1910.07467)
public func rmsNorm(_ x: Tensor, weight: Tensor, epsilon: Double = 1e-6) -> Tensor {
  checkShapes(x, weight, weight, in: "rmsNorm")
  return record("rmsNorm", [x, weight]) {
    RowKernels.norm($0[0], weight: $0[1], bias: nil, epsilon: epsilon, name: "rmsNorm")
  } jointPullback: { dy, saved in
    let (x, weight) = (saved[0], saved[1])
    if dy.node == nil && x.node == nil && weight.node == nil {
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

/// The cross-entropy of the softmax along the last axis, ln Σ eˣ − x[label], without overflow:
/// [.., classes] and int32 labels [..] → [..].
///
/// dx = dy (softmax x − oneHot label).  A label outside of 0..<classes stops the program.
public func softmaxCrossEntropy(_ x: Tensor, labels: Tensor) -> Tensor {
  require(
    x.rank >= 1 && labels.shape == Shape(x.shape.dropLast()),
    "softmaxCrossEntropy: labels of shape \(labels.shape) for logits of shape \(x.shape)")
  require(
    labels.dtype == .int32, "softmaxCrossEntropy: the labels are \(labels.dtype), not int32")
  return record("softmaxCrossEntropy", x, saving: .first) {
    RowKernels.crossEntropy($0, labels)
  } pullback: { dy, saved in
    let x = saved.x
    if dy.node == nil && x.node == nil { return RowKernels.crossEntropyGradient(dy, x, labels) }
    let target = oneHot(labels, classes: x.shape[x.rank - 1], dtype: x.dtype)
    return dy.expandedDimensions(axis: -1) * (softmax(x) - target)
  }
}
