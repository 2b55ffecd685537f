import TestSupport
import Testing

/// Gradients by name, as a sequence, and their arithmetic.
struct GradientsTests {
  private let weight = Parameter(Tensor([[1, 2], [3, 4]], dtype: .float64))
  private let bias = Parameter(Tensor([0.5, -0.5], dtype: .float64))
  private var parameters: Parameters {
    Parameters([("weight", weight), ("bias", bias), ("tied", weight)])
  }

  private func gradients(_ seed: UInt64 = 1) -> Gradients {
    Gradients([.seeded([2, 2], seed: seed), .seeded([2], seed: seed + 1)], for: parameters)
  }

  private func expectEqual(
    _ actual: Gradients, _ expected: [Tensor], sourceLocation: SourceLocation = #_sourceLocation
  ) {
    for (a, e) in zip(actual.tensors, expected) {
      expectClose(a, e, relative: 1e-14, sourceLocation: sourceLocation)
    }
  }

  @Test func gradientsAreFoundByEveryName() throws {
    let g = gradients()
    expectIdentical(try #require(g["weight"]), g[0])
    expectIdentical(try #require(g["tied"]), g[weight])
    #expect(g["wieght"] == nil)
    let gpt = withRandomSeed(1) {
      GPT(.init(vocabularySize: 5, contextLength: 4, layers: 2, heads: 2, width: 4, bias: true))
    }
    let found = valueWithGradients(for: gpt.parameters) {
      let logits = gpt(Tensor([[1, 2]], dtype: .int32))
      return crossEntropy(logits, labels: Tensor([[2, 3]], dtype: .int32))
    }.gradients
    let stored = try #require(found["transformer.h.1.attn.c_proj.bias"])
    expectIdentical(stored, try #require(found["blocks.1.attention.output.bias"]))
    // The tied head is the table of tokens.
    expectIdentical(
      try #require(found["transformer.wte.weight"]), try #require(found["lm_head.weight"]))
  }

  @Test func gradientsAreASequenceOfNamesAndTensors() {
    let g = gradients().scaled(by: 2)
    var names = [String]()
    for (name, gradient) in g {
      names.append(name)
      expectIdentical(gradient, g[name] ?? gradient * 0)
    }
    #expect(names == ["weight", "bias"] && g.count == 2)
    #expect(g.map { $0.name } == names && g.map { name, gradient in gradient.rank } == [2, 1])
    let largest = g.max { $0.gradient.norm().scalar() < $1.gradient.norm().scalar() }
    #expect(largest != nil)
    #expect(
      "\(Gradients([Tensor([3, 4])], for: Parameters(["p": Parameter(Tensor([1, 2]))])))"
        == "p [2], norm 5.0")
  }

  @Test func gradientsHaveArithmetic() {
    let (a, b) = (gradients(), gradients(5))
    let pairs = Array(zip(a.tensors, b.tensors))
    expectEqual(a * 2 - b / 4, pairs.map { $0 * 2 - $1 / 4 })
    expectEqual(0.5 * a + -b, pairs.map { $0 * 0.5 - $1 })
    var sum = a
    sum += b
    sum -= a * 3
    sum *= 2
    sum /= 5
    expectEqual(sum, pairs.map { ($1 - $0 * 2) * 0.4 })
    expectEqual(Gradients.mean(of: [a, b, a * 4]), pairs.map { ($0 * 5 + $1) / 3 })
    expectEqual(Gradients.mean(of: [a]), a.tensors)
    expectEqual((a * 3).map { square($0) }, a.tensors.map { square($0) * 9 })
    expectEqual([a, b].reduce(.zeros(for: parameters), +), pairs.map { $0 + $1 })
    #expect(Gradients.zeros(for: parameters).norm == 0)
    let products = pairs.map { ($0 * $1).sum().scalar() }.reduce(0, +)
    expectClose((a * 3).dot(b * -2), products * -6, relative: 1e-13)
    expectClose(a.dot(a), a.norm * a.norm, relative: 1e-13)
  }

  @Test func squaresMayExceedTheDType() {
    let parameters = Parameters([("x", Parameter(Tensor([0, 0])))])
    let large = Gradients([Tensor([3e30, 4e30])], for: parameters)
    expectClose(large.norm, 5e30, relative: 1e-6)
    expectClose(large.clipped(toNorm: 1)[0], Tensor([0.6, 0.8]), relative: 1e-6)
    #expect(large.isFinite)
    let infinite = Gradients([Tensor([.infinity, 1])], for: parameters)
    #expect(infinite.norm == .infinity && !infinite.isFinite)
  }

  @Test func aPartKeepsItsFactor() {
    let g = gradients() * 3
    let part = g[parameters.matching("bias")]
    #expect(part.parameters.names == ["bias"])
    expectIdentical(part[0], g[1])
  }

  // MARK: Errors

  static let misuses: [(message: String, body: @Sendable () -> Void)] = [
    (
      "Gradients: - needs gradients of the same parameters in the same order",
      {
        let (a, b) = (Parameter(Tensor([1])), Parameter(Tensor([1])))
        _ = Gradients.zeros(for: Parameters(["a": a])) - .zeros(for: Parameters(["b": b]))
      }
    ),
    (
      "Gradients: there is no gradient of 'b'",
      {
        let (a, b) = (Parameter(Tensor([1])), Parameter(Tensor([1])))
        _ = Gradients.zeros(for: Parameters(["a": a]))[Parameters(["b": b])]
      }
    ),
    ("Gradients: the mean of no gradients", { _ = Gradients.mean(of: []) }),
    (
      "Gradients: the number of tensors must be that of the parameters, 1, got 2",
      { _ = Gradients([Tensor([1]), Tensor([1])], for: Parameter(Tensor([1])).parameters) }
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
