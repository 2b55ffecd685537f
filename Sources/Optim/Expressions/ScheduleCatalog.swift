import Tensor

/// The learning-rate schedules by name, which a ``ScheduleExpression`` is made of.
public enum ScheduleCatalog: Catalog {
  /// Facts about a schedule besides its settings.
  public typealias Traits = ScheduleTraits
  /// The run that a schedule is made for.
  public typealias Context = ScheduleContext
  /// What sets the learning rate of each step, and the momentum if that changes too.
  public typealias Product = (learningRate: LearningRateControl, momentum: (any Schedule)?)
  /// Why a schedule does not fit a run.
  public typealias Failure = ExpressionError

  /// What an entry is.
  public static let noun = "a schedule"

  /// The schedules, from the simple to the special.
  public static let entries: [Entry] = [
    constant, linear, cosine, cosineRestarts, step, multiStep, exponential, polynomial, oneCycle,
    cyclic, inverseSquareRoot, noam, warmupStableDecay, piecewise, plateau,
  ]
}

/// The run that a schedule is made for.
public struct ScheduleContext: Sendable {
  /// The highest learning rate.
  public let peak: Double
  /// The number of steps of the run.
  public let steps: Int
  /// The number of steps in which the learning rate rises; 0 for a schedule without a warm-up.
  public let warmup: Int

  /// The number of steps after the warm-up.
  var rest: Int { steps - warmup }
}

/// Facts about a schedule of the catalog besides its settings.
public struct ScheduleTraits: Sendable {
  /// The warm-up of a schedule.
  enum Warmup: Sendable {
    /// The schedule has none.
    case none
    /// A linear rise to the first rate of the schedule, which begins after it.
    case before
    /// A part of the schedule itself, whose length must be in a range.
    case within(standard: @Sendable (Int) -> Int, range: @Sendable (Int) -> ClosedRange<Int>)
  }

  /// The warm-up.
  let warmup: Warmup
  /// The least number of steps of a run.
  let minimumSteps: Int

  init(warmup: Warmup, minimumSteps: Int = 1) {
    self.warmup = warmup
    self.minimumSteps = minimumSteps
  }
}

extension CatalogSetting {
  fileprivate static let final = Self("final", "0", .number(from: 0, upTo: 1))
  fileprivate static let cycleMomentum = Self("cycle-momentum", "false", .flag)

  fileprivate static func cycleSteps(_ standard: String = "auto") -> Self {
    Self("cycle-steps", standard, .auto(or: .count(from: 2)))
  }

  fileprivate static func gamma(_ standard: String) -> Self {
    Self("gamma", standard, .number(above: 0, below: 1))
  }

  fileprivate static let automaticGamma = Self(
    "gamma", "auto", .auto(or: .number(above: 0, below: 1)))

  fileprivate static let shape = Self(
    "shape", DecayShape.cosine.rawValue, .choice(DecayShape.allCases.map(\.rawValue)))
}

extension CatalogRequest<ScheduleCatalog> {
  fileprivate var peak: Double { context.peak }
  fileprivate var steps: Int { context.steps }
  fileprivate var rest: Int { context.rest }

  /// The lowest rate, from a fraction of the highest one.
  fileprivate var floor: Double { peak * number("final") }

  /// The rate of step 0, from a divisor of the highest one.
  fileprivate var initial: Double { peak / number("divisor") }

  fileprivate func count(_ setting: String, auto: Int) -> Int {
    isAuto(setting) ? auto : count(setting)
  }

  /// The factor of each step; with `auto`, the one that leaves a hundredth of the rate at the end
  /// of the run.
  fileprivate var gamma: Double {
    isAuto("gamma") ? ExponentialDecay.gamma(to: 0.01, over: rest) : number("gamma")
  }

  /// A schedule after the warm-up.
  fileprivate func warmed(_ schedule: some Schedule) -> ScheduleCatalog.Product {
    (.schedule(schedule.warmedUp(over: context.warmup)), nil)
  }

  /// A schedule, and that of its momentum if it cycles.
  fileprivate func cycled(
    _ schedule: some Schedule, _ momentum: any Schedule
  ) -> ScheduleCatalog.Product {
    (.schedule(schedule), flag("cycle-momentum") ? momentum : nil)
  }
}

