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

/// n for each tensor that is kept: `3n`.
private func multiple(_ isKept: [Bool]) -> String {
  let count = isKept.count { $0 }
  return count == 1 ? "n" : "\(count)n"
}

extension OptimizerExpression {
  /// Whether a numeric setting is 0.
  fileprivate func isZero(_ setting: String) -> Bool { Double(value(of: setting) ?? "") == 0 }
}

private func setting(
  _ name: String, _ standard: String, _ kind: OptimizerSettingKind
) -> OptimizerSetting {
  OptimizerSetting(name, standard, kind)
}

extension OptimizerMethod {
  /// Those that take steps.
  static let rules: [OptimizerMethod] = [
    sgd("sgd", "stochastic gradient descent", momentum: "0"),
    sgd("momentum", "stochastic gradient descent with momentum", momentum: "0.9"),
    OptimizerMethod(
      "adagrad", "rates by the sums of squared gradients", memory: { _ in "n" },
      [
        learningRate("1e-2"), setting("learning-rate-decay", "0", .amount),
        setting("initial-accumulator", "0", .amount), epsilon("1e-10"), weightDecay(), decay(),
        maximize,
      ]
    ) {
      Adagrad(
        $0.parameters, learningRate: $0["learning-rate"],
        learningRateDecay: $0["learning-rate-decay"],
        initialAccumulator: $0["initial-accumulator"], epsilon: $0["epsilon"],
        weightDecay: $0.weightDecay, maximize: $0.flag("maximize"), groups: $0.groups)
    },
    OptimizerMethod(
      "rmsprop", "rates by a running mean of squared gradients",
      memory: { multiple([$0.value(of: "centered") == "true", !$0.isZero("momentum"), true]) },
      [
        learningRate("1e-2"), setting("smoothing", "0.99", .rate), epsilon(),
        setting("momentum", "0", .rate), setting("centered", "false", .flag), weightDecay(),
        decay(), maximize,
      ]
    ) {
      RMSProp(
        $0.parameters, learningRate: $0["learning-rate"], smoothing: $0["smoothing"],
        epsilon: $0["epsilon"], momentum: $0["momentum"], centered: $0.flag("centered"),
        weightDecay: $0.weightDecay, maximize: $0.flag("maximize"), groups: $0.groups)
    },
    OptimizerMethod(
      "adadelta", "steps in the unit of the parameters", memory: { _ in "2n" },
      [
        learningRate("1"), setting("rho", "0.9", .rate), epsilon("1e-6"), weightDecay(), decay(),
        maximize,
      ]
    ) {
      Adadelta(
        $0.parameters, learningRate: $0["learning-rate"], rho: $0["rho"], epsilon: $0["epsilon"],
        weightDecay: $0.weightDecay, maximize: $0.flag("maximize"), groups: $0.groups)
    },
    adam("adam", "running means of gradients and their squares", amsgrad: false),
    adam("amsgrad", "Adam with the largest mean of squares so far", amsgrad: true),
    OptimizerMethod(
      "adamw", "Adam with decoupled weight decay",
      memory: { $0.value(of: "amsgrad") == "true" ? "3n" : "2n" },
      [learningRate("1e-3")] + betas()
        + [epsilon(), weightDecay("0.01"), setting("amsgrad", "false", .flag), maximize],
      keepsSecondMoment: true
    ) {
      AdamW(
        $0.parameters, learningRate: $0["learning-rate"], beta1: $0["beta1"], beta2: $0["beta2"],
        epsilon: $0["epsilon"], weightDecay: $0["weight-decay"], amsgrad: $0.flag("amsgrad"),
        maximize: $0.flag("maximize"), groups: $0.groups)
    },
    OptimizerMethod(
      "adamax", "Adam with the infinity norm", memory: { _ in "2n" },
      [learningRate("2e-3")] + betas() + [epsilon(), weightDecay(), decay(), maximize]
    ) {
      Adamax(
        $0.parameters, learningRate: $0["learning-rate"], beta1: $0["beta1"], beta2: $0["beta2"],
        epsilon: $0["epsilon"], weightDecay: $0.weightDecay, maximize: $0.flag("maximize"),
        groups: $0.groups)
    },
    OptimizerMethod(
      "nadam", "Adam with Nesterov's momentum", memory: { _ in "2n" },
      [learningRate("2e-3")] + betas()
        + [
          epsilon(), setting("momentum-decay", "4e-3", .amount), weightDecay(), decay(), maximize,
        ],
      keepsSecondMoment: true
    ) {
      NAdam(
        $0.parameters, learningRate: $0["learning-rate"], beta1: $0["beta1"], beta2: $0["beta2"],
        epsilon: $0["epsilon"], momentumDecay: $0["momentum-decay"], weightDecay: $0.weightDecay,
        maximize: $0.flag("maximize"), groups: $0.groups)
    },
    OptimizerMethod(
      "radam", "Adam that waits until its variance is known", memory: { _ in "2n" },
      [learningRate("1e-3")] + betas() + [epsilon(), weightDecay(), decay(), maximize],
      keepsSecondMoment: true
    ) {
      RAdam(
        $0.parameters, learningRate: $0["learning-rate"], beta1: $0["beta1"], beta2: $0["beta2"],
        epsilon: $0["epsilon"], weightDecay: $0.weightDecay, maximize: $0.flag("maximize"),
        groups: $0.groups)
    },
    OptimizerMethod(
      "adafactor", "Adam's mean of squares by rows and columns", memory: { _ in "rows + columns" },
      [
        learningRate("1e-2"),
        setting("form", "torch", .choice(AdafactorRule.Form.allCases.map(\.rawValue))),
        setting("clip-threshold", "1", .positive), weightDecay(), maximize,
      ]
    ) {
      Adafactor(
        $0.parameters, learningRate: $0["learning-rate"],
        form: AdafactorRule.Form(rawValue: $0.word("form")) ?? .pyTorch,
        clipThreshold: $0["clip-threshold"], weightDecay: $0["weight-decay"],
        maximize: $0.flag("maximize"), groups: $0.groups)
    },
    OptimizerMethod(
      "lion", "steps of equal length along the sign of a mean", memory: { _ in "n" },
      [learningRate("1e-4")] + betas("0.9", "0.99") + [weightDecay(), maximize]
    ) {
      Lion(
        $0.parameters, learningRate: $0["learning-rate"], beta1: $0["beta1"], beta2: $0["beta2"],
        weightDecay: $0["weight-decay"], maximize: $0.flag("maximize"), groups: $0.groups)
    },
    OptimizerMethod(
      "muon", "orthogonal steps for matrices, AdamW for the rest",
      memory: { _ in "n of matrices, 2n of the rest" },
      [
        learningRate("1e-3"), setting("momentum", "0.95", .rate),
        setting("nesterov", "true", .flag), setting("iterations", "5", .count(from: 1)),
        setting("adjustment", "original", .choice(MuonRule.Adjustment.allCases.map(\.rawValue))),
        setting("adamw-learning-rate", "1e-3", .positive),
      ] + betas() + [weightDecay("0.1"), maximize]
    ) {
      Muon(
        $0.parameters, learningRate: $0["learning-rate"], momentum: $0["momentum"],
        nesterov: $0.flag("nesterov"), iterations: $0.count("iterations"),
        adjustment: MuonRule.Adjustment(rawValue: $0.word("adjustment")) ?? .original,
        weightDecay: $0["weight-decay"], adamWLearningRate: $0["adamw-learning-rate"],
        beta1: $0["beta1"], beta2: $0["beta2"], maximize: $0.flag("maximize"), groups: $0.groups)
    },
    OptimizerMethod(
      "schedule-free", "AdamW with an average in place of a schedule", memory: { _ in "2n" },
      [learningRate("2.5e-3")] + betas()
        + [
          epsilon(), weightDecay(), setting("free-warmup", "0", .count(from: 0)),
          setting("r", "0", .amount), setting("weight-power", "2", .amount), maximize,
        ],
      keepsSecondMoment: true
    ) {
      ScheduleFreeAdamW(
        $0.parameters, learningRate: $0["learning-rate"], beta1: $0["beta1"], beta2: $0["beta2"],
        epsilon: $0["epsilon"], weightDecay: $0["weight-decay"], warmup: $0.count("free-warmup"),
        r: $0["r"], weightPower: $0["weight-power"], maximize: $0.flag("maximize"),
        groups: $0.groups)
    },
  ]

