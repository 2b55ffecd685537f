import TestSupport
import Testing

struct ScheduleTests {
  @Test func warmupRisesFromItsFirstStepToItsPeak() {
    let schedule = LinearWarmup(peak: 1, warmup: 4)
    expectClose((0..<6).map { schedule($0) }, [0.2, 0.4, 0.6, 0.8, 1, 1], relative: 1e-15)
    #expect(LinearWarmup(peak: 0.5, warmup: 0)(0) == 0.5)
  }

  @Test func cosineFallsFromItsPeakToItsFloorAndStays() {
    let schedule = CosineDecay(peak: 1, total: 4, floor: 0.2)
    #expect(schedule(0) == 1)
    expectClose(schedule(2), 0.6, relative: 1e-15)
    #expect([4, 5, 8, 1_000_000].map { schedule($0) } == [0.2, 0.2, 0.2, 0.2])
    #expect(schedule(-3) == 1)
  }

  @Test func warmupCosineMeetsAtThePeak() {
    let schedule = WarmupCosine(peak: 2, warmup: 3, total: 13, floor: 0.5)
    let rates = (0..<20).map { schedule($0) }
    expectClose(Array(rates[0..<4]), [0.5, 1, 1.5, 2], relative: 1e-15)
    #expect(rates.max() == 2)
    expectClose(rates[8], 1.25, relative: 1e-14)
    #expect(zip(rates[3...], rates[4...]).allSatisfy { $0 >= $1 })
    #expect(rates[13...].allSatisfy { $0 == 0.5 })
  }

  @Test func piecesAreJoinedByLinesOrByJumps() {
    let points = [(step: 2, value: 1.0), (step: 4, value: 3.0), (step: 8, value: 1.0)]
    let lines = PiecewiseLinear(points)
    let jumps = PiecewiseConstant(points)
    expectClose(
      (0..<11).map { lines($0) }, [1, 1, 1, 2, 3, 2.5, 2, 1.5, 1, 1, 1], relative: 1e-15)
    #expect((0..<11).map { jumps($0) } == [1, 1, 1, 1, 3, 3, 3, 3, 1, 1, 1])
    #expect(PiecewiseLinear([(5, 0.5)])(100) == 0.5)
  }

  @Test func aFunctionIsAScheduleToo() {
    let schedule = CustomSchedule { 1 / Double($0 + 1) }
    #expect([-7, 0, 1, 3].map { schedule($0) } == [1, 1, 0.5, 0.25])
  }

  @Test func noamHasItsPeakAtTheEndOfItsWarmup() {
    let schedule = Noam(peak: 0.1, warmup: 10)
    let rates = (0..<100).map { schedule($0) }
    #expect(rates.max() == 0.1 && rates.firstIndex(of: 0.1) == 9)
    expectClose(rates[0], 0.01, relative: 1e-15)
    expectClose(rates[39], 0.05, relative: 1e-15)
  }

  @Test func anExponentialReachesItsEnd() {
    let schedule = ExponentialDecay(peak: 0.1, to: 1e-4, over: 30)
    expectClose([schedule(0), schedule(10), schedule(30)], [0.1, 0.01, 1e-4], relative: 1e-12)
  }

  // MARK: Composition

  @Test func aWarmupDelaysWhatItLeadsTo() {
    let decay = StepDecay(peak: 0.8, every: 2, gamma: 0.5)
    let schedule = decay.warmedUp(over: 3)
    expectClose(
      (0..<8).map { schedule($0) }, [0.2, 0.4, 0.6, 0.8, 0.8, 0.4, 0.4, 0.2], relative: 1e-15)
    #expect((0..<9).allSatisfy { decay.warmedUp(over: 0)($0) == decay($0) })
  }

