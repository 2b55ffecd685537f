import Training
import Foundation
import Optim

extension TrainingConfiguration {
  /// Resolves the options of the schedule; the learning rate and the steps are resolved already.
  mutating func resolveSchedule(_ arguments: Arguments, _ defaults: TrainingDefaults) throws {
    let applicable = schedule.options
    func resolved<Value>(
      _ option: Option<Value>, _ standard: @autoclosure () -> Value
    ) -> Value? {
      applicable.contains(option) ? arguments[option] ?? standard() : nil
    }
    warmup = resolved(FitOptions.warmup, standardWarmup)
    try checkWarmup()
    let start = warmup ?? 0
    let rest = steps - start

    initialLearningRate = resolved(
      FitOptions.initialLearningRate, learningRate / (schedule == .cyclic ? 4 : 25))
    finalLearningRate = resolved(
      FitOptions.finalLearningRate,
      schedule == .oneCycle
        ? (initialLearningRate ?? 0) / 1e4 : learningRate * defaults.finalRateFactor)
    try checkRate(initialLearningRate, FitOptions.initialLearningRate)
    try checkRate(finalLearningRate, FitOptions.finalLearningRate)

    stepSize = resolved(FitOptions.stepSize, max(rest / 3, 1))
    milestones = resolved(FitOptions.milestones, [start + rest / 2, steps - max(rest / 4, 1)])
    for milestone in milestones ?? [] {
      guard milestone < steps else {
        throw UsageError(
          "--milestones: \(milestone) is not below the \(steps) steps of the run")
      }
      guard milestone >= start else {
        throw UsageError(
          "--milestones: \(milestone) is within the warm-up of \(Format.counted(start, "step"))")
      }
    }
    power = resolved(FitOptions.power, 2)
    cycleSteps = resolved(FitOptions.cycleSteps, max(rest / 4, 2))
    cycleMultiplier = resolved(FitOptions.cycleMultiplier, 1)
    cycleShape = resolved(FitOptions.cycleShape, .triangular)
    if schedule == .cyclic, cycleShape != .exponentialRange {
      guard arguments[FitOptions.gamma] == nil else {
        throw UsageError("--gamma needs --cycle-shape exp-range")
      }
    } else {
      // A rate that falls with each step is a hundredth at the end.
      let isSlow = schedule == .exponential || schedule == .cyclic
      gamma = resolved(FitOptions.gamma, isSlow ? pow(0.01, 1 / Double(rest)) : 0.1)
    }
    cycleMomentum = resolved(FitOptions.cycleMomentum, false)
    if cycleMomentum == true, !optimizer.hasMomentum {
      throw UsageError("--cycle-momentum: \(optimizer.outline) has no momentum to cycle")
    }
    timescale = resolved(FitOptions.timescale, start > 0 ? start : 10_000)
    decaySteps = resolved(FitOptions.decaySteps, max(rest / 5, 1))
    if let decaySteps, decaySteps > rest {
      throw UsageError(
        "--decay-steps: \(decaySteps) is more than the \(Format.counted(rest, "step")) after the warm-up"
      )
    }
    decayShape = resolved(FitOptions.decayShape, .cosine)
    if schedule == .piecewise {
      guard let given = arguments[FitOptions.points] else {
        throw UsageError("the schedule piecewise needs --points STEP:FACTOR,...")
      }
      points = given
    }
    plateauPatience = resolved(FitOptions.plateauPatience, 10)
    plateauThreshold = resolved(FitOptions.plateauThreshold, 1e-4)
    plateauCooldown = resolved(FitOptions.plateauCooldown, 0)
  }

  private var standardWarmup: Int {
    switch schedule {
    case .oneCycle: max(steps / 10 * 3, 1)
    case .noam: max(steps / 20, 1)
    default: steps / 20
    }
  }

