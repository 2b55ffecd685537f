import TestSupport
import Testing

/// A small model to optimize: a matrix and a vector, and gradients that depend on both and on the
/// step.
private struct Problem {
  let parameters: Parameters

  init(seed: UInt64 = 1, dtype: DType = .float32) {
    parameters = Parameters([
      ("layer.weight", Parameter(.seeded([3, 2], seed: seed, dtype: dtype))),
      ("layer.bias", Parameter(.seeded([3], seed: seed + 1, dtype: dtype))),
    ])
  }

  func gradients() -> Gradients {
    valueWithGradients(for: parameters) {
      let (weight, bias) = (parameters[0].parameter.value, parameters[1].parameter.value)
      return (sin(weight) * bias.expanded(along: 1)).sum() + square(bias).mean()
    }.gradients
  }

  var values: [Tensor] { parameters.map(\.parameter.value) }

  func take(_ steps: Int, with optimizer: any Optimizer) {
    for _ in 0..<steps { optimizer.step(gradients()) }
  }
}

private func expectIdentical(
  _ actual: [Tensor], _ expected: [Tensor], _ comment: String = "",
  sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(actual.count == expected.count, sourceLocation: sourceLocation)
  for (a, e) in zip(actual, expected) {
    TestSupport.expectIdentical(a, e, comment, sourceLocation: sourceLocation)
  }
}

/// An optimizer with a name, for tests that every optimizer must pass.
struct Maker: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let make: @Sendable (Parameters) -> any Optimizer

  init(_ name: String, _ make: @escaping @Sendable (Parameters) -> any Optimizer) {
    (testDescription, self.make) = (name, make)
  }

  static let all: [Maker] = [
    Maker("sgd") { SGD($0, learningRate: 0.1) },
    Maker("sgd, momentum") { SGD($0, learningRate: 0.1, momentum: 0.9) },
    Maker("sgd, nesterov") {
      SGD($0, learningRate: 0.1, momentum: 0.9, nesterov: true, weightDecay: .coupled(0.1))
    },
    Maker("adamw") { AdamW($0, learningRate: 0.1) },
    Maker("lookahead(sgd)") {
      Lookahead(SGD($0, learningRate: 0.1, momentum: 0.9), syncPeriod: 3, slowStepSize: 0.4)
    },
    Maker("lookahead(adamw)") { Lookahead(AdamW($0, learningRate: 0.1), syncPeriod: 3) },
    Maker("lookahead(lookahead(adamw))") {
      Lookahead(Lookahead(AdamW($0, learningRate: 0.1), syncPeriod: 2), syncPeriod: 3)
    },
    Maker("lookahead(adamw, outer)") {
      Lookahead(AdamW($0, learningRate: 0.1), syncPeriod: 3) {
        SGD($0, learningRate: 0.7, momentum: 0.9, nesterov: true)
      }
    },
    Maker("fedadam(sgd)") {
      Lookahead.fedAdam(SGD($0, learningRate: 0.1, momentum: 0.9), syncPeriod: 3)
    },
  ]
}

struct OptimizerTests {
  // MARK: Lookahead

  @Test(arguments: [1, 5])
  func lookaheadThatFollowsWhollyIsItsInnerOptimizer(_ period: Int) {
    for dtype in [DType.float32, .float64] {
      let (plain, wrapped) = (Problem(dtype: dtype), Problem(dtype: dtype))
      plain.take(12, with: AdamW(plain.parameters, learningRate: 0.1))
      let inner = AdamW(wrapped.parameters, learningRate: 0.1)
      wrapped.take(12, with: Lookahead(inner, syncPeriod: period, slowStepSize: 1))
      expectIdentical(wrapped.values, plain.values, "\(dtype)")
    }
  }