extension ScheduleCatalog {
  private static let constant = Entry(
    "constant", "the same rate after a warm-up", traits: ScheduleTraits(warmup: .before)
  ) { $0.warmed(ConstantRate($0.peak)) }

  private static let linear = Entry(
    "linear", "a line from the peak to the final rate", settings: [.final],
    traits: ScheduleTraits(warmup: .before)
  ) { $0.warmed(LinearRamp(from: $0.peak, to: $0.floor, over: $0.rest)) }

  private static let cosine = Entry(
    "cosine", "half a cosine from the peak to the final rate", settings: [.final],
    traits: ScheduleTraits(warmup: .before)
  ) { $0.warmed(CosineDecay(peak: $0.peak, total: $0.rest, floor: $0.floor)) }

  private static let cosineRestarts = Entry(
    "cosine-restarts", "half a cosine again and again, each cycle longer by a factor",
    settings: [
      .final, .cycleSteps(), CatalogSetting("cycle-multiplier", "1", .count(1...1000)),
    ],
    traits: ScheduleTraits(warmup: .before)
  ) {
    $0.warmed(
      CosineRestarts(
        peak: $0.peak, period: $0.count("cycle-steps", auto: max($0.rest / 4, 2)),
        multiplier: $0.count("cycle-multiplier"), floor: $0.floor))
  }

  private static let step = Entry(
    "step", "a factor gamma every so many steps",
    settings: [CatalogSetting("every", "auto", .auto(or: .count(from: 1))), .gamma("0.1")],
    traits: ScheduleTraits(warmup: .before)
  ) {
    $0.warmed(
      StepDecay(
        peak: $0.peak, every: $0.count("every", auto: max($0.rest / 3, 1)),
        gamma: $0.number("gamma")))
  }

  private static let multiStep = Entry(
    "multi-step", "a factor gamma at each milestone",
    settings: [CatalogSetting("milestones", "auto", .auto(or: .counts(from: 0))), .gamma("0.1")],
    traits: ScheduleTraits(warmup: .before), make: multiStep)

  private static func multiStep(
    _ request: CatalogRequest<Self>
  ) throws(ExpressionError) -> Product {
    let (steps, rest, warmup) = (request.steps, request.rest, request.context.warmup)
    let milestones =
      request.isAuto("milestones")
      ? [warmup + rest / 2, steps - max(rest / 4, 1)] : request.counts("milestones")
    for milestone in milestones {
      if milestone >= steps {
        throw ExpressionError(
          "multi-step: the milestone \(milestone) is not below the \(steps) steps of the run")
      }
      if milestone < warmup {
        throw ExpressionError(
          "multi-step: the milestone \(milestone) is within the warm-up of \(counted(warmup))")
      }
    }
    return request.warmed(
      MultiStepDecay(
        peak: request.peak, milestones: milestones.map { $0 - warmup },
        gamma: request.number("gamma")))
  }

  private static let exponential = Entry(
    "exponential", "a factor gamma at each step", settings: [.automaticGamma],
    traits: ScheduleTraits(warmup: .before)
  ) { $0.warmed(ExponentialDecay(peak: $0.peak, gamma: $0.gamma)) }

  private static let polynomial = Entry(
    "polynomial", "a power of the part of the run that is left",
    settings: [CatalogSetting("power", "2", .number(above: 0)), .final],
    traits: ScheduleTraits(warmup: .before)
  ) {
    $0.warmed(
      PolynomialDecay(
        peak: $0.peak, total: $0.rest, power: $0.number("power"), floor: $0.floor))
  }

  private static let oneCycle = Entry(
    "one-cycle", "up from a fraction of the peak, then down far below it",
    settings: [
      CatalogSetting("divisor", "25", .number(from: 1)),
      CatalogSetting("final-divisor", "1e4", .number(above: 0)), .shape, .cycleMomentum,
    ],
    traits: ScheduleTraits(
      warmup: .within(standard: { max($0 / 10 * 3, 1) }, range: { 1...$0 - 2 }), minimumSteps: 3),
    conflict: {
      $0.number("divisor") * $0.number("final-divisor") < 1
        ? "divisor times final-divisor is below 1, so the final rate would be above the peak" : nil
    }
  ) {
    // The part of the steps that leads to the peak counts the step of the peak too.
    let cycle = OneCycle(
      peak: $0.peak, total: $0.steps, rise: Double($0.context.warmup + 1) / Double($0.steps),
      initial: $0.initial, floor: $0.initial / $0.number("final-divisor"),
      shape: $0.choice("shape"))
    return $0.cycled(cycle, cycle.momentum)
  }

