import Tensor

/// Applies linear layers and the activation functions between them, [.., in] → [.., out].
///
/// Layers of few weights are one operation. Nested gradient scopes, which may ask for derivatives
/// of higher order, traces, the search for anomalies and larger layers go through the operations of
/// each layer.
///
/// - Parameters:
///   - operands: The input, then the weight [out, in] of each layer, with its bias [out] if it has
///     one.
///   - layers: The forms of the layers.
/// - Returns: The output of the last layer.
package func denseLayers(_ operands: [Tensor], _ layers: [DenseKernels.Layer]) -> Tensor {
  let mayBeFused =
    (GradientScope.current?.depth ?? 0) <= 1 && !Trace.isRunning && !Anomaly.isSearched
  guard mayBeFused, let kernels = DenseKernels(operands, layers) else {
    return oneByOne(operands, layers)
  }
  let isRecorded = operands.contains { $0.node != nil }
  let needsInput = operands[0].node != nil
  // Written by the forward pass, before there is a pullback that could read it.
  nonisolated(unsafe) var activations: DenseKernels.Activations?
  return record("denseLayers", operands, saving: []) { _ in
    let result = kernels.forward(keepingActivations: isRecorded)
    if isRecorded { activations = result }
    return result.value
  } jointPullback: { dy, _ in
    guard let activations, dy.node == nil else {
      fail("denseLayers: a gradient of higher order outside of a nested scope")
    }
    return kernels.backward(dy, activations, needsInput: needsInput)
  }
}

private func oneByOne(_ operands: [Tensor], _ layers: [DenseKernels.Layer]) -> Tensor {
  var (y, next) = (operands[0], 1)
  for layer in layers {
    y = linear(y, operands[next], bias: layer.hasBias ? operands[next + 1] : nil)
    if let activation = layer.activation { y = activation(y) }
    next += layer.hasBias ? 2 : 1
  }
  return y
}
