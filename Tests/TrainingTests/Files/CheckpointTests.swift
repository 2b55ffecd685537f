import TestSupport
import Testing

struct CheckpointTests {
  /// A model with running averages, its data and its loop, as in a process of its own.
  private struct Session {
    let model = withRandomSeed(3) {
      Sequential {
        Linear(2, 6)
        BatchNorm(6)
        Tanh()
        Dropout(0.1)
        Linear(6, 2)
      }
    }
    let x = withRandomSeed(4) { Tensor.normal([24, 2]) }
    let y = Tensor((0..<24).map { Int32($0 % 2) }, shape: [24])

    func trainer(resuming path: String? = nil) throws -> Trainer {
      let optimizer = AdamW(model.parameters, learningRate: 0.02)
      var state = TrainingState(generator: RandomGenerator(seed: 1))
      var best: NamedTensors?
      if let path {
        state = try Checkpoint.load(from: path, into: model, optimizer)
        best = try Safetensors(contentsOf: path + ".best").tensors
      }
      return Trainer(
        model, training: (x, y), validation: (x, y), optimizer: optimizer,
        options: TrainerOptions(steps: 40, batchSize: 5, schedule: ConstantRate(0.02)),
        state: state, bestWeights: best)
    }
  }

  private func save(_ trainer: Trainer, to path: String) throws {
    try Checkpoint.save(
      to: path, model: trainer.model, optimizer: trainer.optimizer, state: trainer.state)
  }

  /// A run and one that was interrupted and resumed leave the same bytes, running averages
  /// included.
  @Test(arguments: [7, 10, 23]) func aRunWithBuffersResumesExactly(step: Int) throws {
    try withTemporaryFolder { folder in
      let whole = try Session().trainer()
      try whole.run()
      try save(whole, to: folder + "/whole")

      let first = try Session().trainer()
      try first.run(afterStep: { $0.state.step < step })
      try save(first, to: folder + "/part")
      try Safetensors(#require(first.bestWeights)).write(to: folder + "/part.best")

      let session = Session()
      let second = try session.trainer(resuming: folder + "/part")
      try second.run()
      try save(second, to: folder + "/resumed")
      #expect(try FileAccess.read(folder + "/resumed") == FileAccess.read(folder + "/whole"))
      try whole.restoreBestWeights()
      try second.restoreBestWeights()
      #expect(whole.model.weights.names == session.model.weights.names)
      for (name, tensor) in whole.model.weights {
        expectIdentical(try #require(session.model.weights[name]), tensor, name)
      }
      #expect(session.model.weights.names.contains("1.running_mean"))
    }
  }

  /// The state of a training loop without a trainer.
  private struct LoopState: Codable, Equatable {
    var step = 0
    var generator = RandomGenerator(seed: 5)
    var plateau = ReduceOnPlateau(rate: 0.1, patience: 0)
    var lowest = Double.infinity
  }

  /// A training loop without a trainer.
  private struct Loop {
    let model = withRandomSeed(1) { MLP([3, 4, 1]) }
    let optimizer: any Optimizer
    var state = LoopState()

    init() { optimizer = Lookahead(AdamW(model.parameters, learningRate: 0.1), syncPeriod: 3) }

    func save(to path: String) throws {
      try Checkpoint.save(to: path, model: model, optimizer: optimizer, state: state)
    }

    mutating func run(steps: Int) {
      for _ in 0..<steps {
        let x = state.generator.normal([8, 3])
        let (loss, gradients) = valueWithGradients(for: optimizer.parameters) {
          square(model(x)).mean()
        }
        optimizer.learningRate = state.plateau.rate
        optimizer.step(gradients)
        state.plateau.observe(loss.scalar())
        state.lowest = min(state.lowest, loss.scalar())
        state.step += 1
      }
    }
  }

  @Test func aLoopOfOnesOwnResumesExactly() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/loop.safetensors"
      var whole = Loop()
      whole.run(steps: 20)
      var first = Loop()
      // A state with an infinite number can be saved too.
      try first.save(to: path)
      first.run(steps: 7)
      try first.save(to: path)

      var second = Loop()
      second.run(steps: 2)
      second.state = try Checkpoint.load(
        from: path, into: second.model, second.optimizer, as: LoopState.self)
      #expect(second.state == first.state)
      second.run(steps: 13)
      #expect(second.state == whole.state)
      for (a, b) in zip(second.model.weights, whole.model.weights) {
        expectIdentical(a.tensor, b.tensor, a.name)
      }
    }
  }