  private static let cyclic = Entry(
    "cyclic", "triangles between a fraction of the peak and the peak",
    settings: [
      CatalogSetting("divisor", "4", .number(from: 1)), .cycleSteps(),
      CatalogSetting("shape", "triangular", .choice(["triangular", "triangular2", "exp-range"])),
      .automaticGamma, .cycleMomentum,
    ],
    traits: ScheduleTraits(warmup: .none),
    conflict: {
      !$0.isAuto("gamma") && $0.word("shape") != "exp-range"
        ? "gamma needs shape=exp-range" : nil
    }
  ) {
    let period = $0.count("cycle-steps", auto: max($0.rest / 4, 2))
    let shape: CycleShape =
      switch $0.word("shape") {
      case "triangular2": .triangular2
      case "exp-range": .exponentialRange(gamma: $0.gamma)
      default: .triangular
      }
    let cycle = CyclicRate(
      low: $0.initial, high: $0.peak, rise: period - period / 2, fall: period / 2, shape: shape)
    return $0.cycled(cycle, cycle.momentum)
  }

  private static let inverseSquareRoot = Entry(
    "inverse-sqrt", "down with the square root of the step",
    settings: [CatalogSetting("timescale", "auto", .auto(or: .count(from: 1)))],
    traits: ScheduleTraits(warmup: .before)
  ) {
    let warmup = $0.context.warmup
    return $0.warmed(
      InverseSquareRootDecay(
        peak: $0.peak, timescale: $0.count("timescale", auto: warmup > 0 ? warmup : 10_000)))
  }

  private static let noam = Entry(
    "noam", "up along a line, then down with the square root of the step",
    traits: ScheduleTraits(
      warmup: .within(standard: { max($0 / 20, 1) }, range: { 1...$0 }))
  ) { (.schedule(Noam(peak: $0.peak, warmup: $0.context.warmup)), nil) }

  private static let warmupStableDecay = Entry(
    "wsd", "the same rate until a fall over the last steps",
    settings: [
      CatalogSetting("decay-steps", "auto", .auto(or: .count(from: 1))), .shape, .final,
    ],
    traits: ScheduleTraits(warmup: .before), make: warmupStableDecay)

  private static func warmupStableDecay(
    _ request: CatalogRequest<Self>
  ) throws(ExpressionError) -> Product {
    let decay = request.count("decay-steps", auto: max(request.rest / 5, 1))
    if decay > request.rest {
      throw ExpressionError(
        "wsd: decay-steps=\(decay) is more than the \(counted(request.rest)) after the warm-up")
    }
    let schedule = WarmupStableDecay(
      peak: request.peak, warmup: request.context.warmup, decay: decay, total: request.steps,
      shape: request.choice("shape"), floor: request.floor)
    return (.schedule(schedule), nil)
  }

  private static let piecewise = Entry(
    "piecewise", "lines between points, whose factors multiply the peak",
    settings: [CatalogSetting("points", nil, .points)], traits: ScheduleTraits(warmup: .none)
  ) {
    let points = $0.points("points").map { (step: $0.step, value: $0.factor) }
    return (.schedule(PiecewiseLinear(points).scaled(by: $0.peak)), nil)
  }

  private static let plateau = Entry(
    "plateau", "a factor gamma whenever the validation loss stops falling",
    settings: [
      .gamma("0.1"), CatalogSetting("patience", "10", .count(from: 0)),
      CatalogSetting("threshold", "1e-4", .number(from: 0, below: 1)),
      CatalogSetting("cooldown", "0", .count(from: 0)), .final,
    ],
    traits: ScheduleTraits(warmup: .none)
  ) {
    let plateau = ReduceOnPlateau(
      rate: $0.peak, factor: $0.number("gamma"), patience: $0.count("patience"),
      threshold: .relative($0.number("threshold")), cooldown: $0.count("cooldown"),
      floor: $0.floor)
    return (.plateau(plateau), nil)
  }
}

/// A number of steps in words.
func counted(_ steps: Int) -> String { steps == 1 ? "1 step" : "\(steps) steps" }
