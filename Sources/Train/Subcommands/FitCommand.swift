import Training

/// `train fit TASK`: trains a model from its initial weights.
enum FitCommand: Command {
  static let name = "fit"
  static let usage = "TASK [options]"
  static let summary = "trains a model on a task of train list; the run gets a folder of its own"
  static let options = FitOptions.groups
  static let takesTask = true
  static let wordCount = 1

  static func run(_ arguments: Arguments) throws -> Int32 {
    let assignment = try Assignment(arguments, command: name)
    let configuration = try assignment.configuration(arguments)
    let experiment = try Experiment(starting: configuration, on: assignment.data)
    let folder = try RunFolder(
      creating: arguments.newFolder(), task: configuration.taskName,
      replacing: arguments[FitOptions.force])
    let lock = try RunLock(folder.path)
    defer { lock.release() }
    let run = try TrainingRun(
      starting: configuration, experiment, data: assignment.data, folder: folder)
    return try RunSession(run, arguments: arguments).train()
  }
}
