import TestSupport
import Testing

struct GradientTests {
  private static let x = Tensor([0.3, -0.7, 1.2], dtype: .float64)

  // MARK: Higher orders

  @Test func derivativesOfTanhUpToTheThird() {
    let x = Self.x
    let y = tanh(x)
    let first = gradient(at: x) { tanh($0).sum() }
    let second = gradient(at: x) { x in gradient(at: x) { tanh($0).sum() }.sum() }
    let third = gradient(at: x) { x in
      gradient(at: x) { x in gradient(at: x) { tanh($0).sum() }.sum() }.sum()
    }
    expectClose(first, 1 - square(y), relative: 1e-14)
    expectClose(second, y * (1 - square(y)) * -2, relative: 1e-13)
    expectClose(third, (square(y) * 6 - 2) * (1 - square(y)), relative: 1e-13)
  }

  @Test func powersAreDifferentiatedUntilNothingIsLeft() {
    func derivative(_ order: Int, _ x: Tensor) -> Tensor {
      order == 0 ? pow(x, 4) : gradient(at: x) { derivative(order - 1, $0).sum() }
    }
    let x = Self.x
    let expected = [pow(x, 4), pow(x, 3) * 4, pow(x, 2) * 12, x * 24, x * 0 + 24, x * 0]
    for (order, expected) in expected.enumerated() {
      expectClose(
        derivative(order, x), expected, relative: 1e-12, absolute: 1e-12, "order \(order)")
    }
  }

  @Test func derivativesByDifferentInputs() {
    let (x, y) = (Self.x, Tensor([1.1, 0.4, -0.9], dtype: .float64))
    func f(_ x: Tensor, _ y: Tensor) -> Tensor { (sin(x) * square(y)).sum() }
    let mixed = gradient(at: y) { y in gradient(at: x) { f($0, y) }.sum() }
    expectClose(mixed, cos(x) * y * 2, relative: 1e-13)
    let other = gradient(at: x) { x in gradient(at: y) { f(x, $0) }.sum() }
    expectClose(other, mixed, relative: 1e-13)
    let twice = gradient(at: y) { y in gradient(at: y) { f(x, $0) }.sum() }
    expectClose(twice, sin(x) * 2, relative: 1e-13)
  }

  @Test func perturbationsAreNotConfused() {
    let (x, y) = (Tensor(1.5, dtype: .float64), Tensor(2.5, dtype: .float64))
    // d/dx (x · d/dy (x + y)) = d/dx x = 1
    let one = gradient(at: x) { x in x * gradient(at: y) { y in x + y } }
    expectIdentical(one.contiguous, Tensor(1, dtype: .float64))
    // d/dx (x · d/dy (x · y)) = d/dx x² = 2x
    let twice = gradient(at: x) { x in x * gradient(at: y) { y in x * y } }
    expectClose(twice, x * 2, relative: 1e-15)
    // The same point inside and outside: d/dx (x · (d/dz z²)(x)) = 4x
    let same = gradient(at: x) { x in x * gradient(at: x) { square($0) } }
    expectClose(same, x * 4, relative: 1e-15)
    // Inside, the outer variable is a constant, whose gradient is not asked for.
    let constant = gradient(at: x) { x in gradient(at: y) { y in x * x + y } }
    expectIdentical(constant.contiguous, Tensor(0, dtype: .float64))
  }

  @Test func aGradientAtAnExpressionFlowsThroughIt() {
    let x = Self.x
    // d/dx Σ f'(x²) with f = sin, f' = cos: −sin(x²) · 2x
    let result = gradient(at: x) { x in gradient(at: square(x)) { sin($0).sum() }.sum() }
    expectClose(result, -sin(square(x)) * x * 2, relative: 1e-13)
  }

  // MARK: Values, constants, unused inputs

  @Test func theValueComesWithTheGradient() {
    let (value, gradient) = valueWithGradient(at: Self.x) { square($0).sum() }
    expectClose(value, square(Self.x).sum(), relative: 0)
    expectClose(gradient, Self.x * 2, relative: 0)
    #expect(value.node == nil && gradient.node == nil)
  }

  @Test func gradientsOfSeveralInputs() {
    let (a, b) = (Tensor([1, 2]), Tensor([[3], [4]]))
    let (da, db) = gradient(at: a, b) { ($0 * $1).sum() }
    expectIdentical(da, Tensor([7, 7]))
    expectIdentical(db, Tensor([[3], [3]]))
    let (value, gradients) = valueWithGradients(at: [a, a]) { ($0[0] * $0[1]).sum() }
    #expect(value.scalar() == 5)
    expectIdentical(gradients[0], a)
    expectIdentical(gradients[1], a)
  }

  @Test func anInputThatIsNotUsedHasTheGradientZero() {
    let (a, b) = gradient(at: Tensor([1, 2]), Tensor([[3]])) { a, _ in a.sum() }
    expectIdentical(a.contiguous, Tensor([1, 1]))
    expectIdentical(b.contiguous, Tensor([[0]]))
    let constant = gradient(at: Tensor([1, 2])) { _ in Tensor(3) }
    expectIdentical(constant.contiguous, Tensor([0, 0]))
  }

  @Test func constantsPassNoGradient() {
    let x = Self.x
    let result = gradient(at: x) { ($0 * $0.detached).sum() }
    expectClose(result, x, relative: 0)
    let written = gradient(at: x) { x in
      var y = x
      y.withUnsafeMutableScalars(as: Double.self) { $0[0] *= 2 }
      return (y * x).sum()
    }
    expectClose(written, Tensor([0.6, -0.7, 1.2], dtype: .float64), relative: 1e-15)
  }