  @Test func lookaheadMovesAfterEveryKthStepAndKeepsTheInnerState() {
    let (problem, reference) = (Problem(dtype: .float64), Problem(dtype: .float64))
    let start = problem.values
    let lookahead = Lookahead(
      SGD(problem.parameters, learningRate: 0.1, momentum: 0.9), syncPeriod: 3, slowStepSize: 0.25)
    let plain = SGD(reference.parameters, learningRate: 0.1, momentum: 0.9)
    problem.take(2, with: lookahead)
    reference.take(2, with: plain)
    expectIdentical(problem.values, reference.values, "before the first synchronization")
    problem.take(1, with: lookahead)
    reference.take(1, with: plain)
    for ((slow, start), fast) in zip(zip(problem.values, start), reference.values) {
      expectClose(slow, start * 0.75 + fast * 0.25, relative: 1e-14, absolute: 1e-15)
    }
    for (name, tensor) in plain.state.tensors.names.map({ ($0, plain.state.tensors[$0]) }) {
      if let tensor, let kept = lookahead.state.tensors["inner.\(name)"] {
        TestSupport.expectIdentical(kept, tensor, name)
      } else {
        Issue.record("no tensor \(name)")
      }
    }
  }

  @Test func slowWeightsStandInForAScope() {
    let problem = Problem(dtype: .float64)
    let start = problem.values
    let lookahead = Lookahead(SGD(problem.parameters, learningRate: 0.1), syncPeriod: 4)
    problem.take(2, with: lookahead)
    let fast = problem.values
    lookahead.withEvaluationWeights { expectIdentical(problem.values, start, "slow") }
    expectIdentical(problem.values, fast, "fast again")
    struct Stop: Error {}
    #expect(throws: Stop.self) {
      try lookahead.withEvaluationWeights { () throws(Stop) in throw Stop() }
    }
    expectIdentical(problem.values, fast, "fast again after an error")
  }

  @Test func otherThreadsSeeTheTrainedWeights() throws {
    let problem = Problem(dtype: .float64)
    let average = WeightAverage(
      SGD(problem.parameters, learningRate: 0.1), .exponential(decay: 0.9))
    problem.take(3, with: average)
    let (trained, averages) = (problem.values, average.evaluationWeights)
    try average.withEvaluationWeights {
      expectIdentical(problem.values, averages)
      let seen = inAnotherThread {
        let values = problem.values
        // It may even train meanwhile.
        problem.take(1, with: average)
        return values
      }
      expectIdentical(try #require(seen), trained)
      expectIdentical(problem.values, averages)
    }
    #expect(difference(problem.values[0], trained[0], relative: 1e-9, absolute: 0) != nil)
  }

  /// The weights of evaluation inside of a gradient scope are those of a teacher: constants.
  @Test(arguments: OptimizerCatalog.entries.map(\.name))
  func evaluationWeightsDoNotDependOnTheScope(_ name: String) throws {
    let problem = Problem()
    let entry = try #require(OptimizerCatalog.entry(named: name))
    let inner = ["schedule-free", "sgd"].prefix(entry.innerCount).joined(separator: ", ")
    let optimizer = try OptimizerExpression("\(name)(\(inner))").optimizer(of: problem.parameters)
    problem.take(4, with: optimizer)
    let weights = optimizer.evaluationWeights
    let nested = optimizer.withEvaluationWeights {
      optimizer.withEvaluationWeights { problem.values }
    }
    expectIdentical(nested, weights)
    _ = valueWithGradients(for: problem.parameters) {
      let teacher = optimizer.withEvaluationWeights { problem.values }
      #expect(teacher.allSatisfy { $0.node == nil })
      expectIdentical(teacher, weights)
      return problem.values.map { $0.sum() }.reduce(Tensor(0), +)
    }
  }

  @Test func theScheduleDrivesTheInnerRate() {
    let problem = Problem()
    let inner = SGD(problem.parameters, learningRate: 0.1)
    let lookahead = Lookahead(inner)
    lookahead.learningRate = 0.25
    #expect(inner.learningRate == 0.25)
    inner.learningRate = 0.5
    #expect(lookahead.learningRate == 0.5)
  }

  // MARK: State

  @Test(arguments: Maker.all)
  func aRestoredOptimizerGoesOnBitForBit(_ maker: Maker) throws {
    let (problem, other) = (Problem(), Problem(seed: 77))
    let optimizer = maker.make(problem.parameters)
    // In the middle of a period of three.
    problem.take(4, with: optimizer)
    let state = optimizer.state
    let weights = problem.values
    problem.take(5, with: optimizer)

    // An optimizer that has gone elsewhere first.
    let restored = maker.make(other.parameters)
    other.take(2, with: restored)
    for (element, value) in zip(other.parameters, weights) { element.parameter.value = value }
    let encoded = try Safetensors(decoding: Safetensors(state.tensors).encoded())
    var read = OptimizerState(optimizer: state.optimizer)
    read.tensors = encoded.tensors
    read.counters = state.counters
    try restored.load(read)
    other.take(5, with: restored)
    expectIdentical(other.values, problem.values)
    for name in optimizer.state.tensors.names {
      let (a, b) = (restored.state.tensors[name], optimizer.state.tensors[name])
      TestSupport.expectIdentical(try #require(a), try #require(b), name)
    }
    #expect(restored.state.counters == optimizer.state.counters)
  }

  @Test(arguments: Maker.all)
  func aSnapshotStaysAsItWas(_ maker: Maker) throws {
    let problem = Problem()
    let optimizer = maker.make(problem.parameters)
    problem.take(4, with: optimizer)
    let state = optimizer.state
    let before = try Safetensors(state.tensors).encoded()
    problem.take(4, with: optimizer)
    let after = try Safetensors(state.tensors).encoded()
    #expect(after == before)
    // Loading it shares nothing with the optimizer either.
    try optimizer.load(state)
    problem.take(4, with: optimizer)
    let last = try Safetensors(state.tensors).encoded()
    #expect(last == before)
  }

  @Test(arguments: Maker.all)
  func aStateThatDoesNotFitIsRefusedAndNothingChanges(_ maker: Maker) throws {
    let problem = Problem()
    let optimizer = maker.make(problem.parameters)
    problem.take(2, with: optimizer)
    let good = optimizer.state
    let bytes = try Safetensors(good.tensors).encoded()

    func expectRefused(_ message: String, _ change: (inout OptimizerState) -> Void) throws {
      var bad = good
      change(&bad)
      let error = #expect(throws: OptimizerStateError.self) { try optimizer.load(bad) }
      #expect(error?.description.contains(message) == true, "\(error?.description ?? "")")
      let now = try Safetensors(optimizer.state.tensors).encoded()
      #expect(now == bytes)
      #expect(optimizer.state.counters == good.counters)
    }
    try expectRefused("the optimizer state is of rmsprop, not of \(optimizer.name)") {
      $0.optimizer = "rmsprop"
    }
    for name in good.counters.keys.sorted() {
      try expectRefused("has no counter") { $0.counters[name] = nil }
    }
    for name in good.tensors.names {
      try expectRefused("has no tensor '\(name)'") { $0.tensors[name] = nil }
      try expectRefused("'\(name)' of the optimizer state is float32 [7]") {
        $0.tensors[name] = Tensor.zeros([7])
      }
      try expectRefused("'\(name)' of the optimizer state is float64") {
        $0.tensors[name] = $0.tensors[name]?.converted(to: .float64)
      }
    }
  }

  @Test func quantitiesHaveTheNamesOfPyTorch() {
    let parameters = Problem().parameters
    let adamW = AdamW(parameters).state
    #expect(adamW.optimizer == "adamw")
    #expect(adamW.counters == ["layer.weight.step": 0, "layer.bias.step": 0])
    #expect(
      adamW.tensors.names == [
        "layer.weight.exp_avg", "layer.weight.exp_avg_sq", "layer.bias.exp_avg",
        "layer.bias.exp_avg_sq",
      ])
    #expect(SGD(parameters).state.tensors.names == [])
    #expect(
      SGD(parameters, momentum: 0.9).state.tensors.names == [
        "layer.weight.momentum_buffer", "layer.bias.momentum_buffer",
      ])
    let lookahead = Lookahead(SGD(parameters)).state
    #expect(lookahead.optimizer == "lookahead(sgd)")
    #expect(lookahead.tensors.names == ["layer.weight.slow", "layer.bias.slow"])
    #expect(
      lookahead.counters == [
        "inner.layer.weight.step": 0, "inner.layer.bias.step": 0,
        "layer.weight.steps_since_sync": 0, "layer.bias.steps_since_sync": 0,
      ])
  }

  // MARK: Groups

  @Test func groupsScaleTheRateAndReplaceTheDecay() {
    let (problem, slow) = (Problem(dtype: .float64), Problem(dtype: .float64))
    let start = problem.values
    let gradients = problem.gradients()
    SGD(
      problem.parameters, learningRate: 0.1, weightDecay: .coupled(0.5),
      groups: [ParameterGroup(learningRateScale: 3, weightDecay: 0.2) { $0.name.hasSuffix("bias") }]
    ).step(gradients)
    expectClose(
      problem.values[0], start[0] - (gradients[0] + start[0] * 0.5) * 0.1, relative: 1e-14)
    expectClose(
      problem.values[1], start[1] - (gradients[1] + start[1] * 0.2) * 0.3, relative: 1e-14)
    // The first group that includes a parameter decides.
    SGD(
      slow.parameters, learningRate: 0.1,
      groups: [
        ParameterGroup(learningRateScale: 2) { _ in true },
        ParameterGroup(learningRateScale: 50) { _ in true },
      ]
    ).step(Gradients(gradients.tensors, for: slow.parameters))
    expectClose(slow.values[0], start[0] - gradients[0] * 0.2, relative: 1e-14)
  }

  @Test func vectorsDoNotDecayIfTheGroupSaysSo() {
    let problem = Problem(dtype: .float64)
    let start = problem.values
    let zeros = Gradients(start.map { Tensor.zeros(like: $0) }, for: problem.parameters)
    AdamW(
      problem.parameters, learningRate: 0.1, weightDecay: 0.5, groups: [.noDecayOnVectors]
    ).step(zeros)
    expectClose(problem.values[0], start[0] * 0.95, relative: 1e-15)
    TestSupport.expectIdentical(problem.values[1], start[1])
  }

  // MARK: Gradients

  @Test(arguments: Maker.all)
  func scaledAndClippedGradientsAreAppliedAsTheyRead(_ maker: Maker) {
    let problems = (0..<3).map { _ in Problem(dtype: .float64) }
    let optimizers = problems.map { maker.make($0.parameters) }
    for _ in 0..<4 {
      let gradients = problems[0].gradients()
      let limit = gradients.norm / 3
      let clipped = gradients.clipped(toNorm: limit)
      expectClose(clipped.norm, limit, relative: 1e-5)
      let scaled = gradients.scaled(by: limit / (gradients.norm + 1e-6))
      optimizers[0].step(clipped)
      optimizers[1].step(
        Gradients(scaled.unscaled, for: problems[1].parameters).scaled(by: scaled.scale))
      optimizers[2].step(Gradients(clipped.tensors, for: problems[2].parameters))
    }
    expectIdentical(problems[0].values, problems[1].values)
    for (a, b) in zip(problems[0].values, problems[2].values) {
      expectClose(a, b, relative: 1e-12, absolute: 1e-14)
    }
  }

  @Test func gradientsAddAndScale() {
    let problem = Problem(dtype: .float64)
    let gradients = problem.gradients()
    let sum = gradients.scaled(by: 2) + gradients
    for (a, b) in zip(sum.tensors, gradients.tensors) { expectClose(a, b * 3, relative: 1e-15) }
    expectClose(sum.norm, gradients.norm * 3, relative: 1e-14)
    let squares = gradients.tensors.map { square($0).sum().scalar() }
    expectClose(gradients.norm, squares.reduce(0, +).squareRoot(), relative: 1e-14)
    expectClose(gradients.scaled(by: -2).norm, gradients.norm * 2, relative: 1e-14)
    TestSupport.expectIdentical(gradients[problem.parameters[1].parameter], gradients[1])
    expectIdentical(gradients.clipped(toNorm: 1e9).tensors, gradients.tensors)
  }

  @Test func gradientsKnowWhetherTheyAreFinite() {
    let problem = Problem()
    #expect(problem.gradients().isFinite)
    for value in [Float.nan, .infinity, -.infinity] {
      var tensors = problem.gradients().tensors
      tensors[1][1] = Tensor([value], shape: [])
      #expect(!Gradients(tensors, for: problem.parameters).isFinite, "\(value)")
    }
    // Their squares overflow float32; they themselves do not.
    let large = problem.values.map { Tensor.full(like: $0, 3e30) }
    #expect(Gradients(large, for: problem.parameters).isFinite)
  }

  @Test func optimizersReadAndCountTheirSteps() {
    let problem = Problem()
    let optimizer = AdamW(problem.parameters, learningRate: 0.5)
    #expect(optimizer.learningRate == 0.5 && optimizer.stepCount == 0)
    problem.take(3, with: optimizer)
    #expect(optimizer.stepCount == 3)
    #expect(optimizer.parameters.isSame(as: problem.parameters))
    // Rate 0 changes nothing.
    let before = problem.values
    optimizer.learningRate = 0
    problem.take(1, with: optimizer)
    expectIdentical(problem.values, before)
  }

  // MARK: Errors

  static let misuses: [(message: String, body: @Sendable () -> Void)] = [
    (
      "sgd: the learning rate must be a finite number of at least 0, got -0.1",
      { _ = SGD(Problem().parameters, learningRate: -0.1) }
    ),
    (
      "adamw: the learning rate must be a finite number of at least 0, got nan",
      { _ = AdamW(Problem().parameters, learningRate: .nan) }
    ),
    (
      "sgd: momentum must be a finite number of at least 0, got -1.0",
      { _ = SGD(Problem().parameters, momentum: -1) }
    ),
    (
      "sgd: nesterov needs a momentum above 0, no dampening and buffer .sum",
      { _ = SGD(Problem().parameters, nesterov: true) }
    ),
    (
      "sgd: nesterov needs a momentum above 0, no dampening and buffer .sum",
      { _ = SGD(Problem().parameters, momentum: 0.9, dampening: 0.1, nesterov: true) }
    ),
    (
      "adamw: beta1 and beta2 must be in 0..<1 and epsilon at least 0, got 1.0, 0.999 and 1e-08",
      { _ = AdamW(Problem().parameters, beta1: 1) }
    ),
    (
      "lookahead: syncPeriod must be at least 1, got 0",
      { _ = Lookahead(SGD(Problem().parameters), syncPeriod: 0) }
    ),
    (
      "lookahead: slowStepSize must be above 0 and at most 1, got 1.5",
      { _ = Lookahead(SGD(Problem().parameters), slowStepSize: 1.5) }
    ),
    (
      "lookahead: slowStepSize must be above 0 and at most 1, got 0.0",
      { _ = Lookahead(SGD(Problem().parameters), slowStepSize: 0) }
    ),
    (
      "sgd: 'layer.weight' has a gradient but is not a parameter of the optimizer",
      { SGD(Problem().parameters).step(Problem().gradients()) }
    ),
    (
      "clipped: the maximal norm must be positive, got 0.0",
      { _ = Problem().gradients().clipped(toNorm: 0) }
    ),
    (
      "Gradients: the number of tensors must be that of the parameters",
      { _ = Gradients([Tensor([1])], for: Problem().parameters) }
    ),
    (
      "Gradients: the gradient of 'layer.bias' must have shape [3] and dtype float32, got [4]",
      { _ = Gradients([Tensor.ones([3, 2]), Tensor.ones([4])], for: Problem().parameters) }
    ),
    (
      "Gradients: there is no gradient of this parameter of shape [1]",
      { _ = Problem().gradients()[Parameter(Tensor([1]))] }
    ),
    (
      "Gradients: + needs gradients of the same parameters in the same order",
      { _ = Problem().gradients() + Problem().gradients() }
    ),
  ]

  @Test(arguments: misuses.indices)
  func misuseStopsWithAMessage(_ index: Int) async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      [index = index as Int] in
      OptimizerTests.misuses[index].body()
    }
    expectMessage(Self.misuses[index].message, of: result)
  }
}
