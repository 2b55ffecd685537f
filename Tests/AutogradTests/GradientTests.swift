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

  @Test func gradientsOfThreeAndFourInputs() {
    func f(_ a: Tensor, _ b: Tensor, _ c: Tensor) -> Tensor { (a * square(b) * sin(c)).sum() }
    let (a, b, c) = (Self.x, Self.x * 2, Self.x + 1)
    let expected = [square(b) * sin(c), a * b * 2 * sin(c), a * square(b) * cos(c)]
    let (da, db, dc) = gradient(at: a, b, c, of: f)
    for (found, expected) in zip([da, db, dc], expected) {
      expectClose(found, expected, relative: 1e-13)
    }
    let (value, gradients) = valueWithGradient(at: a, b, c, of: f)
    expectIdentical(value, f(a, b, c))
    expectIdentical(gradients.2, dc)
    let (four, (ea, _, _, ed)) = valueWithGradient(at: a, b, c, a) { f($0, $1, $2) + $3.sum() }
    expectIdentical(ea, da)
    expectIdentical(ed.contiguous, Tensor.ones([3], dtype: .float64))
    #expect(four.node == nil)
    expectIdentical(gradient(at: a, b, c, a) { f($0, $1, $2) * 2 + $3.sum() }.1, db * 2)
    expectIdentical(valueWithGradient(at: a, b) { f($0, $1, c) }.gradients.1, db)
    // The second derivative through each.
    let mixed = gradient(at: b) { b in
      let (da, _, dc) = gradient(at: a, b, c, of: f)
      return da.sum() + dc.sum()
    }
    expectClose(mixed, b * 2 * sin(c) + a * b * 2 * cos(c), relative: 1e-13)
    let report = checkGradients(
      of: { x in
        let (value, gradients) = valueWithGradient(
          at: x[0], x[1], x[2], x[0], of: { f($0, $1, $2) * $3.sum() })
        return stacked([
          gradients.0.sum(), gradients.1.sum(), gradients.2.sum(), gradients.3.sum(), value,
        ])
      }, at: [a, b, c])
    #expect(report.passed && report.count == 9, "\(report)")
  }

  // MARK: Auxiliary results

  private struct Prediction: TensorContainer {
    var mean: Tensor
    var label = "mean"

    func mapTensors(_ transform: (Tensor) -> Tensor) -> Prediction {
      Prediction(mean: transform(mean), label: label)
    }
  }

  @Test func auxiliaryResultsLeaveAsConstants() {
    let w = Parameter(Self.x)
    let parameters = Parameters(["w": w])
    func loss() -> (Tensor, Tensor) { (square(w.value).sum(), exp(w.value)) }
    let plain = valueWithGradients(for: parameters) { loss().0 }
    let (value, y, gradients) = valueWithGradients(for: parameters) { loss() }
    expectIdentical(value, plain.value)
    expectIdentical(gradients[0], plain.gradients[0])
    expectIdentical(y, exp(Self.x))
    #expect(value.node == nil && y.node == nil && gradients[0].node == nil)

    let (_, (list, number), _) = valueWithGradients(for: parameters) {
      let y = exp(w.value)
      return (y.sum(), [y, y * 2], 3)
    }
    #expect(list.allSatisfy { $0.node == nil } && list.count == 2 && number == 3)
    let (_, named, _) = valueWithGradients(for: parameters) {
      (w.value.sum(), (hidden: exp(w.value), cell: -w.value))
    }
    #expect(named.hidden.node == nil && named.cell.node == nil)
    expectIdentical(named.cell, -Self.x)
    let (_, tables, _) = valueWithGradients(for: parameters) {
      let y: Tensor? = exp(w.value)
      return (w.value.sum(), ["a": [y, nil], "b": []])
    }
    #expect(tables["a"]?[0]?.node == nil && tables["a"]?.count == 2 && tables["b"]?.count == 0)
    let (_, own, _) = valueWithGradients(for: parameters) {
      (w.value.sum(), Prediction(mean: w.value * 2))
    }
    #expect(own.mean.node == nil && own.label == "mean")
    let (_, text, _) = valueWithGradients(for: parameters) { (w.value.sum(), "text") }
    #expect(text == "text")
    let (_, p, slope) = valueWithGradient(at: Self.x) { (square($0).sum(), exp($0)) }
    #expect(p.node == nil)
    expectIdentical(slope, Self.x * 2)
    let (_, q, slopes) = valueWithGradients(at: [Self.x, Self.x]) {
      (($0[0] * $0[1]).sum(), $0[0] * 3)
    }
    #expect(q.node == nil && slopes.count == 2)
  }

  @Test func auxiliaryResultsKeepTheGraphOfAnOuterScope() {
    // d/dx Σ (x · ∂(w x)/∂w + 3 x) = 2x + 3, where 3 x is the auxiliary result of the inner call.
    let w = Parameter(Self.x)
    let result = gradient(at: Self.x) { x in
      let (_, auxiliary, inner) = valueWithGradients(for: Parameters(["w": w])) {
        ((w.value * x).sum(), x * 3)
      }
      return (x * inner[0] + auxiliary).sum()
    }
    expectClose(result, Self.x * 2 + 3, relative: 1e-14)
  }

  @Test func closuresOfSeveralStatementsMayThrow() throws {
    struct Stop: Error {}
    let w = Parameter(Self.x)
    #expect(throws: Stop.self) {
      _ = try valueWithGradients(for: Parameters(["w": w])) {
        let y = exp(w.value)
        if y.sum().scalar() > 0 { throw Stop() }
        return (y.sum(), y)
      }
    }
  }

  // MARK: Parameters and inputs

  @Test func parametersAndInputsAreDifferentiatedInOnePass() {
    let w = Parameter(Self.x + 2)
    let parameters = Parameters(["w": w])
    let x = Self.x
    func loss(_ x: Tensor) -> Tensor { (square(w.value) * sin(x)).sum() }
    let (value, gradients, slope) = valueWithGradients(for: parameters, at: x) { loss($0) }
    expectIdentical(value, loss(x))
    expectIdentical(slope, gradient(at: x, of: loss))
    expectIdentical(gradients[0], valueWithGradients(for: parameters) { loss(x) }.gradients[0])
    let (_, aux, same, _) = valueWithGradients(for: parameters, at: x) { x in
      let y = loss(x)
      return (y, y * 2)
    }
    #expect(aux.node == nil && aux.scalar() == value.scalar() * 2)
    expectIdentical(same[0], gradients[0])
    let several = valueWithGradients(for: parameters, at: [x, x]) { loss($0[0]) * $0[1].sum() }
    expectClose(several.inputGradients[0], slope * x.sum(), relative: 1e-13)
    expectClose(
      several.inputGradients[1], Tensor.full([3], value.scalar(), dtype: .float64), relative: 1e-13)
    // An input that is not used has the gradient zero; layers are in training mode.
    let unused = valueWithGradients(for: parameters, at: x) { _ in
      #expect(LayerMode.current == .training)
      return w.value.sum()
    }
    expectIdentical(unused.inputGradient.contiguous, Tensor.zeros([3], dtype: .float64))
  }

  @Test func gradientPenaltiesReachTheParameters() {
    let w = Parameter(Self.x + 2)
    let parameters = Parameters(["w": w])
    let report = checkGradients(for: parameters) {
      let (value, gradients, slope) = valueWithGradients(for: parameters, at: Self.x) { x in
        (pow(w.value, 3) * sin(x)).sum()
      }
      return square(slope).sum() + square(gradients[0]).sum() + value
    }
    #expect(report.passed && report.count == 3, "\(report)")
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

  @Test func extremesOfANumberShareTheGradient() {
    let x = Tensor([-.infinity, 1, 2, 3, .nan])
    func slope(_ function: (Tensor) -> Tensor) -> Tensor { gradient(at: x) { function($0).sum() } }
    expectIdentical(slope { maximum($0, 2) }, Tensor([0, 0, 0.5, 1, 1]))
    expectIdentical(slope { minimum(2, $0) }, Tensor([1, 1, 0.5, 0, 1]))
    // An infinite gradient does not reach what was replaced, also where it carries a graph.
    let y = Tensor([-1, 4])
    let expected = Tensor([0, 0.25])
    expectIdentical(gradient(at: y) { log(maximum($0, 0)).sum() }, expected)
    let nested = gradient(at: y) { y in gradient(at: y) { log(maximum($0, 0)).sum() }.sum() }
    #expect(nested[1].scalar() == -0.0625)
  }

  @Test func aVarianceWithoutDegreesOfFreedomHasInfiniteGradients() {
    // The same for columns and for rows, which have kernels of their own.
    let x = Tensor.arange(to: 200).reshaped(to: [2, 100])
    let rows = gradient(at: x) { $0.variance(along: 1, correction: 100).sum() }
    let columns = gradient(at: x.transposed().contiguous) {
      $0.variance(along: 0, correction: 100).sum()
    }
    #expect(rows[0, 0].scalar() == -.infinity && rows[0, 99].scalar() == .infinity)
    expectIdentical(columns.transposed().contiguous, rows)
  }

  @Test func crossProductsAlongAnyAxis() {
    let (a, b) = (Tensor.arange(to: 12).reshaped(to: [3, 4]), Tensor([[1], [-2], [3]]))
    let expected = cross(a.transposed(), b.transposed()).transposed()
    expectIdentical(cross(a, b, along: 0).contiguous, expected.contiguous)
    let stacked = Tensor.arange(to: 24).reshaped(to: [2, 3, 4])
    let product = cross(stacked, b, along: -2)
    #expect(product.shape == [2, 3, 4])
    expectIdentical(product[0].contiguous, expected.contiguous)
    let slope = gradient(at: b) { (cross(a, $0, along: 0) * square(a)).sum() }
    #expect(slope.shape == [3, 1])
    let columns = gradient(at: b.transposed()) {
      (cross(a.transposed(), $0) * square(a.transposed())).sum()
    }
    expectIdentical(slope, columns.transposed().contiguous)
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
      "valueWithGradients: input 1 is int32, which has no gradient; convert it by converted(to: .float32), or let the closure capture it",
      { _ = valueWithGradients(at: [Tensor([1]), Tensor([1], dtype: .int32)]) { $0[0].sum() } }
    ),
    (
      "gradient: input 0 is int32",
      { _ = gradient(at: Tensor([1], dtype: .int32)) { $0.sum() } }
    ),
    (
      "gradient: input 2 is bool",
      { _ = gradient(at: Tensor([1]), Tensor([1]), Tensor([1]) .> 0) { a, _, _ in a.sum() } }
    ),
    (
      "valueWithGradient: input 0 is int32",
      { _ = valueWithGradient(at: Tensor([1], dtype: .int32)) { ($0.sum(), 1) } }
    ),
    (
      "valueWithGradients: the function's value has shape [2] and dtype float32",
      {
        let p = Parameter(Tensor([1, 2]))
        _ = valueWithGradients(for: Parameters(["p": p])) { p.value }
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
