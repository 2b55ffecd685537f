import Synchronization
import TestSupport
import Testing

/// Workers in one process that take turns, and what is written with their collective calls.
struct SimulatedWorkersTests {
  @Test(arguments: [1, 2, 3, 7])
  func collectiveCallsHaveTheSameResultForAll(_ count: Int) throws {
    let order = Mutex([Int]())
    let results = try SimulatedWorkers.run(count) { workers in
      #expect(workers.size == count)
      var numbers = (0..<5).map { Float($0 * 10 + workers.rank) }
      order.withLock { $0.append(workers.rank) }
      numbers.withUnsafeMutableBufferPointer { workers.allReduce($0) }
      order.withLock { $0.append(workers.rank) }
      workers.barrier()
      var bytes = [UInt8](repeating: UInt8(workers.rank), count: 3)
      bytes.withUnsafeMutableBytes { workers.broadcast($0, from: count - 1) }
      let message = [UInt8](repeating: UInt8(workers.rank), count: workers.rank)
      let sum = workers.sum(Double(workers.rank) + 0.5)
      return (numbers, bytes, workers.gather(message), sum)
    }
    let ranks = count * (count - 1) / 2
    #expect(results.count == count)
    for (numbers, bytes, messages, sum) in results {
      #expect(numbers == (0..<5).map { Float($0 * 10 * count + ranks) })
      #expect(bytes == [UInt8](repeating: UInt8(count - 1), count: 3))
      #expect(messages == (0..<count).map { [UInt8](repeating: UInt8($0), count: $0) })
      #expect(sum == Double(ranks) + 0.5 * Double(count))
    }
    // One after the other, from call to call.
    #expect(order.withLock { $0 } == Array(0..<count) + Array(0..<count))
  }

  /// Long messages, which are sent in parts, are those that one call would give.
  @Test(arguments: [1, 3, 8, 20, 21, 1000])
  func messagesInParts(mostBytes: Int) throws {
    let parts = MessageParts(mostBytes: mostBytes)
    let lengths = [0, 21, 1, 40]
    try SimulatedWorkers.run(lengths.count) { workers in
      let message = (0..<lengths[workers.rank]).map { UInt8($0 + 50 * workers.rank) }
      var calls = 0
      let messages = parts.gather(message, of: workers.rank, lengths: lengths) { bytes, root in
        #expect((1...mostBytes).contains(bytes.count))
        calls += 1
        workers.broadcast(bytes, from: root)
      }
      #expect(messages == workers.gather(message))
      #expect(calls == lengths.reduce(0) { $0 + ($1 + mostBytes - 1) / mostBytes })
    }
    #expect(parts.holds(mostBytes) && !parts.holds(mostBytes + 1))
  }

  @Test(arguments: [(0, 4, 16), (3, 4, 16), (4, 4, 16), (5, 4, 16), (9, 4, 19), (7, 8, 8)])
  func partsHoldAllElements(_ count: Int, _ elementBytes: Int, _ mostBytes: Int) {
    let ranges = MessageParts(mostBytes: mostBytes).ranges(of: count, elementBytes: elementBytes)
    #expect(ranges.flatMap { Array($0) } == Array(0..<count))
    #expect(ranges.allSatisfy { $0.count * elementBytes <= mostBytes && !$0.isEmpty })
    #expect(ranges.count == (count + mostBytes / elementBytes - 1) / (mostBytes / elementBytes))
  }

