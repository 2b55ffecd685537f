import Optim
import Training

/// The options of `train race`.
enum RaceOptions {
  /// The optimizers that race by default.
  static let standardOptimizers = "sgd,momentum,rmsprop,adam,lion,lookahead(adam)"

  static let optimizers = Option(
    "optimizers", .expressions() as ValueKind<[OptimizerExpression]>, "the optimizers",
    unset: standardOptimizers)
  static let learningRate = Option(
    "learning-rate", .number(above: 0), "one learning rate for all", unset: "see --rates",
    alternative: "rates")
  static let steps = Option(
    "steps", .integer(1...1_000_000), "steps that each takes", unset: "500, --around 100")
  static let start = Option("start", .point, "where all start", unset: "by the function")
  static let distance = Option(
    "distance", .number(above: 0), "how near a minimum counts as there",
    unset: "0.05, --around 0.1")
  static let noise = Option(
    "noise", .number(from: 0), "deviation of the noise added to each element of the gradients",
    default: 0)
  static let seed = Option("seed", .seed, "decides the noise and the slice", default: 0)

  static let around = Option(
    "around", .text("RUN"), "race on a slice of the loss of a run, around its best weights")
  static let sample = Option(
    "sample", .integer(1...1_000_000), "training examples of the slice, at most", default: 256)
  static let grid = Option(
    "grid", .integer(3...501), "points on a side of the slice's grid", default: 33)

  static let out = Option(
    "out", .text("FOLDER"), "the folder of the files", unset: "runs/race-N", alternative: "name")
  static let force = Option("force", .flag, "overwrite an existing race", default: false)
  static let json = Option(
    "json", .flag, "print nothing but the results, as JSON", default: false)

  /// All options, as the help shows them.
  static let groups = [
    OptionGroup(
      "race",
      [optimizers, learningRate, CompareOptions.rates, steps, start, distance, noise, seed]),
    OptionGroup("slice of a loss", [around, sample, grid]),
    OptionGroup("output", [out, FitOptions.name, force, FitOptions.quiet, json]),
  ]

  /// The rules that arguments ask for.
  ///
  /// - Throws: ``UsageError``.
  static func rules(_ arguments: Arguments) throws -> RaceRules {
    let list = try arguments[optimizers] ?? OptimizerExpression.list(standardOptimizers)
    if let twice = list.indices.first(where: { list[..<$0].contains(list[$0]) }) {
      throw UsageError("--optimizers: \(list[twice]) is given twice")
    }
    let isSlice = arguments[around] != nil
    let rates = arguments[learningRate].map(RaceRates.fixed)
    return RaceRules(
      optimizers: list,
      rates: rates ?? arguments[CompareOptions.rates].rates.map(RaceRates.list) ?? .searched,
      steps: arguments[steps] ?? (isSlice ? 100 : 500),
      distance: arguments[distance] ?? (isSlice ? 0.1 : 0.05), noise: arguments[noise],
      seed: arguments[seed])
  }
}

extension ValueKind<SIMD2<Double>> {
  /// Two finite numbers with a comma between them.
  static var point: Self {
    Self(
      "X,Y", "a point, two numbers with a comma between them",
      json: { .list([.number($0.x), .number($0.y)]) }
    ) { text in
      let parts = text.split(separator: ",", omittingEmptySubsequences: false)
      let numbers = parts.compactMap { Double(decimal: $0) }.filter { $0.magnitude < 1e6 }
      return parts.count == 2 && numbers.count == 2 ? SIMD2(numbers[0], numbers[1]) : nil
    }
  }
}