  @Test func nothingIsRecordedOutsideOfScopes() {
    let parameter = Parameter(Tensor([1, 2]))
    #expect(tanh(parameter.value).node == nil)
    let gradient = gradient(at: Tensor([1])) { x in
      #expect(tanh(parameter.value).node == nil)
      #expect(tanh(x).node != nil)
      #expect((x.detached * 2).node == nil)
      #expect((x .> 0).node == nil)
      return x.sum()
    }
    #expect(gradient.node == nil)
  }

  @Test func updatesInPlaceAreRecorded() {
    let result = gradient(at: Self.x) { x in
      var y = x
      y *= x
      y += Tensor(1, dtype: .float64)
      y[0] = x[1] * 5
      return y.sum()
    }
    expectClose(result, Tensor([0, 3.6, 2.4], dtype: .float64), relative: 1e-14)
  }

  @Test func aSharedSubexpressionIsVisitedOnce() {
    // Without sharing there would be 2⁶⁰ paths.
    let result = gradient(at: Tensor(1, dtype: .float64)) { x in
      var y = x
      for _ in 0..<60 { y = y + y }
      return y
    }
    #expect(result.scalar() == 0x1p60)
  }

  @Test func gradientsAreNotSharedWithTheirSource() {
    // The two gradients of a sum are the same incoming one; adding to one must not change the
    // other.
    let (a, b) = gradient(at: Tensor([1, 2]), Tensor([3, 4])) { a, b in
      ((a + b) * Tensor([10, 20]) + a * 5).sum()
    }
    expectIdentical(a, Tensor([15, 25]))
    expectIdentical(b, Tensor([10, 20]))
  }

  @Test func twoRunsGiveTheSameBits() {
    let x = Tensor.seeded([40, 30], dtype: .float32)
    func run() -> Tensor {
      gradient(at: x) { softmax(matmul($0, $0.transposed())).max(along: 0).sum() }
    }
    expectIdentical(run(), run())
  }

  @Test func errorsPassThrough() {
    struct Stop: Error {}
    #expect(throws: Stop.self) {
      try gradient(at: Tensor([1])) { x throws(Stop) -> Tensor in
        _ = tanh(x)
        throw Stop()
      }
    }
    #expect(tanh(Tensor([1])).node == nil)
  }

  // MARK: Ties and kinks

  @Test func equalsShareTheGradient() {
    let x = Tensor([[1, 3, 3], [2, 2, 2]])
    let weights = Tensor([6, 3])
    let expected = Tensor([[0, 3, 3], [1, 1, 1]])
    expectIdentical(gradient(at: x) { ($0.max(along: 1) * weights).sum() }, expected)
    expectIdentical(gradient(at: -x) { ($0.min(along: 1) * weights).sum() }, expected)
    let (a, b) = gradient(at: Tensor([1, 2, 5]), Tensor([1, 3, 4])) { maximum($0, $1).sum() }
    expectIdentical(a, Tensor([0.5, 0, 1]))
    expectIdentical(b, Tensor([0.5, 1, 0]))
  }

  @Test func kinksHaveTheSlopesThatTheirOperationsState() {
    let x = Tensor([-1, 0, 1])
    func slope(_ function: (Tensor) -> Tensor) -> Tensor {
      gradient(at: x) { function($0).sum() }.contiguous
    }
    expectIdentical(slope { relu($0) }, Tensor([0, 0, 1]))
    expectIdentical(slope { abs($0) }, Tensor([-1, 0, 1]))
    expectIdentical(slope { leakyRelu($0, slope: 0.5) }, Tensor([0.5, 0.5, 1]))
    expectIdentical(slope { clamp($0, from: 0, to: 1) }, Tensor([0, 0, 0]))
    expectIdentical(slope { sign($0) }, Tensor([0, 0, 0]))
    expectIdentical(slope { pow($0, 0) }, Tensor([0, 0, 0]))
  }

  @Test func unchosenBranchesDoNotPoisonTheGradient() {
    // The logarithm is not finite where it is not chosen.
    let x = Tensor([0, 1, 2], dtype: .float64)
    let result = gradient(at: x) { x in
      select(x .> 0, log(select(x .> 0, x, Tensor(1, dtype: .float64))), x).sum()
    }
    expectClose(result, Tensor([1, 1, 0.5], dtype: .float64), relative: 1e-15)
    // e^−100 is a subnormal number, with few digits.
    expectClose(
      gradient(at: Tensor([100, -100])) { elu($0).sum() }, Tensor([1, 3.7200760e-44]), relative: 0,
      absolute: 1.4e-45)
  }

  // MARK: Errors

  static let misuses: [(message: String, body: @Sendable () -> Void)] = [
    (
      "gradient: the function's value has shape [2] and dtype float32, but must be one floating-point number",
      { _ = gradient(at: Tensor([1, 2])) { $0 } }
    ),
    (
      "gradient: the function's value has shape [] and dtype int32",
      { _ = gradient(at: Tensor([1, 2])) { $0.sum().converted(to: .int32) } }
    ),
    (
      "gradient: input 1 is int32, which has no gradient",
      { _ = valueWithGradients(at: [Tensor([1]), Tensor([1], dtype: .int32)]) { $0[0].sum() } }
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
