import TestSupport
import Testing

/// Ten steps of the optimizers against PyTorch in float64; Lookahead against its paper.
struct GoldenOptimizerTests {
  private static let golden = (try? JSON.fixture("optimizers.json")) ?? .null

  /// A case of `optimizers.json`.
  struct Case: Sendable, CustomTestStringConvertible {
    let json: JSON

    var testDescription: String {
      let name = "\((try? json["optimizer"].text) ?? "?"), \((try? json["name"].text) ?? "?")"
      guard let period = try? json["lookahead"]["syncPeriod"].integer else { return name }
      return name + ", lookahead \(period)"
    }

    static let all: [Case] = ((try? golden["cases"].list) ?? []).map {
      Case(json: $0)
    }

    /// The optimizer that the case is of.
    func optimizer(_ parameters: Parameters) throws -> any Optimizer {
      let rate = try json["learningRates"].numbers[0]
      let decay = try json["weightDecay"].number
      if try json["optimizer"].text == "sgd" {
        return try wrapped(
          SGD(
            parameters, learningRate: rate, momentum: try json["momentum"].number,
            dampening: try json["dampening"].number, nesterov: try json["nesterov"].truth,
            weightDecay: .coupled(decay)))
      }
      return try wrapped(
        AdamW(
          parameters, learningRate: rate, beta1: try json["beta1"].number,
          beta2: try json["beta2"].number, epsilon: try json["epsilon"].number, weightDecay: decay))
    }

    private func wrapped(_ inner: any Optimizer) throws -> any Optimizer {
      let lookahead = json["lookahead"]
      if lookahead == .null { return inner }
      return Lookahead(
        inner, syncPeriod: try lookahead["syncPeriod"].integer,
        slowStepSize: try lookahead["slowStepSize"].number)
    }
  }

  @Test func theCasesWereRead() { #expect(Case.all.count == 60) }

  @Test(arguments: Case.all)
  func trajectoriesAreAsPyTorchs(_ test: Case) throws {
    try follow(test, dtype: .float64, relative: 1e-13, absolute: 1e-15)
  }

  @Test(arguments: Case.all)
  func float32StaysClose(_ test: Case) throws {
    // The high rates take parameters to some hundred.
    try follow(test, dtype: .float32, relative: 2e-5, absolute: 2e-6)
  }

  private func follow(
    _ test: Case, dtype: DType, relative: Double, absolute: Double
  ) throws {
    let parameters = Parameters(
      try Self.golden["parameters"].list.enumerated().map {
        ("p\($0)", Parameter(try $1.tensor.converted(to: dtype)))
      })
    let optimizer = try test.optimizer(parameters)
    let trajectory = try test.json["trajectory"].list
    #expect(trajectory.count == 4)
    var next = 0
    for (step, gradients) in try Self.golden["gradients"].list.enumerated() {
      optimizer.learningRate = try test.json["learningRates"].numbers[step]
      let tensors = try zip(gradients.list, parameters).map {
        Tensor(try $0.numbers, shape: $1.parameter.shape).converted(to: dtype)
      }
      optimizer.step(Gradients(tensors, for: parameters))
      guard try trajectory[next]["step"].integer == step + 1 else { continue }
      for (expected, element) in zip(try trajectory[next]["parameters"].list, parameters) {
        expectClose(
          element.parameter.value.scalars(as: Double.self), try expected.numbers,
          relative: relative, absolute: absolute, "\(element.name) after step \(step + 1)")
      }
      next = min(next + 1, trajectory.count - 1)
    }
  }

  // MARK: Clipping

  @Test func clippingIsAsPyTorchs() throws {
    let cases = try Self.golden["clipping"].list
    #expect(cases.count >= 7)
    for json in cases {
      let tensors = try json["gradients"].list.map { try $0.tensor }
      let parameters = Parameters(
        tensors.enumerated().map { ("p\($0)", Parameter(Tensor.zeros(like: $1))) })
      let gradients = Gradients(tensors, for: parameters)
      let (name, limit) = (try json["name"].text, try json["maximumNorm"].number)
      expectClose(gradients.norm, try json["norm"].number, relative: 1e-14, name)
      // A limit of 0 is an error here, which has a test of its own.
      if limit == 0 { continue }
      let clipped = gradients.clipped(toNorm: limit)
      for (actual, expected) in zip(clipped.tensors, try json["clipped"].list) {
        expectClose(
          actual.scalars(as: Double.self), try expected.numbers, relative: 1e-14, name)
      }
    }
  }

  // MARK: Schedules

  @Test func schedulesAreAsTheirFormulas() throws {
    let cases = try Self.golden["schedules"].list
    #expect(cases.count >= 11)
    for json in cases {
      let schedule: any Schedule
      func number(_ key: String) throws -> Double { try json[key].number }
      func integer(_ key: String) throws -> Int { try json[key].integer }
      switch try json["schedule"].text {
      case "constant": schedule = ConstantRate(try number("rate"))
      case "warmup":
        schedule = LinearWarmup(peak: try number("peak"), warmup: try integer("warmup"))
      case "cosine":
        schedule = CosineDecay(
          peak: try number("peak"), total: try integer("total"), floor: try number("floor"))
      default:
        schedule = WarmupCosine(
          peak: try number("peak"), warmup: try integer("warmup"), total: try integer("total"),
          floor: try number("floor"))
      }
      let name = try json["name"].text
      for point in try json["points"].list {
        let step = try point.list[0].integer
        expectClose(
          schedule(step), try point.list[1].number, relative: 1e-14, absolute: 1e-17,
          "\(name), step \(step)")
      }
    }
  }
}
