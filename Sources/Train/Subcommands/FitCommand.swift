import Tensor
import Training

/// `train fit TASK`: trains a model from its initial weights.
enum FitCommand: Command {
  static let name = "fit"
  static let usage = "TASK [options]"
  static let summary = "trains a model on a task of train list; the run gets a folder of its own"
  static let options =
    FitOptions.groups + [
      OptionGroup("session", [seeds, Profiling.option])
    ]
  static let takesTask = true
  static let usesWorkers = true
  static let wordCount = 1

  private static let seeds = Option(
    "seeds", .integer(1...1000), "runs with one seed after another, and their mean", default: 1)

  static func run(_ arguments: Arguments) throws -> Int32 {
    let team = try WorkerTeam(simulated: arguments[WorkerOptions.simulated])
    let arguments = try team.withSeed(arguments)
    let count = arguments[seeds]
    try team.processes.requireSame(options: count)
    guard count > 1 else {
      return try session(arguments, team, in: arguments.newFolder()).status
    }
    guard let name = arguments.words.first else {
      throw UsageError("fit needs a task: \(Tasks.names)")
    }
    let first = arguments.values.given(FitOptions.seed) ?? .random(in: 0..<1_000_000)
    var study: SeedStudy?
    for index in 0..<UInt64(count) {
      var arguments = arguments
      arguments[FitOptions.seed] = first &+ index
      // The folder is made when the first run is known to be possible.
      let folder = {
        if study == nil { study = try SeedStudy(arguments, task: name) }
        return study?.folder(ofSeed: first &+ index)
      }
      let (status, summary) = try session(arguments, team, in: folder())
      if let summary { study?.add(summary) }
      if status != 0 { return status }
    }
    if let study, !arguments[FitOptions.quiet], !arguments[FitOptions.json] {
      Console.standard.print("\n\(study.table)\nfiles  \(study.path)")
    }
    return 0
  }

  /// Trains a run in a folder, which worker 0 alone makes.
  private static func session(
    _ arguments: Arguments, _ team: WorkerTeam, in path: @autoclosure () throws -> String?
  ) throws -> (status: Int32, summary: RunSummary?) {
    let assignment = try Assignment(arguments, command: name)
    let data = assignment.data
    try team.processes.requireSame(data: data.fingerprint)
    let configuration = try assignment.configuration(arguments, workers: team.count)
    let plan = try MemoryPlan(configuration, on: data)
    let experiment = try Experiment(starting: configuration, on: data, within: plan)
    let parts = try configuration.parts(of: data, workers: team.count)
    try team.processes.requireSame(options: configuration)
    let place = team.isFirst ? try path() : nil
    return try team.run { workers in
      let folder = try RunFolder(
        creating: place, task: configuration.taskName,
        replacing: arguments[FitOptions.force] ? ResultFolder.files(in: place) : nil)
      let lock = try RunLock(folder.path)
      defer { lock.release() }
      let run = try TrainingRun(
        starting: configuration, experiment, data: data, parts: parts, folder: folder,
        workers: workers)
      let session = RunSession(run, arguments: arguments)
      let status = try Profiling.run(arguments, trace: folder.profile) { try session.train() }
      return (status, try session.summary)
    } others: { workers in
      let run = try FollowingRun(
        starting: configuration, Experiment(starting: configuration, on: data, within: plan),
        data: data, parts: parts, workers: workers)
      return (try run.train(), nil)
    }
  }
}
