import Optim

extension ComparisonPlan {
  /// Creates the plan that arguments ask for, on the data that they name.
  ///
  /// - Throws: ``UsageError`` or ``TrainingError``.
  init(_ arguments: Arguments, _ assignment: Assignment) throws {
    let optimizers =
      try arguments[CompareOptions.optimizers]
      ?? OptimizerExpression.list(CompareOptions.standardOptimizers)
    candidates = try optimizers.map { expression in
      var arguments = arguments
      arguments[FitOptions.optimizer] = expression
      var configuration = try assignment.configuration(arguments)
      // Every run takes all its steps.
      configuration[FitOptions.patience] = 0
      return Candidate(name: expression.description, configuration: configuration)
    }
    let names = candidates.map(\.name)
    if let twice = names.indices.first(where: { names[..<$0].contains(names[$0]) }) {
      throw UsageError("--optimizers: \(names[twice]) is given twice")
    }
    rates = arguments[CompareOptions.rates].rates
    searchBudget = arguments[CompareOptions.searchBudget]
    if rates != nil, arguments.values.contains(CompareOptions.searchBudget) {
      throw UsageError("--search-budget is for --rates auto")
    }
    seeds = try Assignment.seeds(from: assignment.seed, count: arguments[CompareOptions.seeds])
    evaluations =
      arguments[CompareOptions.evaluations] ?? type(of: assignment.task).comparedEvaluations
    targetLoss = arguments[CompareOptions.targetLoss]
  }
}
