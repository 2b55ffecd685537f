extension CatalogSetting {
  fileprivate static func learningRate(_ standard: String) -> Self {
    Self("learning-rate", standard, .number(above: 0))
  }

  fileprivate static func weightDecay(_ standard: String = "0") -> Self {
    Self("weight-decay", standard, .number(from: 0))
  }

  fileprivate static func momentum(_ standard: String = "0") -> Self {
    Self("momentum", standard, .number(from: 0, below: 1))
  }

  fileprivate static func beta2(_ standard: String = "0.999") -> Self {
    Self("beta2", standard, .number(from: 0, below: 1))
  }

  fileprivate static func epsilon(_ standard: String = "1e-8") -> Self {
    Self("epsilon", standard, .number(from: 0))
  }

  fileprivate static let beta1 = Self("beta1", "0.9", .number(from: 0, below: 1))
  fileprivate static let decay = Self("decay", "coupled", .choice(["coupled", "decoupled"]))
  fileprivate static let maximize = Self("maximize", "false", .flag)
}

/// The words of an enumeration, as the values of a setting.
private func words<Value: RawRepresentable<String> & CaseIterable>(
  _ type: Value.Type
) -> SettingKind {
  .choice(type.allCases.map(\.rawValue))
}

/// n for each tensor that is kept: `3n`.
private func multiple(_ isKept: Bool...) -> String {
  let count = isKept.count { $0 }
  return count == 0 ? "0" : count == 1 ? "n" : "\(count)n"
}

extension OptimizerCatalog {
  /// The optimizers that take steps.
  static let rules: [Entry] = [
    sgd("sgd", "stochastic gradient descent", momentum: "0"),
    sgd("momentum", "stochastic gradient descent with momentum", momentum: "0.9"),
    adagrad, rmsprop, adadelta,
    adam("adam", "running means of gradients and their squares", amsgrad: false),
    adam("amsgrad", "Adam with the largest mean of squares so far", amsgrad: true),
    adamw, adamax, nadam, radam, adafactor, lion, muon, scheduleFree,
  ]

  private static func sgd(_ name: String, _ summary: String, momentum: String) -> Entry {
    Entry(
      name, summary,
      settings: [
        .learningRate("1e-3"), .momentum(momentum),
        CatalogSetting("dampening", "0", .number(from: 0, below: 1)),
        CatalogSetting("buffer", "sum", words(MomentumBuffer.self)),
        CatalogSetting("nesterov", "false", .flag), .weightDecay(), .decay, .maximize,
      ],
      traits: OptimizerTraits(learningRate: .fixed(0.1), weightDecay: .fixed(1e-4)) {
        multiple($0.number("momentum") != 0)
      },
      conflict: {
        let isPlain = $0.number("dampening") == 0
        let isAverage = $0.word("buffer") == "average"
        if isAverage, !isPlain { return "buffer=average takes no dampening" }
        guard $0.flag("nesterov") else { return nil }
        return $0.number("momentum") != 0 && isPlain && !isAverage
          ? nil : "nesterov needs a momentum above 0 and no dampening"
      }
    ) {
      SGD(
        $0.parameters, learningRate: $0.number("learning-rate"), momentum: $0.number("momentum"),
        dampening: $0.number("dampening"), buffer: $0.choice("buffer"),
        nesterov: $0.flag("nesterov"), weightDecay: $0.weightDecay,
        maximize: $0.flag("maximize"), groups: $0.groups)
    }
  }

  private static let adagrad = Entry(
    "adagrad", "rates by the sums of squared gradients",
    settings: [
      .learningRate("1e-2"), CatalogSetting("learning-rate-decay", "0", .number(from: 0)),
      CatalogSetting("initial-accumulator", "0", .number(from: 0)), .epsilon("1e-10"),
      .weightDecay(), .decay, .maximize,
    ],
    traits: OptimizerTraits(learningRate: .timesAdam(5)) { _ in "n" }
  ) {
    Adagrad(
      $0.parameters, learningRate: $0.number("learning-rate"),
      learningRateDecay: $0.number("learning-rate-decay"),
      initialAccumulator: $0.number("initial-accumulator"), epsilon: $0.number("epsilon"),
      weightDecay: $0.weightDecay, maximize: $0.flag("maximize"), groups: $0.groups)
  }

