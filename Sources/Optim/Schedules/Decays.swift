import CLibrary
import Tensor

/// A straight line from one value to another: start + (end − start) · t/total up to t = total, then
/// the end.
///
/// It falls or rises. PyTorch's `LinearLR` of a base rate b goes from b · start_factor to b ·
/// end_factor, which may be 0 here.
public struct LinearRamp: Schedule {
  /// The value of step 0.
  public let start: Double
  /// The value from step ``total`` on.
  public let end: Double
  /// The number of steps to the end.
  public let total: Int

  /// Creates a line from `start` to `end` over `total` steps.
  public init(from start: Double, to end: Double, over total: Int) {
    requireValue(start, "LinearRamp: the start")
    requireValue(end, "LinearRamp: the end")
    require(total > 0, "LinearRamp: total must be at least 1, got \(total)")
    self.start = start
    self.end = end
    self.total = total
  }

  /// Returns the value of a step.
  public func callAsFunction(_ step: Int) -> Double {
    DecayShape.linear.value(from: start, to: end, progress: Double(step) / Double(total))
  }
}

/// Half a cosine from the peak down to a floor: floor + (peak − floor)(1 + cos(π t/total))/2 up to
/// t = total, the floor from there on. (Loshchilov and Hutter, 2016, 1608.03983)
///
/// PyTorch's `CosineAnnealingLR` climbs again after its end; this one stays.
public struct CosineDecay: Schedule {
  /// The rate of step 0.
  public let peak: Double
  /// The number of steps to the floor.
  public let total: Int
  /// The rate at the end.
  public let floor: Double

  /// Creates a decay from `peak` to `floor` over `total` steps.
  public init(peak: Double, total: Int, floor: Double = 0) {
    requireValue(peak, "CosineDecay: the peak")
    requireValue(floor, "CosineDecay: the floor")
    require(total > 0, "CosineDecay: total must be at least 1, got \(total)")
    self.peak = peak
    self.total = total
    self.floor = floor
  }

  /// Returns the rate of a step.
  public func callAsFunction(_ step: Int) -> Double {
    DecayShape.cosine.value(from: peak, to: floor, progress: Double(step) / Double(total))
  }
}

/// A power of the remaining fraction: floor + (peak − floor)(1 − t/total)^power up to t = total,
/// then the floor.
///
/// PyTorch's `PolynomialLR` has no floor, and by default a power of 1 over 5 steps.
public struct PolynomialDecay: Schedule {
  /// The rate of step 0.
  public let peak: Double
  /// The number of steps to the floor.
  public let total: Int
  /// The exponent: 1 is a line, more falls faster at first.
  public let power: Double
  /// The rate at the end.
  public let floor: Double

  /// Creates a decay from `peak` to `floor` over `total` steps.
  public init(peak: Double, total: Int, power: Double = 1, floor: Double = 0) {
    requireValue(peak, "PolynomialDecay: the peak")
    requireValue(floor, "PolynomialDecay: the floor")
    require(total > 0, "PolynomialDecay: total must be at least 1, got \(total)")
    require(
      power.isFinite && power > 0,
      "PolynomialDecay: power must be a finite number above 0, got \(power)")
    self.peak = peak
    self.total = total
    self.power = power
    self.floor = floor
  }

  /// Returns the rate of a step.
  public func callAsFunction(_ step: Int) -> Double {
    interpolated(from: peak, to: floor, progress: Double(step) / Double(total)) {
      pow(1 - $0, power)
    }
  }
}

/// A factor after every so many steps: peak · gamma^⌊t/period⌋, without an end.
public struct StepDecay: Schedule {
  /// The rate of the first steps.
  public let peak: Double
  /// The number of steps at each rate.
  public let period: Int
  /// The factor.
  public let gamma: Double

  /// Creates a decay from `peak` by a factor of `gamma` every `period` steps, as PyTorch's
  /// `StepLR`.
  public init(peak: Double, every period: Int, gamma: Double = 0.1) {
    requireValue(peak, "StepDecay: the peak")
    requireValue(gamma, "StepDecay: gamma")
    require(period > 0, "StepDecay: period must be at least 1, got \(period)")
    self.peak = peak
    self.period = period
    self.gamma = gamma
  }

