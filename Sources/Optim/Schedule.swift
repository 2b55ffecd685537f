import Tensor

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A learning rate for each step: a pure value, so that going on after an interruption takes the step's
/// number and nothing else.
public protocol Schedule: Sendable {
  /// The rate of a step, counted from 0.  Past its end a schedule stays at its last value.
  func callAsFunction(_ step: Int) -> Double
}

/// The same rate at every step.
public struct ConstantRate: Schedule {
  /// The rate.
  public let rate: Double

  /// A schedule that stays at a rate.
  public init(_ rate: Double) { self.rate = rate }

  /// The rate.
  public func callAsFunction(_ step: Int) -> Double { rate }
}

/// A linear rise over the first steps: peak · (t + 1)/(warmup + 1) for t < warmup, then the peak.
///
/// No step has the rate 0, and the first step after the warm-up has the full one.
public struct LinearWarmup: Schedule {
  /// The rate after the warm-up.
  public let peak: Double
  /// The number of steps below the peak.
  public let warmup: Int

  /// A rise to `peak` over `warmup` steps; 0 steps is no warm-up.
  public init(peak: Double, warmup: Int) {
    require(warmup >= 0, "LinearWarmup: \(warmup) steps")
    self.peak = peak
    self.warmup = warmup
  }

  /// The rate of a step.
  public func callAsFunction(_ step: Int) -> Double {
    step >= warmup ? peak : peak * Double(step + 1) / Double(warmup + 1)
  }
}

/// Half a cosine from the peak down to a floor: floor + (peak − floor)(1 + cos(π t/total))/2 up to
/// t = total, the floor from there on.  (Loshchilov and Hutter, 2016, 1608.03983)
///
/// PyTorch's `CosineAnnealingLR` climbs again after its end; this one stays.
public struct CosineDecay: Schedule {
  /// The rate of step 0.
  public let peak: Double
  /// The number of steps to the floor.
  public let total: Int
  /// The rate at the end.
  public let floor: Double

  /// A fall from `peak` to `floor` over `total` steps.
  public init(peak: Double, total: Int, floor: Double = 0) {
    require(total > 0, "CosineDecay: \(total) steps")
    self.peak = peak
    self.total = total
    self.floor = floor
  }

  /// The rate of a step.
  public func callAsFunction(_ step: Int) -> Double {
    if step >= total { return floor }
    let progress = Double(max(step, 0)) / Double(total)
    return floor + 0.5 * (peak - floor) * (1 + cos(Double.pi * progress))
  }
}

/// A linear warm-up and then half a cosine: peak · (t + 1)/(warmup + 1) for t < warmup, then from the peak
/// down to the floor at t = total, and the floor from there on.
public struct WarmupCosine: Schedule {
  private let rise: LinearWarmup
  private let fall: CosineDecay

  /// A rise to `peak` over `warmup` steps and a fall to `floor` until step `total`.
  public init(peak: Double, warmup: Int, total: Int, floor: Double = 0) {
    require(
      warmup >= 0 && warmup < total,
      "WarmupCosine: a warm-up of \(warmup) steps does not fit \(total) steps")
    rise = LinearWarmup(peak: peak, warmup: warmup)
    fall = CosineDecay(peak: peak, total: total - warmup, floor: floor)
  }

  /// The rate of a step.
  public func callAsFunction(_ step: Int) -> Double {
    step < rise.warmup ? rise(step) : fall(step - rise.warmup)
  }
}