  @Test func warmupsAreTheirCompositions() {
    let cosine = WarmupCosine(peak: 0.3, warmup: 7, total: 50, floor: 0.01)
    let parts = CosineDecay(peak: 0.3, total: 43, floor: 0.01).warmedUp(over: 7)
    let trapezoid = WarmupStableDecay(
      peak: 0.3, warmup: 7, decay: 20, total: 50, shape: .cosine, floor: 0.01)
    let pieces = ConstantRate(0.3).then(CosineDecay(peak: 0.3, total: 20, floor: 0.01), at: 23)
      .warmedUp(over: 7)
    for step in -1..<60 {
      #expect(cosine(step) == parts(step))
      #expect(trapezoid(step) == pieces(step))
    }
  }

  @Test func whatFollowsBeginsAtItsOwnStart() {
    let rise = LinearRamp(from: 0, to: 0.4, over: 4)
    let schedule = rise.then(ExponentialDecay(peak: 0.4, gamma: 0.5), at: 3).then(
      ConstantRate(1), at: 5)
    expectClose(
      (-1..<7).map { schedule($0) }, [0, 0, 0.1, 0.2, 0.4, 0.2, 1, 1], relative: 1e-15)
  }

  @Test func schedulesAreScaledAndRestarted() {
    let ramp = LinearRamp(from: 1, to: 0, over: 4)
    let schedule = ramp.scaled(by: 0.5).restarting(every: 3)
    #expect((-1..<8).map { schedule($0) } == [0.5, 0.5, 0.375, 0.25, 0.5, 0.375, 0.25, 0.5, 0.375])
    // A cosine that restarts is the one with warm restarts.
    let cosine = CosineDecay(peak: 1, total: 5, floor: 0.1).restarting(every: 5)
    let restarts = CosineRestarts(peak: 1, period: 5, floor: 0.1)
    #expect((0..<23).allSatisfy { cosine($0) == restarts($0) })
  }

  @Test func compositionTakesSchedulesOfAnyType() {
    let parts: [any Schedule] = [ConstantRate(1), LinearRamp(from: 1, to: 0, over: 4)]
    let schedule: any Schedule = parts[0].then(parts[1], at: 2).scaled(by: 2).warmedUp(over: 1)
    #expect((0..<6).map { schedule($0) } == [1, 2, 2, 2, 1.5, 1])
  }

  @Test func largeBatchesReachTheirRateGradually() {
    // Goyal et al.: 0.1 for 256, so 3.2 for 8192, which the first steps lead to.
    let schedule = ConstantRate(0.1).linearlyScaled(toBatchSize: 8192, warmup: 5)
    expectClose(
      (0..<8).map { schedule($0) }, [0.1, 0.72, 1.34, 1.96, 2.58, 3.2, 3.2, 3.2], relative: 1e-14)
    // The milestones stay where they are.
    let steps = StepDecay(peak: 1, every: 4).linearlyScaled(toBatchSize: 64, from: 32, warmup: 2)
    expectClose((0..<5).map { steps($0) }, [1, 1.5, 2, 2, 0.2], relative: 1e-14)
    #expect(ConstantRate(1).linearlyScaled(toBatchSize: 128, warmup: 0)(0) == 0.5)
  }

  // MARK: Both ends

