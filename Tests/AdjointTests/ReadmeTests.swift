import Adjoint
import Foundation
import Testing

/// The code of README.md, compiled and run; the last test compares it with the page.
@Suite struct ReadmeTests {
  @Test func trainsAModel() {
    let x = Tensor([[0, 0], [0, 1], [1, 0], [1, 1]])  // float32, shape [4, 2]
    let y = Tensor([0, 1, 1, 0], dtype: .int32)

    let model = withRandomSeed(42) {
      Sequential {
        Linear(2, 16)
        Tanh()
        Linear(16, 2)
      }
    }
    let parameters = model.parameters  // found once, by name
    let optimizer = Lookahead(
      AdamW(parameters, learningRate: 1e-2, weightDecay: 0.01), syncPeriod: 5, slowStepSize: 0.5)
    let schedule = WarmupCosine(peak: 1e-2, warmup: 20, total: 500)

    for step in 0..<500 {
      let (loss, gradients) = valueWithGradients(for: parameters) {
        crossEntropy(model(x), labels: y)
      }
      optimizer.learningRate = schedule(step)
      optimizer.step(gradients.clipped(toNorm: 1))
      if step % 100 == 0 { print("step \(step): loss \(loss)") }
    }
    let classes = model(x).argmax(along: 1)  // outside a gradient scope nothing is recorded
    #expect(classes.scalars(as: Int32.self) == [0, 1, 1, 0])
  }

  @Test func fitsInOneLine() throws {
    let x = Tensor.linspace(from: -3, to: 3, count: 200).reshaped(to: [-1, 1])
    let model = withRandomSeed(1) { MLP([1, 32, 32, 1], activation: .tanh) }
    let result = try fit(model, x, sin(x), epochs: 200)
    print(result.trainLoss)
    #expect(result.trainLoss < 1e-3)
  }

  @Test func predictsWithATrainedModel() throws {
    let path = FileManager.default.temporaryDirectory
      .appending(path: "adjoint-\(UUID().uuidString).safetensors").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    let rows = (0..<30).map {
      "\($0 % 7),\($0 % 2 == 0 ? "oak" : "elm"),\($0 % 5 == 0 ? "" : "1\($0 % 4)")"
    }
    let lines = rows.enumerated().map { "\($1),\($0 % 2 == 0 ? "large" : "small")" }
    let text = (["width,kind,height,size"] + lines).joined(separator: "\n")
    let data = try SupervisedData(
      table: CSVTable(bytes: Array(text.utf8), file: "trees.csv"), target: "size", seed: 1)
    let description = try ModelDescription(
      task: "csv", model: ModelExpression("mlp(hidden=8)"), loss: nil,
      input: InputEncoding(data, targetName: "size"))
    try TrainedModel(description, description.makeModel()).write(to: path)

    let model = try TrainedModel(contentsOf: path)
    let prediction = try model.predict(["width": 3.1, "kind": "oak", "height": nil])
    print(prediction.label, prediction.probability ?? 0)
    #expect(["large", "small"].contains(prediction.label))
  }

  @Test func savesALoopOfItsOwn() throws {
    let path = FileManager.default.temporaryDirectory
      .appending(path: "adjoint-\(UUID().uuidString).safetensors").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    let x = withRandomSeed(1) { Tensor.normal([64, 2]) }
    let y = (x[.all, 0] .> 0).converted(to: .int32)
    let model = withRandomSeed(2) { MLP([2, 8, 2]) }
    let parameters = model.parameters
    let optimizer = AdamW(parameters, learningRate: 0.05)

    var state = LoopState()
    while state.epoch < 20 {
      for (x, y) in DataLoader(x, y, batchSize: 16, shuffle: state.generator.split(), prefetch: 2) {
        let (_, gradients) = valueWithGradients(for: parameters) {
          crossEntropy(model(x), labels: y)
        }
        optimizer.step(gradients)
      }
      state.epoch += 1
      try Checkpoint.save(to: path, model: model, optimizer: optimizer, state: state)
    }
    state = try Checkpoint.load(from: path, into: model, optimizer, as: LoopState.self)
    #expect(state.epoch == 20 && optimizer.stepCount == 80)
    var metrics = ClassificationMetrics(classes: 2, k: 1)
    metrics.add(model(x), labels: y)
    #expect(metrics.accuracy > 0.95)
  }

