import Training

/// `train fit TASK`: trains a model from its initial weights.
enum FitCommand: Command {
  static let name = "fit"
  static let usage = "TASK [options]"
  static let summary = "trains a model on a task of train list; the run gets a folder of its own"
  static let options = FitOptions.groups
  static let wordCount = 1

  private static let taskNames = DataSource.taskNames.joined(separator: ", ")

  static func run(_ arguments: Arguments) throws -> Int32 {
    guard let task = arguments.words.first else {
      throw UsageError("fit needs a task: \(taskNames)")
    }
    let source = try DataSource(task: task, arguments: arguments)
    let seed = arguments[FitOptions.seed] ?? UInt64.random(in: 0..<1_000_000)
    let data = try source.data(seed: seed)
    let configuration = try TrainingConfiguration(
      arguments: arguments, source: source, data: data, seed: seed)
    let folder = try RunFolder(
      creating: arguments[FitOptions.out] ?? arguments[FitOptions.name].map { "runs/\($0)" },
      task: task, replacing: arguments[flag: FitOptions.force])
    let run = try TrainingRun(starting: configuration, data: data, folder: folder)
    return try Session(run, arguments: arguments).train()
  }
}