  private func checkWarmup() throws {
    guard let warmup else { return }
    func needs(_ range: ClosedRange<Int>) throws {
      guard !range.contains(warmup) else { return }
      throw UsageError(
        "--warmup: \(schedule.rawValue) needs \(range.lowerBound) to \(range.upperBound) steps,"
          + " not \(warmup)")
    }
    switch schedule {
    case .noam: try needs(1...steps)
    case .oneCycle:
      guard steps > 2 else {
        throw UsageError("--schedule: one-cycle needs 3 steps at least, not \(steps)")
      }
      try needs(1...steps - 2)
    default:
      guard warmup < steps else {
        throw UsageError("--warmup: \(warmup) is not below the \(steps) steps of the run")
      }
    }
  }

  /// Rejects a rate that is above the largest one.
  private func checkRate(_ rate: Double?, _ option: Option<Double>) throws {
    guard let rate, rate > learningRate else { return }
    throw UsageError(
      "--\(option.name): \(Format.number(rate)) is above the learning rate of"
        + " \(Format.number(learningRate))")
  }

  /// What decides the learning rate of each step.
  var rates: LearningRateControl {
    let warmup = warmup ?? 0
    let rest = steps - warmup
    let peak = learningRate
    let floor = finalLearningRate ?? 0
    let gamma = gamma ?? 0.1
    func warmed(_ schedule: some Schedule) -> LearningRateControl {
      .schedule(schedule.warmedUp(over: warmup))
    }
    switch schedule {
    case .constant: return warmed(ConstantRate(peak))
    case .linear: return warmed(LinearRamp(from: peak, to: floor, over: rest))
    case .cosine: return warmed(CosineDecay(peak: peak, total: rest, floor: floor))
    case .cosineRestarts:
      return warmed(
        CosineRestarts(
          peak: peak, period: cycleSteps ?? rest, multiplier: cycleMultiplier ?? 1, floor: floor))
    case .step: return warmed(StepDecay(peak: peak, every: stepSize ?? rest, gamma: gamma))
    case .multiStep:
      return warmed(
        MultiStepDecay(
          peak: peak, milestones: (milestones ?? []).map { $0 - warmup }, gamma: gamma))
    case .exponential: return warmed(ExponentialDecay(peak: peak, gamma: gamma))
    case .polynomial:
      return warmed(PolynomialDecay(peak: peak, total: rest, power: power ?? 1, floor: floor))
    case .oneCycle: return .schedule(oneCycle)
    case .cyclic: return .schedule(cyclicRate)
    case .inverseSquareRoot:
      return warmed(InverseSquareRootDecay(peak: peak, timescale: timescale ?? 10_000))
    case .noam: return .schedule(Noam(peak: peak, warmup: warmup))
    case .warmupStableDecay:
      return .schedule(
        WarmupStableDecay(
          peak: peak, warmup: warmup, decay: decaySteps ?? rest, total: steps,
          shape: decayShape ?? .cosine, floor: floor))
    case .piecewise:
      return .schedule(
        PiecewiseLinear((points ?? []).map { ($0.step, $0.factor) }).scaled(by: peak))
    case .plateau:
      return .plateau(
        ReduceOnPlateau(
          rate: peak, factor: gamma, patience: plateauPatience ?? 10,
          threshold: .relative(plateauThreshold ?? 1e-4), cooldown: plateauCooldown ?? 0,
          floor: floor))
    }
  }

  private var oneCycle: OneCycle {
    // The part of the steps that leads to the peak counts the step of the peak too.
    OneCycle(
      peak: learningRate, total: steps, rise: Double((warmup ?? 0) + 1) / Double(steps),
      initial: initialLearningRate, floor: finalLearningRate ?? 0, shape: decayShape ?? .cosine)
  }

  private var cyclicRate: CyclicRate {
    let cycle = cycleSteps ?? steps
    return CyclicRate(
      low: initialLearningRate ?? 0, high: learningRate, rise: cycle - cycle / 2,
      fall: cycle / 2, shape: heights)
  }

  /// What decides the momentum of each step, if it is not always the same.
  var momenta: (any Schedule)? {
    guard cycleMomentum == true else { return nil }
    return schedule == .oneCycle ? oneCycle.momentum : cyclicRate.momentum
  }

  private var heights: CycleShape {
    switch cycleShape {
    case nil, .triangular: .triangular
    case .triangular2: .triangular2
    case .exponentialRange: .exponentialRange(gamma: gamma ?? 1)
    }
  }
}
