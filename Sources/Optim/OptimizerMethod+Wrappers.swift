extension OptimizerMethod {
  /// Those that go around others.
  static let wrappers: [OptimizerMethod] = [
    OptimizerMethod(
      "lookahead", "slow weights that follow another optimizer", around: 1, memory: { _ in "n" },
      [
        OptimizerSetting("sync-period", "5", .count(from: 1)),
        OptimizerSetting("slow-step-size", "0.5", .part),
        OptimizerSetting("step-size", "fixed", .choice(["fixed", "adaptive"])),
        OptimizerSetting("memory", "keep", .choice(InnerMemory.allCases.map(\.rawValue))),
      ],
      conflict: { lookahead in
        guard lookahead.value(of: "step-size") == "adaptive" else { return nil }
        let without = lookahead.rules.first { !$0.method.keepsSecondMoment }
        return without.map {
          "step-size=adaptive needs an optimizer with a mean of squared gradients, such as adamw, not \($0.method.name)"
        }
      }
    ) {
      Lookahead(
        $0.inner[0], syncPeriod: $0.count("sync-period"),
        slowStepSize: $0.word("step-size") == "adaptive"
          ? .adaptive(minimum: $0["slow-step-size"], curvature: .secondMoment)
          : .fixed($0["slow-step-size"]),
        innerMemory: InnerMemory(rawValue: $0.word("memory")) ?? .keep)
    },
    OptimizerMethod(
      "switch", "one optimizer, and another from a step on", around: 2, memory: { _ in "0" },
      [OptimizerSetting("at", "1000", .count(from: 0))]
    ) {
      Switched($0.inner[0], to: $0.inner[1], at: .step($0.count("at")))
    },
    OptimizerMethod(
      "switch-on-plateau", "one optimizer, and another when the loss stays", around: 2,
      memory: { _ in "0" },
      [OptimizerSetting("patience", "3", .count(from: 0))]
    ) {
      Switched($0.inner[0], to: $0.inner[1], at: .plateau(patience: $0.count("patience")))
    },
    OptimizerMethod(
      "ema", "evaluates an exponential moving average of the weights", around: 1,
      memory: { _ in "n" },
      [OptimizerSetting("average-decay", "0.99", .rate)]
    ) {
      WeightAverage($0.inner[0], .exponential(decay: $0["average-decay"]))
    },
    OptimizerMethod(
      "swa", "evaluates the mean of the weights at every period-th step", around: 1,
      memory: { _ in "n" },
      [
        OptimizerSetting("start", "500", .count(from: 0)),
        OptimizerSetting("period", "10", .count(from: 1)),
      ]
    ) {
      WeightAverage($0.inner[0], .uniform(start: $0.count("start"), period: $0.count("period")))
    },
  ]
}
