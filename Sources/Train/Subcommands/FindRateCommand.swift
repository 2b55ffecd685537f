import Optim
import Training

/// `train find-rate TASK`: the learning-rate range test.
enum FindRateCommand: Command {
  static let name = "find-rate"
  static let usage = "TASK [options]"
  static let summary = "raises the learning rate step by step and suggests one; --out names an SVG"
  static let options = FindRateOptions.groups
  static let ignored = FindRateOptions.ignored
  static let wordCount = 1

  static func run(_ arguments: Arguments) throws -> Int32 {
    guard let task = arguments.words.first else {
      throw UsageError(
        "find-rate needs a task: \(DataSource.taskNames.joined(separator: ", "))")
    }
    let (from, to) = (arguments[FindRateOptions.from] ?? 1e-6, arguments[FindRateOptions.to] ?? 10)
    guard from < to else { throw UsageError("--from: \(from) is not below --to") }
    let source = try DataSource(task: task, arguments: arguments)
    let seed = arguments[FitOptions.seed] ?? UInt64.random(in: 0..<1_000_000)
    let data = try source.data(seed: seed)
    let configuration = try TrainingConfiguration(
      arguments: arguments, source: source, data: data, seed: seed)
    let range = configuration.rateRange(
      on: data, rates: from...to, steps: arguments[FindRateOptions.testSteps] ?? 200)
    if let path = arguments[FitOptions.out] {
      try FileAccess.write(range.plot(title: task).svg(), to: path)
    }
    if arguments[flag: FitOptions.json] {
      print(try JSONText.encode(range))
    } else if !arguments[flag: FitOptions.quiet] {
      print(range.plot(title: task).terminalText(width: Console.standard.width))
      let rate = range.suggestion.map { Format.number($0) } ?? "none"
      print("\nsuggestion  \(rate) for \(configuration.optimizer.outline): \(range.reason)")
    }
    return 0
  }
}
