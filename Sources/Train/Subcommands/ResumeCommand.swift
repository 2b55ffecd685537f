import Training

/// `train resume RUN`: continues an interrupted run or comparison exactly as if it had not been
/// interrupted.
enum ResumeCommand: Command {
  static let name = "resume"
  static let usage = "RUN [options]"
  static let summary =
    "continues an interrupted run or comparison exactly where it stopped"
  static let options = [
    OptionGroup("options", [FitOptions.quiet, FitOptions.json])
  ]
  static let wordCount = 1

  static func run(_ arguments: Arguments) throws -> Int32 {
    guard let path = arguments.words.first else {
      throw UsageError("resume needs the folder of a run, such as runs/spirals-1")
    }
    if let folder = ComparisonFolder(existing: path) {
      return try ComparisonSession(folder.comparison(), folder, arguments: arguments).run()
    }
    let run = try TrainingRun(resuming: RunFolder(existing: path))
    let session = RunSession(run, arguments: arguments)
    if let summary = run.earlierSummary {
      try session.report(
        "\(path) finished after step \(summary.steps); nothing is left to do", summary)
      return 0
    }
    return try session.train()
  }
}
