import Optim
import Training

/// Runs a comparison and prints its progress.
struct ComparisonSession {
  private let comparison: Comparison
  private let folder: ComparisonFolder
  private let workers: any Communicator
  private let console: Console?
  private let printsJSON: Bool

  init(
    _ comparison: Comparison, _ folder: ComparisonFolder, workers: any Communicator,
    arguments: Arguments
  ) {
    self.comparison = comparison
    self.folder = folder
    self.workers = workers
    printsJSON = arguments[FitOptions.json]
    console = printsJSON || arguments[FitOptions.quiet] ? nil : .standard
  }

  /// Runs the trials that are left together with worker 0, and returns the exit status.
  static func follow(_ comparison: Comparison, _ workers: any Communicator) throws -> Int32 {
    Interrupt.watch()
    var comparison = comparison
    let isDone = try comparison.run(on: workers) { _, _ in }
    return isDone ? 0 : Interrupt.exitStatus
  }

  /// Runs the trials that are left, or until Ctrl-C, and returns the exit status.
  ///
  /// - Throws: ``TrainingError``, once all is written, of kind `training` if every run diverged.
  func run() throws -> Int32 {
    Interrupt.watch()
    var comparison = comparison
    try folder.save(comparison)
    say(ComparisonReport.start(of: comparison, in: folder))
    let isDone = try comparison.run(on: workers) { comparison, trial in
      try folder.save(comparison)
      if let trial { say(ComparisonReport.line(on: trial, of: comparison)) }
    }
    guard isDone else {
      say("interrupted; train resume \(folder.path) continues it")
      return Interrupt.exitStatus
    }
    try FileAccess.write(ComparisonReport.html(of: comparison), to: folder.report)
    say("\n" + ComparisonReport.table(of: comparison))
    say("files  \(folder.path): compare.json, report.html")
    guard let results = comparison.results else { return 0 }
    if printsJSON { try Console.standard.printJSON(results) }
    guard results.results.contains(where: { $0.learningRate != nil }) else {
      throw TrainingError.training(
        "every run diverged, with each optimizer and rate; lower rates may help (--rates);"
          + " \(folder.path) holds the results")
    }
    return 0
  }

  private func say(_ text: String) { console?.write(text + "\n") }
}
