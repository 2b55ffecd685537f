import Optim

/// The options of `train compare`: those of `train fit` except for the optimizer's, and its own.
enum CompareOptions {
  /// The optimizers that are compared by default.
  static let standardOptimizers = "sgd,momentum,adam,adamw,lookahead(adamw)"

  static let optimizers = Option(
    "optimizers", .expressions() as ValueKind<[OptimizerExpression]>, "the optimizers to compare",
    unset: standardOptimizers)
  static let seeds = Option(
    "seeds", .integer(1...1000), "seeds to run each optimizer with at its best rate", default: 3)
  static let rates = Option("rates", .rates, "learning rates to try, or auto", default: .auto)
  static let searchBudget = Option(
    "search-budget", .integer(5...100), "learning rates tried for each with --rates auto",
    default: 7)
  static let evaluations = Option(
    "evaluations", .integer(1...100_000), "evaluations in a run", unset: "40, text 10")
  static let targetLoss = Option(
    "target-loss", .number, "the validation loss to reach",
    unset: "5% short of the best")

  /// The options of `train fit` that a comparison does not take.
  ///
  /// Each optimizer decides them for itself, and every run takes all its steps. A preset or a
  /// configuration file may hold them.
  static let ignored: [any AnyOption] =
    [
      FitOptions.optimizer, FitOptions.learningRate, FitOptions.lookahead, FitOptions.patience,
      TaskOptions.evaluateEvery, FitOptions.checkpointEvery, FitOptions.keep, FitOptions.timeLimit,
      FitOptions.stopBelow, FitOptions.diagnostics, FitOptions.tensorBoard, FitOptions.memoryLimit,
    ] + FitOptions.optimizerSettings + WorkerOptions.all

  /// All options, as the help shows them.
  static let groups =
    [OptionGroup("comparison", [optimizers, seeds, rates, searchBudget, evaluations, targetLoss])]
    + FitOptions.groups.map { $0.without(ignored) }
}

/// The learning rates of a comparison.
enum RateChoice: Sendable, Equatable {
  /// Searched around the standard rate of each optimizer.
  case auto
  /// The same list for all.
  case list([Double])

  /// The list, if there is one.
  var rates: [Double]? { if case .list(let rates) = self { rates } else { nil } }
}

extension ValueKind<RateChoice> {
  /// `auto`, or learning rates with commas between them.
  static var rates: Self {
    Self(
      "X,X,...", "auto or a list of different numbers above 0",
      json: { $0.rates.map { .list($0.map(JSONValue.number)) } ?? .string("auto") }
    ) { text in
      if text == "auto" { return .auto }
      let parts = text.split(separator: ",", omittingEmptySubsequences: false)
      let numbers = parts.compactMap { Double(decimal: $0) }
      let rates = numbers.filter { $0 > 0 && $0.isFinite }
      return rates.count == parts.count && Set(rates).count == rates.count ? .list(rates) : nil
    }
  }
}
