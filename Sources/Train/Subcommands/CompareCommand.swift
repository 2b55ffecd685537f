import Optim
import Training

/// `train compare TASK`: one task and model under several optimizers, each at its best learning rate.
enum CompareCommand: Command {
  static let name = "compare"
  static let usage = "TASK [options]"
  static let summary = "trains one model with several optimizers at tuned rates, and reports"
  static let options = CompareOptions.groups
  static let ignored = CompareOptions.ignored
  static let wordCount = 1

  static func run(_ arguments: Arguments) throws -> Int32 {
    guard let task = arguments.words.first else {
      throw UsageError(
        "compare needs a task: \(DataSource.taskNames.joined(separator: ", "))")
    }
    let plan = try ComparisonPlan(task: task, arguments: arguments)
    let folder = try ComparisonFolder(
      creating: arguments[FitOptions.out] ?? arguments[FitOptions.name].map { "runs/\($0)" },
      task: task, replacing: arguments[flag: FitOptions.force])
    return try ComparisonSession(Comparison(plan), folder, arguments: arguments).run()
  }
}
