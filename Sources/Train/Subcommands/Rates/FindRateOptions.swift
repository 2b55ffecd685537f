/// The options of `train find-rate`: those of `train fit` except for what the test decides, and its
/// own.
enum FindRateOptions {
  static let from = Option("from", .number(above: 0), "the rate of the first step", default: 1e-6)
  static let to = Option("to", .number(above: 0), "the rate of the last step", default: 10)
  static let testSteps = Option(
    "test-steps", .integer(10...1_000_000), "steps between the two", default: 200)

  static let plot = Option("out", .text("FILE"), "writes the plot to an SVG file")

  /// The options of `train fit` that have no meaning in a test, which leaves no run behind.
  static let ignored: [any AnyOption] =
    WorkerOptions.all + [
      FitOptions.learningRate, FitOptions.schedule, FitOptions.warmup, FitOptions.steps,
      FitOptions.epochs, FitOptions.patience, TaskOptions.evaluateEvery, FitOptions.checkpointEvery,
      FitOptions.keep, FitOptions.timeLimit, FitOptions.memoryLimit, FitOptions.stopBelow,
      FitOptions.diagnostics, FitOptions.tensorBoard,
      FitOptions.accumulate, FitOptions.clipValue, FitOptions.nonFinite, FitOptions.name,
      FitOptions.out,
      FitOptions.force,
    ]

  /// All options, as the help shows them.
  static let groups =
    [OptionGroup("range", [from, to, testSteps, plot])]
    + FitOptions.groups.map { $0.without(ignored) }
}
