import TestSupport
import Testing

struct GradientScopeTests {
  private let x = Tensor([0.5, -1.25, 2], dtype: .float64)

  private let weight = Parameter(Tensor.seeded([3, 3], seed: 4))
  private let bias = Parameter(Tensor.seeded([3], seed: 5))
  private var parameters: Parameters { Parameters([("weight", weight), ("bias", bias)]) }

  @Test func withoutGradientGivesConstants() {
    let slope = gradient(at: x) { x in
      (x * withoutGradient { x * 2 }).sum()
    }
    expectIdentical(slope, x * 2)
    let gradients = valueWithGradients(for: parameters) {
      let constant = withoutGradient {
        #expect(weight.value.node == nil)
        return weight.value.sum()
      }
      #expect(constant.node == nil && weight.value.node != nil)
      return (weight.value * constant).sum() + bias.value.sum()
    }.gradients
    expectIdentical(
      gradients[0].contiguous, Tensor.ones([3, 3], dtype: .float64) * weight.value.sum().scalar())
    struct Interruption: Error {}
    #expect(throws: Interruption.self) {
      try withoutGradient { () throws(Interruption) -> Tensor in throw Interruption() }
    }
  }
}
