import Synchronization
import TestSupport
import Testing

/// p ← p − ηg, in plain tensor arithmetic.
private struct PlainRule: UpdateRule {
  let name = "plain"

  func apply(to p: inout Tensor, gradient: Tensor, state: inout [Tensor], context: UpdateContext) {
    p -= gradient * context.learningRate
  }
}

private struct ShrinkingRule: UpdateRule {
  let name = "shrinking"

  func apply(to p: inout Tensor, gradient: Tensor, state: inout [Tensor], context: UpdateContext) {
    p = p.sum()
  }
}

/// A rule with the least that a conformance needs.
private struct SignDescentRule: UpdateRule {
  func apply(
    to parameter: inout Tensor, gradient: Tensor, state: inout [Tensor], context: UpdateContext
  ) {
    parameter -= sign(gradient) * context.learningRate
  }
}

/// An optimizer with the least that a conformance needs.
private final class PlainDescent: Optimizer {
  let parameters: Parameters
  private let rate = Mutex(0.5)

  init(_ parameters: Parameters) { self.parameters = parameters }

  var learningRate: Double {
    get { rate.withLock { $0 } }
    set { rate.withLock { $0 = newValue } }
  }

  func step(_ gradients: Gradients) {
    for (i, element) in parameters.enumerated() {
      element.parameter.value = element.parameter.value - gradients[i] * learningRate
    }
  }

  var state: OptimizerState { OptimizerState(optimizer: name) }

  func load(_ state: OptimizerState) throws(OptimizerStateError) {}
}

struct UpdateRuleTests {
  @Test func theRestOfARuleHasDefaults() {
    let parameters = Parameters([("p", Parameter(Tensor([1, 2])))])
    let optimizer = RuleOptimizer(SignDescentRule(), parameters, learningRate: 0.25)
    #expect(optimizer.name == "sign-descent" && optimizer.momentum == 0)
    optimizer.step(Gradients([Tensor([3, -4])], for: parameters))
    expectIdentical(parameters[0].parameter.value, Tensor([0.75, 2.25]))
    #expect(optimizer.state.counters == ["p.step": 1] && optimizer.state.tensors.isEmpty)
    #expect(optimizer.secondMoment(ofParameterAt: 0) == nil)
  }

  @Test func theRestOfAnOptimizerHasDefaults() throws {
    let parameters = Parameters([("p", Parameter(Tensor([1, 2])))])
    let optimizer = Lookahead(PlainDescent(parameters), syncPeriod: 2, slowStepSize: 0.5)
    #expect(optimizer.name == "lookahead(plain-descent)")
    #expect(optimizer.weightDecay == 0 && optimizer.momentum == 0)
    optimizer.observe(validationLoss: 1)
    for _ in 0..<2 { optimizer.step(Gradients([Tensor([1, -1])], for: parameters)) }
    expectIdentical(parameters[0].parameter.value, Tensor([0.5, 2.5]))
    optimizer.learningRate = 1
    #expect(optimizer.inner.learningRate == 1)
    optimizer.resetState(ofParameterAt: 0)
    try optimizer.load(optimizer.state)
  }

  @Test func aRuleThatKnowsNothingOfScalesGetsTheClippedGradient() {
    let own = Parameter(Tensor([1, 2], dtype: .float64))
    let parameters = Parameters([("p", own)])
    let gradients = Gradients([Tensor([300, 400], dtype: .float64)], for: parameters)
    RuleOptimizer(PlainRule(), parameters, learningRate: 1).step(gradients.clipped(toNorm: 1))
    expectClose(
      own.value, Tensor([0.4, 1.2], dtype: .float64), relative: 1e-8, absolute: 0)
  }

  @Test func aRuleThatChangesTheShapeStops() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let parameters = Parameters([("p", Parameter(Tensor([1, 2])))])
      RuleOptimizer(ShrinkingRule(), parameters, learningRate: 1)
        .step(Gradients([Tensor([1, 1])], for: parameters))
    }
    expectMessage(
      "shrinking: the update changed the parameter 'p' from float32 [2] to float32 []", of: result)
  }
}
