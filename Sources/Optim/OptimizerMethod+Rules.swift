private func learningRate(_ standard: String) -> OptimizerSetting {
  OptimizerSetting("learning-rate", standard, .positive)
}

private func weightDecay(_ standard: String = "0") -> OptimizerSetting {
  OptimizerSetting("weight-decay", standard, .amount)
}

private func decay(_ standard: String = "coupled") -> OptimizerSetting {
  OptimizerSetting("decay", standard, .choice(["coupled", "decoupled"]))
}

private let maximize = OptimizerSetting("maximize", "false", .flag)

private func betas(_ first: String = "0.9", _ second: String = "0.999") -> [OptimizerSetting] {
  [OptimizerSetting("beta1", first, .rate), OptimizerSetting("beta2", second, .rate)]
}

private func epsilon(_ standard: String = "1e-8") -> OptimizerSetting {
  OptimizerSetting("epsilon", standard, .amount)
}

extension OptimizerMethod {
  /// Those that take steps.
  static let rules: [OptimizerMethod] = [
    sgd("sgd", "stochastic gradient descent", momentum: "0", memory: "0"),
    sgd("momentum", "stochastic gradient descent with momentum", momentum: "0.9", memory: "n"),
    OptimizerMethod(
      "adamw", "Adam with decoupled weight decay", memory: "2n",
      [learningRate("1e-3")] + betas() + [epsilon(), weightDecay("0.01"), maximize],
      keepsSecondMoment: true
    ) {
      AdamW(
        $0.parameters, learningRate: $0["learning-rate"], beta1: $0["beta1"], beta2: $0["beta2"],
        epsilon: $0["epsilon"], weightDecay: $0["weight-decay"], maximize: $0.flag("maximize"),
        groups: $0.groups)
    },
  ]

  private static func sgd(
    _ name: String, _ summary: String, momentum: String, memory: String
  ) -> OptimizerMethod {
    OptimizerMethod(
      name, summary, memory: memory,
      [
        learningRate("1e-3"), OptimizerSetting("momentum", momentum, .rate),
        OptimizerSetting("dampening", "0", .rate), OptimizerSetting("nesterov", "false", .flag),
        weightDecay(), decay(), maximize,
      ],
      conflict: {
        guard $0.value(of: "nesterov") == "true" else { return nil }
        let isPlain = Double($0.value(of: "dampening") ?? "") == 0
        let hasMomentum = Double($0.value(of: "momentum") ?? "") != 0
        return hasMomentum && isPlain ? nil : "nesterov needs a momentum above 0 and no dampening"
      }
    ) {
      SGD(
        $0.parameters, learningRate: $0["learning-rate"], momentum: $0["momentum"],
        dampening: $0["dampening"], nesterov: $0.flag("nesterov"), weightDecay: $0.weightDecay,
        maximize: $0.flag("maximize"), groups: $0.groups)
    }
  }
}
