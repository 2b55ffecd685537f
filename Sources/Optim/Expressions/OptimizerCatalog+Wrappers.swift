extension OptimizerCatalog {
  /// The optimizers that wrap others.
  static let wrappers: [Entry] = [
    Entry(
      "lookahead", "slow weights that follow another optimizer", around: 1,
      settings: [
        CatalogSetting("sync-period", "5", .count(from: 1)),
        CatalogSetting("slow-step-size", "0.5", .number(above: 0, upTo: 1)),
        CatalogSetting("step-size", "fixed", .choice(["fixed", "adaptive"])),
        CatalogSetting("inner-state", "keep", .choice(InnerStatePolicy.allCases.map(\.rawValue))),
      ],
      traits: wrapperTraits("n"),
      conflict: { lookahead in
        guard lookahead.word("step-size") == "adaptive" else { return nil }
        let without = lookahead.rules.first { !$0.entry.traits.keepsSecondMoment }
        return without.map {
          """
          step-size=adaptive needs an optimizer with a mean of squared gradients, such as adamw, \
          not \($0.name)
          """
        }
      }
    ) {
      let size = $0.number("slow-step-size")
      return Lookahead(
        $0.inner[0], syncPeriod: $0.count("sync-period"),
        slowStepSize: $0.word("step-size") == "adaptive"
          ? .adaptive(minimum: size, curvature: .secondMoment) : .fixed(size),
        innerState: $0.choice("inner-state"))
    },
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

  private static func wrapperTraits(_ stateSize: String) -> OptimizerTraits {
    OptimizerTraits { _ in stateSize }
  }
}
