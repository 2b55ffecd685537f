import Optim
import Training

/// `train resume RUN`: continues an interrupted run, comparison or sweep exactly as if it had not
/// been interrupted.
enum ResumeCommand: Command {
  static let name = "resume"
  static let usage = "RUN [options]"
  static let summary =
    "continues an interrupted run, comparison or sweep exactly where it stopped"
  static let options = [
    OptionGroup(
      "options",
      [
        steps, FitOptions.threads, SweepOptions.parallel, WorkerOptions.simulated, Profiling.option,
        FitOptions.quiet,
        FitOptions.json,
      ])
  ]
  static let wordCount = 1
  static let usesWorkers = true

  private static let steps = Option<Int?>(
    "steps", .integer(1 ... .max), "more steps in all, also for a finished run",
    unset: "those of the run")

  static func run(_ arguments: Arguments) throws -> Int32 {
    guard let path = arguments.words.first else {
      throw UsageError("resume needs the folder of a run, such as runs/spirals-1")
    }
    let isFirst = Workers.current.rank == 0
    let lock = isFirst && FileAccess.item(at: path) == .folder ? try RunLock(path) : nil
    defer { lock?.release() }
    if let folder = try ComparisonFolder(existing: path) {
      guard arguments[steps] == nil else {
        throw UsageError("--steps: \(path) is a comparison, whose runs take the steps of its plan")
      }
      guard arguments[FitOptions.threads] == nil else {
        throw UsageError("--threads: \(path) is a comparison, whose plan has the threads")
      }
      guard !arguments[Profiling.option] else {
        throw UsageError("--profile: \(path) is a comparison; single runs are profiled")
      }
      return try WorkerTeam().run { workers in
        RunFolder.removePartialFiles(in: path)
        let comparison = try workers.fromFirst { try folder.comparison() }
        return try ComparisonSession(comparison, folder, workers: workers, arguments: arguments)
          .run()
      } others: { workers in
        try ComparisonSession.follow(workers.fromFirst { try folder.comparison() }, workers)
      }
    }
    if let folder = try SweepFolder(existing: path) {
      guard arguments[steps] == nil else {
        throw UsageError("--steps: \(path) is a sweep, whose runs take the steps of its plan")
      }
      guard arguments[FitOptions.threads] == nil else {
        throw UsageError("--threads: \(path) is a sweep, whose plan has the threads")
      }
      guard !arguments[Profiling.option] else {
        throw UsageError("--profile: \(path) is a sweep; single runs are profiled")
      }
      @Sendable func session(_ workers: any Communicator) throws -> Int32 {
        try SweepSession(resuming: folder, workers: workers, arguments: arguments).run()
      }
      return try WorkerTeam().run(session, others: session)
    }
    let folder = try RunFolder(existing: path)
    let team = try WorkerTeam(
      simulated: arguments[WorkerOptions.simulated], recorded: folder.simulatedWorkers)
    let (steps, threads) = (arguments[steps], arguments[FitOptions.threads])
    return try team.run { workers in
      let run = try TrainingRun(
        resuming: folder, steps: steps, threads: threads, workers: workers)
      let session = RunSession(run, arguments: arguments)
      if let summary = try run.earlierSummary {
        try session.report(
          "\(path) finished after step \(summary.steps); nothing is left to do", summary)
        return 0
      }
      return try Profiling.run(arguments, trace: folder.profile) { try session.train() }
    } others: { workers in
      try FollowingRun(resuming: folder, steps: steps, threads: threads, workers: workers).train()
    }
  }
}

extension RunFolder {
  /// The number of workers that the run simulates, if it does.
  fileprivate var simulatedWorkers: Int? {
    get throws {
      try ConfigurationFile(contentsOf: configuration).configuration[WorkerOptions.simulated]
    }
  }
}
