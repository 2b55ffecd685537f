import TestSupport
import Testing

/// Batch and group normalization of float32 inputs whose spread is small beside their distance from
/// zero, compared with float64.
struct NormalizationTests {
  static let layers = ["BatchNorm", "BatchNorm of vectors", "GroupNorm", "LayerNorm"]

  @Test(arguments: layers, [0, 1, 1e2, 1e4, 1e6])
  func inputsFarFromZeroKeepTheirDigits(_ layer: String, _ offset: Double) {
    for spread in [1e-3, 1, 1e3] {
      var generator = RandomGenerator(seed: 3)
      let shape: Shape = layer == "BatchNorm of vectors" ? [64, 6] : [8, 6, 5, 7]
      let normal = generator.normal(shape, dtype: .float64)
      let x = (normal * spread + offset).converted(to: .float32)
      let expected = run(layer, x.converted(to: .float64))
      for set in InstructionSet.available {
        let actual = withInstructionSet(set) { run(layer, x) }
        for (i, (actual, expected)) in zip(actual, expected).enumerated() {
          let text = "\(["output", "gradient", "mean", "variance"][i]), spread \(spread), \(set)"
          expectClose(
            actual.converted(to: .float64), expected, relative: 4e-6,
            absolute: [4e-6 * abs(expected).max().scalar(), 1e-6 * spread, 0][max(0, i - 1)], text)
        }
      }
    }
  }

  /// The output, the gradient of the input, and the running statistics of batch normalization.
  private func run(_ name: String, _ x: Tensor) -> [Tensor] {
    let epsilon = 1e-7
    let dtype = x.dtype
    func results(_ layer: some Layer) -> [Tensor] {
      let parameters = layer.parameters
      for i in 0..<parameters.count {
        let parameter = parameters[i].parameter
        parameter.value = Tensor.seeded(
          parameter.value.shape, seed: UInt64(i), dtype: .float32
        ).converted(to: dtype)
      }
      var output = x
      let gradient = gradient(at: x) { x in
        let y = withMode(.training) { layer(x) }
        output = y.detached
        return (y * Tensor.seeded(y.shape, seed: 9, dtype: .float32).converted(to: dtype)).sum()
      }
      return [output, gradient]
    }
    switch name {
    case "GroupNorm":
      return results(GroupNorm(groups: 2, channels: 6, epsilon: epsilon, dtype: dtype))
    case "LayerNorm": return results(LayerNorm(x.shape[x.rank - 1], epsilon: epsilon, dtype: dtype))
    default:
      // The running statistics are those of the batch.
      let layer = BatchNorm(6, momentum: 1, epsilon: epsilon, dtype: dtype)
      layer.runningVariance?.value = Tensor.zeros([6], dtype: dtype)
      return results(layer) + layer.buffers.values.prefix(2)
    }
  }
}
