import OpTable
import TestSupport
import Testing

extension LayerCase: CustomTestStringConvertible {
  package var testDescription: String { name }
}

/// The gradients of every layer against finite differences: of first order for its parameters, of
/// first and second order for its input.
struct LayerGradientTests {
  @Test func caseNamesAreUnique() {
    #expect(Set(LayerCase.all.map(\.name)).count == LayerCase.all.count)
  }

  @Test(arguments: LayerCase.all)
  func gradientsMatchFiniteDifferences(_ layer: LayerCase) {
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
