import Tensor

/// The form of a linear layer with an activation function after it, or none.
package struct DenseLayer: Sendable {
  let hasBias: Bool
  let activation: FusedActivation?

  /// Creates the form of a layer.
  package init(hasBias: Bool, activation: FusedActivation?) {
    (self.hasBias, self.activation) = (hasBias, activation)
  }
}

/// Applies linear layers and the activation functions between them, [.., in] → [.., out].
///
/// Layers of few weights are one operation. Derivatives of higher order, nested gradient scopes
/// that may ask for them, traces, the search for anomalies and larger layers go through the
/// operations of each layer.
///
/// - Parameters:
///   - operands: The input, then the weight [out, in] of each layer, with its bias [out] if it has
///     one.
///   - layers: The forms of the layers.
/// - Returns: The output of the last layer.
package func denseLayers(_ operands: [Tensor], _ layers: [DenseLayer]) -> Tensor {
  @Sendable func composed(_ operands: [Tensor]) -> Tensor {
    var (y, next) = (operands[0], 1)
    for layer in layers {
      y = linear(y, operands[next], bias: layer.hasBias ? operands[next + 1] : nil)
      if let activation = layer.activation { y = activation(y) }
      next += layer.hasBias ? 2 : 1
    }
    return y
  }
  if !canBeFused(operands, layers) { return composed(operands) }
  let constants = operands.map(\.contiguous)
  let kernels = DenseKernels(
    constants, layers.map { .init(hasBias: $0.hasBias, activation: $0.activation?.kernels) })
  let isRecorded = operands.contains { $0.node != nil }
  let needsInput = operands[0].node != nil
  // Written by the forward pass, before there is a pullback that could read it.
  nonisolated(unsafe) var activations: DenseKernels.Activations?
  return record("denseLayers", operands, saving: constants) {
    let result = kernels.forward(keepingActivations: isRecorded)
    if isRecorded { activations = result }
    return result.value
  } jointPullback: { dy, saved in
    if let activations, dy.node == nil, saved.areConstants {
      return kernels.backward(dy, activations, needsInput: needsInput)
    }
    return vectorJacobianProduct(at: saved.inputs, dy) { composed($0) }.products
  }
}

/// Whether the tensors fit each other and are of a size at which one operation is faster; those
/// that do not fit are reported by the operations of each layer.
private func canBeFused(_ operands: [Tensor], _ layers: [DenseLayer]) -> Bool {
  let (rank, dtype) = (operands[0].rank, operands[0].dtype)
  guard rank >= 1, operands[0].elementCount > 0, dtype.isFloatingPoint, !Trace.isRunning,
    !Anomaly.isSearched, MatmulPrecision.current == .float32,
    (GradientScope.current?.depth ?? 0) <= 1
  else { return false }
  var (size, weights, next) = (operands[0].shape[rank - 1], 0, 1)
  let rows = operands[0].elementCount / size
  var widest = size
  for layer in layers {
    let count = operands[next].elementCount
    guard operands[next].rank == 2, operands[next].shape[1] == size, count > 0,
      operands[next].dtype == dtype
    else { return false }
    weights += count
    size = operands[next].shape[0]
    widest = Swift.max(widest, size)
    next += 1
    if !layer.hasBias { continue }
    guard operands[next].shape == [size], operands[next].dtype == dtype else { return false }
    next += 1
  }
  return DenseKernels.areFaster(
    layers: layers.count, weights: weights, widest: widest, rows: rows)
}
