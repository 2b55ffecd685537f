import Training

/// `train sweep TASK --over SPACE`: a search for the best values of some options.
enum SweepCommand: Command {
  static let name = "sweep"
  static let usage = "TASK --over SPACE [options]"
  static let summary = "searches for the best values of options: on a grid, at random, by halving"
  static let options = SweepOptions.groups
  static let ignored = SweepOptions.ignored
  static let takesTask = true
  static let usesWorkers = true
  static let wordCount = 1

  static func run(_ arguments: Arguments) throws -> Int32 {
    let team = try WorkerTeam()
    let arguments = try team.withSeed(arguments)
    let path = team.isFirst ? try arguments.newFolder() : nil
    let (plan, data) = try SweepPlan.plan(arguments)
    var sweep = Sweep(plan, data)
    sweep.command = Train.commandLine
    try team.processes.requireSame(data: sweep.fingerprint)
    try team.processes.requireSame(options: plan)
    return try team.run { [sweep] workers in
      let folder = try SweepFolder(
        creating: path, task: plan.candidates[0].configuration.taskName,
        replacing: arguments[FitOptions.force])
      let lock = try RunLock(folder.path)
      defer { lock.release() }
      try folder.save(sweep)
      _ = try workers.fromFirst { folder.path }
      return try SweepSession(sweep, data, folder, workers: workers, arguments: arguments).run()
    } others: { [sweep] workers in
      let folder = try SweepFolder(createdAt: workers.fromFirst { "" })
      return try SweepSession(sweep, data, folder, workers: workers, arguments: arguments).run()
    }
  }
}
