import TestSupport
import Testing

/// Smoothed cross-entropy with labels, compared with its definition by target probabilities.
struct SmoothedLossTests {
  private static let logits = Tensor.seeded([5, 4], seed: 5, dtype: .float64)
  private static let labels: [Int32] = [2, 0, 3, 3, 1]
  private static let weights = [0.5, 2, 1, 3]

  /// The loss of an example is −Σ wₖ qₖ log pₖ with q = (1 − ε) onehot + ε / 4.
  @Test(arguments: [0.1, 0.5, 1], [false, true])
  func theTargetsAreSpreadEvenly(_ smoothing: Double, _ isWeighted: Bool) {
    let classWeights = isWeighted ? Tensor(Self.weights, dtype: .float64) : nil
    let labels = Tensor(Self.labels, shape: [5])
    let logs = logSoftmax(Self.logits).scalars(as: Double.self)
    let losses = Self.labels.indices.map { i in
      -(0..<4).reduce(0.0) { sum, k in
        let target = (k == Int(Self.labels[i]) ? 1 - smoothing : 0) + smoothing / 4
        return sum + (isWeighted ? Self.weights[k] : 1) * target * logs[4 * i + k]
      }
    }
    let found = crossEntropy(
      Self.logits, labels: labels, labelSmoothing: smoothing, classWeights: classWeights,
      reduction: .none)
    expectClose(found.scalars(as: Double.self), losses, relative: 1e-12)
    let total = Self.labels.reduce(0.0) { $0 + (isWeighted ? Self.weights[Int($1)] : 1) }
    let mean = crossEntropy(
      Self.logits, labels: labels, labelSmoothing: smoothing, classWeights: classWeights)
    expectClose(mean.scalar(), losses.reduce(0, +) / total, relative: 1e-12)
  }
}
