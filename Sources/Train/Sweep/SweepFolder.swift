import CLibrary
import Optim
import Training

/// The folder of a sweep.
struct SweepFolder: Sendable {
  /// The path of the folder, as it was given.
  let path: String

  /// The plan and the results.
  var record: String { path + "/sweep.json" }
  /// A line for each run of a trial at a rung.
  var trials: String { path + "/trials.jsonl" }
  /// The best configuration, a file that `--config` takes.
  var best: String { path + "/best.json" }
  /// The report as a page.
  var report: String { path + "/report.html" }

  private static let checkpointPrefix = "trial-"

  /// The state of a run that is not finished.
  func checkpoint(of item: SweepRecord.Item) -> String {
    "\(path)/\(Self.checkpointPrefix)\(item.job.trial)-\(item.member).safetensors"
  }

  /// Creates the folder of a new sweep: `path`, or `runs/sweep-TASK-N` with the first N not used.
  ///
  /// - Throws: ``TrainingError`` of kind `inputOutput`.
  init(creating path: String?, task: String, replacing: Bool) throws {
    self.path = try RunFolder.makeFolder(
      path, prefix: "sweep-\(task)", replacing: replacing ? ResultFolder.files(in: path) : nil)
  }

  /// The folder that another process has created.
  init(createdAt path: String) { self.path = path }

  /// Whether a file is one that a sweep writes.
  static func isOfSweep(_ name: String) -> Bool {
    ["sweep.json", "trials.jsonl", "best.json", "report.html"].contains(name) || isCheckpoint(name)
  }

  /// The folder at a path, if a sweep is in it.
  ///
  /// - Throws: ``TrainingError`` of kind `inputOutput` if one of its files is something else than a
  ///   file.
  init?(existing path: String) throws {
    self.path = path
    guard FileAccess.exists(record) else { return nil }
    try FileAccess.requireFiles(in: path, where: Self.isOfSweep)
  }

  /// Reads the sweep with the results so far.
  ///
  /// - Throws: ``TrainingError`` that names the file.
  func sweep() throws -> Sweep {
    var sweep = try FileAccess.readRecord(Sweep.self, from: record, "the record of a sweep")
    guard sweep.plan.isPossible else {
      throw TrainingError.data("\(record): the plan needs trials, seeds, folds and rungs")
    }
    guard FileAccess.exists(trials) else { return sweep }
    for record in try JSONLinesFile.values(
      of: SweepRecord.self, in: trials, upTo: sweep.extent)
    {
      try sweep.add(record, from: trials)
    }
    return sweep
  }

  /// Removes what a killed process may have left: an incomplete line behind the results of the
  /// sweep, and incomplete files.
  ///
  /// - Throws: ``TrainingError`` that names the file.
  func removeRemains() throws {
    try JSONLinesFile.trim(SweepRecord.self, in: trials)
    RunFolder.removePartialFiles(in: path)
  }

  /// Writes the plan and the results.
  func save(_ sweep: Sweep) throws { try FileAccess.writeRecord(sweep, to: record) }

  /// Deletes the state of a run, which is not needed any more.
  func removeCheckpoint(of item: SweepRecord.Item) { unlink(checkpoint(of: item)) }

  /// Deletes the states of all runs.
  func removeCheckpoints() {
    for name in FileAccess.names(in: path) where Self.isCheckpoint(name) {
      unlink("\(path)/\(name)")
    }
  }

  private static func isCheckpoint(_ name: String) -> Bool {
    name.hasPrefix(checkpointPrefix) && name.hasSuffix(".safetensors")
  }
}
