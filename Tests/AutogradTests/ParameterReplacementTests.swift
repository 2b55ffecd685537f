import TestSupport
import Testing

/// Parameters that have other values for a scope of one task.
struct ParameterReplacementTests {
  private let weight = Parameter(Tensor([1, 2], dtype: .float64))
  private let bias = Parameter(Tensor([3, 4], dtype: .float64))
  private var parameters: Parameters { Parameters([("weight", weight), ("bias", bias)]) }
  private let a = Tensor([10, 20], dtype: .float64)
  private let b = Tensor([30, 40], dtype: .float64)

  @Test func theInnermostValueIsRead() {
    let before = [weight.value, bias.value]
    let sum = withValues([a, b], of: parameters) {
      expectIdentical(weight.value, a)
      weight.withValue(b) {
        expectIdentical(weight.value, b)
        expectIdentical(bias.value, b)
      }
      expectIdentical(weight.value, a)
      return weight.value + bias.value
    }
    expectIdentical(sum, a + b)
    expectIdentical(weight.value, before[0])
    expectIdentical(bias.value, before[1])
  }

  @Test func errorsPassThrough() {
    struct Stop: Error {}
    #expect(throws: Stop.self) {
      try withValues([a, b], of: parameters) { () throws(Stop) in throw Stop() }
    }
    expectIdentical(weight.value, Tensor([1, 2], dtype: .float64))
  }

  @Test func gradientScopesInsideDifferentiateByTheGivenValues() {
    let gradients = withValues([a, b], of: parameters) {
      valueWithGradients(for: parameters) { (square(weight.value) * bias.value).sum() }.gradients
    }
    expectIdentical(gradients[weight], a * b * 2)
    expectIdentical(gradients[bias], square(a))
  }

  @Test func insideAGradientScopeTheyAreConstantsOrCarryAGraph() {
    let gradients = valueWithGradients(for: parameters) {
      let teacher = withValues([a, b], of: parameters) {
        #expect(weight.value.node == nil)
        return weight.value * bias.value
      }
      #expect(weight.value.node != nil)
      return (teacher * weight.value * bias.value).sum()
    }.gradients
    expectIdentical(gradients[weight], a * b * bias.value)
    // The gradient flows through a value that is computed.
    let through = valueWithGradients(for: parameters) {
      let doubled = weight.value * 2
      return weight.withValue(doubled) { (weight.value * bias.value).sum() }
    }.gradients
    expectIdentical(through[weight], bias.value * 2)
    expectIdentical(through[bias], weight.value * 2)
  }

  @Test func withoutGradientKeepsTheValuesAsConstants() {
    let slope = gradient(at: a) { x in
      weight.withValue(x) {
        let constant = withoutGradient {
          #expect(weight.value.node == nil)
          return weight.value * 2
        }
        return (constant * weight.value).sum()
      }
    }
    expectIdentical(slope, a * 2)
    let value = valueWithGradients(for: parameters) {
      let inner = withValues([a, b], of: parameters) { withoutGradient { weight.value } }
      expectIdentical(withoutGradient { weight.value }, Tensor([1, 2], dtype: .float64))
      return inner.sum() + (weight.value + bias.value).sum()
    }.value
    #expect(value.scalar() == 40)
  }

  @Test func checkpointsRememberTheValues() {
    let x = Tensor([0.5, -1], dtype: .float64)
    let parameters = parameters
    let (weight, bias) = (weight, bias)
    func loss(_ apply: (Tensor) -> Tensor) -> Gradients {
      valueWithGradients(for: parameters) {
        let doubled = weight.value * 2
        return weight.withValue(doubled) { apply(x).sum() }
      }.gradients
    }
    let plain = loss { tanh($0 * weight.value + bias.value) }
    let checked = loss {
      checkpointed($0, parameters: parameters) { tanh($0 * weight.value + bias.value) }
    }
    for (a, b) in zip(checked.tensors, plain.tensors) { expectIdentical(a, b) }
  }

  /// The gradient of the loss after a step of gradient descent: L(w − L′(w)/10) with L = Σ w³/3, so
  /// the gradient is v² (1 − 2w/10) with v = w − w²/10.
  @Test func aStepCanBeDifferentiated() {
    let alone = Parameters(["w": weight])
    func loss() -> Tensor { pow(weight.value, 3).sum() / 3 }
    let (value, gradients) = valueWithGradients(for: alone) {
      let inner = valueWithGradients(for: alone) { loss() }.gradients
      let adapted = zip(alone, inner).map { $0.parameter.value - $1.gradient * 0.1 }
      return withValues(adapted, of: alone) { loss() }
    }
    let w = weight.value
    let v = w - square(w) * 0.1
    expectClose(value, (pow(v, 3).sum() / 3), relative: 1e-14)
    expectClose(gradients[0], square(v) * (1 - w * 0.2), relative: 1e-14)
  }

  @Test func otherThreadsSeeTheStoredValues() throws {
    let (weight, parameters) = (weight, Parameters(["w": weight]))
    let stored = weight.value
    try withValues([a], of: parameters) {
      let seen = try #require(
        inAnotherThread {
          [weight.value, valueWithGradients(for: parameters) { weight.value.sum() }.value]
        })
      expectIdentical(seen[0], stored)
      expectIdentical(seen[1], stored.sum())
      expectIdentical(weight.value, a)
      // What is set is stored.
      weight.value = b
      expectIdentical(weight.value, a)
      expectIdentical(try #require(inAnotherThread { weight.value }), b)
    }
    expectIdentical(weight.value, b)
  }

  @Test func gradientChecksChangeNothingThatOthersSee() {
    let (weight, bias) = (weight, bias)
    let stored = weight.value
    let report = checkGradients(for: parameters) {
      let other = inAnotherThread { weight.value }
      expectIdentical(other ?? Tensor(0), stored)
      return weight.value * bias.value
    }
    #expect(report.passed && report.count == 4)
  }

  // MARK: Errors

  static let misuses: [(message: String, body: @Sendable () -> Void)] = [
    (
      "withValues: the number of tensors must be that of the parameters, 1, got 0",
      { withValues([], of: Parameter(Tensor([1])).parameters) {} }
    ),
    (
      "withValues: the value of 'w' must have shape [1] and dtype float32, got [2] and float32",
      { withValues([Tensor([1, 2])], of: Parameters(["w": Parameter(Tensor([1]))])) {} }
    ),
    (
      "withValue: the value of a parameter of shape [1] and dtype float32 cannot have shape [1] and dtype float64",
      { Parameter(Tensor([1])).withValue(Tensor([1], dtype: .float64)) {} }
    ),
  ]

  @Test(arguments: misuses.indices)
  func misuseStopsWithAMessage(_ index: Int) async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      [index = index as Int] in
      Self.misuses[index].body()
    }
    expectMessage(Self.misuses[index].message, of: result)
  }
}
