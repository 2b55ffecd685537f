import Foundation
import Synchronization
import TestSupport
import Testing

struct BatchSamplerTests {
  private func batches(_ sampler: BatchSampler) -> [[Int]] { sampler.map(Array.init) }

  struct Case: Sendable {
    var count = 7
    var batchSize = 3
    var dropsLast = false
    var epochs: Int? = 1
    let batches: [[Int]]
  }

  @Test(arguments: [
    Case(batches: [[0, 1, 2], [3, 4, 5], [6]]),
    Case(dropsLast: true, batches: [[0, 1, 2], [3, 4, 5]]),
    Case(count: 6, dropsLast: true, batches: [[0, 1, 2], [3, 4, 5]]),
    Case(count: 4, epochs: 2, batches: [[0, 1, 2], [3], [0, 1, 2], [3]]),
    Case(count: 2, batches: [[0, 1]]),
    Case(count: 2, dropsLast: true, batches: []),
    Case(count: 2, dropsLast: true, epochs: nil, batches: []),
    Case(count: 0, batches: []),
    Case(count: 0, epochs: nil, batches: []),
    Case(epochs: 0, batches: []),
  ])
  func sequentialBatches(_ sample: Case) {
    let sampler = BatchSampler(
      count: sample.count, batchSize: sample.batchSize, dropsLast: sample.dropsLast,
      epochs: sample.epochs)
    #expect(batches(sampler) == sample.batches)
    if sample.epochs == 1 { #expect(sampler.batchesPerEpoch == sample.batches.count) }
  }

  @Test func eachEpochHasAnOrderOfItsOwn() {
    let sampler = BatchSampler(
      count: 9, batchSize: 4, sampling: .shuffled, generator: RandomGenerator(seed: 1), epochs: 3)
    let all = batches(sampler)
    #expect(all.map(\.count) == [4, 4, 1, 4, 4, 1, 4, 4, 1])
    let epochs = (0..<3).map { Array(all[3 * $0..<3 * $0 + 3].joined()) }
    for epoch in epochs { #expect(epoch.sorted() == Array(0..<9)) }
    #expect(Set(epochs).count == 3)
    #expect(batches(sampler) == all)
  }

  @Test func equalGeneratorsGiveEqualOrders() {
    let orders = [1, 1, 2].map { (seed: UInt64) in
      batches(
        BatchSampler(
          count: 50, batchSize: 7, sampling: .shuffled, generator: RandomGenerator(seed: seed)))
    }
    #expect(orders[0] == orders[1] && orders[0] != orders[2])
  }

  @Test func anEndlessSamplerStartsAnewAfterEachEpoch() {
    let sampler = BatchSampler(
      count: 5, batchSize: 2, sampling: .shuffled, generator: RandomGenerator(seed: 3), epochs: nil)
    let batches = sampler.prefix(300).map(Array.init)
    #expect(batches.count == 300)
    #expect(batches[297...].joined().sorted() == [0, 1, 2, 3, 4])
  }

  @Test func samplingWithReplacement() {
    let sampler = BatchSampler(
      count: 3, batchSize: 5, sampling: .withReplacement(stepsPerEpoch: 4),
      generator: RandomGenerator(seed: 1), epochs: 2)
    let all = batches(sampler)
    #expect(sampler.batchesPerEpoch == 4 && all.map(\.count) == Array(repeating: 5, count: 8))
    #expect(Set(all.joined()) == [0, 1, 2])
    #expect(Set(all).count == 8)
  }

  @Test(arguments: [0, 1, 3, 4, 7, 8, 9, 100]) func droppedBatchesAreThoseOfTheSequence(count: Int)
  {
    let sampler = BatchSampler(
      count: 10, batchSize: 4, sampling: .shuffled, generator: RandomGenerator(seed: 8), epochs: 3)
    #expect(batches(sampler.dropFirst(count)) == Array(batches(sampler).dropFirst(count)))
    #expect(
      batches(sampler.dropFirst(1).dropFirst(count)) == Array(batches(sampler).dropFirst(count + 1))
    )
  }

  /// A trainer's examples, interrupted in the middle of an epoch and resumed, are those of the
  /// sampler.
  @Test(arguments: [Sampling.shuffled, .sequential, .withReplacement(stepsPerEpoch: 5)])
  func aTrainerDrawsTheSameBatches(sampling: Sampling) throws {
    final class Recorder: Objective {
      struct Scalar: Module { let weight = Parameter(Tensor([1.0])) }
      let model = Scalar()
      let exampleCount = 11
      let batches = Mutex<[[Int]]>([])
      func loss(ofExamples indices: ArraySlice<Int>) -> Tensor {
        batches.withLock { $0.append(Array(indices)) }
        return model.weight.value.sum()
      }
    }
    let recorder = Recorder()
    var state = TrainingState(seed: 5)
    let generator = state.generator
    for pause in [4, 9, 100] {
      let trainer = Trainer(
        recorder, optimizer: SGD(recorder.model.parameters, learningRate: 0.1),
        options: TrainerOptions(
          steps: 14, batchSize: 3, schedule: ConstantRate(0.1), sampling: sampling), state: state)
      try trainer.run(afterStep: { $0.state.step < pause })
      state = trainer.state
    }
    let sampler = BatchSampler(
      count: 11, batchSize: 3, sampling: sampling, generator: generator, epochs: nil)
    #expect(recorder.batches.withLock(\.self) == sampler.prefix(14).map(Array.init))
  }
}

struct DataLoaderTests {
  private let x = Tensor.counting([7, 2])
  private let y = Tensor.counting([7], dtype: .int32)

