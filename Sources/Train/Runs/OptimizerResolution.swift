import Training
import Optim

extension OptimizerExpression {
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
        throw UsageError("--\(option.name) is not an option of \(expression.outline)")
      }
    }
    if let conflict = expression.conflict { throw UsageError("--optimizer: \(conflict)") }
    return expression.completed(by: defaults, learningRate: arguments[FitOptions.learningRate])
  }

  /// The expression with the settings that suit a task, where it says nothing; the learning rate of the first
  /// rule stands beside it.
  func completed(
    by defaults: TrainingDefaults, learningRate: Double?
  ) -> (OptimizerExpression, learningRate: Double) {
    var result = self
    var first: Double?
    result.update { rule in
      guard rule.inner.isEmpty else { return }
      rule.complete(by: defaults)
      guard first == nil else { return }
      first = rule.value(of: "learning-rate").flatMap(Double.init)
      rule.set("learning-rate", to: nil)
    }
    return (result, learningRate ?? first ?? defaults.learningRate)
  }

  private mutating func complete(by defaults: TrainingDefaults) {
    func standard(_ name: String, _ value: Double) {
      if settings[name] == nil { set(name, to: "\(value)") }
    }
    standard("learning-rate", standardRate(adam: defaults.learningRate))
    switch method.name {
    case "sgd", "momentum": standard("weight-decay", 1e-4)
    case "adamw", "muon", "schedule-free": standard("weight-decay", defaults.weightDecay)
    // Its steps are larger than Adam's at the same rate, and the rate smaller for it.
    case "lion": standard("weight-decay", defaults.weightDecay * 3)
    default: break
    }
    if has("beta2"), method.name != "lion", defaults.beta2 != 0.999 {
      standard("beta2", defaults.beta2)
    }
  }

  /// A learning rate to start from, where `adam` is a good one of Adam's.
  private func standardRate(adam: Double) -> Double {
    switch method.name {
    case "sgd", "momentum": 0.1
    case "lion": adam / 5
    case "adagrad": adam * 5
    case "adadelta": 1
    case "muon": adam * 5
    case "schedule-free": adam * 2.5
    default: adam
    }
  }
}
