import Training

/// `train sweep TASK --over SPACE`: a search for the best values of some options.
enum SweepCommand: Command {
  static let name = "sweep"
  static let usage = "TASK --over SPACE [options]"
  static let summary = "searches for the best values of options: on a grid, at random, by halving"
  static let options = SweepOptions.groups
  static let ignored = SweepOptions.ignored
  static let takesTask = true
  static let wordCount = 1

  static func run(_ arguments: Arguments) throws -> Int32 {
    let path = try arguments.newFolder()
    let (plan, data) = try SweepPlan.plan(arguments)
    let folder = try SweepFolder(
      creating: path, task: plan.candidates[0].configuration.taskName,
      replacing: arguments[FitOptions.force])
    let lock = try RunLock(folder.path)
    defer { lock.release() }
    var sweep = Sweep(plan, data)
    sweep.command = Train.commandLine
    try folder.save(sweep)
    return try SweepSession(
      sweep, data, folder, parallel: arguments[SweepOptions.parallel], arguments: arguments
    ).run()
  }
}
