import TestSupport
import Testing

/// Whether ``checkGradients(of:at:order:tolerance:seed:)`` finds wrong pullbacks.
struct GradientCheckTests {
  private static let x = Tensor([0.5, -1.25, 2], dtype: .float64)

  @Test(arguments: [-1, 1.01, 0.999, 0, .nan, .infinity])
  func aWrongFactorIsFound(_ factor: Double) {
    let report = checkGradients(of: { cube($0[0], factor: factor) }, at: [Self.x])
    #expect(!report.passed)
    #expect(report.count == 3)
    #expect(report.description.contains("FAILED"))
  }

  @Test func oneWrongElementIsFoundAndNamed() throws {
    let report = checkGradients(
      of: { inputs in
        record("identity", inputs[1]) {
          $0
        } pullback: { dy, _ in
          dy * Tensor([1, 1, 1.0001, 1], dtype: .float64)
        } + inputs[0].sum()
      }, at: [Self.x, .seeded([4])])
    let worst = try #require(report.worst)
    #expect(!report.passed && worst.input == "1" && worst.element == 2)
    expectClose(worst.analytic / worst.numeric, 1.0001, relative: 1e-8)
  }

  @Test func aMissingSumOverABroadcastIsFound() {
    let report = checkGradients(
      of: { inputs in
        record("stretched", inputs[0]) {
          $0.broadcast(to: [4, 3])
        } pullback: { dy, _ in
          dy[0]
        }
      }, at: [Self.x])
    #expect(!report.passed)
  }

  @Test func aPullbackOfAConstantIsFoundAtTheSecondOrder() {
    // The gradient is right, but the second derivative does not see that it depends on x.
    func hidden(_ inputs: [Tensor]) -> Tensor {
      record("cube", inputs[0], saving: .input) {
        $0 * $0 * $0
      } pullback: { dy, saved in
        dy * (square(saved.input) * 3).detached
      }
    }
    #expect(checkGradients(of: hidden, at: [Self.x], order: 1).passed)
    #expect(!checkGradients(of: hidden, at: [Self.x], order: 2).passed)
  }

  @Test func aSoftmaxThatForgetsItsSumIsFound() {
    // Its gradient under a plain sum is right: zero.
    func wrong(_ inputs: [Tensor]) -> Tensor {
      record("softmax", inputs[0], saving: .output) {
        softmax($0)
      } pullback: { dy, saved in
        saved.output * (dy - dy.mean(along: -1, keepingAxes: true))
      }
    }
    #expect(!checkGradients(of: wrong, at: [.seeded([2, 3])]).passed)
  }

  @Test func parametersAreCheckedByName() throws {
    let parameter = Parameter(Self.x)
    let parameters = Parameters([("layer.weight", parameter)])
    let right = checkGradients(for: parameters) { cube(parameter.value) }
    #expect(right.passed, "\(right)")
    let wrong = checkGradients(for: parameters) { cube(parameter.value, factor: 1.01) }
    #expect(!wrong.passed && wrong.worst?.input == "layer.weight")
    expectIdentical(parameter.value, Self.x)
  }

  @Test func ofManyElementsSomeAreCompared() {
    let report = checkGradients(of: { tanh($0[0]) }, at: [.seeded([30, 30])])
    #expect(report.passed && report.count == 48)
    let other = checkGradients(of: { tanh($0[0]) }, at: [.seeded([30, 30])], seed: 1)
    #expect(other.worst?.element != report.worst?.element)
  }

  @Test func nothingToCompareIsNoFailure() {
    let report = checkGradients(of: { $0[0] * 2 }, at: [Tensor.zeros([0, 3], dtype: .float64)])
    #expect(report.passed && report.count == 0 && report.worst == nil)
  }

  // MARK: Errors

  static let misuses: [(message: String, body: @Sendable () -> Void)] = [
    (
      "checkGradients: input 1 must be float64, got float32",
      { _ = checkGradients(of: { $0[0] }, at: [Tensor([1], dtype: .float64), Tensor([1])]) }
    ),
    (
      "checkGradients: the order must be 1 or 2, got 3",
      { _ = checkGradients(of: { $0[0] }, at: [Tensor([1], dtype: .float64)], order: 3) }
    ),
    (
      "checkGradients: parameter 'w' must be float64, got float32",
      {
        let parameter = Parameter(Tensor([1]))
        _ = checkGradients(for: Parameters([("w", parameter)])) { parameter.value }
      }
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
