import Optim
import Tensor
import Training

/// Runs a sweep and prints its progress.
struct SweepSession {
  private let sweep: Sweep
  private let data: SweepData
  private let folder: SweepFolder
  private let workers: any Communicator
  private let parallel: Int
  private let console: Console?
  private let printsJSON: Bool

  /// Creates the session of a sweep whose data has been loaded.
  init(
    _ sweep: Sweep, _ data: SweepData, _ folder: SweepFolder,
    workers: any Communicator = OneWorker(), arguments: Arguments
  ) {
    (self.sweep, self.data, self.folder, self.workers) = (sweep, data, folder, workers)
    parallel =
      arguments[SweepOptions.parallel] ?? sweep.plan.candidates[0].configuration[FitOptions.threads]
      ?? Execution.standard.threads
    printsJSON = arguments[FitOptions.json]
    let isSilent = printsJSON || arguments[FitOptions.quiet] || workers.rank > 0
    console = isSilent ? nil : .standard
  }

  /// Creates the session that continues the sweep of a folder.
  ///
  /// - Throws: ``TrainingError`` for files that are damaged, or data that has changed.
  init(
    resuming folder: SweepFolder, workers: any Communicator = OneWorker(), arguments: Arguments
  ) throws {
    let sweep = try folder.sweep()
    var data = SweepData(folds: sweep.plan.folds)
    try data.load(sweep.plan)
    guard data.fingerprint == sweep.fingerprint else {
      let source = sweep.plan.candidates[0].configuration.task.source
      throw TrainingError.data("\(source): the data has changed since the sweep began")
    }
    // All have read the folder, to which worker 0 may write from here on.
    try workers.requireSame(options: sweep.plan)
    if workers.rank == 0 { try folder.removeRemains() }
    self.init(sweep, data, folder, workers: workers, arguments: arguments)
  }

  /// Runs what is left, or until Ctrl-C, and returns the exit status.
  ///
  /// Worker 0 alone prints, and writes the results.
  ///
  /// - Throws: ``TrainingError``, once all is written, of kind `training` if every trial diverged.
  func run() throws -> Int32 {
    Interrupt.watch()
    var sweep = sweep
    say(SweepReport.start(of: sweep, in: folder))
    let isDone = try sweep.run(
      in: folder, on: data, workers: workers, parallel: parallel
    ) { sweep, job in
      say(SweepReport.line(on: job, of: sweep))
    }
    guard workers.rank == 0 else { return isDone ? 0 : Interrupt.exitStatus }
    let results = SweepResults(sweep)
    if let best = results.best {
      try FileAccess.writeJSON(sweep.plan.candidates[best.trial].configuration, to: folder.best)
    }
    try FileAccess.write(SweepReport.html(of: sweep, results, in: folder), to: folder.report)
    guard isDone else {
      say("interrupted; train resume \(folder.path) continues it")
      return Interrupt.exitStatus
    }
    say(SweepReport.end(of: sweep, results, in: folder))
    if printsJSON { try Console.standard.printJSON(results) }
    guard results.best != nil else {
      throw TrainingError.training(
        "every trial that was trained in full diverged; lower learning rates may help;"
          + " \(folder.path) holds the results")
    }
    return 0
  }

  private func say(_ text: String) { console?.write(text + "\n") }
}