  private static let rmsprop = Entry(
    "rmsprop", "rates by a running mean of squared gradients",
    settings: [
      .learningRate("1e-2"), CatalogSetting("smoothing", "0.99", .number(from: 0, below: 1)),
      .epsilon(), .momentum(), CatalogSetting("centered", "false", .flag), .weightDecay(), .decay,
      .maximize,
    ],
    traits: OptimizerTraits { multiple(true, $0.flag("centered"), $0.number("momentum") != 0) }
  ) {
    RMSProp(
      $0.parameters, learningRate: $0.number("learning-rate"), smoothing: $0.number("smoothing"),
      epsilon: $0.number("epsilon"), momentum: $0.number("momentum"),
      centered: $0.flag("centered"), weightDecay: $0.weightDecay, maximize: $0.flag("maximize"),
      groups: $0.groups)
  }

  private static let adadelta = Entry(
    "adadelta", "steps in the unit of the parameters",
    settings: [
      .learningRate("1"), CatalogSetting("rho", "0.9", .number(from: 0, below: 1)),
      .epsilon("1e-6"), .weightDecay(), .decay, .maximize,
    ],
    traits: OptimizerTraits(learningRate: .fixed(1)) { _ in "2n" }
  ) {
    Adadelta(
      $0.parameters, learningRate: $0.number("learning-rate"), rho: $0.number("rho"),
      epsilon: $0.number("epsilon"), weightDecay: $0.weightDecay, maximize: $0.flag("maximize"),
      groups: $0.groups)
  }

  private static func adam(_ name: String, _ summary: String, amsgrad: Bool) -> Entry {
    Entry(
      name, summary,
      settings: [
        .learningRate("1e-3"), .beta1, .beta2(), .epsilon(), .weightDecay(), .decay,
        CatalogSetting("bias-correction", "true", .flag),
        CatalogSetting("initial-accumulator", "0", .number(from: 0)), .maximize,
      ],
      traits: OptimizerTraits(keepsSecondMoment: true) { _ in amsgrad ? "3n" : "2n" },
      conflict: {
        $0.flag("bias-correction") && $0.number("initial-accumulator") > 0
          ? "initial-accumulator needs bias-correction=false, as the correction is for a start at 0"
          : nil
      }
    ) {
      Adam(
        $0.parameters, learningRate: $0.number("learning-rate"), beta1: $0.number("beta1"),
        beta2: $0.number("beta2"), epsilon: $0.number("epsilon"), weightDecay: $0.weightDecay,
        amsgrad: amsgrad, biasCorrection: $0.flag("bias-correction"),
        initialAccumulator: $0.number("initial-accumulator"), maximize: $0.flag("maximize"),
        groups: $0.groups)
    }
  }

  private static let adamw = Entry(
    "adamw", "Adam with decoupled weight decay",
    settings: [
      .learningRate("1e-3"), .beta1, .beta2(), .epsilon(), .weightDecay("0.01"),
      CatalogSetting("amsgrad", "false", .flag), .maximize,
    ],
    traits: OptimizerTraits(weightDecay: .timesTask(1), keepsSecondMoment: true) {
      multiple(true, true, $0.flag("amsgrad"))
    }
  ) {
    AdamW(
      $0.parameters, learningRate: $0.number("learning-rate"), beta1: $0.number("beta1"),
      beta2: $0.number("beta2"), epsilon: $0.number("epsilon"),
      weightDecay: $0.number("weight-decay"), amsgrad: $0.flag("amsgrad"),
      maximize: $0.flag("maximize"), groups: $0.groups)
  }

  private static let adamax = Entry(
    "adamax", "Adam with the infinity norm",
    settings: [
      .learningRate("2e-3"), .beta1, .beta2(), .epsilon(), .weightDecay(), .decay, .maximize,
    ],
    traits: OptimizerTraits { _ in "2n" }
  ) {
    Adamax(
      $0.parameters, learningRate: $0.number("learning-rate"), beta1: $0.number("beta1"),
      beta2: $0.number("beta2"), epsilon: $0.number("epsilon"), weightDecay: $0.weightDecay,
      maximize: $0.flag("maximize"), groups: $0.groups)
  }

  private static let nadam = Entry(
    "nadam", "Adam with Nesterov's momentum",
    settings: [
      .learningRate("2e-3"), .beta1, .beta2(), .epsilon(),
      CatalogSetting("momentum-decay", "4e-3", .number(from: 0)), .weightDecay(), .decay,
      .maximize,
    ],
    traits: OptimizerTraits(keepsSecondMoment: true) { _ in "2n" }
  ) {
    NAdam(
      $0.parameters, learningRate: $0.number("learning-rate"), beta1: $0.number("beta1"),
      beta2: $0.number("beta2"), epsilon: $0.number("epsilon"),
      momentumDecay: $0.number("momentum-decay"), weightDecay: $0.weightDecay,
      maximize: $0.flag("maximize"), groups: $0.groups)
  }