  /// Every schedule, with the first step of its last value where there is one.
  static let all: [(name: String, schedule: any Schedule, end: Int?)] = [
    ("constant", ConstantRate(0.1), 0),
    ("constant factor", ConstantRate(0.1, factor: 0.5, over: 3), 3),
    ("warm-up", LinearWarmup(peak: 0.1, warmup: 5), 5),
    ("warm-up, cosine", WarmupCosine(peak: 0.1, warmup: 5, total: 9), 9),
    ("trapezoid", WarmupStableDecay(peak: 0.1, warmup: 5, decay: 2, total: 9), 9),
    ("trapezoid at once", WarmupStableDecay(peak: 0.1, warmup: 0, decay: 9, total: 9), 9),
    ("Noam", Noam(peak: 0.1, warmup: 5), nil),
    ("line", LinearRamp(from: 0.1, to: 0, over: 7), 7),
    ("cosine", CosineDecay(peak: 0.1, total: 7, floor: 0.01), 7),
    ("polynomial", PolynomialDecay(peak: 0.1, total: 7, power: 2, floor: 0.01), 7),
    ("step", StepDecay(peak: 0.1, every: 3), nil),
    ("multi-step", MultiStepDecay(peak: 0.1, milestones: [3, 5]), 5),
    ("exponential", ExponentialDecay(peak: 0.1, gamma: 0.9), nil),
    ("inverse square root", InverseSquareRootDecay(peak: 0.1), nil),
    ("lines", PiecewiseLinear([(0, 0.1), (4, 0.2)]), 4),
    ("pieces", PiecewiseConstant([(0, 0.1), (4, 0.2)]), 4),
    ("restarts", CosineRestarts(peak: 0.1, period: 5), nil),
    ("longer restarts", CosineRestarts(peak: 0.1, period: 5, multiplier: 3), nil),
    ("one cycle", OneCycle(peak: 0.1, total: 20), 19),
    ("one cycle's momentum", OneCycle(peak: 0.1, total: 20).momentum, 19),
    ("symmetric cycle", OneCycle(peak: 0.1, total: 20, symmetric: true), 19),
    ("cyclic", CyclicRate(low: 0.01, high: 0.1, rise: 4, fall: 3), nil),
    ("halving", CyclicRate(low: 0.01, high: 0.1, rise: 4, shape: .triangular2), nil),
    ("cyclic momentum", CyclicRate(low: 0.01, high: 0.1).momentum, nil),
    ("function", CustomSchedule { $0 < 4 ? 1 : 2 }, 4),
    ("chain", LinearRamp(from: 0.1, to: 0.2, over: 3).then(ConstantRate(1), at: 2), 2),
    ("scaled", CosineDecay(peak: 1, total: 7).scaled(by: 0.1), 7),
    ("restarting", LinearRamp(from: 1, to: 0.1, over: 7).restarting(every: 4), nil),
    ("large batch", ConstantRate(1).linearlyScaled(toBatchSize: 512, warmup: 3), 3),
  ]

