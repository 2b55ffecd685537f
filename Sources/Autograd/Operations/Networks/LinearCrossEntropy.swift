import CKernels
import Tensor

/// The mean cross-entropy −log softmax(x Wᵀ + b)[label] of the logits of a linear layer, which are
/// never in memory at once.
///
/// With a large vocabulary the logits and their gradient are the largest tensors of a model. Here
/// 2²⁴ of them exist at a time: the rows go through the layer, the loss and the gradients of `x`,
/// `weight` and `bias` block by block, as in Liger Kernel (Hsu et al., 2024, 2410.10989). No
/// product is computed twice. Fewer logits, traces and derivatives of higher order take the
/// operations one by one.
///
/// - Parameters:
///   - x: The inputs of the layer, [.., in].
///   - weight: W, [classes, in].
///   - bias: b, [classes].
///   - labels: The true classes, int32 [..]. A label outside of 0..<classes stops the program.
///   - labelSmoothing: The fraction ε of the target that is spread evenly over all classes.
/// - Returns: The mean over all rows, a scalar.
public func linearCrossEntropy(
  _ x: Tensor, weight: Tensor, bias: Tensor? = nil, labels: Tensor, labelSmoothing: Double = 0
) -> Tensor {
  linearCrossEntropy(
    x, weight: weight, bias: bias, labels: labels, labelSmoothing: labelSmoothing,
    logitsAtOnce: 1 << 24)
}

/// The same with a given number of logits at a time.
package func linearCrossEntropy(
  _ x: Tensor, weight: Tensor, bias: Tensor?, labels: Tensor, labelSmoothing: Double,
  logitsAtOnce: Int
) -> Tensor {
  require(
    x.rank >= 1 && weight.rank == 2 && weight.shape[1] == x.shape[x.rank - 1],
    "linearCrossEntropy: weight of shape \(weight.shape) for x of shape \(x.shape)")
  require(
    labels.shape == Shape(x.shape.dropLast()),
    "linearCrossEntropy: labels of shape \(labels.shape) for x of shape \(x.shape)")
  require(
    bias.map { $0.shape == [weight.shape[0]] } ?? true,
    "linearCrossEntropy: bias of shape \(bias?.shape ?? []) for weight of shape \(weight.shape)")
  @Sendable func composed(_ operands: [Tensor]) -> Tensor {
    let logits =
      operands.count > 2
      ? linear(operands[0], operands[1], operands[2]) : linear(operands[0], operands[1])
    return softmaxCrossEntropy(logits, labels: labels, labelSmoothing: labelSmoothing).mean()
  }
  let operands = [x, weight] + (bias.map { [$0] } ?? [])
  let areAlike = operands.allSatisfy { $0.dtype == x.dtype } && labels.dtype == .int32
  let rows = Swift.max(1, logitsAtOnce / Swift.max(1, weight.shape[0]))
  if Trace.isRunning || !areAlike || !x.dtype.isFloatingPoint || labels.elementCount <= rows {
    return composed(operands)
  }
  let needsGradient = operands.map { $0.node != nil }
  // Written by the forward pass, before there is a pullback that could read it.
  nonisolated(unsafe) var gradients: [Tensor?] = []
  return record("linearCrossEntropy", operands, constants: [labels]) { operands in
    let blocks = LogitBlocks(operands.map(\.detached), labels, smoothing: labelSmoothing)
    let result = blocks.lossAndGradients(rowsAtOnce: rows, needsGradient)
    gradients = result.gradients
    return result.loss
  } jointPullback: { dy, saved in
    let operands = operands.indices.map { saved[$0] }
    if operands.allSatisfy({ mayUseFusedKernel(dy, $0) }) {
      return gradients.map { $0.map { $0 * dy } }
    }
    return vectorJacobianProduct(at: operands, dy) { composed($0) }.products
  }
}

/// The loss of a linear layer and its gradients, computed for some rows after the others.
private struct LogitBlocks {
  let x: Tensor
  let weight: Tensor
  let bias: Tensor?
  let labels: Tensor
  let smoothing: Double
  private let inputShape: Shape

  init(_ operands: [Tensor], _ labels: Tensor, smoothing: Double) {
    let rows = labels.elementCount
    inputShape = operands[0].shape
    x = operands[0].reshaped(to: [rows, operands[1].shape[1]]).contiguous
    weight = operands[1]
    bias = operands.count > 2 ? operands[2] : nil
    self.labels = labels.reshaped(to: [rows])
    self.smoothing = smoothing
  }

  /// The mean loss, and its gradients with respect to those operands that need one.
  func lossAndGradients(
    rowsAtOnce: Int, _ needsGradient: [Bool]
  ) -> (loss: Tensor, gradients: [Tensor?]) {
    let (rows, width) = (x.shape[0], x.shape[1])
    let (classes, dtype) = (weight.shape[0], x.dtype)
    let size = dtype.byteCount
    let ofX = needsGradient[0] ? Tensor(uninitialized: [rows, width], dtype: dtype) : nil
    let ofWeight = needsGradient[1] ? Tensor(uninitialized: [classes, width], dtype: dtype) : nil
    var ofBias =
      needsGradient.count > 2 && needsGradient[2] ? Tensor.zeros([classes], dtype: dtype) : nil
    let share = Tensor(1 / Double(rows), dtype: dtype)
    var losses: [Tensor] = []
    for first in stride(from: 0, to: rows, by: rowsAtOnce) {
      let count = Swift.min(rowsAtOnce, rows - first)
      let part = x.slice(along: 0, start: first, count: count)
      let picks = labels.slice(along: 0, start: first, count: count)
      let logits = bias.map { linear(part, weight, $0) } ?? linear(part, weight)
      losses.append(RowKernels.crossEntropy(logits, picks, smoothing: smoothing))
      guard needsGradient.contains(true) else { continue }
      let slopes = RowKernels.crossEntropyGradient(
        share.broadcast(to: [count]), logits, picks, smoothing: smoothing)
      if let ofX {
        MatrixProduct.multiply(
          dtype: dtype, m: count, n: width, k: classes, a: slopes.pointer, aRow: classes,
          aColumn: 1, b: weight.pointer, bRow: weight.strides[0], bColumn: weight.strides[1],
          c: ofX.pointer + first * width * size, cRow: width)
      }
      if let ofWeight {
        MatrixProduct.multiply(
          dtype: dtype, m: classes, n: width, k: count, a: slopes.pointer, aRow: 1,
          aColumn: classes, b: part.pointer, bRow: width, bColumn: 1, c: ofWeight.pointer,
          cRow: width, update: first == 0 ? .set : .add)
      }
      if let sum = ofBias { ofBias = sum + slopes.sum(along: 0) }
    }
    let gradients = [ofX?.reshaped(to: inputShape), ofWeight] + (bias == nil ? [] : [ofBias])
    return (concatenated(losses).mean(), gradients)
  }
}
