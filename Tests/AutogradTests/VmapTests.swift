import TestSupport
import Testing

struct VmapTests {
  private let x = Tensor.seeded([4, 3])

  @Test func resultsAreStacked() {
    expectIdentical(vmap(x) { square($0) }, square(x))
    expectIdentical(vmap(x) { $0.sum() }, stacked((0..<4).map { x[$0].sum() }))
    let y = Tensor.seeded([4], seed: 2)
    expectIdentical(vmap(x, y) { $0 * $1 }, x * y.expanded(along: 1))
    expectIdentical(
      vmap(x, y, x) { a, b, c in (a * b + c).sum() },
      stacked((0..<4).map { (x[$0] * y[$0] + x[$0]).sum() }))
    let pairs = vmap(x) { a in vmap(x) { b in square(a - b).sum() } }
    #expect(pairs.shape == [4, 4])
    expectIdentical(pairs, pairs.transposed().contiguous)
  }

  @Test func gradientsJacobiansAndHessiansOfEachExample() {
    expectClose(vmap(x) { gradient(at: $0) { sin($0).sum() } }, cos(x), relative: 1e-15)
    let jacobians = vmap(x) { jacobian(at: $0) { exp($0) } }
    let hessians = vmap(x) { hessian(at: $0) { exp($0).sum() } }
    #expect(jacobians.shape == [4, 3, 3])
    expectIdentical(jacobians, hessians)
    for i in 0..<4 {
      expectClose(jacobians[i], diagonalMatrix(exp(x[i])), relative: 1e-15)
    }
  }

  private func diagonalMatrix(_ v: Tensor) -> Tensor {
    Tensor.eye(v.shape[0], dtype: v.dtype) * v
  }

  @Test func mapsAreDifferentiable() {
    let report = checkGradients(
      of: { x in vmap(x[0], x[1]) { a, b in (sin(a) * b).sum() * exp(b) } },
      at: [x, Tensor.seeded([4], seed: 2)], order: 2)
    #expect(report.passed && report.count == 16, "\(report)")
  }

  @Test func gradientsOfExamplesAddUpToThatOfTheBatch() {
    let model = withRandomSeed(3) { MLP([3, 5, 2], dtype: .float64) }
    let y = Tensor([0, 1, 1, 0], dtype: .int32)
    func loss(_ x: Tensor, _ y: Tensor) -> Tensor {
      #expect(LayerMode.current == .training)
      return crossEntropy(model(x), labels: y)
    }
    let each = perExampleGradients(for: model.parameters, x, y, loss)
    #expect(each.count == 4)
    let parameters = model.parameters
    let whole = valueWithGradients(for: parameters) { loss(x, y) }.gradients
    for (a, b) in zip(Gradients.mean(of: each).tensors, whole.tensors) {
      expectClose(a, b, relative: 1e-12, absolute: 1e-15)
    }
    let third = valueWithGradients(for: parameters) { loss(x[2..<3], y[2..<3]) }.gradients
    for (a, b) in zip(each[2].tensors, third.tensors) { expectIdentical(a, b) }
    let none = perExampleGradients(for: parameters, x[0..<0], y[0..<0], loss)
    #expect(none.isEmpty)
  }

  // MARK: Errors

  static let misuses: [(message: String, body: @Sendable () -> Void)] = [
    (
      "vmap: the first axis must be that of the examples, at least 1 and equally many, got [2] and [3]",
      { _ = vmap(Tensor([1, 2]), Tensor([1, 2, 3])) { $0 * $1 } }
    ),
    (
      "vmap: the first axis must be that of the examples, at least 1 and equally many, got [0, 2]",
      { _ = vmap(Tensor.zeros([0, 2])) { $0 } }
    ),
    (
      "vmap: the first axis must be that of the examples, at least 1 and equally many, got []",
      { _ = vmap(Tensor(1)) { $0 } }
    ),
    (
      "perExampleGradients: the loss does not depend on 'p'",
      {
        let parameters = Parameters(["p": Parameter(Tensor([1]))])
        _ = perExampleGradients(for: parameters, Tensor([1]), Tensor([1])) { x, _ in x.sum() }
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
