import TestSupport
import Testing

/// Lookahead with an outer optimizer of the slow weights, and the loops that have names.
struct OuterLoopTests {
  private static func parameters(_ dtype: DType = .float64) -> Parameters {
    Parameters([
      ("w", Parameter(.seeded([3, 2], seed: 1, dtype: dtype))),
      ("b", Parameter(.seeded([2], seed: 2, dtype: dtype))),
    ])
  }

  private static func take(_ steps: Range<Int>, _ optimizer: any Optimizer) {
    for step in steps {
      let tensors = optimizer.parameters.map { sin($0.parameter.value * 3 + Double(step)) }
      optimizer.step(Gradients(tensors, for: optimizer.parameters))
    }
  }

  private static func values(_ parameters: Parameters) -> [Tensor] {
    parameters.map(\.parameter.value)
  }

  // MARK: Paths

  private static let golden = (try? JSON.fixture("outer-loops.json")) ?? .null

  struct Case: Sendable, CustomTestStringConvertible {
    let json: JSON

    var testDescription: String { (try? json["optimizer"].text) ?? "?" }

    static let alone = ((try? golden["cases"].list) ?? []).filter {
      (try? $0["workers"].integer) == 1
    }.map { Case(json: $0) }
  }

  @Test func theCasesWereRead() {
    #expect(Case.alone.count == 8)
  }

  /// The path of one worker is that of NumPy, and of optax where it has the loop.
  @Test(arguments: Case.alone)
  func pathsAreThoseOfTheReference(_ test: Case) throws {
    let start = try Self.golden["start"].numbers
    let parameters = Parameters([("x", Parameter(Tensor(start, shape: [start.count])))])
    let parameter = parameters[0].parameter
    let (center, curvature) = (
      Tensor(try Self.golden["centers"].list[0].numbers, shape: [start.count]),
      Tensor(try Self.golden["curvatures"].list[0].numbers, shape: [start.count])
    )
    let optimizer = try OptimizerExpression(test.json["optimizer"].text).optimizer(of: parameters)
    var step = 0
    for point in try test.json["path"].list {
      while step < (try point["step"].integer) {
        let x = parameter.value
        let gradient = curvature * (x - center) + sin(x * 3 + Double(step)) * 0.1
        optimizer.step(Gradients([gradient], for: parameters))
        step += 1
      }
      expectClose(
        optimizer.evaluationWeights[0].scalars(as: Double.self), try point["slow"].numbers,
        relative: 1e-12, absolute: 1e-13, "slow after step \(step)")
      expectClose(
        parameter.value.scalars(as: Double.self), try point["first"].numbers, relative: 1e-12,
        absolute: 1e-13, "fast after step \(step)")
    }
    #expect(step == 24)
  }

  // MARK: The loop

  /// Δ points from the fast weights to the slow ones, so the outer optimizer goes where the inner
  /// one went.
  @Test func theSlowWeightsMoveTowardTheFastOnes() {
    let parameters = Parameters([("w", Parameter(Tensor([5, -5], dtype: .float64)))])
    var seen = [[Double]]()
    let optimizer = Lookahead(SGD(parameters, learningRate: 1), syncPeriod: 2) {
      SGD($0, learningRate: 0.25)
    }
    for _ in 0..<4 {
      optimizer.step(Gradients([Tensor([1, -2], dtype: .float64)], for: parameters))
      seen.append(parameters[0].parameter.value.scalars(as: Double.self))
    }
    // Two steps lead to [3, −1], and Δ = [2, −4].
    #expect(seen == [[4, -3], [4.5, -4], [3.5, -2], [4, -3]])
  }

