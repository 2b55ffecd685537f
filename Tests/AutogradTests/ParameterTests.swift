import TestSupport
import Testing

/// Gradients with respect to parameters, and parameters read and written by many threads.
struct ParameterTests {
  private let weight = Parameter(Tensor([[1, 2], [3, 4]], dtype: .float64))
  private let bias = Parameter(Tensor([0.5, -0.5], dtype: .float64))
  private var parameters: Parameters { Parameters([("weight", weight), ("bias", bias)]) }
  private let x = Tensor([[1, -1]], dtype: .float64)

  private func loss() -> Tensor { square(linear(x, weight.value, bias.value)).sum() }

  // MARK: Gradients

  @Test func gradientsAreAlignedWithTheParameters() {
    let (value, gradients) = valueWithGradients(for: parameters) { loss() }
    // y = [−0.5, −1.5]; the gradient of the bias is 2y.
    #expect(value.scalar() == 2.5)
    #expect(gradients.parameters.map(\.name) == ["weight", "bias"])
    expectIdentical(gradients[1], Tensor([-1, -3], dtype: .float64))
    expectIdentical(gradients[weight], Tensor([[-1, 1], [-3, 3]], dtype: .float64))
    #expect(gradients.tensors.count == 2)
  }

  @Test func theLossIsAConstant() {
    let (value, gradients) = valueWithGradients(for: parameters) { loss() }
    #expect(value.node == nil)
    #expect(gradients.tensors.allSatisfy { $0.node == nil })
  }

  @Test func aTiedParameterSumsItsGradients() {
    let both = Parameters([("first", weight), ("second", weight)])
    #expect(both.count == 1 && both.aliases.map(\.name) == ["second"])
    let gradients = valueWithGradients(for: both) {
      (weight.value * 2).sum() + (weight.value * weight.value).sum()
    }.gradients
    expectIdentical(gradients[0], weight.value * 2 + 2)
  }