  private static func sgd(
    _ name: String, _ summary: String, momentum: String
  ) -> OptimizerMethod {
    OptimizerMethod(
      name, summary, memory: { $0.isZero("momentum") ? "0" : "n" },
      [
        learningRate("1e-3"), setting("momentum", momentum, .rate),
        setting("dampening", "0", .rate),
        setting("form", "accumulated", .choice(MomentumForm.allCases.map(\.rawValue))),
        setting("nesterov", "false", .flag), weightDecay(), decay(), maximize,
      ],
      conflict: {
        let isPlain = Double($0.value(of: "dampening") ?? "") == 0
        let hasMomentum = Double($0.value(of: "momentum") ?? "") != 0
        let isAveraged = $0.value(of: "form") == "averaged"
        if isAveraged, !isPlain { return "form=averaged takes no dampening" }
        guard $0.value(of: "nesterov") == "true" else { return nil }
        return hasMomentum && isPlain && !isAveraged
          ? nil : "nesterov needs a momentum above 0 and no dampening"
      }
    ) {
      SGD(
        $0.parameters, learningRate: $0["learning-rate"], momentum: $0["momentum"],
        dampening: $0["dampening"], form: MomentumForm(rawValue: $0.word("form")) ?? .accumulated,
        nesterov: $0.flag("nesterov"), weightDecay: $0.weightDecay,
        maximize: $0.flag("maximize"), groups: $0.groups)
    }
  }

  private static func adam(
    _ name: String, _ summary: String, amsgrad: Bool
  ) -> OptimizerMethod {
    OptimizerMethod(
      name, summary, memory: { _ in amsgrad ? "3n" : "2n" },
      [learningRate("1e-3")] + betas() + [epsilon(), weightDecay(), decay(), maximize],
      keepsSecondMoment: true
    ) {
      Adam(
        $0.parameters, learningRate: $0["learning-rate"], beta1: $0["beta1"], beta2: $0["beta2"],
        epsilon: $0["epsilon"], weightDecay: $0.weightDecay, amsgrad: amsgrad,
        maximize: $0.flag("maximize"), groups: $0.groups)
    }
  }
}
