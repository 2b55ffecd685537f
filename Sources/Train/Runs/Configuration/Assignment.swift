/// A task with its data and seed, as the arguments of a command ask for it.
struct Assignment {
  let task: any TrainingTask
  let seed: UInt64
  let data: TaskData

  /// Loads the task that the first word of the arguments names; without `--seed` it draws a seed.
  ///
  /// - Throws: ``UsageError`` for a task or options that do not exist, ``TrainingError`` for data
  ///   that cannot be used.
  init(_ arguments: Arguments, command: String) throws {
    guard let name = arguments.words.first else {
      throw UsageError("\(command) needs a task: \(Tasks.names)")
    }
    task = try Tasks.task(named: name, arguments.values)
    seed = arguments.values.given(FitOptions.seed) ?? .random(in: 0..<1_000_000)
    data = try task.data(seed: seed)
  }

  /// The seeds of several runs: the first, and those that follow it.
  ///
  /// - Throws: ``UsageError`` if there are not so many.
  static func seeds(from first: UInt64, count: Int) throws -> [UInt64] {
    let (last, overflows) = first.addingReportingOverflow(UInt64(count - 1))
    guard !overflows else { throw UsageError("--seed: \(first) leaves none for --seeds") }
    return Array(first...last)
  }

  /// The configuration of a run, resolved for the data and the number of workers.
  func configuration(_ arguments: Arguments, workers: Int = 1) throws -> TrainingConfiguration {
    try TrainingConfiguration(task, arguments, data: data, seed: seed, workers: workers)
  }
}