  /// Returns the rate of a step.
  public func callAsFunction(_ step: Int) -> Double {
    peak * pow(gamma, Double(max(step, 0) / period))
  }
}

/// A factor at each of some steps: peak · gamma^(the number of milestones ≤ t).
///
/// A repeated milestone counts twice, as in PyTorch's `MultiStepLR`.
///
/// - Complexity: O(log n) in the number of milestones.
public struct MultiStepDecay: Schedule {
  /// The rate before the first milestone.
  public let peak: Double
  /// The steps at which the rate changes, ascending.
  public let milestones: [Int]
  /// The factor.
  public let gamma: Double

  /// Creates a decay from `peak` by a factor of `gamma` at each of some steps, given in any order.
  public init(peak: Double, milestones: [Int], gamma: Double = 0.1) {
    requireValue(peak, "MultiStepDecay: the peak")
    requireValue(gamma, "MultiStepDecay: gamma")
    require(
      milestones.allSatisfy { $0 >= 0 },
      "MultiStepDecay: milestones must be at least 0, got \(milestones.min() ?? 0)")
    self.peak = peak
    self.milestones = milestones.sorted()
    self.gamma = gamma
  }

  /// Returns the rate of a step.
  public func callAsFunction(_ step: Int) -> Double {
    peak * pow(gamma, Double(milestones.countUpTo(max(step, 0)) { $0 }))
  }
}

/// A factor at each step: peak · gamma^t, without an end.
public struct ExponentialDecay: Schedule {
  /// The rate of step 0.
  public let peak: Double
  /// The factor of each step.
  public let gamma: Double

  /// Creates a decay from `peak` by a factor of `gamma` at each step, as PyTorch's `ExponentialLR`.
  public init(peak: Double, gamma: Double) {
    requireValue(peak, "ExponentialDecay: the peak")
    requireValue(gamma, "ExponentialDecay: gamma")
    self.peak = peak
    self.gamma = gamma
  }

  /// Creates a decay from `peak` to `end` over `total` steps, and on at the same pace: gamma =
  /// (end/peak)^(1/total).
  public init(peak: Double, to end: Double, over total: Int) {
    require(total > 0, "ExponentialDecay: total must be at least 1, got \(total)")
    require(
      peak > 0 && end > 0,
      "ExponentialDecay: the peak and the end must be above 0, got \(peak) and \(end)")
    self.init(peak: peak, gamma: Self.gamma(to: end / peak, over: total))
  }

  /// The factor of each step with which `total` steps leave a fraction.
  static func gamma(to fraction: Double, over total: Int) -> Double {
    pow(fraction, 1 / Double(total))
  }

  /// Returns the rate of a step.
  public func callAsFunction(_ step: Int) -> Double { peak * pow(gamma, Double(max(step, 0))) }
}

/// A decay with the square root of the step: peak · √(timescale/(t + timescale)), without an end.
///
/// Warmed up over W steps, and with W as its timescale, it is the usual schedule of language
/// models, peak · √(W/t) from t = W on. The default timescale of Hugging Face's `transformers` is
/// W, or 10 000 without a warm-up.
public struct InverseSquareRootDecay: Schedule {
  /// The rate of step 0.
  public let peak: Double
  /// The steps until the rate is peak/√2.
  public let timescale: Int

  /// Creates a decay from `peak`.
  public init(peak: Double, timescale: Int = 10_000) {
    requireValue(peak, "InverseSquareRootDecay: the peak")
    require(timescale > 0, "InverseSquareRootDecay: timescale must be at least 1, got \(timescale)")
    self.peak = peak
    self.timescale = timescale
  }

  /// Returns the rate of a step.
  public func callAsFunction(_ step: Int) -> Double {
    let scale = Double(timescale)
    return peak * (scale / (Double(max(step, 0)) + scale)).squareRoot()
  }
}
