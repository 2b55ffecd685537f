import TestSupport
import Testing

/// Products with derivatives, whole derivatives, checkpoints and the tools for looking at a graph.
struct DerivativeTests {
  private let x = Tensor([0.5, -1.25, 2], dtype: .float64)

  // MARK: Derivatives

  /// The function y = [x₀x₁, x₁², sin x₂, x₀ + 2x₂].
  private static func mixed(_ x: Tensor) -> Tensor {
    stacked([x[0] * x[1], square(x[1]), sin(x[2]), x[0] + x[2] * 2])
  }

  /// The derivatives of ``mixed(_:)`` by hand.
  private var mixedJacobian: Tensor {
    let cosine = cos(x[2]).scalar()
    return Tensor(
      [-1.25, 0.5, 0, 0, -2.5, 0, 0, 0, cosine, 1, 0, 2], shape: [4, 3]
    ).converted(to: .float64)
  }

  @Test func vectorJacobianProductsAreThoseByHand() {
    let c = Tensor([1, -2, 0.5, 3], dtype: .float64)
    let (value, product) = vectorJacobianProduct(at: x, c, of: Self.mixed)
    expectIdentical(value, Self.mixed(x))
    expectClose(product, matmul(c, mixedJacobian), relative: 1e-15, absolute: 1e-15)
    #expect(value.node == nil && product.node == nil)
  }

  @Test func jacobianVectorProductsAreThoseByHand() {
    let v = Tensor([2, 0.25, -1], dtype: .float64)
    let (value, product) = jacobianVectorProduct(at: x, v, of: Self.mixed)
    expectIdentical(value, Self.mixed(x))
    expectClose(product, matmul(mixedJacobian, v), relative: 1e-15, absolute: 1e-15)
    #expect(value.node == nil && product.node == nil)
  }

  @Test func jacobiansHaveTheShapeOfTheValueAndOfThePoint() {
    expectClose(
      jacobian(at: x, of: Self.mixed), mixedJacobian, relative: 1e-15, absolute: 1e-15)
    // The derivative of a matrix product A·X: ∂Yᵢⱼ/∂Xₖₗ = Aᵢₖ where j = l, else 0.
    let a = Tensor.seeded([2, 3])
    let result = jacobian(at: Tensor.seeded([3, 2], seed: 2)) { matmul(a, $0) }
    #expect(result.shape == [2, 2, 3, 2])
    for i in 0..<2 {
      for j in 0..<2 {
        for k in 0..<3 {
          for l in 0..<2 {
            let expected = j == l ? a[i, k].scalar() : 0
            #expect(result[i, j, k, l].scalar() == expected)
          }
        }
      }
    }
  }

  @Test func jacobiansOfScalarsAndOfNothing() {
    let point = Tensor(3, dtype: .float64)
    expectIdentical(jacobian(at: point) { square($0) }, Tensor(6, dtype: .float64))
    expectIdentical(
      jacobian(at: x) { _ in Tensor(5, dtype: .float64) }.contiguous,
      Tensor.zeros([3], dtype: .float64).contiguous)
    #expect(jacobian(at: x) { $0[3...] }.shape == [0, 3])
    #expect(jacobian(at: Tensor.zeros([0], dtype: .float64)) { $0 * 2 }.shape == [0, 0])
  }

  /// f = x₀²x₁ + e^x₂ x₀, whose second derivatives are [[2x₁, 2x₀, e^x₂], [2x₀, 0, 0], [e^x₂, 0, e^x₂x₀]].
  private static func cubic(_ x: Tensor) -> Tensor { square(x[0]) * x[1] + exp(x[2]) * x[0] }

  private var cubicHessian: Tensor {
    let e = exp(x[2]).scalar()
    return Tensor([-2.5, 1, e, 1, 0, 0, e, 0, e * 0.5], shape: [3, 3]).converted(to: .float64)
  }

  @Test func hessiansAreThoseByHand() {
    expectClose(hessian(at: x, of: Self.cubic), cubicHessian, relative: 1e-15, absolute: 1e-15)
    // Of xᵀAx it is A + Aᵀ, wherever.
    let a = Tensor.seeded([4, 4])
    let form = hessian(at: Tensor.seeded([4], seed: 2)) { dot($0, matmul(a, $0)) }
    expectClose(form, a + a.transposed(), relative: 1e-15, absolute: 1e-15)
    #expect(hessian(at: Tensor.ones([2, 3], dtype: .float64)) { $0.sum() }.shape == [2, 3, 2, 3])
  }

  @Test func hessianVectorProductsAreThoseByHand() {
    let v = Tensor([2, 0.25, -1], dtype: .float64)
    let product = hessianVectorProduct(at: x, v, of: Self.cubic)
    expectClose(product, matmul(cubicHessian, v), relative: 1e-15, absolute: 1e-15)
    #expect(product.node == nil)
  }

