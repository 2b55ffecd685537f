import CKernels
import Tensor

/// The softmax along an axis, yᵢ = e^xᵢ / Σⱼ e^xⱼ, computed without overflow;
/// dx = y (dy − Σ dy · y).
public func softmax(_ x: Tensor, along axis: Int = -1) -> Tensor {
  let axis = x.shape.axis(axis, in: "softmax")
  return record("softmax", x, saving: .output, attributes: ["axis": .integer(axis)]) {
    RowKernels.apply(CK_ROWS_SOFTMAX, $0, along: axis, name: "softmax")
  } pullback: { dy, saved in
    let y = saved.output
    if mayUseFusedKernel(dy, y) {
      return RowKernels.gradient(CK_ROWS_SOFTMAX, dy, y, along: axis)
    }
    return y * (dy - (dy * y).sum(along: axis, keepingAxes: true))
  }
}

/// The logarithm of the softmax along an axis, yᵢ = xᵢ − ln Σⱼ e^xⱼ, computed without overflow;
/// dx = dy − e^y Σ dy.
public func logSoftmax(_ x: Tensor, along axis: Int = -1) -> Tensor {
  let axis = x.shape.axis(axis, in: "logSoftmax")
  return record("logSoftmax", x, saving: .output, attributes: ["axis": .integer(axis)]) {
    RowKernels.apply(CK_ROWS_LOG_SOFTMAX, $0, along: axis, name: "logSoftmax")
  } pullback: { dy, saved in
    let y = saved.output
    if mayUseFusedKernel(dy, y) {
      return RowKernels.gradient(CK_ROWS_LOG_SOFTMAX, dy, y, along: axis)
    }
    return dy - exp(y) * dy.sum(along: axis, keepingAxes: true)
  }
}

/// The cross-entropy ln Σ eˣ − (1 − s) x[label] − s · mean x of the softmax along the last axis,
/// without overflow; s is the label smoothing, 0 by default.
///
/// [.., classes] and int32 labels [..] → [..]; dx = dy (softmax x − (1 − s) oneHot label −
/// s / classes). A label outside of 0..<classes stops the program. (Szegedy et al., 2015)
public func softmaxCrossEntropy(
  _ x: Tensor, labels: Tensor, labelSmoothing: Double = 0
) -> Tensor {
  require(
    x.rank >= 1 && labels.shape == Shape(x.shape.dropLast()),
    "softmaxCrossEntropy: labels of shape \(labels.shape) for logits of shape \(x.shape)")
  require(
    labels.dtype == .int32,
    """
    softmaxCrossEntropy: the labels are \(labels.dtype), not int32; convert them: \
    'x.converted(to: .int32)'
    """
  )
  require(
    (0...1).contains(labelSmoothing),
    "softmaxCrossEntropy: labelSmoothing must be in 0...1, got \(labelSmoothing)")
  if Trace.isRunning && labelSmoothing > 0 {
    return softmaxCrossEntropy(x, labels: labels) * (1 - labelSmoothing)
      - logSoftmax(x).mean(along: -1) * labelSmoothing
  }
  return record("softmaxCrossEntropy", x, saving: .input, constants: [labels]) {
    RowKernels.crossEntropy($0, labels, smoothing: labelSmoothing)
  } pullback: { dy, saved in
    let x = saved.input
    if mayUseFusedKernel(dy, x) {
      return RowKernels.crossEntropyGradient(dy, x, labels, smoothing: labelSmoothing)
    }
    let classes = x.shape[x.rank - 1]
    let target = oneHot(labels, classes: classes, dtype: x.dtype)
    return dy.expanded(along: -1)
      * (softmax(x) - target * (1 - labelSmoothing) - labelSmoothing / Double(classes))
  }
}
