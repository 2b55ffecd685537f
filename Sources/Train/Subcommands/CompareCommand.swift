import Training

/// `train compare TASK`: one task and model under several optimizers, each at its best learning
/// rate.
enum CompareCommand: Command {
  static let name = "compare"
  static let usage = "TASK [options]"
  static let summary = "trains one model with several optimizers at tuned rates, and reports"
  static let options = CompareOptions.groups
  static let ignored = CompareOptions.ignored
  static let takesTask = true
  static let usesWorkers = true
  static let wordCount = 1

  static func run(_ arguments: Arguments) throws -> Int32 {
    let team = try WorkerTeam()
    let arguments = try team.withSeed(arguments)
    let assignment = try Assignment(arguments, command: name)
    try team.processes.requireSame(data: assignment.data.fingerprint)
    let plan = try ComparisonPlan(arguments, assignment)
    let place = team.isFirst ? try arguments.newFolder() : nil
    try team.processes.requireSame(options: plan)
    var comparison = Comparison(plan)
    comparison.command = Train.commandLine
    return try team.run { [comparison] workers in
      let folder = try ComparisonFolder(
        creating: place, task: plan.candidates[0].configuration.taskName,
        replacing: arguments[FitOptions.force])
      let lock = try RunLock(folder.path)
      defer { lock.release() }
      return try ComparisonSession(comparison, folder, workers: workers, arguments: arguments).run()
    } others: { [comparison] workers in
      try ComparisonSession.follow(comparison, workers)
    }
  }
}
