import TestSupport
import Testing

struct NamedCheckpointTests {
  private struct LoopState: Codable, Equatable {
    var step = 0
    var generator = RandomGenerator(seed: 3)
  }

  /// Two models with an optimizer each, as in an adversarial training.
  private struct Pair {
    let generator = withRandomSeed(1) { MLP([2, 4, 3]) }
    let critic = withRandomSeed(2) {
      Sequential {
        Linear(3, 4)
        BatchNorm(4)
        Linear(4, 1)
      }
    }
    let generatorOptimizer: AdamW
    let criticOptimizer: any Optimizer
    var state = LoopState()

    init() {
      generatorOptimizer = AdamW(generator.parameters, learningRate: 0.01)
      criticOptimizer = Lookahead(SGD(critic.parameters, learningRate: 0.01), syncPeriod: 2)
    }

    var models: [String: any Module] { ["generator": generator, "critic": critic] }
    var optimizers: [String: any Optimizer] {
      ["generator": generatorOptimizer, "critic": criticOptimizer]
    }
    var weights: [[Float]] {
      (Array(generator.weights) + Array(critic.weights)).map { $0.tensor.scalars(as: Float.self) }
    }

    mutating func run(steps: Int) {
      for _ in 0..<steps {
        let noise = state.generator.normal([5, 2])
        let real = state.generator.normal([5, 3])
        criticOptimizer.step(
          valueWithGradients(for: criticOptimizer.parameters) {
            critic(generator(noise)).mean() - critic(real).mean()
          }.gradients)
        generatorOptimizer.step(
          valueWithGradients(for: generatorOptimizer.parameters) {
            -critic(generator(noise)).mean()
          }.gradients)
        state.step += 1
      }
    }
  }

  @Test func aLoopWithTwoModelsResumesExactly() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/gan.safetensors"
      var whole = Pair()
      whole.run(steps: 9)
      var first = Pair()
      first.run(steps: 4)
      try Checkpoint.save(
        to: path, models: first.models, optimizers: first.optimizers, state: first.state)
      var second = Pair()
      second.run(steps: 1)
      second.state = try Checkpoint.load(
        from: path, models: second.models, optimizers: second.optimizers)
      #expect(second.state == first.state && second.weights == first.weights)
      second.run(steps: 5)
      #expect(second.weights == whole.weights && second.state == whole.state)

      // One model alone.
      let model = MLP([2, 4, 3])
      let state = try Checkpoint.load(
        from: path, models: ["generator": model], optimizers: [:], as: LoopState.self)
      #expect(state.step == 4)
      for (a, b) in zip(model.weights, first.generator.weights) {
        expectIdentical(a.tensor, b.tensor, a.name)
      }
    }
  }

  @Test func whatDoesNotFitChangesNothing() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/gan.safetensors"
      var saved = Pair()
      saved.run(steps: 3)
      try saved.models["generator"].map {
        try Checkpoint.save(
          to: path, models: ["generator": $0], optimizers: saved.optimizers, state: saved.state)
      }
      let pair = Pair()
      let before = pair.weights
      func expectFailure(
        _ message: String, _ models: [String: any Module], _ optimizers: [String: any Optimizer]
      ) {
        #expect {
          _ = try Checkpoint.load(
            from: path, models: models, optimizers: optimizers, as: LoopState.self)
        } throws: { "\($0)" == "\(path): \(message)" }
        #expect(pair.weights == before)
        #expect(pair.generatorOptimizer.state.counters.values.allSatisfy { $0 == 0 })
      }
      expectFailure("has no model 'critic'", pair.models, pair.optimizers)
      expectFailure("has no optimizer 'other'", [:], ["other": pair.criticOptimizer])
      expectFailure(
        "the optimizer state is of lookahead(sgd), not of adamw", ["generator": pair.generator],
        ["generator": pair.generatorOptimizer, "critic": AdamW(pair.critic.parameters)])
      #expect(throws: TrainingError.data("\(path): is not a checkpoint of one model")) {
        _ = try Checkpoint.load(
          from: path, into: pair.generator, pair.generatorOptimizer, as: LoopState.self)
      }
    }
  }
}
