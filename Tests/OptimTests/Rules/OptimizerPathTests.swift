import TestSupport
import Testing

/// The paths of every optimizer against PyTorch and the reference implementations in float64, and
/// against itself in float32.
struct OptimizerPathTests {
  private static let golden = (try? JSON.fixture("optimizer-paths.json")) ?? .null

  struct Case: Sendable, CustomTestStringConvertible {
    let json: JSON

    var testDescription: String {
      "\((try? json["optimizer"].text) ?? "?"), \((try? json["problem"].text) ?? "sequence")"
    }

    static let all = cases("paths")
    static let sequence = cases("sequencePaths")

    private static func cases(_ key: String) -> [Case] {
      ((try? golden[key].list) ?? []).map { Case(json: $0) }
    }
  }

  /// The initial parameters and the loss of a problem.
  private struct Problem {
    let parameters: Parameters
    let loss: @Sendable ([Tensor]) -> Tensor

    init(_ name: String, _ dtype: DType) throws {
      let json = try #require(
        try golden["problems"].list.first { try $0["name"].text == name })
      let shapes = try json["shapes"].list.map { try $0.numbers.map { Int($0) } }
      parameters = Parameters(
        try zip(shapes, json["start"].list).enumerated().map { index, pair in
          let values = Tensor(try pair.1.numbers, shape: Shape(pair.0))
          return ("p\(index)", Parameter(values.converted(to: dtype)))
        })
      func constant(_ rows: Tensor) -> Tensor { rows.converted(to: dtype) }
      switch name {
      case "quadratic":
        let center = [
          constant(Tensor([[1, -2, 0.5], [0.25, 1.5, -1]])), constant(Tensor([0.5, -0.5])),
        ]
        let curvature = [
          constant(Tensor([[0.5, 1, 2], [4, 0.25, 1]])),
          constant(Tensor([3, 0.1], dtype: .float64)),
        ]
        loss = { p in
          (curvature[0] * square(p[0] - center[0])).sum() * 0.5
            + (curvature[1] * square(p[1] - center[1])).sum() * 0.5
        }
      case "rosenbrock":
        loss = { p in
          let (x, y) = (p[0][.all, 0], p[0][.all, 1])
          return (square(1 - x) + square(y - x * x) * 10).sum()
        }
      default:
        let x = constant(
          Tensor([[0, 0.5, -1], [1, -0.5, 0.25], [0.75, 1, 0.5], [-0.5, 0.25, 1]]))
        let y = constant(Tensor([[1, -1], [0.5, 0], [-0.5, 1], [0, 0.25]]))
        loss = { p in
          square(linear(tanh(linear(x, p[0], p[1])), p[2], p[3]) - y).mean()
        }
      }
    }

    var values: [Double] { Problem.flat(parameters.map(\.parameter.value)) }

    static func flat(_ tensors: [Tensor]) -> [Double] {
      tensors.flatMap { $0.converted(to: .float64).scalars(as: Double.self) }
    }

    func step(_ optimizer: any Optimizer) {
      let (_, gradients) = valueWithGradients(for: parameters) {
        loss(parameters.map(\.parameter.value))
      }
      optimizer.step(gradients)
    }
  }

  @Test func theCasesWereRead() {
    #expect(Case.all.count == 198 && Case.sequence.count == 60)
    // Every rule has a path, and every wrapper but the one that waits for validation losses.
    let names = Set(
      Case.all.compactMap { try? OptimizerExpression($0.json["optimizer"].text) }.flatMap {
        [$0.name] + $0.rules.map(\.name)
      })
    let all = Set(OptimizerCatalog.entries.map(\.name))
    #expect(all.subtracting(names) == ["switch-on-plateau"])
  }

  @Test(arguments: Case.all)
  func pathsAreThoseOfTheReference(_ test: Case) throws {
    let problem = try Problem(test.json["problem"].text, .float64)
    let expression = try OptimizerExpression(test.json["optimizer"].text)
    let optimizer = expression.optimizer(of: problem.parameters)
    var step = 0
    for point in try test.json["path"].list {
      while step < (try point["step"].integer) {
        problem.step(optimizer)
        step += 1
      }
      let expected = try point["parameters"].numbers
      expectClose(problem.values, expected, relative: 1e-10, absolute: 1e-12, "after step \(step)")
      let kept = point["evaluation"] == .null ? expected : try point["evaluation"].numbers
      expectClose(
        Problem.flat(optimizer.evaluationWeights), kept, relative: 1e-10, absolute: 1e-12,
        "evaluation after step \(step)")
    }
    #expect(step == 25)
  }

  /// The float32 kernels follow the float64 ones when both get the same gradients.
  @Test(arguments: Case.all)
  func float32StaysClose(_ test: Case) throws {
    let expression = try OptimizerExpression(test.json["optimizer"].text)
    let (wide, narrow) = (
      try Problem(test.json["problem"].text, .float64),
      try Problem(test.json["problem"].text, .float32)
    )
    let (a, b) = (
      expression.optimizer(of: wide.parameters), expression.optimizer(of: narrow.parameters)
    )
    for _ in 0..<10 {
      // Rounded first, so that both get the same values.
      let (_, gradients) = valueWithGradients(for: wide.parameters) {
        wide.loss(wide.parameters.map(\.parameter.value))
      }
      let rounded = gradients.tensors.map { $0.converted(to: .float32) }
      a.step(Gradients(rounded.map { $0.converted(to: .float64) }, for: wide.parameters))
      b.step(Gradients(rounded, for: narrow.parameters))
    }
    expectClose(narrow.values, wide.values, relative: 1e-5, absolute: 1e-5)
  }

  // MARK: Given gradients

  @Test(arguments: Case.sequence)
  func pathsOnGivenGradientsAreThoseOfTheReference(_ test: Case) throws {
    try follow(test, dtype: .float64, relative: 1e-13, absolute: 1e-15)
  }

  @Test(arguments: Case.sequence)
  func float32StaysCloseOnGivenGradients(_ test: Case) throws {
    // High rates take parameters to several hundred.
    try follow(test, dtype: .float32, relative: 2e-5, absolute: 2e-6)
  }

  private func follow(
    _ test: Case, dtype: DType, relative: Double, absolute: Double
  ) throws {
    let sequence = Self.golden["sequence"]
    let parameters = Parameters(
      try sequence["start"].list.enumerated().map {
        ("p\($0)", Parameter(try $1.tensor.converted(to: dtype)))
      })
    let optimizer = try OptimizerExpression(test.json["optimizer"].text).optimizer(of: parameters)
    let (rates, path) = (try test.json["rates"].numbers, try test.json["path"].list)
    var compared = 0
    for (step, gradients) in try sequence["gradients"].list.enumerated() {
      optimizer.learningRate = rates[step]
      let tensors = try zip(gradients.list, parameters).map {
        Tensor(try $0.numbers, shape: $1.parameter.shape).converted(to: dtype)
      }
      optimizer.step(Gradients(tensors, for: parameters))
      guard compared < path.count, try path[compared]["step"].integer == step + 1 else { continue }
      expectClose(
        Problem.flat(parameters.map(\.parameter.value)), try path[compared]["parameters"].numbers,
        relative: relative, absolute: absolute, "after step \(step + 1)")
      compared += 1
    }
    #expect(compared == 4)
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
}
