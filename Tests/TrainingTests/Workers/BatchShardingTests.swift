import Synchronization
import TestSupport
import Testing

@testable import Training

/// Workers that compute the gradients of shards of a batch, and take the step of the whole.
struct BatchShardingTests {
  struct Model: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let make: @Sendable () -> Sequential

    static let all = [
      Model(testDescription: "linear") { Sequential { Linear(4, 3) } },
      Model(testDescription: "batch norm") {
        Sequential {
          Linear(4, 8)
          BatchNorm(8)
          ReLU()
          Linear(8, 3)
        }
      },
      Model(testDescription: "dropout") {
        Sequential {
          Linear(4, 8)
          Dropout(0.3)
          Tanh()
          Linear(8, 3)
        }
      },
      Model(testDescription: "float64") { Sequential { Linear(4, 3, dtype: .float64) } },
    ]
  }

  /// The weights, buffers and losses after some steps, as one of the workers has them.
  @Sendable private static func train(
    _ model: Model, _ workers: any Communicator, _ sharding: BatchSharding?, batchSize: Int = 24,
    accumulationSteps: Int = 1
  ) throws -> [Tensor] {
    let model = withRandomSeed(7) { model.make() }
    let dtype = model.parameters[0].parameter.dtype
    // Two batches and a small one in each epoch.
    let x = Tensor.seeded([60, 4], seed: 1, dtype: dtype)
    let y = Tensor((0..<60).map { Int32($0 * 7 % 3) }, shape: [60])
    var options = TrainerOptions(
      steps: 8, batchSize: batchSize, accumulationSteps: accumulationSteps, clipNorm: 1,
      learningRate: 0.05)
    options.workers = workers
    options.sharding = sharding
    let trainer = Trainer(
      model, training: (x, y), validation: (x, y),
      optimizer: AdamW(model.parameters, learningRate: 0.05), options: options)
    try trainer.run()
    let losses = trainer.history.map { $0.trainLoss } + [trainer.state.validation?.loss ?? 0]
    return model.weights.map { $0.tensor } + [Tensor(losses, dtype: .float64)]
  }

  @Test(arguments: Model.all, [1, 3, 6])
  func theBitsDoNotDependOnTheNumberOfWorkers(_ model: Model, _ shards: Int) throws {
    let sharding = BatchSharding(count: shards, isReproducible: true)
    let alone = try Self.train(model, OneWorker(), sharding)
    for count in [2, 3, 4, 5, 8] {
      let results = try SimulatedWorkers.run(count) { try Self.train(model, $0, sharding) }
      for result in results {
        for (a, b) in zip(result, alone) { expectIdentical(a, b) }
      }
    }
  }

  @Test(arguments: [1, 2, 3])
  func theBitsDoNotDependOnWorkersWithAccumulation(_ steps: Int) throws {
    let sharding = BatchSharding(count: 4, isReproducible: true)
    let run: @Sendable (any Communicator) throws -> [Tensor] = {
      try Self.train(Model.all[2], $0, sharding, batchSize: 8, accumulationSteps: steps)
    }
    let alone = try run(OneWorker())
    for result in try SimulatedWorkers.run(4, run) {
      for (a, b) in zip(result, alone) { expectIdentical(a, b) }
    }
  }

  /// Without layers that look at a whole batch or draw numbers, shards change roundings alone.
  @Test(arguments: [(0, 1, false), (0, 4, false), (0, 5, true), (3, 2, false), (3, 3, true)])
  func shardsMakeTheStepOfTheWholeBatch(
    _ model: Int, _ count: Int, _ isReproducible: Bool
  ) throws {
    let model = Model.all[model]
    let whole = try Self.train(model, OneWorker(), nil)
    let sharding = BatchSharding(count: 7, isReproducible: isReproducible)
    for result in try SimulatedWorkers.run(count, { try Self.train(model, $0, sharding) }) {
      for (a, b) in zip(result, whole) {
        let isExact = a.dtype == .float64 && model.testDescription == "float64"
        expectClose(a, b, relative: isExact ? 1e-9 : 1e-4, absolute: isExact ? 1e-9 : 1e-4)
      }
    }
  }

  /// Each worker computes its part of a batch at once.
  @Test(arguments: [(1, false, 1), (3, false, 3), (30, false, 24), (2, true, 16), (1, true, 16)])
  func thereIsAShardForEachWorker(_ workers: Int, _ isReproducible: Bool, _ count: Int) {
    let sharding = BatchSharding(isReproducible: isReproducible)
    #expect(sharding.count(batchSize: 24, workers: workers) == count)
    #expect(BatchSharding(count: 5).count(batchSize: 24, workers: workers) == 5)
  }

  @Test func manyWorkersMayHaveNoExamples() throws {
    let whole = try Self.train(Model.all[0], OneWorker(), nil)
    for result in try SimulatedWorkers.run(30, { try Self.train(Model.all[0], $0, .init()) }) {
      for (a, b) in zip(result, whole) { expectClose(a, b, relative: 1e-4, absolute: 1e-4) }
    }
  }

  /// The running statistics are the means of those of the shards, and a step counts once.
  @Test func runningStatisticsAreAveraged() throws {
    let result = try Self.train(
      Model.all[1], OneWorker(), BatchSharding(count: 2, isReproducible: true))
    let count = try #require(result.first { $0.dtype == .int32 })
    #expect(count.scalar(as: Int32.self) == 8)
    let whole = try Self.train(Model.all[1], OneWorker(), nil)
    let names = withRandomSeed(7) { Model.all[1].make().weights.names }
    for (index, name) in names.enumerated() where name.hasSuffix("running_mean") {
      // Near those of the whole batch, and not the same.
      expectClose(result[index], whole[index], relative: 0.5, absolute: 0.2)
      let isSame = zip(
        result[index].scalars(as: Float.self), whole[index].scalars(as: Float.self)
      ).allSatisfy(==)
      #expect(!isSame)
    }
  }

  @Test(arguments: [1, 2, 3, 5, 8, 16, 100], [false, true])
  func eachShardIsComputedOnce(_ count: Int, _ isReproducible: Bool) {
    let sharding = BatchSharding(count: count, isReproducible: isReproducible)
    for workers in 1...20 {
      let shards = (0..<workers).map {
        sharding.shards(of: $0, workers: workers, count: count)
      }
      #expect(shards.flatMap { Array($0) } == Array(0..<count))
      // A branch has fewer than twice the shards if their number is a power of two, and four times
      // otherwise.
      let limit = isReproducible ? (count.nonzeroBitCount == 1 ? 2 : 4) : 1
      let most = (count + workers - 1) / workers
      #expect(shards.allSatisfy { $0.count <= limit * most })
    }
  }

  @Test func shardsBeyondABatchStop() async {
    let message = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      _ = try BatchShardingTests.train(
        Model.all[0], OneWorker(), BatchSharding(count: 25, isReproducible: false))
    }
    expectMessage("a batch of 24 cannot be cut into 25 shards", of: message)
  }

  // MARK: Errors of a worker

  /// A worker that fails ends the others, which wait for it, and all threads.
  @Test(arguments: 0..<3)
  func anErrorEndsTheOthers(_ failing: Int) {
    struct Stop: Error, Equatable { let rank: Int }
    let ended = Mutex([Int]())
    #expect(throws: Stop(rank: failing)) {
      try SimulatedWorkers.run(3) { workers in
        defer { ended.withLock { $0.append(workers.rank) } }
        #expect(!workers.isStopped || workers.rank > failing)
        for step in 0..<1000 where !workers.isStopped {
          if step == 5, workers.rank == failing { throw Stop(rank: failing) }
          _ = workers.sum(1)
          _ = workers.gather([1])
          workers.barrier()
        }
        #expect(workers.isStopped)
      }
    }
    #expect(ended.withLock { $0.sorted() } == [0, 1, 2])
  }

  @Test func aTrainerEndsWithTheOthers() {
    struct Stop: Error {}
    let steps = Mutex([Int: Int]())
    #expect(throws: Stop.self) {
      try SimulatedWorkers.run(4) { workers in
        let model = Linear(2, 1)
        var options = TrainerOptions(steps: 1_000_000, batchSize: 4, learningRate: 1e-3)
        options.workers = workers
        options.sharding = BatchSharding(count: 4, isReproducible: workers.size > 1)
        let trainer = Trainer(
          model, training: (.ones([8, 2]), .zeros([8, 1])), optimizer: SGD(model.parameters),
          options: options)
        defer { steps.withLock { $0[workers.rank] = trainer.state.step } }
        try trainer.run(afterStep: { trainer in
          if workers.rank == 2, trainer.state.step == 3 { throw Stop() }
          return true
        })
      }
    }
    #expect(steps.withLock { $0.count } == 4)
    #expect(steps.withLock { $0.values.allSatisfy { (3...4).contains($0) } })
  }
}