  @Test(arguments: [0, 1, 3, 100]) func rowsStayTogether(prefetch: Int) {
    let loader = DataLoader(
      x, y, batchSize: 3, shuffle: RandomGenerator(seed: 2), epochs: 2, prefetch: prefetch)
    var labels: [Int32] = []
    var sizes: [Int] = []
    for (x, y) in loader {
      let batch = y.scalars(as: Int32.self)
      sizes.append(batch.count)
      labels += batch
      #expect(x.shape == [batch.count, 2])
      #expect(x.scalars(as: Float.self) == batch.flatMap { [Float(2 * $0), Float(2 * $0 + 1)] })
    }
    #expect(sizes == [3, 3, 1, 3, 3, 1])
    #expect(labels[..<7].sorted() == Array(0..<7) && labels[7...].sorted() == Array(0..<7))
    #expect(labels[..<7] != labels[7...])
    let order = BatchSampler(
      count: 7, batchSize: 3, sampling: .shuffled, generator: RandomGenerator(seed: 2), epochs: 2)
    #expect(labels == order.joined().map { Int32($0) })
  }

  @Test(arguments: [0, 2]) func withoutAGeneratorTheOrderIsThatOfTheData(prefetch: Int) {
    let loader = DataLoader(y, batchSize: 3, dropsLast: true, prefetch: prefetch)
    #expect(loader.map { $0.scalars(as: Int32.self) } == [[0, 1, 2], [3, 4, 5]])
    // A loader is a value, and can be iterated again.
    #expect(loader.map { $0.scalars(as: Int32.self) } == [[0, 1, 2], [3, 4, 5]])
  }

  @Test(arguments: [0, 2]) func anyNumberOfTensors(prefetch: Int) {
    let weights = Tensor.counting([7, 1, 2], dtype: .float64)
    let batches = Array(DataLoader([x, y, weights], batchSize: 4, prefetch: prefetch))
    #expect(
      batches.map { $0.map(\.shape) } == [[[4, 2], [4], [4, 1, 2]], [[3, 2], [3], [3, 1, 2]]])
    #expect(batches[1][2].dtype == .float64 && batches[1][1].scalars(as: Int32.self) == [4, 5, 6])
  }

  @Test(arguments: [0, 2]) func noExamplesGiveNoBatches(prefetch: Int) {
    let empty = Tensor.zeros([0, 3])
    #expect(Array(DataLoader(empty, batchSize: 4, prefetch: prefetch)).isEmpty)
    #expect(Array(DataLoader(empty, batchSize: 4, epochs: nil, prefetch: prefetch)).isEmpty)
    #expect(Array(DataLoader([], batchSize: 4, prefetch: prefetch)).isEmpty)
  }

  /// Counts calls, and lives as long as a closure that calls it.
  private final class Counter: Sendable {
    private let value = Atomic(0)
    var count: Int { value.load(ordering: .relaxed) }
    func increment() { value.add(1, ordering: .relaxed) }
  }

  /// Whether the object that `find` returns is released within some seconds.
  private func isReleased(_ find: () -> Counter?) -> Bool {
    for _ in 0..<1000 where find() != nil { Thread.sleep(forTimeInterval: 0.01) }
    return find() == nil
  }

  @Test(arguments: [0, 2]) func droppedBatchesAreNotMade(prefetch: Int) {
    let counter = Counter()
    let loader = DataLoader(BatchSampler(count: 10, batchSize: 2), prefetch: prefetch) { indices in
      counter.increment()
      return Array(indices)
    }
    #expect(Array(loader.dropFirst(3)) == [[6, 7], [8, 9]])
    #expect(counter.count == 2)
  }

  @Test func theThreadIsAtMostSoManyBatchesAhead() {
    let counter = Counter()
    let loader = DataLoader(BatchSampler(count: 100, batchSize: 1), prefetch: 3) { _ in
      counter.increment()
    }
    let iterator = loader.makeIterator()
    Thread.sleep(forTimeInterval: 0.05)
    #expect(counter.count <= 3)
    withExtendedLifetime(iterator) {}
  }

  @Test func leavingALoopEndsTheThread() {
    weak var weakCounter: Counter?
    func leaveEarly() {
      let counter = Counter()
      weakCounter = counter
      let loader = DataLoader(
        BatchSampler(count: 10, batchSize: 1, epochs: nil), prefetch: 3
      ) { indices in
        counter.increment()
        return indices.count
      }
      var count = 0
      for _ in loader {
        count += 1
        if count == 25 { break }
      }
      #expect(counter.count <= 25 + 3)
    }
    leaveEarly()
    #expect(isReleased { weakCounter })
  }

  @Test func cancellingTheTaskOfALoopEndsTheThread() async {
    weak var weakCounter: Counter?
    func cancel() async {
      let counter = Counter()
      weakCounter = counter
      let task = Task {
        let loader = DataLoader(
          BatchSampler(count: 10, batchSize: 1, epochs: nil), prefetch: 2
        ) { _ in counter.increment() }
        for _ in loader { try Task.checkCancellation() }
      }
      while counter.count < 10 { await Task.yield() }
      task.cancel()
      await #expect(throws: CancellationError.self) { try await task.value }
    }
    await cancel()
    #expect(isReleased { weakCounter })
  }

  @Test func tensorsMustHaveTheSameNumberOfExamples() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = DataLoader(Tensor.zeros([3, 2]), Tensor.zeros([4]), batchSize: 2)
    }
    expectMessage(
      "DataLoader: tensors of shapes [3, 2] and [4] do not have the same number of examples along"
        + " axis 0", of: result)
  }
}
