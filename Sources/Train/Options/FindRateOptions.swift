import Training

/// The options that `train find-rate` takes: those of `train fit` but for what the test decides, and its own.
enum FindRateOptions {
  static let from = Option(
    "from", .number(above: 0), "the rate of the first step", standard: "1e-6")
  static let to = Option(
    "to", .number(above: 0), "the rate of the last step", standard: "10")
  static let testSteps = Option(
    "test-steps", .integer(10...1_000_000), "steps between the two", standard: "200")

  /// The options of `train fit` that have no meaning in a test, which leaves no run behind.
  static let ignored: [any AnyOption] =
    [
      FitOptions.learningRate, FitOptions.schedule, FitOptions.steps, FitOptions.epochs,
      FitOptions.patience, FitOptions.evaluateEvery, FitOptions.checkpointEvery,
      FitOptions.accumulate, FitOptions.clipValue, FitOptions.nonFinite, FitOptions.name,
      FitOptions.force,
    ] + FitOptions.scheduleOptions

  /// All rows, as the help shows them.
  static let groups =
    [OptionGroup("range", [from, to, testSteps])]
    + FitOptions.groups.map { group in
      OptionGroup(group.heading, group.options.filter { !ignored.contains($0) })
    }
}
