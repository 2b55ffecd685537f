import Autograd

/// An optimizer as text, such as `lookahead(adamw(beta2=0.95), sync-period=6)`.
///
/// ``OptimizerCatalog`` lists the optimizers and their settings.
/// ```swift
/// let optimizer = try OptimizerExpression("lookahead(adamw)").optimizer(of: model.parameters)
/// ```
public typealias OptimizerExpression = CatalogExpression<OptimizerCatalog>

extension CatalogExpression<OptimizerCatalog> {
  /// The optimizers inside that take steps themselves, from left to right.
  public var rules: [OptimizerExpression] {
    inner.isEmpty ? [self] : inner.flatMap(\.rules)
  }

  /// Whether the first rule has a momentum that can be changed.
  public var hasMomentum: Bool {
    let rule = rules[0]
    return rule.has("beta1") || rule.has("momentum") && rule.number("momentum") != 0
  }

  /// The size of the state of a parameter with n elements, all parts together: `n + 2n`.
  public var stateSize: String {
    OptimizerTraits.sum([entry.traits.stateSize(self)] + inner.map(\.stateSize))
  }

  /// Whether the optimizer is a loop whose weights an outer optimizer moves, over all workers.
  package var isOuterLoop: Bool {
    has("outer-learning-rate") || has("outer") && !isAuto("outer")
  }

  /// The number of steps before the weights that are kept move, where an outer optimizer moves
  /// them; `nil` without one.
  package var outerPeriod: Int? {
    let periods = [isOuterLoop ? count("sync-period") : nil] + inner.map(\.outerPeriod)
    return periods.compactMap { $0 }.max()
  }

  /// Creates the optimizer that the expression describes.
  ///
  /// - Parameters:
  ///   - parameters: The parameters to optimize.
  ///   - learningRate: The base rate in place of that of the first rule; the rates of others, after
  ///     a `switch`, stay.
  ///   - groups: Parameters that are treated differently.
  ///   - workers: The workers that share the steps of an outer optimizer; all of them create it.
  ///   - weight: The weight of this worker in them, such as the number of its examples.
  /// - Returns: The optimizer, before its first step.
  public func optimizer(
    of parameters: Parameters, learningRate: Double? = nil, groups: [ParameterGroup] = [],
    across workers: any Communicator = OneWorker(), weight: Double = 1
  ) -> any Optimizer {
    var expression = self
    if let learningRate {
      expression.updateFirstRule { $0.set("learning-rate", to: "\(learningRate)") }
    }
    return expression.make(
      OptimizerContext(parameters: parameters, groups: groups, workers: workers, weight: weight))
  }

  /// Returns the expression with settings that suit a task where it gives none.
  ///
  /// - Parameters:
  ///   - adamRate: A learning rate that is good for Adam, from which those of other optimizers
  ///     follow.
  ///   - weightDecay: A decoupled weight decay that is good for AdamW.
  ///   - beta2: A β₂ that is good for Adam.
  /// - Returns: The expression without the learning rate of its first rule, and that rate.
  public func completed(
    adamRate: Double, weightDecay: Double, beta2: Double
  ) -> (expression: OptimizerExpression, learningRate: Double) {
    var result = self
    var learningRate = adamRate
    result.update { rule in
      guard rule.inner.isEmpty else { return }
      let traits = rule.entry.traits
      rule.setDefault("learning-rate", to: "\(traits.learningRate.rate(adam: adamRate))")
      switch traits.weightDecay {
      case .standard: break
      case .fixed(let rate): rule.setDefault("weight-decay", to: "\(rate)")
      case .timesTask(let factor): rule.setDefault("weight-decay", to: "\(weightDecay * factor)")
      }
      if traits.takesTaskBeta2, rule.has("beta2"), rule.number("beta2") != beta2 {
        rule.setDefault("beta2", to: "\(beta2)")
      }
    }
    result.updateFirstRule { rule in
      learningRate = rule.number("learning-rate")
      rule.set("learning-rate", to: nil)
    }
    return (result, learningRate)
  }

  private mutating func updateFirstRule(_ body: (inout OptimizerExpression) -> Void) {
    var isFirst = true
    update { rule in
      guard rule.inner.isEmpty, isFirst else { return }
      isFirst = false
      body(&rule)
    }
  }
}
