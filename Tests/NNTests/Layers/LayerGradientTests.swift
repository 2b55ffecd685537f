import OpTable
import TestSupport
import Testing

extension LayerCase: CustomTestStringConvertible {
  package var testDescription: String { name }
}

/// Every layer's gradients against differences: of its parameters, and of its input to the second order.
struct LayerGradientTests {
  @Test func casesHaveDifferentNames() {
    #expect(Set(LayerCase.all.map(\.name)).count == LayerCase.all.count)
  }

  @Test(arguments: LayerCase.all)
  func gradientsAgreeWithDifferences(_ layer: LayerCase) {
    withRandomSeed(5) {
      let (module, call) = layer.make()
      let input = Tensor.normal(layer.input, dtype: .float64)
      let report = checkGradients(for: module.parameters) { call(input) }
      #expect(report.passed, "\(report)")
      for order in 1...2 {
        let report = checkGradients(of: { call($0[0]) }, at: [input], order: order)
        #expect(report.passed, "\(report)")
      }
    }
  }
}
