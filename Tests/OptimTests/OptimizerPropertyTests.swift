import TestSupport
import Testing

/// Properties of every optimizer, whatever its rule.
struct OptimizerPropertyTests {
  private static let rules = OptimizerCatalog.entries.filter { $0.innerCount == 0 }.map(\.name)

  private static func parameters(_ dtype: DType = .float64) -> Parameters {
    Parameters([
      ("weight", Parameter(.seeded([3, 2], seed: 1, dtype: dtype))),
      ("bias", Parameter(.seeded([2], seed: 2, dtype: dtype))),
    ])
  }

  private static func gradients(of parameters: Parameters, step: Int) -> Gradients {
    Gradients(parameters.map { sin($0.parameter.value * 3 + Double(step)) }, for: parameters)
  }

  private static func make(
    _ text: String, _ parameters: Parameters, learningRate: Double? = nil,
    groups: [ParameterGroup] = []
  ) throws -> any Optimizer {
    try OptimizerExpression(text).optimizer(
      of: parameters, learningRate: learningRate, groups: groups)
  }

  // MARK: Lookahead

  @Test(arguments: rules, [1, 3])
  func lookaheadThatFollowsWhollyIsItsInnerOptimizer(_ rule: String, _ period: Int) throws {
    for dtype in [DType.float32, .float64] {
      let (plain, wrapped) = (Self.parameters(dtype), Self.parameters(dtype))
      let a = try Self.make(rule, plain, learningRate: 0.02)
      let b = try Self.make(
        "lookahead(\(rule), sync-period=\(period), slow-step-size=1)", wrapped, learningRate: 0.02)
      for step in 0..<7 {
        a.step(Self.gradients(of: plain, step: step))
        b.step(Self.gradients(of: wrapped, step: step))
      }
      for (x, y) in zip(plain, wrapped) { expectIdentical(y.parameter.value, x.parameter.value) }
    }
  }

  /// Every rule, in every mode of Lookahead, with groups and without, saved in the middle of a
  /// period and restored into an optimizer that has taken other steps.
  @Test(arguments: rules, ["", "keep", "reset", "pull-back"])
  func aRestoredOptimizerGoesOnBitForBit(_ rule: String, _ policy: String) throws {
    let text = policy.isEmpty ? rule : "lookahead(\(rule), sync-period=3, inner-state=\(policy))"
    let someGroups = [
      ParameterGroup(learningRateScale: 0.5, weightDecay: 0) { $0.name == "bias" }
    ]
    for groups in [[], someGroups] {
      let (kept, other) = (Self.parameters(.float32), Self.parameters(.float32))
      let optimizer = try Self.make(text, kept, groups: groups)
      for step in 0..<4 { optimizer.step(Self.gradients(of: kept, step: step)) }
      let (state, weights) = (optimizer.state, kept.map(\.parameter.value))
      for step in 4..<9 { optimizer.step(Self.gradients(of: kept, step: step)) }

      let restored = try Self.make(text, other, groups: groups)
      for step in 0..<2 { restored.step(Self.gradients(of: other, step: step + 20)) }
      for (element, value) in zip(other, weights) { element.parameter.value = value }
      var read = OptimizerState(optimizer: state.optimizer)
      read.tensors = try Safetensors(decoding: Safetensors(state.tensors).encoded()).tensors
      read.counters = state.counters
      try restored.load(read)
      for step in 4..<9 { restored.step(Self.gradients(of: other, step: step)) }
      for (a, b) in zip(kept, other) { expectIdentical(b.parameter.value, a.parameter.value) }
      let a = try Safetensors(optimizer.state.tensors).encoded()
      let b = try Safetensors(restored.state.tensors).encoded()
      #expect(a == b && optimizer.state.counters == restored.state.counters)
    }
  }

  // MARK: Rules

  @Test(arguments: rules)
  func theOrderOfTheParametersDoesNotMatter(_ rule: String) throws {
    let (one, two) = (Self.parameters(), Self.parameters())
    let swapped = Parameters([
      ("bias", two[1].parameter), ("weight", two[0].parameter),
    ])
    let (a, b) = (try Self.make(rule, one), try Self.make(rule, swapped))
    for step in 0..<5 {
      a.step(Self.gradients(of: one, step: step))
      b.step(Self.gradients(of: swapped, step: step))
    }
    for (x, y) in zip(one, two) { expectIdentical(y.parameter.value, x.parameter.value) }
  }

  @Test func withoutDecayAdamWIsAdam() throws {
    for dtype in [DType.float32, .float64] {
      let (one, two) = (Self.parameters(dtype), Self.parameters(dtype))
      let (a, b) = (Adam(one, learningRate: 0.1), AdamW(two, learningRate: 0.1, weightDecay: 0))
      for step in 0..<9 {
        a.step(Self.gradients(of: one, step: step))
        b.step(Self.gradients(of: two, step: step))
      }
      for (x, y) in zip(one, two) { expectIdentical(y.parameter.value, x.parameter.value) }
    }
  }

