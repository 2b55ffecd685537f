import TestSupport
import Testing

struct ConvNetTests {
  @Test func parametersHaveTheShapesOfTheLayers() {
    let model = withRandomSeed(1) {
      ConvNet(channels: 3, height: 9, width: 14, classes: 5, features: 4)
    }
    let shapes = model.parameters.map { "\($0.name) \($0.parameter.shape)" }
    #expect(
      shapes == [
        "convolutions.0.weight [4, 3, 3, 3]", "convolutions.0.bias [4]",
        "convolutions.1.weight [8, 4, 3, 3]", "convolutions.1.bias [8]",
        "layers.0.weight [32, 48]", "layers.0.bias [32]", "layers.1.weight [5, 32]",
        "layers.1.bias [5]",
      ])
    #expect(model(Tensor.zeros([1, 3, 9, 14])).shape == [1, 5])
  }

  @Test func gradientsMatchFiniteDifferences() {
    let model = withRandomSeed(1) {
      ConvNet(height: 4, width: 5, classes: 3, features: 2, activation: .tanh, dtype: .float64)
    }
    let images = withRandomSeed(2) { Tensor.normal([2, 1, 4, 5], dtype: .float64) }
    #expect(checkGradients(of: { model($0[0]) }, at: [images]).passed)
  }
}
