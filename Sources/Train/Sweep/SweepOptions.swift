import Training

/// How a sweep chooses the trials and the steps that they take.
enum SearchMethod: String, Sendable, CaseIterable, Codable {
  /// All combinations of the values, each trained in full.
  case grid
  /// Points of a scrambled Sobol sequence, each trained in full.
  case random
  /// Such points, of which the best go on; see ``SuccessiveHalving``.
  case asha
}

/// The options of `train sweep`: those of `train fit`, and its own.
enum SweepOptions {
  static let over = Option<SearchSpace?>(
    "over", .searchSpace, "what to vary: learning-rate=log(1e-4,1e-1) hidden=choice(16,32-32)")
  static let method = Option<SearchMethod>(
    "method", .choice, "how to search", default: .asha)
  static let trials = Option<Int?>(
    "trials", .integer(1...10_000), "configurations to try", unset: "asha 64, random 32, grid all")
  static let gridPoints = Option(
    "grid-points", .integer(2...1000), "values of a range in a grid", default: 5)
  static let seeds = Option(
    "seeds", .integer(1...1000), "seeds of each configuration, whose mean counts", default: 1)
  static let folds = Option<Int?>(
    "folds", .integer(2...1000), "csv: folds of a cross-validation, whose mean counts",
    unset: "none")
  static let reduction = Option(
    "reduction", .integer(2...100), "asha: one in so many trials goes on", default: 4)
  static let minSteps = Option<Int?>(
    "min-steps", .integer(1 ... .max), "asha: least steps of a trial", unset: "a 16th of all")
  static let parallel = Option<Int?>(
    "parallel", .integer(1...256), "trials at once, which share the threads",
    unset: "one per thread")

  /// The options of `train fit` that a sweep does not take.
  ///
  /// They change nothing of what a trial learns. A preset or a configuration file may hold them.
  static let ignored: [any AnyOption] =
    [
      FitOptions.checkpointEvery, FitOptions.keep, FitOptions.timeLimit, FitOptions.diagnostics,
      FitOptions.tensorBoard, FitOptions.memoryLimit,
    ] + WorkerOptions.all

  /// All options, as the help shows them.
  static let groups =
    [
      OptionGroup(
        "sweep",
        [over, method, trials, gridPoints, seeds, folds, reduction, minSteps, parallel])
    ] + FitOptions.groups.map { $0.without(ignored) }

  /// The options that cannot be varied, with the reason.
  private static let fixed: [(options: [any AnyOption], reason: String)] = [
    ([FitOptions.seed], "--seeds tries several"),
    (
      [
        CSVTask.dataOption, CSVTask.target, CSVTask.kind, CSVTask.validation, TaskOptions.loss,
        TaskOptions.test, TaskOptions.skipMissingTargets,
      ],
      "it decides what the score is measured by"
    ),
    (
      [
        FitOptions.threads, FitOptions.preset, FitOptions.out, FitOptions.name, FitOptions.force,
        FitOptions.config, FitOptions.quiet, FitOptions.json,
      ] + ignored, "it does not change what is learned"
    ),
  ]

  /// The option that a setting of a sweep varies.
  ///
  /// - Throws: ``UsageError`` for one that does not exist, that the task does not take, or that
  ///   cannot be varied.
  static func varied(_ name: String, of task: any TrainingTask.Type) throws -> any AnyOption {
    if let reason = fixed.first(where: { $0.options.contains { $0.name == name } })?.reason {
      throw UsageError("--over: \(name) cannot be varied: \(reason)")
    }
    let known = task.options + FitOptions.common
    if let option = known.first(where: { $0.name == name }) { return option }
    guard !FitOptions.all.contains(where: { $0.name == name }) else {
      throw UsageError("--over: \(name) is not an option of the task \(task.name)")
    }
    let fixedNames = fixed.flatMap { $0.options.map(\.name) }
    let names = known.map(\.name).filter { !fixedNames.contains($0) }
    throw UsageError(
      "--over: '\(name)' is not an option\(Suggestion.nearestHint(for: name, in: names))")
  }
}
