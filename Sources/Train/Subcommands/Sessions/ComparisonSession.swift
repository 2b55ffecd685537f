import Training

/// Runs a comparison and prints its progress.
struct ComparisonSession {
  private let comparison: Comparison
  private let folder: ComparisonFolder
  private let console: Console?
  private let printsJSON: Bool

  init(_ comparison: Comparison, _ folder: ComparisonFolder, arguments: Arguments) {
    self.comparison = comparison
    self.folder = folder
    printsJSON = arguments[FitOptions.json]
    console = printsJSON || arguments[FitOptions.quiet] ? nil : .standard
  }

  /// Runs the trials that are left, or until Ctrl-C, and returns the exit status.
  func run() throws -> Int32 {
    Interrupt.watch()
    var comparison = comparison
    try folder.save(comparison)
    say(ComparisonReport.start(of: comparison, in: folder))
    let isDone = try comparison.run { comparison in
      try folder.save(comparison)
      if comparison.results == nil { say(ComparisonReport.lastTrial(of: comparison)) }
    }
    guard isDone else {
      say("interrupted; train resume \(folder.path) continues it")
      return Interrupt.exitStatus
    }
    try FileAccess.write(ComparisonReport.html(of: comparison), to: folder.report)
    say("\n" + ComparisonReport.table(of: comparison))
    say("files  \(folder.path): compare.json, report.html")
    if printsJSON, let results = comparison.results { try Console.standard.printJSON(results) }
    return 0
  }

  private func say(_ text: String) { console?.write(text + "\n") }
}
