import Autograd
import Tensor

extension OpCase {
  static let normalization: [OpCase] =
    [nil, 0.25].flatMap { [layerNormRow(epsilon: $0), rmsNormRow(epsilon: $0)] }

  private static func rows(_ op: inout OpCase) {
    op.bound = Bound(relative: 1e-6, absolute: 2e-6)
    op.isLayoutExact = false
    op.exactness = Bound(relative: 1e-12, absolute: 1e-13)
    op.gradientBound = Bound(relative: 1e-5, absolute: 1e-5)
  }

  // One element has variance 0, and two may have one near 0, where the scale is steep.
  private static let normalizedShapes: [Shape] = [
    [5], [1], [3, 4], [2, 3, 5], [0, 4], [2, 1], [2, 17],
  ]

  private static func layerNormRow(epsilon: Double?) -> OpCase {
    OpCase(
      name: "layerNorm\(epsilon.map { ", epsilon \($0)" } ?? "")",
      operations: ["layerNorm(Tensor, weight: Tensor, bias: Tensor, epsilon: Double)"],
      apply: { inputs in
        epsilon.map { layerNorm(inputs[0], weight: inputs[1], bias: inputs[2], epsilon: $0) }
          ?? layerNorm(inputs[0], weight: inputs[1], bias: inputs[2])
      },
      reference: { inputs in
        inputs[0].mapRuns(along: -1) { run in
          let count = Double(run.count)
          let mean = run.reduce(0, +) / count
          let variance = run.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count
          let deviation = (variance + (epsilon ?? 1e-5)).squareRoot()
          return run.indices.map {
            (run[$0] - mean) / deviation * inputs[1].values[$0] + inputs[2].values[$0]
          }
        }
      },
      samples: normalizedShapes.map { shape in
        let size = shape[shape.rank - 1]
        return [Input(shape), Input([size]), Input([size])]
      },
      large: [Input(largeShape), Input([257]), Input([257])]
    ).with {
      rows(&$0)
      $0.errors = [
        OpError("layerNorm: weights of shape [3] and [3] for shape [2, 4]") {
          _ = layerNorm(
            Tensor.ones([2, 4]), weight: Tensor.ones([3]), bias: Tensor.ones([3]))
        },
        OpError("layerNorm: weights of shape [1] and [1] for shape []") {
          _ = layerNorm(Tensor(1), weight: Tensor.ones([1]), bias: Tensor.ones([1]))
        },
        OpError("layerNorm: dtypes float32, float64 and float32 differ") {
          _ = layerNorm(
            Tensor.ones([2, 4]), weight: Tensor.ones([4], dtype: .float64), bias: Tensor.ones([4]))
        },
        OpError("layerNorm: not defined for int32") {
          let ones = Tensor.ones([4], dtype: .int32)
          _ = layerNorm(ones, weight: ones, bias: ones)
        },
      ]
    }
  }

  private static func rmsNormRow(epsilon: Double?) -> OpCase {
    OpCase(
      name: "rmsNorm\(epsilon.map { ", epsilon \($0)" } ?? "")",
      operations: ["rmsNorm(Tensor, weight: Tensor, epsilon: Double)"],
      apply: { inputs in
        epsilon.map { rmsNorm(inputs[0], weight: inputs[1], epsilon: $0) }
          ?? rmsNorm(inputs[0], weight: inputs[1])
      },
      reference: { inputs in
        inputs[0].mapRuns(along: -1) { run in
          let meanSquare = run.reduce(0) { $0 + $1 * $1 } / Double(run.count)
          let size = (meanSquare + (epsilon ?? 1e-6)).squareRoot()
          return run.indices.map { run[$0] / size * inputs[1].values[$0] }
        }
      },
      samples: normalizedShapes.map { [Input($0, .avoiding([0])), Input([$0[$0.rank - 1]])] },
      large: [Input(largeShape), Input([257])]
    ).with {
      rows(&$0)
      $0.errors = [
        OpError("rmsNorm: weights of shape [3] and [3] for shape [2, 4]") {
          _ = rmsNorm(Tensor.ones([2, 4]), weight: Tensor.ones([3]))
        },
        OpError("rmsNorm: dtypes float32, float64 and float64 differ") {
          _ = rmsNorm(Tensor.ones([4]), weight: Tensor.ones([4], dtype: .float64))
        },
        OpError("rmsNorm: not defined for int32") {
          let ones = Tensor.ones([4], dtype: .int32)
          _ = rmsNorm(ones, weight: ones)
        },
      ]
    }
  }
}
