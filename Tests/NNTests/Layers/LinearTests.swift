import TestSupport
import Testing

struct LinearTests {
  /// y = x · Wᵀ + b for one vector, element by element.
  static func affine(_ x: [Double], _ layer: Linear) -> [Double] {
    let weight = layer.weight.value.scalars(as: Double.self)
    let bias = layer.bias?.value.scalars(as: Double.self)
    let outputs = layer.weight.shape[0]
    return (0..<outputs).map { output in
      var sum = bias?[output] ?? 0
      for (i, value) in x.enumerated() { sum += weight[output * x.count + i] * value }
      return sum
    }
  }

  @Test(arguments: [true, false])
  func linearMatchesTheAffineMap(_ hasBias: Bool) {
    let layer = withRandomSeed(1) { Linear(5, 3, bias: hasBias, dtype: .float64) }
    let x = Tensor.seeded([2, 4, 5])
    let rows = x.reshaped(to: [8, 5])
    let expected = (0..<8).flatMap { Self.affine(rows[$0].scalars(as: Double.self), layer) }
    expectClose(layer(x), Tensor(expected, shape: [2, 4, 3]), relative: 1e-14, absolute: 1e-15)
    expectClose(
      layer(rows[0]), Tensor(Array(expected[0..<3]), shape: [3]), relative: 1e-14, absolute: 1e-15)
  }

  @Test func linearTakesWeightsAndInitializers() {
    let layer = Linear(weight: Tensor([[1, 2], [3, 4], [5, 6]]), bias: Tensor([10, 20, 30]))
    expectIdentical(layer(Tensor([[1, -1]])), Tensor([[9, 19, 29]]))
    let plain = Linear(weight: Tensor([[1, 2]]), bias: nil)
    expectIdentical(plain(Tensor([3, 4])), Tensor([11]))
    let chosen = Linear(2, 3, bias: true, weightInitializer: .ones, biasInitializer: .constant(0.5))
    expectIdentical(chosen(Tensor([1, 2])), Tensor([3.5, 3.5, 3.5]))
  }
}
