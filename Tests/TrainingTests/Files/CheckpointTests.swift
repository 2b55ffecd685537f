import Autograd
import NN
import Optim
import Tensor
import TestSupport
import Testing
import Training

struct CheckpointTests {
  /// A model with running averages, its data and its loop, as a run would make them.
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

    func trainer(from path: String? = nil) throws -> Trainer {
      let (parameters, buffers) = (model.parameters, model.buffers)
      let optimizer = AdamW(parameters, learningRate: 0.02)
      var state = TrainingState(generator: RandomGenerator(seed: 1))
      var best: ModelWeights?
      if let path {
        let checkpoint = try Checkpoint(contentsOf: path)
        try checkpoint.restore(parameters, buffers, optimizer)
        state = checkpoint.state
        best = try readWeights(of: parameters, buffers, from: path + ".best")
      }
      return Trainer(
        parameters: parameters, buffers: buffers,
        objective: SupervisedObjective(model: model, training: (x, y), validation: (x, y)),
        optimizer: optimizer,
        plan: TrainingPlan(steps: 40, batchSize: 5, schedule: ConstantRate(0.02)), state: state,
        bestWeights: best)
    }
  }

  /// What an untouched run and one that was resumed leave behind is the same bytes, running averages included.
  @Test(arguments: [7, 10, 23]) func aRunWithBuffersResumesExactly(step: Int) throws {
    try withTemporaryFolder { folder in
      let whole = try Session().trainer()
      try whole.run()
      try Checkpoint.write(whole, seconds: 0, to: folder + "/whole")

      let first = try Session().trainer()
      try first.run(afterStep: { $0.state.step < step })
      try Checkpoint.write(first, seconds: 0, to: folder + "/part")
      let best = try #require(first.bestWeights)
      try writeWeights(
        best, of: first.parameters, first.buffers, metadata: [:], to: folder + "/part.best")

      let session = Session()
      let second = try session.trainer(from: folder + "/part")
      try second.run()
      try Checkpoint.write(second, seconds: 0, to: folder + "/resumed")
      #expect(try Training.readFile(folder + "/resumed") == Training.readFile(folder + "/whole"))
      whole.restoreBestWeights()
      second.restoreBestWeights()
      for (a, b) in zip(whole.buffers, second.buffers) {
        #expect(a.name == b.name)
        #expect(
          a.buffer.value.scalars(as: Double.self) == b.buffer.value.scalars(as: Double.self))
      }
      #expect(session.model.buffers.map(\.name).contains("1.running_mean"))
    }
  }
}
