import Autograd
import Tensor
import TestSupport
import Testing

/// The loss of a linear layer by blocks of rows is that of the layer and the loss one after another.
@Suite struct LinearCrossEntropyTests {
  private static let labels = Tensor([0, 6, 3, 2, 2, 5, 1, 4, 0, 6, 6], dtype: .int32)

  /// x, W and b.
  private static func operands(_ dtype: DType) -> (Tensor, Tensor, Tensor) {
    withRandomSeed(4) {
      (
        Tensor.normal([11, 5], dtype: dtype), Tensor.normal([7, 5], dtype: dtype),
        Tensor.normal([7], dtype: dtype)
      )
    }
  }

  /// The loss with so many rows of logits at a time; all at once are the operations one by one.
  private static func loss(
    _ x: Tensor, _ weight: Tensor, _ bias: Tensor?, rows: Int
  ) -> Tensor {
    linearCrossEntropy(
      x, weight: weight, bias: bias, labels: labels, labelSmoothing: 0.1, logitsAtOnce: 7 * rows)
  }

  @Test(arguments: [true, false], [1, 3, 4, 10])
  func blocksGiveTheSameLossAndGradients(hasBias: Bool, rows: Int) {
    for (dtype, tolerance) in [(DType.float32, 4e-6), (.float64, 1e-14)] {
      let (x, weight, bias) = Self.operands(dtype)
      // A factor, so that the incoming gradient is not 1.
      func slopes(rows: Int) -> (Tensor, Tensor, Tensor) {
        gradient(at: x, weight, bias) { x, weight, bias in
          Self.loss(x, weight, hasBias ? bias : nil, rows: rows) * 3
        }
      }
      let (parts, whole) = (slopes(rows: rows), slopes(rows: 11))
      expectClose(parts.0, whole.0, relative: tolerance, absolute: tolerance)
      expectClose(parts.1, whole.1, relative: tolerance, absolute: tolerance)
      expectClose(parts.2, whole.2, relative: tolerance, absolute: tolerance)
      expectClose(
        Self.loss(x, weight, hasBias ? bias : nil, rows: rows),
        Self.loss(x, weight, hasBias ? bias : nil, rows: 11), relative: tolerance)
    }
  }

  /// A frozen weight gets no gradient, and the input the same one.
  @Test func operandsWithoutAGradientAreLeftOut() {
    let (x, weight, bias) = Self.operands(.float64)
    expectIdentical(
      gradient(at: x) { Self.loss($0, weight, bias, rows: 3) },
      gradient(at: x, weight, bias) { Self.loss($0, $1, $2, rows: 3) }.0)
    expectIdentical(
      gradient(at: bias) { Self.loss(x, weight, $0, rows: 3) },
      gradient(at: x, weight, bias) { Self.loss($0, $1, $2, rows: 3) }.2)
  }

  @Test func secondDerivativesGoThroughTheOperations() {
    let (x, weight, bias) = Self.operands(.float64)
    func slopes(rows: Int) -> (Tensor, Tensor, Tensor) {
      gradient(at: x, weight, bias) { x, weight, bias in
        let first = gradient(at: x, weight, bias) { Self.loss($0, $1, $2, rows: rows) }
        return square(first.0).sum() + square(first.1).sum() + square(first.2).sum()
      }
    }
    let (parts, whole) = (slopes(rows: 3), slopes(rows: 11))
    expectClose(parts.0, whole.0, relative: 1e-12, absolute: 1e-14)
    expectClose(parts.1, whole.1, relative: 1e-12, absolute: 1e-14)
    expectClose(parts.2, whole.2, relative: 1e-12, absolute: 1e-14)
  }

  @Test func vectorsOfAnyShapeAreRows() {
    let (x, weight, _) = Self.operands(.float64)
    let sequences = x[0..<10].reshaped(to: [2, 5, 5])
    let labels = Self.labels[0..<10].reshaped(to: [2, 5])
    func loss(_ x: Tensor, rows: Int) -> Tensor {
      linearCrossEntropy(
        x, weight: weight, bias: nil, labels: labels, labelSmoothing: 0, logitsAtOnce: 7 * rows)
    }
    expectClose(
      gradient(at: sequences) { loss($0, rows: 3) }, gradient(at: sequences) { loss($0, rows: 10) },
      relative: 1e-13, absolute: 1e-15)
  }
}