  private static let radam = Entry(
    "radam", "Adam that waits until the variance of its rates is known",
    settings: [
      .learningRate("1e-3"), .beta1, .beta2(), .epsilon(), .weightDecay(), .decay, .maximize,
    ],
    traits: OptimizerTraits(keepsSecondMoment: true) { _ in "2n" }
  ) {
    RAdam(
      $0.parameters, learningRate: $0.number("learning-rate"), beta1: $0.number("beta1"),
      beta2: $0.number("beta2"), epsilon: $0.number("epsilon"), weightDecay: $0.weightDecay,
      maximize: $0.flag("maximize"), groups: $0.groups)
  }

  private static let adafactor = Entry(
    "adafactor", "Adam's mean of squares by rows and columns",
    settings: [
      .learningRate("1e-2"), CatalogSetting("variant", "torch", words(AdafactorRule.Variant.self)),
      CatalogSetting("clip-threshold", "1", .number(above: 0)), .weightDecay(), .maximize,
    ],
    traits: OptimizerTraits { _ in "rows + columns" }
  ) {
    Adafactor(
      $0.parameters, learningRate: $0.number("learning-rate"), variant: $0.choice("variant"),
      clipThreshold: $0.number("clip-threshold"), weightDecay: $0.number("weight-decay"),
      maximize: $0.flag("maximize"), groups: $0.groups)
  }

  private static let lion = Entry(
    "lion", "steps of equal length along the sign of a mean",
    settings: [.learningRate("1e-4"), .beta1, .beta2("0.99"), .weightDecay(), .maximize],
    traits: OptimizerTraits(
      // Its steps are larger than Adam's at the same rate, so the rate is smaller and the decay
      // larger.
      learningRate: .adamDivided(by: 5), weightDecay: .timesTask(3), takesTaskBeta2: false
    ) { _ in "n" }
  ) {
    Lion(
      $0.parameters, learningRate: $0.number("learning-rate"), beta1: $0.number("beta1"),
      beta2: $0.number("beta2"), weightDecay: $0.number("weight-decay"),
      maximize: $0.flag("maximize"), groups: $0.groups)
  }

  private static let muon = Entry(
    "muon", "orthogonal steps for matrices, AdamW for the rest",
    settings: [
      .learningRate("1e-3"), .momentum("0.95"), CatalogSetting("nesterov", "true", .flag),
      CatalogSetting("iterations", "5", .count(from: 1)),
      CatalogSetting("adjustment", "original", words(MuonRule.Adjustment.self)),
      CatalogSetting("adamw-learning-rate", "1e-3", .number(above: 0)), .beta1, .beta2(),
      .weightDecay("0.1"), .maximize,
    ],
    traits: OptimizerTraits(learningRate: .timesAdam(5), weightDecay: .timesTask(1)) { _ in
      "n of matrices, 2n of the rest"
    }
  ) {
    Muon(
      $0.parameters, learningRate: $0.number("learning-rate"), momentum: $0.number("momentum"),
      nesterov: $0.flag("nesterov"), iterations: $0.count("iterations"),
      adjustment: $0.choice("adjustment"), weightDecay: $0.number("weight-decay"),
      adamWLearningRate: $0.number("adamw-learning-rate"), beta1: $0.number("beta1"),
      beta2: $0.number("beta2"), maximize: $0.flag("maximize"), groups: $0.groups)
  }

  private static let scheduleFree = Entry(
    "schedule-free", "AdamW with an average in place of a schedule",
    settings: [
      .learningRate("2.5e-3"),
      CatalogSetting("beta1", "0.9", .number(above: 0, below: 1)), .beta2(), .epsilon(),
      .weightDecay(),
      CatalogSetting("warmup", "0", .count(from: 0)), CatalogSetting("r", "0", .number(from: 0)),
      CatalogSetting("weight-power", "2", .number(from: 0)), .maximize,
    ],
    traits: OptimizerTraits(
      learningRate: .timesAdam(2.5), weightDecay: .timesTask(1), keepsSecondMoment: true
    ) { _ in "2n" }
  ) {
    ScheduleFreeAdamW(
      $0.parameters, learningRate: $0.number("learning-rate"), beta1: $0.number("beta1"),
      beta2: $0.number("beta2"), epsilon: $0.number("epsilon"),
      weightDecay: $0.number("weight-decay"), warmup: $0.count("warmup"), r: $0.number("r"),
      weightPower: $0.number("weight-power"), maximize: $0.flag("maximize"), groups: $0.groups)
  }
}
