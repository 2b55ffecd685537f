import Autograd
import CLibrary
import Tensor

extension OpCase {
  static let activations = table {
    functions
    gaussians
    limited
    units
    gluRow("along the last axis", -1, [[2], [3, 4], [2, 3, 6], [4, 0], [0, 2]])
    gluRow("along axis 0", 0, [[2], [4, 3], [2, 0], [6, 1, 2]])
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
      CLibrary.tanh($0)
    }
    unary("sigmoid(Tensor)", on: .range(-5, 5)) {
      sigmoid($0)
    } reference: {
      1 / (1 + CLibrary.exp(-$0))
    }
    unary("softplus(Tensor)", on: .range(-5, 5)) {
      softplus($0)
    } reference: {
      CLibrary.log1p(CLibrary.exp($0))
    }.with { $0.bound = Bound(relative: 4e-7, absolute: 0) }
    unary("silu(Tensor)", on: .range(-5, 5)) {
      silu($0)
    } reference: {
      $0 / (1 + CLibrary.exp(-$0))
    }.with { $0.bound = Bound(relative: 4e-7, absolute: 0) }
    unary("gelu(Tensor)", on: .range(-4, 4)) {
      gelu($0)
    } reference: {
      0.5 * $0 * CLibrary.erfc(-$0 * 0.5.squareRoot())
    }.with { $0.bound = Bound(relative: 4.8e-7, absolute: 0) }
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
      $0 > 0 ? $0 : CLibrary.expm1($0) * (alpha ?? 1)
    }
  }

  private static let gaussians = table {
    unary("geluTanh(Tensor)", on: .range(-4, 4)) {
      geluTanh($0)
    } reference: { x in
      let inner = (2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)
      return x / (1 + CLibrary.exp(-2 * inner))
    }.with {
      $0.bound = Bound(relative: 2e-6, absolute: 0)
      $0.gradientBound = Bound(relative: 4e-6, absolute: 4e-6)
      $0.exactness = Bound(relative: 1e-14, absolute: 2e-15)
    }
    unary("logSigmoid(Tensor)", on: .range(-5, 5)) {
      logSigmoid($0)
    } reference: {
      -CLibrary.log1p(CLibrary.exp(-$0))
    }.with {
      $0.bound = Bound(relative: 4e-7, absolute: 0)
      $0.errors = [
        OpError("logSigmoid: not defined for int32") {
          _ = logSigmoid(Tensor([1], dtype: .int32))
        }
      ]
    }
    unary("mish(Tensor)", on: .range(-4, 4)) {
      mish($0)
    } reference: {
      $0 * CLibrary.tanh(CLibrary.log1p(CLibrary.exp($0)))
    }.with {
      $0.bound = Bound(relative: 8e-7, absolute: 0)
      $0.gradientBound = Bound(relative: 4e-6, absolute: 4e-6)
    }
  }

  private static let limited = table {
    // Points on both sides of the kinks at −3 and 3, and none on them.
    let values = Input.Domain.choice([-6, -3.5, -2.9, -1.3, -0.1, 0.25, 2.9, 3.5, 6])
    unary("hardSigmoid(Tensor)", on: values) {
      hardSigmoid($0)
    } reference: {
      $0 <= -3 ? 0 : $0 >= 3 ? 1 : ($0 + 3) / 6
    }.with {
      $0.bound = Bound(relative: 2.4e-7, absolute: 1.2e-7)
    }
    unary("hardSwish(Tensor)", on: values) {
      hardSwish($0)
    } reference: {
      $0 <= -3 ? 0 : $0 >= 3 ? $0 : $0 * ($0 + 3) / 6
    }.with {
      $0.bound = Bound(relative: 2.4e-7, absolute: 4e-7)
    }
    unary("softsign(Tensor)", on: .avoiding([0])) {
      softsign($0)
    } reference: {
      $0 / (1 + Swift.abs($0))
    }
  }

  private static let units = table {
    unary("selu(Tensor)", on: .avoiding([0])) {
      selu($0)
    } reference: {
      1.0507009873554805 * ($0 > 0 ? $0 : 1.6732632423543772 * CLibrary.expm1($0))
    }.with { $0.bound = Bound(relative: 4e-7, absolute: 0) }
    celuRow(nil)
    celuRow(0.75)
  }

  private static func celuRow(_ alpha: Double?) -> OpCase {
    unary("celu(Tensor, alpha: Double)", named: "celu \(alpha ?? 1)", on: .avoiding([0])) { x in
      alpha.map { celu(x, alpha: $0) } ?? celu(x)
    } reference: { x in
      let alpha = alpha ?? 1
      return Swift.max(x, 0) + Swift.min(0, alpha * CLibrary.expm1(x / alpha))
    }.with { $0.bound = Bound(relative: 6e-7, absolute: 0) }
  }

  private static func gluRow(_ where: String, _ axis: Int, _ shapes: [Shape]) -> OpCase {
    OpCase(
      name: "glu \(`where`)", operations: ["glu(Tensor, along: Int)"],
      apply: { axis == -1 ? glu($0[0]) : glu($0[0], along: axis) },
      reference: { inputs in
        let x = inputs[0]
        let place = axis < 0 ? axis + x.rank : axis
        var shape = x.shape
        shape[place] /= 2
        return PlainArray(shape: shape) { index in
          var second = index
          second[place] += shape[place]
          return x[index] / (1 + CLibrary.exp(-x[second]))
        }
      },
      samples: shapes.map { [Input($0)] }, large: [Input(axis == -1 ? [257, 300] : largeShape)]
    ).with {
      $0.bound = Bound(relative: 4e-7, absolute: 0)
      $0.errors = [
        OpError("glu: axis -1 of shape [2, 3] has an odd size") { _ = glu(Tensor.ones([2, 3])) },
        OpError("glu: axis 2 is out of range for shape [2, 3] of rank 2") {
          _ = glu(Tensor.ones([2, 3]), along: 2)
        },
      ]
    }
  }
}