  @Test func aCheckpointThatDoesNotFitChangesNothing() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/loop.safetensors"
      var saved = Loop()
      saved.run(steps: 4)
      try saved.save(to: path)

      let loop = Loop()
      func expectFailure(
        _ message: String, _ body: () throws -> Void,
        sourceLocation: SourceLocation = #_sourceLocation
      ) {
        let before = loop.model.weights
        #expect(sourceLocation: sourceLocation) {
          try body()
        } throws: { error in
          (error as? TrainingError)?.kind == .data
            && "\(error)".hasPrefix("\(path): ") && "\(error)".contains(message)
        }
        for (a, b) in zip(loop.model.weights, before) {
          expectIdentical(a.tensor, b.tensor, a.name, sourceLocation: sourceLocation)
        }
        #expect(loop.optimizer.state.counters.values.allSatisfy { $0 == 0 })
      }
      expectFailure("there is no 'epoch'") {
        struct Other: Codable { var epoch: Int }
        _ = try Checkpoint.load(from: path, into: loop.model, loop.optimizer, as: Other.self)
      }
      expectFailure("layers.0.weight (float32 [4, 3] for float32 [5, 3])") {
        let wider = MLP([3, 5, 1])
        _ = try Checkpoint.load(
          from: path, into: wider, SGD(wider.parameters, learningRate: 1), as: LoopState.self)
      }
      expectFailure("the optimizer state is of lookahead(adamw), not of sgd") {
        _ = try Checkpoint.load(
          from: path, into: loop.model, SGD(loop.model.parameters, learningRate: 1),
          as: LoopState.self)
      }
      try saved.model.save(to: path)
      expectFailure("is not a checkpoint") {
        _ = try Checkpoint.load(from: path, into: loop.model, loop.optimizer, as: LoopState.self)
      }
    }
  }

  @Test func weightsThatAreNotFiniteAreNotSaved() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/loop.safetensors"
      let loop = Loop()
      try loop.save(to: path)
      let before = try FileAccess.read(path)
      loop.model.parameters[1].parameter.value = Tensor.full([4], .nan)
      #expect(throws: TrainingError.training("'layers.0.bias' is NaN or infinite")) {
        try loop.save(to: path)
      }
      #expect(try FileAccess.read(path) == before)
    }
  }

  @Test func theWeightsOfACheckpointCanBeLoadedAlone() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/loop.safetensors"
      var saved = Loop()
      saved.run(steps: 2)
      try saved.save(to: path)
      let model = MLP([3, 4, 1])
      try model.load(from: path, strict: false)
      for (a, b) in zip(model.weights, saved.model.weights) {
        expectIdentical(a.tensor, b.tensor, a.name)
      }
    }
  }

  /// A generator in any state continues after loading with the numbers it would have drawn.
  @Test func generatorsContinueAfterLoading() throws {
    struct State: Codable { var generators: [RandomGenerator] }
    try withTemporaryFolder { folder in
      let path = folder + "/generators.safetensors"
      var parent = RandomGenerator(seed: .max)
      var child = parent.split()
      _ = child.normal([1001])
      var grandchild = child.split()
      _ = grandchild.next()
      var state = State(generators: [parent, child, grandchild, RandomGenerator(seed: 0)])
      let model = withRandomSeed(1) { MLP([2, 3, 1]) }
      let optimizer = AdamW(model.parameters, learningRate: 0.1)
      try Checkpoint.save(to: path, model: model, optimizer: optimizer, state: state)
      var loaded = try Checkpoint.load(from: path, into: model, optimizer, as: State.self)
      for i in state.generators.indices {
        for _ in 0..<3 { #expect(loaded.generators[i].next() == state.generators[i].next()) }
        expectIdentical(loaded.generators[i].normal([7]), state.generators[i].normal([7]))
      }
      let firsts = Set(loaded.generators.map { $0.hashValue })
      #expect(firsts.count == 4)
    }
  }
}