  @Test func anUnusedParameterIsAnErrorThatNamesIt() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let used = Parameter(Tensor([1]))
      let parameters = Parameters([
        ("used", used), ("layers.0.bias", Parameter(Tensor([1]))), ("head", Parameter(Tensor([1]))),
      ])
      _ = valueWithGradients(for: parameters) { used.value.sum() }
    }
    expectMessage(
      "valueWithGradients: the loss does not depend on 'layers.0.bias', 'head'; leave out what is not used, or pass allowingUnused: true for gradients of zero",
      of: result)
    let none = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let parameters = Parameters((0..<10).map { ("p\($0)", Parameter(Tensor([1]))) })
      _ = valueWithGradients(for: parameters) { Tensor(1) }
    }
    expectMessage("'p7' and 2 more; compute it from them inside the closure", of: none)
    let gradients = valueWithGradients(for: parameters, allowingUnused: true) {
      bias.value.sum()
    }.gradients
    expectIdentical(gradients[0].contiguous, Tensor.zeros(like: weight.value).contiguous)
    expectIdentical(gradients[1].contiguous, Tensor.ones(like: bias.value).contiguous)
  }

  @Test func onlyTheParametersAskedForCarryAGraph() {
    let gradients = valueWithGradients(for: parameters.filter { $0.name == "bias" }) {
      #expect(weight.value.node == nil && bias.value.node != nil)
      return loss()
    }.gradients
    #expect(gradients.tensors.count == 1)
    expectIdentical(gradients[0], Tensor([-1, -3], dtype: .float64))
  }

  @Test func whatIsExcludedIsFrozen() {
    let trained = parameters.excluding("b*")
    let gradients = valueWithGradients(for: trained) {
      #expect(bias.value.node == nil && weight.value.node != nil)
      return loss()
    }.gradients
    #expect(gradients.parameters.map(\.name) == ["weight"])
    expectIdentical(gradients[weight], Tensor([[-1, 1], [-3, 3]], dtype: .float64))
  }

  @Test func scopesNest() {
    // The gradient of a gradient's norm, as in a gradient penalty: of Σ (dL/dx)² with L = Σ sin(w ·
    // x).
    let x = Tensor([0.4, -1.1], dtype: .float64)
    let w = Parameter(Tensor([0.7, 0.2], dtype: .float64))
    let outer = valueWithGradients(for: Parameters([("w", w)])) {
      square(gradient(at: x) { sin(w.value * $0).sum() }).sum()
    }
    let product = w.value * x
    // (w cos(wx))², by w: 2 w cos(wx) (cos(wx) − w x sin(wx))
    let expected = w.value * 2 * cos(product) * (cos(product) - product * sin(product))
    expectClose(outer.gradients[0], expected, relative: 1e-13)
    #expect(outer.value.node == nil)

    // Nested scopes of one parameter: the second derivative of w³ is 6w.
    let parameters = Parameters([("w", w)])
    let second = valueWithGradients(for: parameters) {
      valueWithGradients(for: parameters) { pow(w.value, 3).sum() }.gradients[0].sum()
    }.gradients
    expectClose(second[0], w.value * 6, relative: 1e-13)
  }

  @Test func anInnerLossCanBeUsedOutside() {
    let w = Parameter(Tensor([0.7, 0.2], dtype: .float64))
    let x = Tensor([2.0, 3.0], dtype: .float64)
    // The inner loss depends on the outer variable, so the outer gradient flows through its value.
    let result = gradient(at: x) { x in
      valueWithGradients(for: Parameters([("w", w)])) { (square(w.value) * x).sum() }.value
    }
    expectClose(result, square(w.value), relative: 1e-15)
  }

  @Test func valuesMayBeSetInsideAScope() {
    _ = valueWithGradients(for: parameters) {
      let result = loss()
      bias.value = Tensor([9, 9], dtype: .float64)
      return result
    }
    expectIdentical(bias.value, Tensor([9, 9], dtype: .float64))
    #expect(bias.value.node == nil)
  }

  @Test func valuesAreContiguousCopies() {
    let parameter = Parameter(Tensor([[1, 2], [3, 4]]).transposed())
    #expect(parameter.value.isContiguous)
    let kept = parameter.value
    parameter.update { $0.withUnsafeMutableScalars(as: Float.self) { $0[0] = 100 } }
    expectIdentical(kept, Tensor([[1, 3], [2, 4]]))
    expectIdentical(parameter.value, Tensor([[100, 3], [2, 4]]))
  }

  // MARK: Threads

  @Test func manyTasksDifferentiateOneModelAtOnce() async {
    let parameters = parameters
    let weight = weight
    let bias = bias
    func run(_ i: Int) -> [Tensor] {
      let x = Tensor.seeded([5, 2], seed: UInt64(i))
      return valueWithGradients(for: parameters) {
        tanh(linear(x, weight.value, bias.value)).sum()
      }.gradients.tensors
    }
    let expected = (0..<32).map(run)
    await withTaskGroup(of: (Int, [Tensor]).self) { group in
      for i in 0..<32 {
        group.addTask {
          let x = Tensor.seeded([5, 2], seed: UInt64(i))
          let gradients = valueWithGradients(for: parameters) {
            tanh(linear(x, weight.value, bias.value)).sum()
          }.gradients
          return (i, gradients.tensors)
        }
      }
      for await (i, gradients) in group {
        for (actual, expected) in zip(gradients, expected[i]) { expectIdentical(actual, expected) }
      }
    }
  }

  @Test func aParameterIsReadWhileItIsWritten() async {
    let parameter = Parameter(Tensor.zeros([1000]))
    await withTaskGroup(of: Void.self) { group in
      group.addTask {
        for i in 1...200 { parameter.value = Tensor.full([1000], Double(i)) }
      }
      for _ in 0..<3 {
        group.addTask {
          for _ in 0..<200 {
            let value = parameter.value
            // All elements are from one write.
            #expect(value.max().scalar() == value.min().scalar())
          }
        }
      }
    }
  }

  // MARK: Errors

  static let misuses: [(message: String, body: @Sendable () -> Void)] = [
    ("Parameter: int32 values have no gradient", { _ = Parameter(Tensor([1], dtype: .int32)) }),
    (
      "Parameter: the value of a parameter of shape [2] and dtype float32 cannot have shape [3] and dtype float32",
      { Parameter(Tensor([1, 2])).value = Tensor([1, 2, 3]) }
    ),
    (
      "Parameter: the value of a parameter of shape [2] and dtype float32 cannot have shape [2] and dtype float64",
      { Parameter(Tensor([1, 2])).value = Tensor([1, 2], dtype: .float64) }
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
