import Autograd
import Foundation
import Tensor

extension OpCase {
  static let activations = table {
    functions
    softmaxRow(
      "softmax", "along the last axis", -1, [[3], [1], [2, 5], [4, 3, 7], [2, 0], [0, 3]])
    softmaxRow("softmax", "along axis 0", 0, [[3], [2, 5], [4, 3, 2]])
    softmaxRow("softmax", "along axis 1", 1, [[2, 5], [4, 3, 2]])
    logSoftmaxRow("along the last axis", -1, [[3], [1], [2, 5], [4, 3, 7], [2, 0], [0, 3]])
    logSoftmaxRow("along axis 0", 0, [[3], [2, 5], [4, 3, 2]])
  }

  private static let functions = table {
    unary("relu(Tensor)", on: .avoiding([0])) {
      relu($0)
    } reference: {
      Swift.max($0, 0)
    }.with {
      $0.bound = .none
      $0.exactness = .none
      $0.errors = [OpError("relu: not defined for bool") { _ = relu(Tensor([true])) }]
    }
    leakyReluRow(nil)
    leakyReluRow(0.3)
    eluRow(nil)
    eluRow(0.7)
    unary("tanh(Tensor)", on: .range(-3, 3)) {
      tanh($0)
    } reference: {
      Foundation.tanh($0)
    }
    unary("sigmoid(Tensor)", on: .range(-5, 5)) {
      sigmoid($0)
    } reference: {
      1 / (1 + Foundation.exp(-$0))
    }
    unary("softplus(Tensor)", on: .range(-5, 5)) {
      softplus($0)
    } reference: {
      Foundation.log1p(Foundation.exp($0))
    }.with { $0.bound = Bound(relative: 4e-7, absolute: 0) }
    unary("silu(Tensor)", on: .range(-5, 5)) {
      silu($0)
    } reference: {
      $0 / (1 + Foundation.exp(-$0))
    }.with { $0.bound = Bound(relative: 4e-7, absolute: 0) }
    // Two units of max(|y|, 2⁻¹⁰).
    unary("gelu(Tensor)", on: .range(-4, 4)) {
      gelu($0)
    } reference: {
      0.5 * $0 * Foundation.erfc(-$0 * 0.5.squareRoot())
    }.with { $0.bound = Bound(relative: 2.4e-7, absolute: 2.4e-10) }
  }

  private static func leakyReluRow(_ slope: Double?) -> OpCase {
    unary(
      "leakyRelu(Tensor, slope: Double)", named: "leakyRelu \(slope ?? 0.01)", on: .avoiding([0])
    ) { x in
      slope.map { leakyRelu(x, slope: $0) } ?? leakyRelu(x)
    } reference: {
      $0 > 0 ? $0 : $0 * (slope ?? 0.01)
    }
  }

  private static func eluRow(_ alpha: Double?) -> OpCase {
    unary("elu(Tensor, alpha: Double)", named: "elu \(alpha ?? 1)", on: .avoiding([0])) { x in
      alpha.map { elu(x, alpha: $0) } ?? elu(x)
    } reference: {
      $0 > 0 ? $0 : Foundation.expm1($0) * (alpha ?? 1)
    }
  }

  private static func softmaxRow(
    _ name: String, _ where: String, _ axis: Int, _ shapes: [Shape]
  ) -> OpCase {
    OpCase(
      name: "softmax \(`where`)", operations: ["softmax(Tensor, along: Int)"],
      apply: { softmax($0[0], along: axis) },
      reference: {
        $0[0].mapRuns(along: axis) { run in
          let exponentials = run.map { Foundation.exp($0) }
          let sum = exponentials.reduce(0, +)
          return exponentials.map { $0 / sum }
        }
      },
      samples: shapes.map { [Input($0)] }, large: [Input(largeShape)]
    ).with {
      $0.bound = Bound(relative: 6e-7, absolute: 0)
      $0.isLayoutExact = false
      $0.errors = [
        OpError("softmax: axis 2 is out of range for shape [2, 3] of rank 2") {
          _ = softmax(Tensor.ones([2, 3]), along: 2)
        },
        OpError("softmax: not defined for int32") {
          _ = softmax(Tensor.ones([2, 3], dtype: .int32))
        },
      ]
    }
  }

  private static func logSoftmaxRow(_ where: String, _ axis: Int, _ shapes: [Shape]) -> OpCase {
    OpCase(
      name: "logSoftmax \(`where`)", operations: ["logSoftmax(Tensor, along: Int)"],
      apply: { logSoftmax($0[0], along: axis) },
      reference: {
        $0[0].mapRuns(along: axis) { run in
          let sum = run.map { Foundation.exp($0) }.reduce(0, +)
          return run.map { $0 - Foundation.log(sum) }
        }
      },
      samples: shapes.map { [Input($0)] }, large: [Input(largeShape)]
    ).with {
      $0.bound = Bound(relative: 4e-7, absolute: 4e-7)
      $0.exactness = Bound(relative: 1e-14, absolute: 1e-14)
      $0.isLayoutExact = false
      $0.errors = [
        OpError("logSoftmax: axis -1 is out of range for shape [] of rank 0") {
          _ = logSoftmax(Tensor(1))
        }
      ]
    }
  }
}
