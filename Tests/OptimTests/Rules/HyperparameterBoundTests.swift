import TestSupport
import Testing

/// The bounds of hyper-parameters: what is at a bound works, what is outside stops.
struct HyperparameterBoundTests {
  private static func parameters(_ values: [Double] = [2, -3]) -> Parameters {
    Parameters([("w", Parameter(Tensor(values, shape: [values.count])))])
  }

  /// Where the text of a setting is accepted, so is its value, and a step is defined.
  @Test(arguments: OptimizerCatalog.entries.map(\.name))
  func whatIsReadCanBeMade(_ name: String) throws {
    let entry = try #require(OptimizerCatalog.entries.first { $0.name == name })
    let inner = Array(["adamw", "sgd(learning-rate=0.1)"].prefix(entry.innerCount))
    for setting in entry.settings {
      var accepted = 0
      for text in ["0", "1", "0.9999", "1e-9", "3", "adagrad"] {
        let arguments = (inner + ["\(setting.name)=\(text)"]).joined(separator: ", ")
        guard let expression = try? OptimizerExpression("\(name)(\(arguments))") else { continue }
        accepted += 1
        let parameters = Self.parameters()
        let optimizer = expression.optimizer(of: parameters)
        for _ in 0..<2 {
          optimizer.step(Gradients([Tensor([0.5, -0.25], dtype: .float64)], for: parameters))
        }
        let values = parameters[0].parameter.value
        #expect(values.isFinite, "\(name)(\(arguments)): \(values)")
      }
      switch setting.kind {
      case .number, .count, .auto: #expect(accepted > 0, "\(name), \(setting.name)")
      default: break
      }
    }
  }

  private static let withoutEpsilon:
    [(name: String, factor: Double, make: @Sendable (Parameters) -> any Optimizer)] = [
      ("adagrad", 1, { Adagrad($0, learningRate: 0.1, epsilon: 0) }),
      ("rmsprop", 10, { RMSProp($0, learningRate: 0.1, epsilon: 0) }),
      (
        "rmsprop, centered", 1 / (0.01 - 0.0001).squareRoot(),
        { RMSProp($0, learningRate: 0.1, epsilon: 0, centered: true) }
      ),
      ("rmsprop, momentum", 10, { RMSProp($0, learningRate: 0.1, epsilon: 0, momentum: 0.9) }),
      ("rmsprop, no mean", 1, { RMSProp($0, learningRate: 0.1, smoothing: 0, epsilon: 0) }),
      ("adam", 1, { Adam($0, learningRate: 0.1, epsilon: 0) }),
      ("adamw", 1, { AdamW($0, learningRate: 0.1, epsilon: 0, weightDecay: 0) }),
      ("adamax", 1, { Adamax($0, learningRate: 0.1, epsilon: 0) }),
      (
        "adafactor", 5,
        { Adafactor($0, learningRate: 0.1, variant: .relativeStep, epsilon1: 0, epsilon2: 5) }
      ),
      (
        "adafactor, epsilon2", 4,
        { Adafactor($0, learningRate: 0.1, variant: .relativeStep, epsilon1: 0, epsilon2: 0) }
      ),
    ]

  /// Without ε a first step does not depend on the size of the gradient: p ← p − factor · η sign(g).
  @Test(arguments: withoutEpsilon.indices, [1.0, 1e-12])
  func aFirstStepWithoutEpsilonIsThatOfTheSigns(_ index: Int, _ size: Double) {
    let (name, factor, make) = Self.withoutEpsilon[index]
    let parameters = Self.parameters([4, -4])
    let gradient = Tensor([0.5 * size, -0.25 * size], dtype: .float64)
    make(parameters).step(Gradients([gradient], for: parameters))
    let step = 0.1 * factor
    expectClose(
      parameters[0].parameter.value.scalars(as: Double.self), [4 - step, step - 4],
      relative: 1e-9, name)
  }

