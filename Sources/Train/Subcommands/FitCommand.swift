import Tensor
import Training

/// `train fit TASK`: trains a model from its initial weights.
enum FitCommand: Command {
  static let name = "fit"
  static let usage = "TASK [options]"
  static let summary = "trains a model on a task of train list; the run gets a folder of its own"
  static let options =
    FitOptions.groups + [
      OptionGroup("session", [seeds, Profiling.option])
    ]
  static let takesTask = true
  static let wordCount = 1

  private static let seeds = Option(
    "seeds", .integer(1...1000), "runs with one seed after another, and their mean", default: 1)

  static func run(_ arguments: Arguments) throws -> Int32 {
    let count = arguments[seeds]
    guard count > 1 else {
      return try session(arguments, in: arguments.newFolder()) { try $0.train() }
    }
    guard let name = arguments.words.first else {
      throw UsageError("fit needs a task: \(Tasks.names)")
    }
    let first = arguments.values.given(FitOptions.seed) ?? .random(in: 0..<1_000_000)
    var study: SeedStudy?
    for index in 0..<UInt64(count) {
      var arguments = arguments
      arguments[FitOptions.seed] = first &+ index
      // The folder is made when the first run is known to be possible.
      let folder = {
        if study == nil { study = try SeedStudy(arguments, task: name) }
        return study?.folder(ofSeed: first &+ index)
      }
      let status = try session(arguments, in: folder()) { session in
        let status = try session.train()
        if let summary = session.summary { study?.add(summary) }
        return status
      }
      if status != 0 { return status }
    }
    if let study, !arguments[FitOptions.quiet], !arguments[FitOptions.json] {
      Console.standard.print("\n\(study.table)\nfiles  \(study.path)")
    }
    return 0
  }

  private static func session(
    _ arguments: Arguments, in path: @autoclosure () throws -> String?,
    _ train: (RunSession) throws -> Int32
  ) throws -> Int32 {
    let assignment = try Assignment(arguments, command: name)
    let configuration = try assignment.configuration(arguments)
    let experiment = try Experiment(starting: configuration, on: assignment.data)
    let place = try path()
    let folder = try RunFolder(
      creating: place, task: configuration.taskName,
      replacing: arguments[FitOptions.force] ? ResultFolder.files(in: place) : nil)
    let lock = try RunLock(folder.path)
    defer { lock.release() }
    let run = try TrainingRun(
      starting: configuration, experiment, data: assignment.data, folder: folder)
    return try Profiling.run(arguments, trace: folder.profile) {
      try train(RunSession(run, arguments: arguments))
    }
  }
}