  @Test func aZeroGradientLeavesSGDStillAndAdamWDecays() throws {
    let (still, decaying) = (Self.parameters(), Self.parameters())
    let before = still.map(\.parameter.value)
    let zeros = before.map { Tensor.zeros(like: $0) }
    let (a, b) = (
      SGD(still, learningRate: 0.1, momentum: 0.9),
      AdamW(decaying, learningRate: 0.1, weightDecay: 0.2)
    )
    for _ in 0..<3 {
      a.step(Gradients(zeros, for: still))
      b.step(Gradients(zeros, for: decaying))
    }
    for (i, start) in before.enumerated() {
      expectIdentical(still[i].parameter.value, start)
      expectClose(
        decaying[i].parameter.value, start * (0.98 * 0.98 * 0.98), relative: 1e-14)
    }
  }

  /// On a convex problem, with a rate that falls to zero, every optimizer reaches the minimum.
  @Test(
    arguments: rules.map { ($0, "") } + [("adamw", "lookahead"), ("momentum", "lookahead")])
  func everyOptimizerConvergesOnAConvexProblem(_ rule: String, _ wrapper: String) throws {
    let parameters = Self.parameters()
    let centers = [
      Tensor.seeded([3, 2], seed: 8, dtype: .float64), .seeded([2], seed: 9, dtype: .float64),
    ]
    let curvatures = [
      Tensor([[1, 2], [0.5, 1], [3, 1.5]], dtype: .float64), Tensor([2, 0.7], dtype: .float64),
    ]
    let peak: Double =
      switch rule {
      case "adadelta": 10
      case "adagrad", "adafactor": 0.5
      default: 0.05
      }
    // The decay of the weights would move the minimum.
    let plain =
      try OptimizerExpression(rule).value(of: "weight-decay") == nil
      ? rule : "\(rule)(weight-decay=0)"
    let optimizer = try Self.make(wrapper.isEmpty ? plain : "\(wrapper)(\(plain))", parameters)
    let schedule = CosineDecay(peak: peak, total: 4000)
    for step in 0..<4000 {
      // Schedule-free needs no schedule.
      optimizer.learningRate = rule == "schedule-free" ? peak : schedule(step)
      optimizer.step(
        Gradients(
          parameters.enumerated().map { curvatures[$0] * ($1.parameter.value - centers[$0]) },
          for: parameters))
    }
    for (weights, center) in zip(optimizer.evaluationWeights, centers) {
      let distance = abs(weights - center).max().scalar()
      #expect(distance < 1e-3)
    }
    let loss = zip(optimizer.evaluationWeights, centers).enumerated().reduce(0.0) {
      $0 + (curvatures[$1.offset] * square($1.element.0 - $1.element.1)).sum().scalar() / 2
    }
    #expect(loss < 1e-6, "\(rule): \(loss)")
  }

  // MARK: Edges

  @Test(arguments: rules)
  func emptyAndScalarParametersWork(_ rule: String) throws {
    let none = try Self.make(rule, Parameters())
    none.step(Gradients([], for: Parameters()))
    let odd = Parameters([
      ("empty", Parameter(Tensor.zeros([0, 3]))), ("vector", Parameter(Tensor.zeros([0]))),
      ("scalar", Parameter(Tensor(2))),
    ])
    let optimizer = try Self.make(rule, odd, learningRate: 0.1)
    for _ in 0..<3 {
      optimizer.step(
        Gradients([Tensor.zeros([0, 3]), Tensor.zeros([0]), Tensor(0.5)], for: odd))
    }
    let value = odd[2].parameter.value.scalar()
    #expect(value < 2 && value.isFinite)
    #expect(odd[0].parameter.value.shape == [0, 3])
  }

  @Test(arguments: rules)
  func aRateChangedBetweenStepsActsAtOnce(_ rule: String) throws {
    let parameters = Self.parameters()
    let optimizer = try Self.make(rule, parameters, learningRate: 0.1)
    for step in 0..<2 { optimizer.step(Self.gradients(of: parameters, step: step)) }
    let (before, state) = (parameters.map(\.parameter.value), optimizer.state.tensors)
    optimizer.learningRate = 0
    optimizer.step(Self.gradients(of: parameters, step: 2))
    for (element, value) in zip(parameters, before) {
      if rule == "schedule-free" {
        // z stays, and y moves on toward it: all three steps have the weight of the largest rate.
        let z = try #require(state["\(element.name).z"])
        expectIdentical(try #require(optimizer.state.tensors["\(element.name).z"]), z)
        #expect(abs(z - value).max().scalar() > 1e-3)
        expectClose(element.parameter.value, (value * 2 + z) / 3, relative: 1e-13)
      } else {
        expectIdentical(element.parameter.value, value)
      }
    }
  }

  /// The corrections of a step beyond the integers of float32 are those of that step.
  @Test(arguments: ["adamw", "nadam", "radam", "adamax", "adafactor", "adagrad", "schedule-free"])
  func stepCountsStayExact(_ rule: String) throws {
    let parameters = Self.parameters(.float32)
    let optimizer = try Self.make(rule, parameters)
    optimizer.step(Self.gradients(of: parameters, step: 0))
    var state = optimizer.state
    for name in state.counters.keys { state.counters[name] = (1 << 24) + 1 }
    try optimizer.load(state)
    optimizer.step(Self.gradients(of: parameters, step: 1))
    #expect(optimizer.state.counters.values.allSatisfy { $0 == (1 << 24) + 2 })
    for element in parameters { #expect(element.parameter.value.isFinite) }
  }
}
