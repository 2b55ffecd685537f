import Training

@testable import Train

/// A command line of `train fit`, as the tests write it.
struct FitLine {
  let arguments: Arguments

  init(_ line: String) throws {
    arguments = try Arguments.reading(
      line.split(separator: " ").map(String.init), options: FitOptions.all)
  }

  /// The task with its data; the seed is 1 where the line gives none.
  func assignment() throws -> Assignment {
    var arguments = arguments
    arguments.values.setDefault(FitOptions.seed, 1)
    return try Assignment(arguments, command: "fit")
  }

  /// The configuration that the line resolves to.
  func configuration() throws -> TrainingConfiguration {
    try assignment().configuration(arguments)
  }

  /// A new run in a folder.
  func start(in folder: String) throws -> TrainingRun {
    let assignment = try assignment()
    let configuration = try assignment.configuration(arguments)
    let plan = try MemoryPlan(configuration, on: assignment.data)
    return try TrainingRun(
      starting: configuration,
      Experiment(starting: configuration, on: assignment.data, within: plan),
      data: assignment.data, parts: nil,
      folder: RunFolder(creating: folder, task: configuration.taskName))
  }

  /// The summary of a run from start to end, in a folder or in a temporary one.
  func summary(in folder: String) throws -> RunSummary {
    guard case .finished(let summary) = try start(in: folder).train(isInterrupted: { false }) else {
      throw TrainingError.training("interrupted")
    }
    return summary
  }
}