  /// Gradient descent outside is the paper's step, up to rounding.
  @Test(arguments: ["keep", "reset"])
  func gradientDescentOutsideIsLookahead(_ policy: String) throws {
    for alpha in [0.3, 0.5, 1] {
      let (plain, looped, snoo) = (Self.parameters(), Self.parameters(), Self.parameters())
      let texts = [
        "lookahead(adamw, sync-period=3, slow-step-size=\(alpha), inner-state=\(policy))",
        "lookahead(adamw, sync-period=3, outer=sgd(learning-rate=\(alpha)), inner-state=\(policy))",
        "snoo(adamw, sync-period=3, outer-learning-rate=\(alpha), outer-momentum=0, "
          + "inner-state=\(policy))",
      ]
      for (text, parameters) in zip(texts, [plain, looped, snoo]) {
        Self.take(0..<11, try OptimizerExpression(text).optimizer(of: parameters))
      }
      for (a, b) in zip(Self.values(looped), Self.values(plain)) {
        expectClose(a, b, relative: 1e-14, absolute: 1e-15)
      }
      for (a, b) in zip(Self.values(snoo), Self.values(looped)) { expectIdentical(a, b) }
    }
  }

  /// The named loops are `lookahead` with these outer optimizers, bit for bit.
  @Test(arguments: [
    (
      "diloco(adamw)",
      "lookahead(adamw, sync-period=500, "
        + "outer=momentum(learning-rate=0.7, momentum=0.9, nesterov=true))"
    ),
    (
      "snoo(adamw, sync-period=4)",
      "lookahead(adamw, sync-period=4, outer=momentum(learning-rate=0.7, nesterov=true))"
    ),
    (
      "fedavg(momentum, sync-period=3)",
      "lookahead(momentum, sync-period=3, outer=sgd(learning-rate=1), inner-state=reset)"
    ),
    (
      "fedadam(momentum)",
      "lookahead(momentum, sync-period=10, outer=adam(learning-rate=0.01, beta2=0.99, "
        + "epsilon=1e-3, bias-correction=false, initial-accumulator=\(1e-3 * 1e-3)), "
        + "inner-state=reset)"
    ),
  ])
  func namesAreSettings(_ name: String, _ settings: String) throws {
    let (a, b) = (Self.parameters(.float32), Self.parameters(.float32))
    let one = try OptimizerExpression(name).optimizer(of: a, learningRate: 0.01)
    let two = try OptimizerExpression(settings).optimizer(of: b, learningRate: 0.01)
    #expect(one.name == two.name)
    let steps = name.hasPrefix("diloco") ? 501 : 31
    Self.take(0..<steps, one)
    Self.take(0..<steps, two)
    for (x, y) in zip(Self.values(a), Self.values(b)) { expectIdentical(x, y) }
    #expect(one.state.counters == two.state.counters)
  }

  @Test func evaluationIsThatOfTheOuterOptimizer() throws {
    let parameters = Self.parameters()
    let start = Self.values(parameters)
    let optimizer = Lookahead(SGD(parameters, learningRate: 0.1), syncPeriod: 2) {
      WeightAverage(SGD($0, learningRate: 0.5), .exponential(decay: 0.5))
    }
    Self.take(0..<1, optimizer)
    for (a, b) in zip(optimizer.evaluationWeights, start) { expectIdentical(a, b) }
    Self.take(1..<2, optimizer)
    let first = Self.values(parameters)
    for (a, b) in zip(optimizer.evaluationWeights, first) { expectIdentical(a, b) }
    Self.take(2..<4, optimizer)
    for ((a, b), c) in zip(zip(optimizer.evaluationWeights, first), Self.values(parameters)) {
      expectClose(a, (b + c) * 0.5, relative: 1e-14)
    }
  }

  /// A schedule drives the inner rate, and the outer one stays.
  @Test func theOuterRateIsItsOwn() {
    let optimizer = Lookahead.diLoCo(AdamW(Self.parameters()), syncPeriod: 2)
    optimizer.learningRate = 0.5
    optimizer.momentum = 0.8
    optimizer.weightDecay = 0.3
    #expect(optimizer.inner.learningRate == 0.5 && optimizer.outer?.learningRate == 0.7)
    #expect(optimizer.inner.momentum == 0.8 && optimizer.outer?.momentum == 0.9)
    #expect(optimizer.inner.weightDecay == 0.3 && optimizer.outer?.weightDecay == 0)
  }

