import TestSupport
import Testing

struct LayerModeTests {
  private let x = Tensor([1, -1])
  private let weight = Parameter(Tensor([2, 3]))
  private var parameters: Parameters { Parameters([("weight", weight)]) }

  private func loss() -> Tensor { (weight.value * x).sum() }

  @Test func gradientFunctionsSetTheMode() {
    #expect(LayerMode.current == .inference)
    _ = valueWithGradients(for: parameters) {
      #expect(LayerMode.current == .training)
      withMode(.inference) { #expect(LayerMode.current == .inference) }
      #expect(LayerMode.current == .training)
      // A gradient with respect to an input does not change the mode.
      _ = gradient(at: x) { x in
        #expect(LayerMode.current == .training)
        return x.sum()
      }
      return loss()
    }
    _ = gradient(at: x) { x in
      #expect(LayerMode.current == .inference)
      return x.sum()
    }
    _ = valueWithGradients(for: parameters, mode: .inference) {
      #expect(LayerMode.current == .inference)
      return loss()
    }
    withMode(.training) {
      #expect(LayerMode.current == .training)
      _ = valueWithGradients(for: parameters, mode: .inference) {
        #expect(LayerMode.current == .inference)
        return loss()
      }
    }
    struct Stop: Error {}
    #expect(throws: Stop.self) { try withMode(.training) { () throws(Stop) in throw Stop() } }
    #expect(LayerMode.current == .inference)
  }
}
