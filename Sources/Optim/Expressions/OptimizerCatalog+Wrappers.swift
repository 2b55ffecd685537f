extension CatalogSetting {
  fileprivate static func syncPeriod(_ standard: String) -> Self {
    Self("sync-period", standard, .count(from: 1))
  }

  fileprivate static func outerLearningRate(_ standard: String) -> Self {
    Self("outer-learning-rate", standard, .number(above: 0))
  }

  /// What becomes of the inner state where no slow step size is there to pull it back by.
  fileprivate static func innerState(_ standard: InnerStatePolicy) -> Self {
    let policies = [InnerStatePolicy.keep, .reset]
    return Self("inner-state", standard.rawValue, .choice(policies.map(\.rawValue)))
  }
}

extension OptimizerExpression {
  /// The optimizer of the slow weights of `lookahead`.
  fileprivate var outer: OptimizerExpression { expression("outer") }
}

extension OptimizerCatalog {
  /// The optimizers that wrap others.
  static let wrappers: [Entry] = [
    lookahead, diLoCo, snoo, fedAvg, fedAdam,
    Entry(
      "switch", "one optimizer, and another from a step on", around: 2,
      settings: [CatalogSetting("at", "1000", .count(from: 0))], traits: wrapperTraits("0")
    ) {
      Switched($0.inner[0], to: $0.inner[1], at: .step($0.count("at")))
    },
    Entry(
      "switch-on-plateau", "one optimizer, and another when the loss stops falling", around: 2,
      settings: [CatalogSetting("patience", "3", .count(from: 0))], traits: wrapperTraits("0")
    ) {
      Switched($0.inner[0], to: $0.inner[1], at: .plateau(patience: $0.count("patience")))
    },
    Entry(
      "ema", "evaluates an exponential moving average of the weights", around: 1,
      settings: [CatalogSetting("average-decay", "0.99", .number(from: 0, below: 1))],
      traits: wrapperTraits("n")
    ) {
      WeightAverage($0.inner[0], .exponential(decay: $0.number("average-decay")))
    },
    Entry(
      "swa", "evaluates the mean of the weights at every period-th step", around: 1,
      settings: [
        CatalogSetting("start", "500", .count(from: 0)),
        CatalogSetting("period", "10", .count(from: 1)),
      ],
      traits: wrapperTraits("n")
    ) {
      WeightAverage($0.inner[0], .uniform(start: $0.count("start"), period: $0.count("period")))
    },
  ]

  private static let lookahead = Entry(
    "lookahead", "slow weights that follow another optimizer, or are moved by an outer one",
    around: 1,
    settings: [
      .syncPeriod("5"), CatalogSetting("slow-step-size", "0.5", .number(above: 0, upTo: 1)),
      CatalogSetting("step-size", "fixed", .choice(["fixed", "adaptive"])),
      CatalogSetting("inner-state", "keep", .choice(InnerStatePolicy.allCases.map(\.rawValue))),
      CatalogSetting("outer", "auto", .auto(or: .expression(of: OptimizerCatalog.self))),
    ],
    traits: OptimizerTraits {
      $0.isAuto("outer") ? "n" : OptimizerTraits.sum(["n", $0.outer.stateSize])
    },
    conflict: {
      $0.isAuto("outer") ? adaptiveConflict($0) : outerConflict($0)
    }
  ) {
    if !$0.isAuto("outer") {
      let outer = $0.expression.outer
      return Lookahead(
        $0.inner[0], syncPeriod: $0.count("sync-period"), outer: { outer.optimizer(of: $0) },
        across: $0.context.workers, weight: $0.context.weight,
        innerState: $0.choice("inner-state"))
    }
    let size = $0.number("slow-step-size")
    return Lookahead(
      $0.inner[0], syncPeriod: $0.count("sync-period"),
      slowStepSize: $0.word("step-size") == "adaptive"
        ? .adaptive(minimum: size, curvature: .secondMoment) : .fixed(size),
      innerState: $0.choice("inner-state"))
  }