  @Test func theOuterOptimizerObservesLossesAndIsReset() throws {
    let parameters = Self.parameters()
    let optimizer = Lookahead(SGD(parameters, learningRate: 0.1), syncPeriod: 2) {
      Switched(
        SGD($0, learningRate: 0.7, momentum: 0.9), to: SGD($0, learningRate: 0.1),
        at: .plateau(patience: 0))
    }
    let outer = try #require(optimizer.outer as? Switched)
    for loss in [1.0, 1] { optimizer.observe(validationLoss: loss) }
    #expect(outer.isSecond)
    Self.take(0..<3, optimizer)
    optimizer.resetState(ofParameterAt: 0)
    expectIdentical(optimizer.evaluationWeights[0], parameters[0].parameter.value)
    #expect(optimizer.state.counters["outer.second.w.step"] == 0)
    #expect(optimizer.state.counters["outer.second.b.step"] == 1)
  }

  /// A loop around a loop pulls back the means of the outer optimizer too.
  @Test func theMomentsAreThoseOfBoth() {
    let optimizer = Lookahead.fedAdam(AdamW(Self.parameters()))
    var names = [String]()
    optimizer.updateMoments(ofParameterAt: 0) { name, _ in names.append(name) }
    #expect(names == ["exp_avg", "exp_avg_sq", "outer.exp_avg", "outer.exp_avg_sq"])
  }

  /// Adam's start is at v = τ², and there is no bias correction.
  @Test func fedAdamStartsAtTauSquared() {
    let parameters = Parameters([("w", Parameter(Tensor([1], dtype: .float64)))])
    let optimizer = Lookahead.fedAdam(
      SGD(parameters, learningRate: 1), syncPeriod: 1, outerLearningRate: 2, outerBeta1: 0.75,
      outerBeta2: 0.5, tau: 3)
    optimizer.step(Gradients([Tensor([4], dtype: .float64)], for: parameters))
    // Δ = 4, m = 1, v = 9/2 + 16/2.
    let expected = 1 - 2 * 1 / (12.5.squareRoot() + 3)
    expectClose(parameters[0].parameter.value.scalar(), expected, relative: 1e-15)
  }

  @Test func withoutBiasCorrectionTheSecondMomentIsTheMeanItself() throws {
    let parameters = Self.parameters()
    let optimizer = Adam(parameters, biasCorrection: false, initialAccumulator: 0.5)
    Self.take(0..<2, optimizer)
    expectIdentical(
      try #require(optimizer.secondMoment(ofParameterAt: 0)),
      try #require(optimizer.state.tensors["w.exp_avg_sq"]))
  }

  @Test func theStateIsThatOfAllParts() {
    let state = Lookahead.diLoCo(SGD(Self.parameters())).state
    #expect(state.optimizer == "lookahead(sgd, outer=sgd)")
    #expect(
      state.tensors.names == [
        "outer.w.momentum_buffer", "outer.b.momentum_buffer", "w.slow", "b.slow",
      ])
    #expect(
      state.counters.keys.sorted() == [
        "b.steps_since_sync", "inner.b.step", "inner.w.step", "outer.b.step", "outer.w.step",
        "w.steps_since_sync",
      ])
  }

  @Test func whatMeansNothingStops() async {
    let pulled = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Lookahead(
        AdamW(OuterLoopTests.parameters()), outer: { SGD($0) }, innerState: .pullBack)
    }
    expectMessage("lookahead: innerState .pullBack needs a slowStepSize", of: pulled)
    let other = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let parameters = OuterLoopTests.parameters()
      _ = Lookahead(AdamW(parameters)) { _ in SGD(parameters) }
    }
    expectMessage("the parameters of the outer optimizer must be the slow weights", of: other)
  }
}
