import TestSupport
import Testing

struct LookaheadResetTests {
  /// After a reset the next synchronization is a whole period away.
  @Test(arguments: [1, 2])
  func aResetStartsANewPeriod(_ steps: Int) {
    let parameters = Parameters([("w", Parameter(Tensor([0], dtype: .float64)))])
    let optimizer = Lookahead(
      SGD(parameters, learningRate: 1), syncPeriod: 3, slowStepSize: 0.5)
    var values: [Double] {
      parameters[0].parameter.value.scalars(as: Double.self)
    }
    func step() {
      optimizer.step(Gradients([Tensor([-1], dtype: .float64)], for: parameters))
    }
    for _ in 0..<steps { step() }
    optimizer.resetState(ofParameterAt: 0)
    let start = Double(steps)
    for (count, expected) in [(1, start + 1), (2, start + 2), (3, start + 1.5)] {
      step()
      #expect(values == [expected], "step \(count)")
    }
  }
}