  @Test func differentiatesFunctions() {
    let x = Tensor([0.5, -1, 2])
    let slope = gradient(at: x) { tanh($0).sum() }  // [0.7864477  0.4199743  0.07065082]
    let curvature = gradient(at: x) { x in gradient(at: x) { tanh($0).sum() }.sum() }
    #expect("\(slope)" == "[0.7864477  0.4199743  0.07065082]")
    #expect(abs(curvature[1].scalar() - 0.6397) < 1e-4)
  }

  @Test func definesALayer() {
    #expect(
      GatedUnit(inputs: 3, outputs: 2).parameters.map(\.name) == [
        "value.weight", "value.bias", "gate.weight", "gate.bias",
      ])
    #expect(GatedUnit(inputs: 3, outputs: 2)(Tensor.ones([5, 3])).shape == [5, 2])
  }

  @Test func checksGradients() {
    let x = Tensor([[0.3, -1.2], [2, 0.7]], dtype: .float64)
    let report = checkGradients(of: { softplus($0[0]) * tanh($0[0]) }, at: [x], order: 2)
    print(report)  // order 2: passed at 4 elements; worst error …
    #expect(report.passed)
  }

  @Test func definesAnOperation() {
    /// The cube of each element, x³; dx = dy · 3x².
    func cube(_ x: Tensor) -> Tensor {
      record("cube", x, saving: .input) {
        $0 * $0 * $0
      } pullback: { dy, saved in
        dy * 3 * square(saved.input)
      }
    }
    let x = Tensor([0.3, -1.2], dtype: .float64)
    #expect(checkGradients(of: { cube($0[0]) }, at: [x], order: 2).passed)
  }

  @Test func definesAnOptimizer() {
    let parameter = Parameter(Tensor([1, 2, 3]))
    let parameters = Parameters([("p", parameter)])
    let optimizer = RuleOptimizer(SignRule(), parameters, learningRate: 0.5)
    optimizer.step(Gradients([Tensor([3, -1, 0])], for: parameters))
    #expect(parameter.value.scalars(as: Float.self) == [0.5, 2.5, 3])
  }

  @Test func isTheCodeOfThePage() throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let page = try String(contentsOf: root.appending(path: "README.md"), encoding: .utf8)
    let tested = lines(of: try String(contentsOf: URL(filePath: #filePath), encoding: .utf8))
    let blocks = page.components(separatedBy: "```swift\n").dropFirst()
      .map { $0.components(separatedBy: "```")[0] }
    #expect(blocks.count >= 5)
    for block in blocks {
      let wanted = lines(of: block).filter {
        $0 != "import Adjoint" && !$0.hasPrefix(".package") && !$0.hasPrefix(".product")
      }
      let isTested = tested.indices.contains { tested[$0...].starts(with: wanted) }
      #expect(isTested, "not compiled by the tests:\n\(block)")
    }
  }

  /// The lines without empty ones, with single spaces: how comments are aligned does not matter.
  private func lines(of text: String) -> [String] {
    text.split(separator: "\n").map {
      $0.split(separator: " ").joined(separator: " ")
    }.filter { !$0.isEmpty }
  }
}

/// The sign of the gradient alone decides. (Bernstein et al., 2018, 1802.04434)
struct SignRule: UpdateRule {
  let name = "sign-sgd"

  func apply(to p: inout Tensor, gradient: Tensor, state: inout [Tensor], context: UpdateContext) {
    p -= sign(gradient) * context.learningRate
  }
}

struct LoopState: Codable {
  var epoch = 0
  var generator = RandomGenerator(seed: 7)
}

struct GatedUnit: Layer {
  let value: Linear, gate: Linear

  init(inputs: Int, outputs: Int) {
    value = Linear(inputs, outputs)
    gate = Linear(inputs, outputs)
  }

  func callAsFunction(_ input: Tensor) -> Tensor { value(input) * sigmoid(gate(input)) }
}
