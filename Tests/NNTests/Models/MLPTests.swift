import TestSupport
import Testing

struct MLPTests {
  @Test(arguments: Activation.allCases)
  func mlpAppliesTheActivationBetweenItsLayers(_ activation: Activation) {
    let model = withRandomSeed(2) { MLP([3, 5, 4, 2], activation: activation, dtype: .float64) }
    let x = Tensor.seeded([6, 3])
    var expected = [Double]()
    for row in 0..<6 {
      var values = x[row].scalars(as: Double.self)
      for (i, layer) in model.layers.enumerated() {
        values = LinearTests.affine(values, layer)
        if i < 2 {
          let activated = activation(Tensor(values, shape: [values.count]))
          values = activated.scalars(as: Double.self)
        }
      }
      expected += values
    }
    expectClose(model(x), Tensor(expected, shape: [6, 2]), relative: 1e-13, absolute: 1e-14)
  }

  @Test func initializersAreThoseOfAllLayers() {
    let model = MLP([2, 3, 1], weightInitializer: .ones, biasInitializer: .constant(0.5))
    expectIdentical(model(Tensor([1, 2])), Tensor([11]))
  }

  @Test func gradientsMatchFiniteDifferences() {
    let model = withRandomSeed(3) { MLP([3, 5, 2], activation: .gelu, dtype: .float64) }
    let x = Tensor.seeded([4, 3])
    let report = checkGradients(for: model.parameters) { model(x) }
    #expect(report.passed, "\(report)")
    #expect(report.count == model.parameters.scalarCount)
  }
}