  @Test func productsAreDifferentiableThemselves() {
    // d/dx Σ (cos x · v) = −sin x · v
    let v = Tensor([1, 2, -1], dtype: .float64)
    let slope = gradient(at: x) { x in
      jacobianVectorProduct(at: x, v) { sin($0) }.product.sum()
    }
    expectClose(slope, -sin(x) * v, relative: 1e-15, absolute: 1e-15)
    // d/dx Σ c · 3x² = 6cx
    let cubes = gradient(at: x) { x in
      vectorJacobianProduct(at: x, v) { square($0) * $0 }.product.sum()
    }
    expectClose(cubes, x * v * 6, relative: 1e-15, absolute: 1e-15)
  }

  @Test func shapesThatDoNotFitStopWithAMessage() async {
    let left = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = vectorJacobianProduct(at: Tensor([1, 2]), Tensor([1])) { $0 * 2 }
    }
    expectMessage(
      "vectorJacobianProduct: a cotangent of shape [1] for a value of shape [2]", of: left)
    let right = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = jacobianVectorProduct(at: Tensor([1, 2]), Tensor([1])) { $0 * 2 }
    }
    expectMessage(
      "jacobianVectorProduct: a tangent of shape [1] for a point of shape [2]", of: right)
    let second = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = hessianVectorProduct(at: Tensor([1, 2]), Tensor([1])) { $0.sum() }
    }
    expectMessage(
      "hessianVectorProduct: a vector of shape [1] for a point of shape [2]", of: second)
  }

  // MARK: Checkpoints

  private let weight = Parameter(Tensor.seeded([3, 3], seed: 4))
  private let bias = Parameter(Tensor.seeded([3], seed: 5))
  private var parameters: Parameters { Parameters([("weight", weight), ("bias", bias)]) }

  private func block(_ x: Tensor) -> Tensor {
    tanh(linear(gelu(x), weight.value, bias.value)) * exp(bias.value)
  }

  @Test func checkpointsChangeNeitherValueNorGradients() {
    let x = Parameter(Tensor.seeded([4, 3], seed: 6))
    let all = Parameters([("x", x), ("weight", weight), ("bias", bias)])
    func run(_ apply: (Tensor) -> Tensor) -> (value: Tensor, gradients: Gradients) {
      // The parameters are used outside of the block too, where their gradients are added.
      valueWithGradients(for: all) {
        (apply(apply(x.value) * 2) + linear(x.value, weight.value)).sum()
      }
    }
    let plain = run { block($0) }
    let checked = run { checkpointed($0, parameters: parameters) { block($0) } }
    expectIdentical(checked.value, plain.value)
    for (actual, expected) in zip(checked.gradients.tensors, plain.gradients.tensors) {
      expectClose(actual, expected, relative: 1e-15, absolute: 1e-15)
    }
  }

  @Test func gradientsOfOneCheckpointAreTheSameBits() {
    for dtype in [DType.float32, .float64] {
      let weight = Parameter(weight.value.converted(to: dtype))
      let parameters = Parameters([("weight", weight)])
      let block: @Sendable (Tensor) -> Tensor = { tanh(linear(gelu($0), weight.value)) }
      let x = Tensor.seeded([4, 3], seed: 6, dtype: dtype)
      let plain = valueWithGradients(for: parameters) { square(block(x)).sum() }
      let checked = valueWithGradients(for: parameters) {
        square(checkpointed(x, parameters: parameters, block)).sum()
      }
      expectIdentical(checked.value, plain.value)
      for (actual, expected) in zip(checked.gradients.tensors, plain.gradients.tensors) {
        expectIdentical(actual, expected)
      }
    }
  }

  @Test func checkpointsHaveSecondDerivatives() {
    func slope(_ apply: (Tensor) -> Tensor) -> Tensor {
      hessian(at: x) { apply($0).sum() }
    }
    let none = Parameters()
    let checked = slope { checkpointed($0, parameters: none) { sin($0) * square($0) } }
    expectClose(
      checked, slope { sin($0) * square($0) }, relative: 1e-14, absolute: 1e-15)
    let report = checkGradients(
      of: { checkpointed($0[0], parameters: none) { tanh($0) * exp($0) } }, at: [x], order: 2)
    #expect(report.passed && report.count == 3, "\(report)")
  }

  @Test func checkpointsDrawTheSameNumbersAgain() {
    let none = Parameters()
    // Half of the elements are dropped; the gradient of what is left shows which.
    let x = Tensor.seeded([64], in: 1..<2)
    let (value, slope) = withRandomSeed(3) {
      var kept: Tensor?
      let slope = gradient(at: x) { x in
        let y = checkpointed(x, parameters: none) { x in
          let mask =
            DefaultRandomGenerator.withCurrent { $0.uniform(x.shape, dtype: .float64) } .> 0.5
          return select(mask, square(x), Tensor(0, dtype: .float64))
        }
        kept = y.detached
        return y.sum()
      }
      return (kept ?? x, slope)
    }
    expectClose(
      slope, select(value .> 0, x * 2, Tensor(0, dtype: .float64)), relative: 1e-15)
    let count = (value .> 0).sum().scalar(as: Int32.self)
    #expect(count > 16 && count < 48)
  }

  @Test func checkpointsKeepTheMode() {
    let none = Parameters()
    let slope = withMode(.training) {
      gradient(at: x) {
        checkpointed($0, parameters: none) { $0 * (Mode.current == .training ? 3 : 5) }.sum()
      }
    }
    expectIdentical(slope.contiguous, Tensor.full([3], 3, dtype: .float64).contiguous)
  }

  /// In a process of its own, where nothing else allocates.
  @Test func checkpointsSaveMemory() async {
    await #expect(processExitsWith: .success) {
      let none = Parameters()
      let size = 1 << 16
      let x = Tensor.seeded([size], dtype: .float32)
      /// Sixteen blocks of eight operations that each keep their output.
      @Sendable func block(_ x: Tensor) -> Tensor { (0..<8).reduce(x) { y, _ in tanh(y) } }
      func peak(_ apply: (Tensor) -> Tensor) -> (bytes: Int, gradient: Tensor) {
        TensorMemory.resetPeak()
        let before = TensorMemory.statistics.liveBytes
        let slope = gradient(at: x) { (0..<16).reduce($0) { y, _ in apply(y) }.sum() }
        return (TensorMemory.statistics.peakLiveBytes - before, slope)
      }
      let plain = peak(block)
      let checked = peak { checkpointed($0, parameters: none, block) }
      expectIdentical(checked.gradient, plain.gradient)
      let tensor = size * 4
      // All of the 128 outputs, against one for each block and those of one block.
      #expect(plain.bytes > 125 * tensor, "\(plain.bytes / tensor) tensors")
      #expect(checked.bytes < 32 * tensor, "\(checked.bytes / tensor) tensors")
    }
  }

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

  // MARK: Anomalies

  @Test func theFirstOperationThatIsNotFiniteIsNamed() throws {
    let anomaly = try #require(
      detectAnomaly {
        let y = log(Tensor([[1, -1]]))
        _ = exp(y * 2) + 1
      })
    #expect(anomaly.operation == "log" && anomaly.part == .value && anomaly.shape == [1, 2])
    #expect(anomaly.description == "log: the value of shape [1, 2] has a NaN or an infinity")
    let overflow = detectAnomaly { _ = square(Tensor([1e30])) }
    #expect(overflow?.operation == "power" && overflow?.part == .value)
  }

  @Test func aPullbackThatIsNotFiniteIsNamed() throws {
    // √0 is 0; its derivative is infinite.
    let anomaly = try #require(
      detectAnomaly {
        _ = gradient(at: Tensor([4, 0, 1])) { sin(sqrt($0) * 3).sum() }
      })
    #expect(anomaly.operation == "sqrt" && anomaly.part == .pullback && anomaly.shape == [3])
    #expect(anomaly.description == "sqrt: a gradient of shape [3] has a NaN or an infinity")
  }

  @Test func finiteNumbersAreNoAnomaly() {
    #expect(detectAnomaly { _ = gradient(at: x) { exp(sin($0)).sum() } } == nil)
    // Outside of the closure nothing is looked at, and scopes do not leak.
    _ = log(Tensor([-1]))
    #expect(detectAnomaly {} == nil)
    #expect(detectAnomaly { _ = Tensor([true, false]).any() } == nil)
  }

  @Test func anInnerScopeHasItsOwnAnomaly() {
    var inner: Anomaly?
    let outer = detectAnomaly {
      inner = detectAnomaly { _ = log(Tensor([-1])) }
      _ = sqrt(Tensor([-1]))
    }
    #expect(inner?.operation == "log" && outer?.operation == "sqrt")
    struct Interruption: Error {}
    #expect(throws: Interruption.self) {
      _ = try detectAnomaly {
        throw Interruption()
      }
    }
  }

  // MARK: Graphs

  @Test func graphsAreWrittenAsTrees() {
    var text = ""
    _ = gradient(at: x) { x in
      let y = (sin(x) * x + Tensor([1, 2, 3], dtype: .float64)).sum()
      text = graphTree(of: y)
      return y
    }
    #expect(
      text == """
        #0 sum []
          #1 add [3]
            #2 multiply [3]
              #3 sin [3]
                #4 input [3]
              #4
        """)
    #expect(graphTree(of: Tensor.ones([2, 3])) == "constant [2, 3]")
  }

  @Test func graphsAreWrittenForGraphviz() {
    var text = ""
    _ = gradient(at: x) { x in
      let y = (sin(x) * x).sum()
      text = graphviz(of: y)
      return y
    }
    #expect(
      text == #"""
        digraph {
          node [shape=box];
          n0 [label="sum\n[]"];
          n1 [label="multiply\n[3]"];
          n1 -> n0;
          n2 [label="sin\n[3]"];
          n2 -> n1;
          n3 [label="input\n[3]"];
          n3 -> n1;
          n3 -> n2;
        }
        """#)
    #expect(graphviz(of: Tensor(1)) == "digraph {\n  node [shape=box];\n}")
  }
}