  @Test(arguments: all.indices)
  func bothEndsAreClamped(_ index: Int) {
    let (name, schedule, end) = Self.all[index]
    for step in [-1, -1000, .min] {
      #expect(schedule(step) == schedule(0), "\(name), step \(step)")
    }
    for step in Array(0..<100) + [1 << 24, (1 << 24) + 1, 1 << 53, .max] {
      let value = schedule(step)
      #expect(value.isFinite && value >= 0, "\(name), step \(step)")
      if let end, step >= end { #expect(value == schedule(end), "\(name), step \(step)") }
    }
    // It is the first one.
    if let end, end > 0 { #expect(schedule(end - 1) != schedule(end), "\(name)") }
  }

  @Test func momentumGoesAgainstTheRate() {
    let cycle = OneCycle(peak: 1, total: 20, rise: 0.5, floor: 0, momentum: 0.8...0.9)
    #expect(cycle(9) == 1 && cycle.momentum(9) == 0.8)
    #expect(cycle.momentum(0) == 0.9 && cycle.momentum(19) == 0.9)
    let triangles = CyclicRate(low: 0.1, high: 1, rise: 5, momentum: 0.8...0.9)
    expectClose(
      [0, 5, 10].map { triangles.momentum($0) }, [0.9, 0.8, 0.9], relative: 1e-15)
  }

  // MARK: Plateaus

  @Test func aPlateauRemembersWhatWasReported() {
    var plateau = ReduceOnPlateau(rate: 1, factor: 0.5, patience: 1, cooldown: 2)
    #expect(plateau.best == nil && plateau.rate == 1)
    for (metric, rate, bad, left) in [
      (3.0, 1.0, 0, 0), (3, 1, 1, 0), (3, 0.5, 0, 2), (2, 0.5, 0, 1), (2, 0.5, 0, 0),
      (2, 0.5, 1, 0), (2, 0.25, 0, 2),
    ] {
      #expect(plateau.observe(metric) == rate && plateau.rate == rate)
      #expect(plateau.badMetrics == bad && plateau.cooldownLeft == left)
    }
    #expect(plateau.best == 2)
  }

  @Test func aRelativeThresholdIsOfTheMagnitude() {
    // At −10 a gain of a tenth is a metric below −11, or above −9.
    for (goal, good, bad) in [
      (ReduceOnPlateau.Goal.minimum, -11.1, -10.9), (.maximum, -8.9, -9.1),
    ] {
      var plateau = ReduceOnPlateau(rate: 1, threshold: .relative(0.1), goal: goal)
      plateau.observe(-10)
      plateau.observe(bad)
      #expect(plateau.best == -10 && plateau.badMetrics == 1)
      plateau.observe(good)
      #expect(plateau.best == good && plateau.badMetrics == 0)
    }
  }

  // MARK: Misuse

  static let misuses: [(message: String, body: @Sendable () -> Void)] = [
    ("LinearWarmup: warmup must be at least 0, got -1", { _ = LinearWarmup(peak: 1, warmup: -1) }),
    (
      "LinearWarmup: the peak must be a finite number of at least 0, got nan",
      { _ = LinearWarmup(peak: .nan, warmup: 1) }
    ),
    (
      "ConstantRate: the rate must be a finite number of at least 0, got -0.1",
      { _ = ConstantRate(-0.1) }
    ),
    (
      "ConstantRate: steps must be at least 0, got -1", { _ = ConstantRate(1, factor: 1, over: -1) }
    ),
    ("CosineDecay: total must be at least 1, got 0", { _ = CosineDecay(peak: 1, total: 0) }),
    (
      "CosineDecay: the floor must be a finite number of at least 0, got -1.0",
      { _ = CosineDecay(peak: 1, total: 2, floor: -1) }
    ),
    (
      "WarmupCosine: warmup must be at least 0 and below total, got 5 and 5",
      { _ = WarmupCosine(peak: 1, warmup: 5, total: 5) }
    ),
    (
      "WarmupCosine: warmup must be at least 0 and below total, got -1 and 5",
      { _ = WarmupCosine(peak: 1, warmup: -1, total: 5) }
    ),
    (
      "WarmupStableDecay: decay must be from 1 to 3, the steps after the warm-up, got 0",
      { _ = WarmupStableDecay(peak: 1, warmup: 2, decay: 0, total: 5) }
    ),
    (
      "WarmupStableDecay: decay must be from 1 to 3, the steps after the warm-up, got 4",
      { _ = WarmupStableDecay(peak: 1, warmup: 2, decay: 4, total: 5) }
    ),
    ("Noam: warmup must be at least 1, got 0", { _ = Noam(peak: 1, warmup: 0) }),
    ("Noam: width must be at least 1, got 0", { _ = Noam(width: 0) }),
    ("LinearRamp: total must be at least 1, got 0", { _ = LinearRamp(from: 1, to: 0, over: 0) }),
    (
      "PolynomialDecay: total must be at least 1, got 0", { _ = PolynomialDecay(peak: 1, total: 0) }
    ),
    (
      "PolynomialDecay: power must be a finite number above 0, got 0.0",
      { _ = PolynomialDecay(peak: 1, total: 1, power: 0) }
    ),
    ("StepDecay: period must be at least 1, got 0", { _ = StepDecay(peak: 1, every: 0) }),
    (
      "StepDecay: gamma must be a finite number of at least 0, got -0.1",
      { _ = StepDecay(peak: 1, every: 1, gamma: -0.1) }
    ),
    (
      "MultiStepDecay: milestones must be at least 0, got -2",
      { _ = MultiStepDecay(peak: 1, milestones: [3, -2]) }
    ),
    (
      "ExponentialDecay: gamma must be a finite number of at least 0, got inf",
      { _ = ExponentialDecay(peak: 1, gamma: .infinity) }
    ),
    (
      "ExponentialDecay: the peak and the end must be above 0, got 1.0 and 0.0",
      { _ = ExponentialDecay(peak: 1, to: 0, over: 5) }
    ),
    (
      "InverseSquareRootDecay: timescale must be at least 1, got 0",
      { _ = InverseSquareRootDecay(peak: 1, timescale: 0) }
    ),
    ("PiecewiseLinear: needs at least one point", { _ = PiecewiseLinear([]) }),
    (
      "PiecewiseLinear: the steps must ascend, got 2 after 2",
      { _ = PiecewiseLinear([(2, 1), (2, 0)]) }
    ),
    (
      "PiecewiseConstant: the steps must be at least 0, got -1",
      { _ = PiecewiseConstant([(-1, 1)]) }
    ),
    (
      "PiecewiseConstant: the value at step 1 must be a finite number of at least 0, got nan",
      { _ = PiecewiseConstant([(1, .nan)]) }
    ),
    (
      "CosineRestarts: period must be at least 1, got 0", { _ = CosineRestarts(peak: 1, period: 0) }
    ),
    (
      "CosineRestarts: multiplier must be at least 1, got 0",
      { _ = CosineRestarts(peak: 1, period: 1, multiplier: 0) }
    ),
    (
      "OneCycle: the rise must take more than 1 step, got 1.0 of 4",
      { _ = OneCycle(peak: 1, total: 4, rise: 0.25) }
    ),
    ("OneCycle: total must be at least 1, got 0", { _ = OneCycle(peak: 1, total: 0) }),
    (
      "OneCycle: rise must be between 0 and 1, got 30.0",
      { _ = OneCycle(peak: 1, total: 100, rise: 30) }
    ),
    (
      "OneCycle: a rise of 0.6 and a fall as long leave no steps",
      { _ = OneCycle(peak: 1, total: 100, rise: 0.6, symmetric: true) }
    ),
    (
      "OneCycle: the momentum must be in 0..<1, got 0.5...1.0",
      { _ = OneCycle(peak: 1, total: 9, momentum: 0.5...1) }
    ),
    (
      "CyclicRate: rise and fall must be at least 1, got 0 and 0",
      { _ = CyclicRate(low: 0, high: 1, rise: 0) }
    ),
    (
      "CyclicRate: low must be at most high, got 2.0 and 1.0",
      { _ = CyclicRate(low: 2, high: 1) }
    ),
    (
      "then: the milestone must be at least 0, got -1",
      { _ = ConstantRate(1).then(ConstantRate(2), at: -1) }
    ),
    (
      "scaled: the factor must be a finite number of at least 0, got -1.0",
      { _ = ConstantRate(1).scaled(by: -1) }
    ),
    ("restarting: period must be at least 1, got 0", { _ = ConstantRate(1).restarting(every: 0) }),
    ("LinearWarmup: warmup must be at least 0, got -2", { _ = ConstantRate(1).warmedUp(over: -2) }),
    (
      "linearlyScaled: the batch sizes must be at least 1, got 0 and 256",
      { _ = ConstantRate(1).linearlyScaled(toBatchSize: 0, warmup: 1) }
    ),
    (
      "linearlyScaled: warmup must be at least 0, got -1",
      { _ = ConstantRate(1).linearlyScaled(toBatchSize: 1, warmup: -1) }
    ),
    (
      "ReduceOnPlateau: factor must be in 0..<1, got 1.0",
      { _ = ReduceOnPlateau(rate: 1, factor: 1) }
    ),
    (
      "ReduceOnPlateau: patience must be at least 0, got -1",
      { _ = ReduceOnPlateau(rate: 1, patience: -1) }
    ),
    (
      "ReduceOnPlateau: cooldown must be at least 0, got -1",
      { _ = ReduceOnPlateau(rate: 1, cooldown: -1) }
    ),
    (
      "ReduceOnPlateau: the floor 2.0 must be at most the rate 1.0",
      { _ = ReduceOnPlateau(rate: 1, floor: 2) }
    ),
    (
      "ReduceOnPlateau: the threshold must be a finite number of at least 0, got -1.0",
      { _ = ReduceOnPlateau(rate: 1, threshold: .absolute(-1)) }
    ),
  ]

  @Test(arguments: misuses.indices)
  func misuseStopsWithAMessage(_ index: Int) async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      [index = index as Int] in
      ScheduleTests.misuses[index].body()
    }
    expectMessage(Self.misuses[index].message, of: result)
  }
}
