import Training
import Optim

/// The options that `train compare` takes: those of `train fit` but for the optimizer's, and its own.
enum CompareOptions {
  static let optimizers = Option(
    "optimizers", .optimizers, "what to compare",
    standard: "sgd,momentum,adam,adamw,lookahead(adamw)")
  static let seeds = Option(
    "seeds", .integer(1...1000), "runs of each at its best rate, with a seed each", standard: "3")
  static let rates = Option(
    "rates", .rates, "learning rates to try, or auto", standard: "auto")
  static let searchBudget = Option(
    "search-budget", .integer(5...100), "learning rates that each tries with --rates auto",
    standard: "7")
  static let evaluations = Option(
    "evaluations", .integer(1...100_000), "evaluations in a run", standard: "40, text 10")
  static let targetLoss = Option(
    "target-loss", .number(above: -.infinity), "the validation loss to reach",
    standard: "5% short of the best")

  /// The options of `train fit` that each optimizer decides for itself here.
  private static let decided: [any AnyOption] =
    [
      FitOptions.optimizer, FitOptions.learningRate, FitOptions.lookahead, FitOptions.patience,
      FitOptions.evaluateEvery, FitOptions.checkpointEvery,
    ] + FitOptions.optimizerSettings

  /// What a preset or a configuration file may say, and has no meaning here.
  static let ignored = decided

  /// All rows, as the help shows them.
  static let groups =
    [OptionGroup("comparison", [optimizers, seeds, rates, searchBudget, evaluations, targetLoss])]
    + FitOptions.groups.map { group in
      OptionGroup(group.heading, group.options.filter { !decided.contains($0) })
    }
}

extension ComparisonPlan {
  /// The plan that arguments ask for.
  ///
  /// - Throws: ``TrainingError`` of kind `usage` or `data`.
  init(task: String, arguments: Arguments) throws {
    let source = try DataSource(task: task, arguments: arguments)
    let seed = arguments[FitOptions.seed] ?? UInt64.random(in: 0..<1_000_000)
    let data = try source.data(seed: seed)
    let optimizers =
      try arguments[CompareOptions.optimizers]
      ?? OptimizerExpression.list(CompareOptions.optimizers.standard ?? "")
    let entrants = try optimizers.map { expression in
      var arguments = arguments
      arguments[FitOptions.optimizer] = expression
      var configuration = try TrainingConfiguration(
        arguments: arguments, source: source, data: data, seed: seed)
      // Everyone takes all the steps.
      configuration.patience = 0
      return Entrant(name: expression.description, configuration: configuration)
    }
    if let twice = entrants.indices.first(where: { index in
      entrants[..<index].contains { $0.name == entrants[index].name }
    }) {
      throw UsageError("--optimizers: \(entrants[twice].name) is given twice")
    }
    self.entrants = entrants
    rates = arguments[CompareOptions.rates]?.rates
    searchBudget = arguments[CompareOptions.searchBudget] ?? 7
    if rates != nil, arguments[CompareOptions.searchBudget] != nil {
      throw UsageError("--search-budget is for --rates auto")
    }
    let (last, overflows) = seed.addingReportingOverflow(
      UInt64((arguments[CompareOptions.seeds] ?? 3) - 1))
    guard !overflows else { throw UsageError("--seed: \(seed) leaves none for --seeds") }
    seeds = Array(seed...last)
    let count = arguments[CompareOptions.evaluations]
    evaluations = count ?? (source.choice == .text ? 10 : 40)
    targetLoss = arguments[CompareOptions.targetLoss]
  }
}

/// The learning rates of a comparison.
enum RateChoice: Sendable, Equatable {
  /// Searched around each optimizer's standard rate.
  case auto
  /// The same list for all.
  case list([Double])

  /// The list, if there is one.
  var rates: [Double]? { if case .list(let rates) = self { rates } else { nil } }
}

extension ValueKind<RateChoice> {
  /// `auto`, or learning rates with commas between them.
  static var rates: Self {
    Self("X,X,...", "auto or a list of different numbers above 0") { text in
      if text == "auto" { return .auto }
      let parts = text.split(separator: ",", omittingEmptySubsequences: false)
      let rates = parts.compactMap { Double($0) }.filter { $0 > 0 && $0.isFinite }
      return rates.count == parts.count && Set(rates).count == rates.count ? .list(rates) : nil
    }
  }
}