  private static func adaptiveConflict(_ lookahead: OptimizerExpression) -> String? {
    guard lookahead.word("step-size") == "adaptive" else { return nil }
    let without = lookahead.rules.first { !$0.entry.traits.keepsSecondMoment }
    return without.map {
      """
      step-size=adaptive needs an optimizer with a mean of squared gradients, such as adamw, \
      not \($0.name)
      """
    }
  }

  /// Why settings of the step that the slow weights take by themselves do not go with an outer
  /// optimizer.
  private static func outerConflict(_ lookahead: OptimizerExpression) -> String? {
    if lookahead.word("step-size") == "adaptive" {
      return "step-size=adaptive finds a slow-step-size, which outer replaces"
    }
    if lookahead.settings["slow-step-size"].map({ Double($0) != 0.5 }) ?? false {
      return "slow-step-size is for outer=auto; outer has a learning-rate"
    }
    if lookahead.word("inner-state") == "pull-back" {
      return "inner-state=pull-back needs a slow-step-size, which outer replaces"
    }
    let ascending = lookahead.outer.rules.first { $0.flag("maximize") }
    return ascending.map {
      "outer=\($0.name)(maximize=true) would step away from the weights of the inner optimizer"
    }
  }

  private static let diLoCo = nesterov(
    "diloco", "Nesterov's momentum on what many steps of another optimizer did", period: "500")

  private static let snoo = nesterov(
    "snoo", "DiLoCo with a short period, for one worker", period: "30")

  private static func nesterov(_ name: String, _ summary: String, period: String) -> Entry {
    Entry(
      name, summary, around: 1,
      settings: [
        .syncPeriod(period), .outerLearningRate("0.7"),
        CatalogSetting("outer-momentum", "0.9", .number(from: 0, below: 1)), .innerState(.keep),
      ],
      traits: OptimizerTraits { $0.number("outer-momentum") > 0 ? "n + n" : "n" }
    ) {
      Lookahead.diLoCo(
        $0.inner[0], syncPeriod: $0.count("sync-period"),
        outerLearningRate: $0.number("outer-learning-rate"),
        outerMomentum: $0.number("outer-momentum"), across: $0.context.workers,
        weight: $0.context.weight, innerState: $0.choice("inner-state"))
    }
  }

  private static let fedAvg = Entry(
    "fedavg", "federated averaging: the mean of what workers reach", around: 1,
    settings: [.syncPeriod("300"), .outerLearningRate("1"), .innerState(.reset)],
    traits: wrapperTraits("n")
  ) {
    Lookahead.fedAvg(
      $0.inner[0], syncPeriod: $0.count("sync-period"),
      outerLearningRate: $0.number("outer-learning-rate"), across: $0.context.workers,
      weight: $0.context.weight, innerState: $0.choice("inner-state"))
  }

  private static let fedAdam = Entry(
    "fedadam", "Adam, without bias correction, on what many steps of another optimizer did",
    around: 1,
    settings: [
      .syncPeriod("10"), .outerLearningRate("0.01"),
      CatalogSetting("outer-beta1", "0.9", .number(from: 0, below: 1)),
      CatalogSetting("outer-beta2", "0.99", .number(from: 0, below: 1)),
      CatalogSetting("tau", "1e-3", .number(above: 0)),
      CatalogSetting("initial-accumulator", "auto", .auto(or: .number(from: 0))),
      .innerState(.reset),
    ],
    traits: wrapperTraits("n + 2n")
  ) {
    Lookahead.fedAdam(
      $0.inner[0], syncPeriod: $0.count("sync-period"),
      outerLearningRate: $0.number("outer-learning-rate"), outerBeta1: $0.number("outer-beta1"),
      outerBeta2: $0.number("outer-beta2"), tau: $0.number("tau"),
      initialAccumulator: $0.isAuto("initial-accumulator")
        ? nil : $0.number("initial-accumulator"),
      across: $0.context.workers, weight: $0.context.weight, innerState: $0.choice("inner-state"))
  }

  private static func wrapperTraits(_ stateSize: String) -> OptimizerTraits {
    OptimizerTraits { _ in stateSize }
  }
}
