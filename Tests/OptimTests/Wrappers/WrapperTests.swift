import TestSupport
import Testing

/// The wrappers of optimizers, groups of parameters, and gradients before a step.
struct WrapperTests {
  fileprivate static func parameters() -> Parameters {
    Parameters([
      ("w", Parameter(.seeded([3, 2], seed: 1, dtype: .float64))),
      ("b", Parameter(.seeded([2], seed: 2, dtype: .float64))),
    ])
  }

  private static func gradients(of parameters: Parameters) -> Gradients {
    valueWithGradients(for: parameters) {
      (sin(parameters[0].parameter.value) * parameters[1].parameter.value).sum()
        + square(parameters[1].parameter.value).sum()
    }.gradients
  }

  private static func take(_ steps: Int, _ optimizer: any Optimizer) {
    for _ in 0..<steps { optimizer.step(gradients(of: optimizer.parameters)) }
  }

  private static func values(_ parameters: Parameters) -> [Tensor] {
    parameters.map(\.parameter.value)
  }

  // MARK: Switched

  @Test func theSecondOptimizerTakesOverWithAFreshStateAndInProportion() {
    let (switched, plain) = (Self.parameters(), Self.parameters())
    let optimizer = Switched(
      AdamW(switched, learningRate: 0.1),
      to: Lookahead(SGD(switched, learningRate: 0.4, momentum: 0.9), syncPeriod: 2), at: .step(3))
    let first = AdamW(plain, learningRate: 0.05)
    optimizer.learningRate = 0.05
    #expect(optimizer.second.learningRate == 0.2)
    Self.take(3, optimizer)
    Self.take(3, first)
    #expect(!optimizer.isSecond)
    let second = Lookahead(SGD(plain, learningRate: 0.2, momentum: 0.9), syncPeriod: 2)
    Self.take(4, optimizer)
    Self.take(4, second)
    #expect(optimizer.isSecond)
    for (a, b) in zip(Self.values(switched), Self.values(plain)) { expectIdentical(a, b) }
  }