  @Test func anErrorOfAWorkerIsThrown() {
    struct Stop: Error {}
    #expect(throws: Stop.self) {
      try SimulatedWorkers.run(3) { workers in
        if workers.rank == 1 { throw Stop() }
        workers.barrier()
      }
    }
  }

  @Test func callsThatDifferStop() async {
    let other = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      try SimulatedWorkers.run(2) { workers in
        if workers.rank == 0 { workers.barrier() } else { _ = workers.sum(1) }
      }
    }
    expectMessage("worker 1 calls allReduce of 1 Doubles, but worker 0 called barrier", of: other)
    let early = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      try SimulatedWorkers.run(2) { workers in
        if workers.rank == 0 { workers.barrier() }
      }
    }
    expectMessage("worker 1 has ended, but worker 0 called barrier", of: early)
    let late = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      try SimulatedWorkers.run(2) { workers in
        if workers.rank == 1 { workers.barrier() }
      }
    }
    expectMessage("worker 0 has ended, but worker 1 calls barrier", of: late)
  }

  /// The order of sums is that of a tree, which the rounding shows.
  @Test(arguments: [2, 3, 4, 5, 6, 7, 8, 13])
  func sumsAreThoseOfATree(_ count: Int) throws {
    // More than are added at a time.
    let length = 77
    let terms = (0..<count).map {
      Tensor.seeded([length], seed: UInt64($0), dtype: .float32).scalars(as: Float.self)
    }
    func sum(_ ranks: Range<Int>, _ i: Int) -> Float {
      if ranks.count == 1 { return terms[ranks.lowerBound][i] }
      var half = 1
      while 2 * half < ranks.count { half *= 2 }
      let middle = ranks.lowerBound + half
      return sum(ranks.lowerBound..<middle, i) + sum(middle..<ranks.upperBound, i)
    }
    let expected = Tensor((0..<length).map { sum(0..<count, $0) })
    let results = try SimulatedWorkers.run(count) { workers in
      var values = terms[workers.rank]
      values.withUnsafeMutableBufferPointer { workers.allReduce($0) }
      return Tensor(values)
    }
    for result in results { expectIdentical(result, expected) }
  }

  // MARK: Gradients

  private static func parameters(_ dtype: DType = .float64, seed: UInt64 = 1) -> Parameters {
    Parameters([
      ("w", Parameter(.seeded([3, 2], seed: seed, dtype: dtype))),
      ("none", Parameter(.zeros([0, 2], dtype: dtype))),
      ("b", Parameter(.seeded([2], seed: seed + 1, dtype: .float32))),
    ])
  }

  @Test func theMeanOfGradientsIsWeighted() throws {
    let means = try SimulatedWorkers.run(3) { workers in
      let parameters = Self.parameters()
      let own = Gradients(
        parameters.map { .full(like: $0.parameter.value, Double(workers.rank + 1)) },
        for: parameters)
      let mean = workers.mean(of: own.scaled(by: 2), weight: [1, 0, 3][workers.rank])
      #expect(mean[0].dtype == .float64 && mean[2].dtype == .float32 && mean[1].shape == [0, 2])
      return mean.tensors.flatMap { $0.converted(to: .float64).scalars(as: Double.self) }
    }
    // (1 · 2 + 3 · 6) / 4.
    for mean in means { #expect(mean == [Double](repeating: 5, count: 8)) }
  }

  @Test func onOneWorkerNothingChanges() {
    let parameters = Self.parameters()
    let gradients = Gradients(parameters.map(\.parameter.value), for: parameters).scaled(by: 0.3)
    let mean = OneWorker().mean(of: gradients, weight: 5)
    for (a, b) in zip(mean.tensors, gradients.tensors) { expectIdentical(a, b) }
    #expect(OneWorker().gather([1, 2]) == [[1, 2]])
  }

  /// Workers that average the gradients of parts of a batch take the step of the whole batch.
  @Test func partsOfABatchMakeTheStepOfTheWhole() throws {
    let x = Tensor.seeded([12, 4], seed: 3, dtype: .float64)
    let y = Tensor.seeded([12], seed: 4, dtype: .float64)
    @Sendable func train(_ workers: any Communicator, _ rows: Range<Int>) -> [Double] {
      let parameters = Parameters([
        ("w", Parameter(.seeded([4], seed: UInt64(workers.rank + 5), dtype: .float64)))
      ])
      workers.broadcast(parameters)
      let optimizer = AdamW(parameters, learningRate: 0.1)
      for _ in 0..<5 {
        let gradients = valueWithGradients(for: parameters) {
          square(matmul(x[rows], parameters[0].parameter.value) - y[rows]).mean()
        }.gradients
        optimizer.step(workers.mean(of: gradients, weight: Double(rows.count)))
      }
      return parameters[0].parameter.value.scalars(as: Double.self)
    }
    let whole = train(OneWorker(), 0..<12)
    let cuts = [0, 3, 4, 12]
    let parts = try SimulatedWorkers.run(3) { train($0, cuts[$0.rank]..<cuts[$0.rank + 1]) }
    for part in parts {
      #expect(part == parts[0])
      expectClose(part, whole, relative: 1e-12)
    }
  }

  // MARK: Outer loops

  private static let golden = (try? JSON.fixture("outer-loops.json")) ?? .null

  struct Case: Sendable, CustomTestStringConvertible {
    let json: JSON

    var testDescription: String { (try? json["optimizer"].text) ?? "?" }

    static let all = ((try? golden["cases"].list) ?? []).filter {
      (try? $0["workers"].integer) == 4
    }.map { Case(json: $0) }
  }

  @Test func theCasesWereRead() {
    #expect(Case.all.count == 8)
  }

  /// Four workers with losses of their own follow NumPy's path; plain `lookahead` has no workers.
  @Test(arguments: Case.all)
  func pathsOfSeveralWorkersAreThoseOfTheReference(_ test: Case) throws {
    var text = try test.json["optimizer"].text
    if text.hasPrefix("lookahead"), !text.contains("outer=") {
      let size = text.contains("slow-step-size=0.8") ? "0.8" : "0.5"
      text =
        text.replacing(", slow-step-size=0.8", with: "").dropLast()
        + ", outer=sgd(learning-rate=\(size)))"
    }
    let expression = try OptimizerExpression(text)
    let (start, shares) = (
      try Self.golden["start"].numbers, try Self.golden["shares"].numbers
    )
    let centers = try Self.golden["centers"].list.map { try $0.numbers }
    let curvatures = try Self.golden["curvatures"].list.map { try $0.numbers }
    let points = try test.json["path"].list.map { point in
      (
        step: try point["step"].integer, slow: try point["slow"].numbers,
        first: try point["first"].numbers
      )
    }
    try SimulatedWorkers.run(4) { workers in
      // All start from the weights of the first one.
      let own = workers.rank == 0 ? start : start.map { $0 + 1 }
      let parameters = Parameters([("x", Parameter(Tensor(own, shape: [own.count])))])
      let parameter = parameters[0].parameter
      let center = Tensor(centers[workers.rank], shape: [own.count])
      let curvature = Tensor(curvatures[workers.rank], shape: [own.count])
      let optimizer = expression.optimizer(
        of: parameters, across: workers, weight: 50 * shares[workers.rank])
      var step = 0
      for point in points {
        while step < point.step {
          let x = parameter.value
          let gradient = curvature * (x - center) + sin(x * 3 + Double(step)) * 0.1
          optimizer.step(Gradients([gradient], for: parameters))
          step += 1
        }
        expectClose(
          optimizer.evaluationWeights[0].scalars(as: Double.self), point.slow, relative: 1e-12,
          absolute: 1e-13, "slow after step \(step)")
        guard workers.rank == 0 else { continue }
        expectClose(
          parameter.value.scalars(as: Double.self), point.first, relative: 1e-12,
          absolute: 1e-13, "fast after step \(step)")
      }
    }
  }

  /// Workers with equal data are one worker, bit for bit where their number is a power of two.
  @Test(arguments: [
    "diloco(adamw, sync-period=3)", "fedavg(momentum, sync-period=4)",
    "fedadam(sgd, sync-period=2)", "snoo(schedule-free, sync-period=3)",
    "lookahead(lion, sync-period=2, outer=adamw)",
  ])
  func workersWithEqualDataAreOneWorker(_ text: String) throws {
    let expression = try OptimizerExpression(text)
    @Sendable func train(_ workers: any Communicator) -> [Tensor] {
      let parameters = Self.parameters(.float32, seed: UInt64(workers.rank) * 10 + 1)
      let optimizer = expression.optimizer(of: parameters, learningRate: 0.05, across: workers)
      for step in 0..<13 {
        let tensors = parameters.map { sin($0.parameter.value * 3 + Double(step)) }
        optimizer.step(Gradients(tensors, for: parameters))
      }
      return parameters.map(\.parameter.value) + optimizer.evaluationWeights
    }
    let alone = train(OneWorker())
    for results in [try SimulatedWorkers.run(2, train), try SimulatedWorkers.run(8, train)] {
      for result in results {
        for (a, b) in zip(result, alone) { expectIdentical(a, b) }
      }
    }
    for result in try SimulatedWorkers.run(3, train) {
      for (a, b) in zip(result, alone) { expectClose(a, b, relative: 1e-4, absolute: 1e-5) }
    }
  }

  /// Before the first round of the outermost loop each worker goes its own way.
  @Test(arguments: ["snoo(sgd, sync-period=2)", "lookahead(adamw, sync-period=3, outer=sgd)"])
  func aLoopInsideOfALoopIsOfItsWorkerAlone(_ text: String) throws {
    @Sendable func train(_ text: String, _ rank: Int, _ workers: any Communicator) throws
      -> [Tensor]
    {
      let parameters = Self.parameters(.float32)
      let optimizer = try OptimizerExpression(text)
        .optimizer(of: parameters, learningRate: 0.05, across: workers)
      for step in 0..<7 {
        let tensors = parameters.map { sin($0.parameter.value * 3 + Double(step + 5 * rank)) }
        optimizer.step(Gradients(tensors, for: parameters))
      }
      return parameters.map(\.parameter.value)
    }
    let results = try SimulatedWorkers.run(3) {
      try train("diloco(\(text), sync-period=8)", $0.rank, $0)
    }
    for (rank, result) in results.enumerated() {
      for (a, b) in zip(result, try train(text, rank, OneWorker())) { expectIdentical(a, b) }
    }
  }

  @Test func aWeightThatIsNoneStops() async {
    let negative = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Lookahead.diLoCo(SGD(SimulatedWorkersTests.parameters()), weight: -1)
    }
    expectMessage("the weight of a worker must be a finite number of at least 0", of: negative)
    let none = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Lookahead.diLoCo(SGD(SimulatedWorkersTests.parameters()), weight: 0)
    }
    expectMessage("the weights of all workers are 0", of: none)
  }
}
