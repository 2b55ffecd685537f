import Training

/// `train find-rate TASK`: the learning-rate range test.
enum FindRateCommand: Command {
  static let name = "find-rate"
  static let usage = "TASK [options]"
  static let summary = "runs a learning-rate range test and suggests a rate; --out names an SVG"
  static let options = FindRateOptions.groups
  static let ignored = FindRateOptions.ignored
  static let takesTask = true
  static let wordCount = 1

  static func run(_ arguments: Arguments) throws -> Int32 {
    let (from, to) = (arguments[FindRateOptions.from], arguments[FindRateOptions.to])
    guard from < to else { throw UsageError("--from: \(from) is not below --to") }
    let image = try arguments.output(FindRateOptions.plot, replacingOnly: ".svg")
    let assignment = try Assignment(arguments, command: name)
    let configuration = try assignment.configuration(arguments)
    let range = try configuration.inItsExecution {
      try rateRange(
        configuration, on: assignment.data, from...to, steps: arguments[FindRateOptions.testSteps])
    }
    let plot = range.plot(title: configuration.taskName)
    if let image { try FileAccess.write(plot.svg(), to: image) }
    if arguments[FitOptions.json] {
      try Console.standard.printJSON(range)
    } else if !arguments[FitOptions.quiet] {
      Console.standard.print(plot.terminalText(width: Console.standard.width))
      let rate = range.suggestion.map { Format.number($0) } ?? "none"
      let optimizer = configuration[FitOptions.optimizer].outline
      Console.standard.print("\nsuggestion  \(rate) for \(optimizer): \(range.reason)")
    }
    return 0
  }

  /// The range test of a model and its optimizer, from their start.
  private static func rateRange(
    _ configuration: TrainingConfiguration, on data: TaskData, _ rates: ClosedRange<Double>,
    steps: Int
  ) throws -> RateRange {
    let experiment = try Experiment(starting: configuration, on: data)
    let parameters = experiment.model.parameters
    let clipNorm = configuration[FitOptions.clipNorm]
    return findLearningRate(
      of: experiment.objective, optimizer: configuration.optimizer(parameters),
      batchSize: configuration[FitOptions.batchSize], rates: rates, steps: steps,
      clipNorm: clipNorm > 0 ? clipNorm : nil, seed: configuration[FitOptions.seed])
  }
}