  /// A proportion that no number holds, or that takes a rate beyond all numbers, ends at the largest.
  @Test(arguments: [(1e-300, 1e300), (1e-10, 1e10)])
  func proportionalRatesStayNumbers(_ first: Double, _ second: Double) async {
    await #expect(processExitsWith: .success) { [first, second] in
      let parameters = Self.parameters()
      let optimizer = Switched(
        SGD(parameters, learningRate: first), to: SGD(parameters, learningRate: second),
        at: .step(3))
      optimizer.learningRate = 1e300
      #expect(optimizer.second.learningRate == .greatestFiniteMagnitude)
      optimizer.learningRate = 0
      #expect(optimizer.second.learningRate == 0)
    }
  }

  @Test func aPlateauIsMoreThanPatienceLossesWithoutGain() {
    let parameters = Self.parameters()
    let optimizer = Switched(
      AdamW(parameters), to: SGD(parameters), at: .plateau(patience: 2))
    for (loss, isSecond) in [
      (1.0, false), (0.9, false), (0.95, false), (0.9, false), (.nan, true), (0.1, true),
    ] {
      optimizer.observe(validationLoss: loss)
      #expect(optimizer.isSecond == isSecond, "\(loss)")
    }
  }

  // MARK: Averages

  @Test func anExponentialAverageStartsAtTheFirstWeights() {
    let parameters = Self.parameters()
    let optimizer = WeightAverage(SGD(parameters, learningRate: 0.1), .exponential(decay: 0.75))
    for (a, b) in zip(optimizer.evaluationWeights, Self.values(parameters)) {
      expectIdentical(a, b)
    }
    Self.take(1, optimizer)
    var expected = Self.values(parameters)
    for (a, b) in zip(optimizer.evaluationWeights, expected) { expectIdentical(a, b) }
    for _ in 0..<4 {
      Self.take(1, optimizer)
      expected = zip(expected, Self.values(parameters)).map { $0 * 0.75 + $1 * 0.25 }
      for (a, b) in zip(optimizer.evaluationWeights, expected) {
        expectClose(a, b, relative: 1e-14)
      }
    }
  }

  @Test func aUniformAverageIsTheMeanOfEveryPeriodthWeights() {
    let parameters = Self.parameters()
    let optimizer = WeightAverage(
      SGD(parameters, learningRate: 0.1), .uniform(start: 3, period: 2))
    var kept = [[Tensor]]()
    for step in 1...8 {
      Self.take(1, optimizer)
      if [3, 5, 7].contains(step) { kept.append(Self.values(parameters)) }
      let trained = Self.values(parameters)
      optimizer.withEvaluationWeights {
        for (i, value) in Self.values(parameters).enumerated() {
          let sum = kept.map { $0[i] }.reduce(Tensor.zeros(like: value)) { $0 + $1 }
          let expected = kept.isEmpty ? trained[i] : sum / Double(kept.count)
          expectClose(value, expected, relative: 1e-14)
        }
      }
      for (a, b) in zip(Self.values(parameters), trained) { expectIdentical(a, b) }
    }
  }

  // MARK: Frozen parameters

  static let makers: [Maker] =
    Maker.all + [
      Maker("ema(adamw)") {
        WeightAverage(AdamW($0, learningRate: 0.1), .exponential(decay: 0.5))
      },
      Maker("lookahead(pull-back)") {
        Lookahead(
          AdamW($0, learningRate: 0.1), syncPeriod: 3, slowStepSize: 0.5, innerState: .pullBack)
      },
    ]

  /// A parameter without a gradient stays bit for bit, and later continues as if the steps between
  /// had not happened.
  @Test(arguments: makers)
  func frozenParametersStayAndGoOn(_ maker: Maker) {
    let (frozen, reference) = (Self.parameters(), Self.parameters())
    let (a, b) = (maker.make(frozen), maker.make(reference))
    let gradient = { (step: Int) in
      [
        Tensor.seeded([3, 2], seed: UInt64(step), dtype: .float64),
        Tensor.seeded([2], seed: UInt64(step + 50), dtype: .float64),
      ]
    }
    for step in 0..<4 {
      a.step(Gradients(gradient(step), for: frozen))
      b.step(Gradients(gradient(step), for: reference))
    }
    let before = frozen[1].parameter.value
    let rest = frozen.filter { $0.name == "w" }
    for step in 4..<9 { a.step(Gradients([gradient(step)[0]], for: rest)) }
    expectIdentical(frozen[1].parameter.value, before)
    for step in 9..<13 {
      a.step(Gradients(gradient(step), for: frozen))
      b.step(Gradients([gradient(step)[1]], for: reference.filter { $0.name == "b" }))
    }
    expectIdentical(frozen[1].parameter.value, reference[1].parameter.value)
  }

  // MARK: Gradients

  @Test func accumulatedGradientsAreTheMeanOverAllExamples() {
    let parameters = Parameters([("w", Parameter(.seeded([4], seed: 3, dtype: .float64)))])
    let x = Tensor.seeded([7, 4], seed: 4, dtype: .float64)
    func gradients(_ rows: Range<Int>) -> Gradients {
      valueWithGradients(for: parameters) {
        square(matmul(x[rows], parameters[0].parameter.value)).mean()
      }.gradients
    }
    var window = GradientAccumulator()
    for rows in [0..<3, 3..<6, 6..<7] { window.add(gradients(rows), examples: rows.count) }
    #expect(window.exampleCount == 7)
    expectClose(window.take()[0], gradients(0..<7)[0], relative: 1e-13)
    #expect(window.exampleCount == 0)
  }

  @Test func clippingByValueAndEachNorm() {
    let parameters = Parameters([
      ("a", Parameter(Tensor([0, 0, 0]))), ("b", Parameter(Tensor([0, 0]))),
    ])
    let gradients = Gradients([Tensor([3, -4, 0]), Tensor([0.3, 0.4])], for: parameters)
    expectClose(gradients.clipped(toValue: 1)[0], Tensor([1, -1, 0]), relative: 1e-7)
    expectClose(gradients.clipped(toValue: 1)[1], Tensor([0.3, 0.4]), relative: 1e-7)
    expectClose(gradients.clipped(eachToNorm: 1)[0], Tensor([0.6, -0.8, 0]), relative: 1e-6)
    expectClose(gradients.clipped(eachToNorm: 1)[1], Tensor([0.3, 0.4]), relative: 1e-7)
  }

  @Test func aGradientThatIsNotFiniteIsLeftOut() {
    let parameters = Self.parameters()
    let optimizer = AdamW(parameters, learningRate: 0.1)
    Self.take(2, optimizer)
    let (weights, state) = (Self.values(parameters), optimizer.state)
    for value in [Double.nan, .infinity] {
      var tensors = Self.gradients(of: parameters).tensors
      tensors[1] = Tensor.full(like: tensors[1], value)
      #expect(!optimizer.stepIfFinite(Gradients(tensors, for: parameters)))
    }
    for (a, b) in zip(Self.values(parameters), weights) { expectIdentical(a, b) }
    #expect(optimizer.state.counters == state.counters)
    #expect(optimizer.stepIfFinite(Self.gradients(of: parameters)))
  }

  // MARK: Hyper-parameters

  @Test func groupsAreNamedByPatterns() {
    let (named, plain) = (Self.parameters(), Self.parameters())
    let a = AdamW(
      named, learningRate: 0.1,
      groups: [ParameterGroup(names: "b*", learningRateScale: 0.5, weightDecay: 0)])
    let b = AdamW(
      plain, learningRate: 0.1,
      groups: [ParameterGroup(learningRateScale: 0.5, weightDecay: 0) { $0.name == "b" }])
    Self.take(3, a)
    Self.take(3, b)
    let given = Self.parameters()
    let c = AdamW(
      given, learningRate: 0.1,
      groups: [
        ParameterGroup(given.matching("b"), learningRateScale: 0.5, weightDecay: 0)
      ])
    Self.take(3, c)
    for (x, y) in zip(Self.values(named), Self.values(plain)) { expectIdentical(x, y) }
    for (x, y) in zip(Self.values(given), Self.values(plain)) { expectIdentical(x, y) }
  }

  @Test func aPatternWithoutAParameterStops() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = AdamW(WrapperTests.parameters(), groups: [ParameterGroup(names: "bias*")])
    }
    expectMessage("ParameterGroup: no parameter matches 'bias*'", of: result)
    let none = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let other = WrapperTests.parameters()
      _ = AdamW(WrapperTests.parameters(), groups: [ParameterGroup(other, weightDecay: 0)])
    }
    expectMessage("ParameterGroup: none of its parameters is one of the optimizer", of: none)
    let scale = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = ParameterGroup(names: "b", learningRateScale: -1)
    }
    expectMessage(
      "ParameterGroup: learningRateScale must be a finite number of at least 0, got -1.0", of: scale
    )
  }

  @Test func decayAndMomentumFollowTheirSetters() {
    let (changed, made) = (Self.parameters(), Self.parameters())
    let optimizer = Lookahead(AdamW(changed, learningRate: 0.1, groups: [.noDecayOnVectors]))
    optimizer.weightDecay = 0.3
    optimizer.momentum = 0.5
    #expect(optimizer.weightDecay == 0.3 && optimizer.momentum == 0.5)
    let reference = Lookahead(
      AdamW(made, learningRate: 0.1, beta1: 0.5, weightDecay: 0.3, groups: [.noDecayOnVectors]))
    Self.take(7, optimizer)
    Self.take(7, reference)
    for (a, b) in zip(Self.values(changed), Self.values(made)) { expectIdentical(a, b) }
  }

  @Test func rulesAreAdjustedForSomeParameters() {
    let (adjusted, plain, other) = (Self.parameters(), Self.parameters(), Self.parameters())
    let optimizer = AdamW(adjusted, learningRate: 0.1)
    optimizer.adjust(where: { $0.name == "b" }) { $0.beta2 = 0.5 }
    #expect(optimizer.rule(ofParameterAt: 1).beta2 == 0.5)
    let gradients = (0..<5).map { step in
      Self.values(adjusted).map { sin($0 + Double(step)) }
    }
    for step in gradients {
      optimizer.step(Gradients(step, for: adjusted))
    }
    let (a, b) = (AdamW(plain, learningRate: 0.1), AdamW(other, learningRate: 0.1, beta2: 0.5))
    for step in gradients {
      a.step(Gradients(step, for: plain))
      b.step(Gradients(step, for: other))
    }
    expectIdentical(adjusted[0].parameter.value, plain[0].parameter.value)
    expectIdentical(adjusted[1].parameter.value, other[1].parameter.value)
  }

  /// α = 1 + d·g/(d·Ad) leads to the lowest point of a quadratic between slow and fast weights.
  @Test func theAdaptiveStepIsExactOnAQuadratic() {
    let curvature = Tensor([0.5, 2, 4], dtype: .float64)
    let center = Tensor([1, -2, 0.5], dtype: .float64)
    let parameters = Parameters([("w", Parameter(Tensor([3, 3, 3], dtype: .float64)))])
    let start = parameters[0].parameter.value
    let optimizer = Lookahead(
      SGD(parameters, learningRate: 0.49), syncPeriod: 3,
      slowStepSize: .adaptive(minimum: 0.01, curvature: .given { _ in curvature }))
    func gradients() -> Gradients {
      Gradients([curvature * (parameters[0].parameter.value - center)], for: parameters)
    }
    for _ in 0..<3 { optimizer.step(gradients()) }
    let fast = parameters[0].parameter.value
    optimizer.step(gradients())
    let way = fast - start
    // The lowest point on the line start + α · way.
    let best =
      (curvature * way * (center - start)).sum().scalar() / (curvature * way * way).sum().scalar()
    #expect(best > 0.01 && best < 1)
    expectClose(parameters[0].parameter.value, start + way * best, relative: 1e-12)
  }
}
