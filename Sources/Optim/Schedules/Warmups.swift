import Tensor

/// A linear rise over the first steps: peak · (t + 1)/(warmup + 1) for t < warmup, then the peak.
///
/// No step has the rate 0, and the first step after the warm-up has the full one.
public struct LinearWarmup: Schedule {
  /// The rate after the warm-up.
  public let peak: Double
  /// The number of steps below the peak.
  public let warmup: Int

  /// Creates a rise to `peak` over `warmup` steps, 0 for no warm-up.
  public init(peak: Double, warmup: Int) {
    requireValue(peak, "LinearWarmup: the peak")
    require(warmup >= 0, "LinearWarmup: warmup must be at least 0, got \(warmup)")
    self.peak = peak
    self.warmup = warmup
  }

  /// Returns the rate of a step.
  public func callAsFunction(_ step: Int) -> Double {
    step >= warmup ? peak : peak * Double(max(step, 0) + 1) / Double(warmup + 1)
  }
}

/// A linear warm-up and then half a cosine: peak · (t + 1)/(warmup + 1) for t < warmup, then from
/// the peak down to the floor at t = total, and the floor from there on.
///
/// It is ``CosineDecay`` over the steps after the warm-up, ``Schedule/warmedUp(over:)``.
public struct WarmupCosine: Schedule {
  private let schedule: any Schedule

  /// Creates a rise to `peak` over `warmup` steps and a fall to `floor` until step `total`.
  public init(peak: Double, warmup: Int, total: Int, floor: Double = 0) {
    requireRoom(for: warmup, in: total, "WarmupCosine")
    schedule = CosineDecay(peak: peak, total: total - warmup, floor: floor).warmedUp(over: warmup)
  }

  /// Returns the rate of a step.
  public func callAsFunction(_ step: Int) -> Double { schedule(step) }
}

/// A linear warm-up, a plateau at the peak, and a fall to the floor over the last steps.
///
/// peak · (t + 1)/(warmup + 1) for t < warmup; the peak for t < total − decay; from there floor +
/// (peak − floor) · remaining((t − total + decay)/decay), with ``DecayShape/remaining(at:)``; the
/// floor from `total` on. Also called a trapezoid. (Hu et al., MiniCPM, 2024, 2404.06395; Hägele et
/// al., 2024, 2405.18392)
public struct WarmupStableDecay: Schedule {
  private let rise: LinearWarmup
  private let total: Int
  private let decay: Int
  private let shape: DecayShape
  private let floor: Double

  /// Creates a rise to `peak` over `warmup` steps, and a fall to `floor` over the last `decay` of
  /// `total` steps.
  public init(
    peak: Double, warmup: Int, decay: Int, total: Int, shape: DecayShape = .cosine,
    floor: Double = 0
  ) {
    requireRoom(for: warmup, in: total, "WarmupStableDecay")
    require(
      decay > 0 && decay <= total - warmup,
      """
      WarmupStableDecay: decay must be from 1 to \(total - warmup), the steps after the warm-up, \
      got \(decay)
      """
    )
    requireValue(floor, "WarmupStableDecay: the floor")
    rise = LinearWarmup(peak: peak, warmup: warmup)
    self.total = total
    self.decay = decay
    self.shape = shape
    self.floor = floor
  }

  /// Returns the rate of a step.
  public func callAsFunction(_ step: Int) -> Double {
    if step < rise.warmup { return rise(step) }
    let progress = Double(max(step, 0) - (total - decay)) / Double(decay)
    return shape.value(from: rise.peak, to: floor, progress: progress)
  }
}

/// The schedule of the first transformer: a linear rise, then a fall with the square root of the
/// step.
///
/// peak · min((t + 1)/warmup, √(warmup/(t + 1))), which has its peak at t = warmup − 1 and no end.
/// With steps counted from 1, as in the paper, this is factor · width^−½ · min(t^−½, t ·
/// warmup^−3/2), where peak = factor · (width · warmup)^−½. (Vaswani et al., 2017, 1706.03762)
public struct Noam: Schedule {
  /// The highest rate.
  public let peak: Double
  /// The number of steps up to the peak, that of the peak included.
  public let warmup: Int

  /// Creates a rise to `peak` over `warmup` steps, and the fall after it.
  public init(peak: Double, warmup: Int) {
    requireValue(peak, "Noam: the peak")
    require(warmup > 0, "Noam: warmup must be at least 1, got \(warmup)")
    self.peak = peak
    self.warmup = warmup
  }

  /// Creates the paper's schedule for a model of a width.
  public init(width: Int, warmup: Int = 4000, factor: Double = 1) {
    require(width > 0, "Noam: width must be at least 1, got \(width)")
    require(warmup > 0, "Noam: warmup must be at least 1, got \(warmup)")
    self.init(
      peak: factor / (Double(width) * Double(warmup)).squareRoot(), warmup: warmup)
  }

  /// Returns the rate of a step.
  public func callAsFunction(_ step: Int) -> Double {
    // Converted first, so that the last of all integers does not overflow.
    let ratio = (Double(max(step, 0)) + 1) / Double(warmup)
    return peak * min(ratio, (1 / ratio).squareRoot())
  }
}

private func requireRoom(for warmup: Int, in total: Int, _ name: String) {
  require(
    warmup >= 0 && warmup < total,
    "\(name): warmup must be at least 0 and below total, got \(warmup) and \(total)")
}