  /// Without ε the size of the gradients does not matter in later steps either.
  @Test(arguments: withoutEpsilon.indices)
  func aPathWithoutEpsilonIsThatOfScaledGradients(_ index: Int) {
    let (name, _, make) = Self.withoutEpsilon[index]
    func path(_ scale: Double) -> [Double] {
      let parameters = Self.parameters([4, -4])
      let optimizer = make(parameters)
      for step in 0..<6 {
        let gradient = Tensor.seeded([2], seed: UInt64(step), dtype: .float64) * scale
        optimizer.step(Gradients([gradient], for: parameters))
      }
      return parameters[0].parameter.value.scalars(as: Double.self)
    }
    expectClose(path(0x1p-40), path(1), relative: 1e-9, name)
  }

  private static let outside: [(message: String, make: @Sendable () -> Void)] = [
    ("rmsprop: smoothing", { _ = RMSProp(parameters(), smoothing: 1) }),
    ("rmsprop: smoothing", { _ = RMSProp(parameters(), smoothing: -0.1) }),
    ("rmsprop: smoothing", { _ = RMSProp(parameters(), momentum: 1) }),
    ("rmsprop: smoothing", { _ = RMSProp(parameters(), epsilon: -1e-9) }),
    ("adagrad: learningRateDecay", { _ = Adagrad(parameters(), learningRateDecay: -0.1) }),
    ("adagrad: learningRateDecay", { _ = Adagrad(parameters(), initialAccumulator: -0.1) }),
    ("adagrad: learningRateDecay", { _ = Adagrad(parameters(), epsilon: -1e-9) }),
    ("adadelta: rho", { _ = Adadelta(parameters(), rho: 1) }),
    ("adadelta: rho", { _ = Adadelta(parameters(), epsilon: -1e-9) }),
    ("adam: beta1", { _ = Adam(parameters(), beta2: 1) }),
    ("adam: initialAccumulator", { _ = Adam(parameters(), initialAccumulator: 0.1) }),
    (
      "adam: initialAccumulator",
      { _ = Adam(parameters(), biasCorrection: false, initialAccumulator: -0.1) }
    ),
    ("fedadam: tau", { _ = Lookahead.fedAdam(SGD(parameters()), tau: 0) }),
    ("nadam: beta1", { _ = NAdam(parameters(), epsilon: -1e-9) }),
    ("nadam: momentumDecay", { _ = NAdam(parameters(), momentumDecay: -0.1) }),
    ("adafactor: beta2Decay", { _ = Adafactor(parameters(), beta2Decay: 0.1) }),
    ("adafactor: beta2Decay", { _ = Adafactor(parameters(), epsilon1: -1e-9) }),
    ("adafactor: beta2Decay", { _ = Adafactor(parameters(), epsilon2: -1e-9) }),
    ("adafactor: beta2Decay", { _ = Adafactor(parameters(), clipThreshold: 0) }),
    ("schedule-free: beta1", { _ = ScheduleFreeAdamW(parameters(), beta1: 0) }),
    ("schedule-free: beta1", { _ = ScheduleFreeAdamW(parameters(), warmup: -1) }),
    ("muon: momentum", { _ = Muon(parameters(), momentum: 1) }),
    ("muon: momentum", { _ = Muon(parameters(), iterations: 0) }),
    ("muon: momentum", { _ = Muon(parameters(), learningRate: 0) }),
    ("the weight decay", { _ = AdamW(parameters(), weightDecay: -0.1) }),
    ("WeightAverage: the decay", { _ = WeightAverage(SGD(parameters()), .exponential(decay: 1)) }),
    (
      "WeightAverage: start",
      { _ = WeightAverage(SGD(parameters()), .uniform(start: -1, period: 1)) }
    ),
    (
      "WeightAverage: start",
      { _ = WeightAverage(SGD(parameters()), .uniform(start: 0, period: 0)) }
    ),
  ]

  @Test(arguments: outside.indices)
  func aValueOutOfBoundsStops(_ index: Int) async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      [index = index as Int] in
      HyperparameterBoundTests.outside[index].make()
    }
    expectMessage(Self.outside[index].message, of: result)
  }
}
