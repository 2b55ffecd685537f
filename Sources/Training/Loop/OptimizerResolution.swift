import Optim

extension CatalogExpression<OptimizerCatalog> {
  /// The optimizer that the arguments ask for, and its learning rate: options that are settings of an
  /// optimizer win over its expression, and what neither says is chosen by the task.
  ///
  /// - Throws: ``TrainingError`` of kind `usage` for options that the optimizer does not have.
  static func resolved(
    _ arguments: Arguments, _ defaults: TrainingDefaults
  ) throws -> (OptimizerExpression, learningRate: Double) {
    var expression = try arguments[FitOptions.optimizer] ?? OptimizerExpression("adamw")
    if arguments[flag: FitOptions.lookahead] {
      expression = try OptimizerExpression("lookahead(\(expression))")
    }
    for option in FitOptions.optimizerSettings {
      guard let value = arguments.text(of: option) else { continue }
      var isKnown = false
      expression.update {
        guard $0.has(option.name) else { return }
        $0.set(option.name, to: value)
        isKnown = true
      }
      guard isKnown else {
        throw TrainingError.usage("--\(option.name) is not an option of \(expression.outline)")
      }
    }
    if let conflict = expression.conflict { throw TrainingError.usage("--optimizer: \(conflict)") }
    return expression.completed(by: defaults, learningRate: arguments[FitOptions.learningRate])
  }

  /// The expression with the settings that suit a task, where it says nothing; the learning rate of the first
  /// rule stands beside it.
  func completed(
    by defaults: TrainingDefaults, learningRate: Double?
  ) -> (OptimizerExpression, learningRate: Double) {
    let (expression, first) = completed(
      adamRate: defaults.learningRate, weightDecay: defaults.weightDecay, beta2: defaults.beta2)
    return (expression, learningRate ?? first)
  }
}
