import Optim
import Tensor
import Training

/// The workers that a command trains with: those that mpirun started, simulated ones, or this
/// process alone.
struct WorkerTeam: Sendable {
  /// The processes, as this one sees them.
  ///
  /// What each was started with and has read is compared before worker 0 writes anything, and after
  /// everything that a worker can refuse: a process that ends with an error ends the others, which
  /// wait for it there.
  let processes: any Communicator
  private let simulated: Int?

  /// Finds the workers.
  ///
  /// - Parameters:
  ///   - simulated: The number of workers to simulate.
  ///   - recorded: The number that a run simulates that is continued; processes take their place.
  /// - Throws: ``UsageError`` if workers are to be simulated by several processes.
  init(simulated: Int? = nil, recorded: Int? = nil) throws {
    processes = Workers.current
    if simulated != nil, processes.size > 1 {
      throw UsageError("--simulated-workers: there are \(processes.size) workers already")
    }
    self.simulated = processes.size > 1 ? nil : simulated ?? recorded
  }

  /// The number of workers.
  var count: Int { simulated ?? processes.size }

  /// Whether this process has the folder of the run and the terminal.
  var isFirst: Bool { processes.rank == 0 }

  /// Returns the arguments with a seed, which several processes must share.
  func withSeed(_ arguments: Arguments) throws -> Arguments {
    guard processes.size > 1 else { return arguments }
    // All take part, also those with a seed of their own, which is compared later.
    let given = arguments.values.contains(FitOptions.seed) ? arguments[FitOptions.seed] : nil
    let first = try processes.fromFirst { given ?? .random(in: 0..<1_000_000) }
    var arguments = arguments
    arguments[FitOptions.seed] = given ?? first
    return arguments
  }

  /// Runs the closure of worker 0, or that of another worker.
  ///
  /// - Returns: What worker 0 of the workers in this process returns.
  /// - Throws: What a worker throws.
  func run<Result: Sendable>(
    _ first: @escaping @Sendable (any Communicator) throws -> Result,
    others: @escaping @Sendable (any Communicator) throws -> Result
  ) throws -> Result {
    guard let simulated else { return try isFirst ? first(processes) : others(processes) }
    return try SimulatedWorkers.run(simulated) { workers in
      try workers.rank == 0 ? first(workers) : others(workers)
    }[0]
  }
}

extension Communicator {
  /// Checks that all workers have read the same data, whose fingerprint each gives.
  ///
  /// - Throws: ``TrainingError`` that names the worker with other data.
  func requireSame(data fingerprint: @autoclosure () -> String) throws {
    guard size > 1 else { return }
    if let other = firstOther(fingerprint()) {
      throw TrainingError.data("worker \(other) has read other data than worker 0")
    }
  }

  /// Checks that all workers have the same options, whose values each gives: others might take
  /// other steps, and wait for each other forever.
  ///
  /// - Throws: ``UsageError`` that names the worker with other options.
  func requireSame(options values: some Encodable) throws {
    guard size > 1 else { return }
    if let other = firstOther(try JSONText.encode(values)) {
      throw UsageError("worker \(other) was started with other options than worker 0")
    }
  }

  /// The first worker whose text is not that of worker 0.
  private func firstOther(_ text: String) -> Int? {
    let texts = gather(Array(text.utf8))
    return texts.firstIndex { $0 != texts[0] }
  }
}
