import Training

/// Trains a run and prints its progress.
struct RunSession {
  private let run: TrainingRun
  /// The summary of the run, if it has finished.
  var summary: RunSummary? { get throws { try run.earlierSummary } }
  private let console: Console?
  private let printsJSON: Bool

  init(_ run: TrainingRun, arguments: Arguments) {
    self.run = run
    printsJSON = arguments[FitOptions.json]
    console = printsJSON || arguments[FitOptions.quiet] ? nil : .standard
  }

  /// Trains to the end or to Ctrl-C, and returns the exit status.
  func train() throws -> Int32 {
    Interrupt.watch()
    say(RunReport.start(of: run))
    let display = console.map(ProgressDisplay.init(console:))
    // An error message, too, starts on a new line.
    defer { display?.finish() }
    let outcome = try run.train(report: { display?.update($0) })
    display?.finish()
    switch outcome {
    case .interrupted(let step):
      say("interrupted after step \(step); train resume \(run.folder.path) continues it")
      return Interrupt.exitStatus
    case .outOfTime(let summary):
      try show(summary)
      say("out of time after step \(summary.steps); train resume \(run.folder.path) continues it")
      return 0
    case .finished(let summary):
      try show(summary)
      return 0
    }
  }

  /// Prints the curves, the decision regions and the figures of a session that was not interrupted.
  private func show(_ summary: RunSummary) throws {
    if let console {
      say("\n\(run.plot.terminalText(width: console.width))\n")
      let map = TerminalMap(of: run, width: min(console.width, 60))
      if let map { say("\(map.text)\n") }
    }
    try report(RunReport.end(of: run, summary), summary)
  }

  /// Prints a text for people, or the summary for programs.
  func report(_ text: String, _ summary: RunSummary) throws {
    say(text)
    if printsJSON { try Console.standard.printJSON(summary) }
  }

  private func say(_ text: String) {
    console?.write(text + "\n")
  }
}
