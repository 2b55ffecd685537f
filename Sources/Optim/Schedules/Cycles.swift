import CLibrary
import Tensor

/// Half a cosine from the peak to the floor, again and again: floor + (peak − floor)(1 + cos(π
/// u/n))/2, where u is the step in the cycle and n the cycle's length.
///
/// Cycle i has period · multiplier^i steps. Each begins with the peak where the floor would be
/// reached, so the floor itself is never given. (SGDR; Loshchilov and Hutter, 2016, 1608.03983)
public struct CosineRestarts: Schedule {
  /// The rate at the start of each cycle.
  public let peak: Double
  /// The number of steps of the first cycle.
  public let period: Int
  /// The length of a cycle relative to the one before.
  public let multiplier: Int
  /// The rate that each cycle approaches.
  public let floor: Double

  /// Creates cycles from `peak` toward `floor`, as PyTorch's `CosineAnnealingWarmRestarts`.
  public init(peak: Double, period: Int, multiplier: Int = 1, floor: Double = 0) {
    requireValue(peak, "CosineRestarts: the peak")
    requireValue(floor, "CosineRestarts: the floor")
    require(period > 0, "CosineRestarts: period must be at least 1, got \(period)")
    require(multiplier > 0, "CosineRestarts: multiplier must be at least 1, got \(multiplier)")
    self.peak = peak
    self.period = period
    self.multiplier = multiplier
    self.floor = floor
  }

  /// Returns the rate of a step.
  public func callAsFunction(_ step: Int) -> Double {
    var (position, length) = (max(step, 0), period)
    if multiplier == 1 {
      position %= length
    } else {
      // A logarithm would be rounded to the wrong side of some boundaries.
      while position >= length {
        position -= length
        let (product, overflows) = length.multipliedReportingOverflow(by: multiplier)
        length = overflows ? .max : product
      }
    }
    return DecayShape.cosine.value(
      from: peak, to: floor, progress: Double(position) / Double(length))
  }
}

/// A rise to the peak and a fall far below the start, with a momentum that moves inversely.
///
/// From `initial` to the peak at t = rise · total − 1, and to the floor at t = total − 1, along
/// half cosines or straight lines; the floor from there on. With `symmetric`, the rate first goes
/// back to `initial` over as many steps as it rose, and then to the floor. (Smith and Topin, 2017,
/// 1708.07120)
///
/// The last of `total` steps, total − 1, has the floor. PyTorch's `OneCycleLR` gives one more step,
/// at which the rate jumps up, and then stops with an error; this one stays.
public struct OneCycle: Schedule {
  private let phases: Phases
  /// The momentum of each step: high at both ends, low at the peak of the rate.
  public let momentum: any Schedule

  /// Creates a cycle of `total` steps.
  ///
  /// - Parameters:
  ///   - peak: The highest rate.
  ///   - total: The number of steps.
  ///   - rise: The fraction of the steps that lead to the peak, between 0 and 1; at least two
  ///     steps.
  ///   - initial: The rate of step 0; `nil` for peak/25.
  ///   - floor: The rate at the end; `nil` for initial/10⁴.
  ///   - shape: The curve from one rate to the next.
  ///   - symmetric: Whether the rate returns to `initial` on its way to the floor, PyTorch's
  ///     `three_phase`.
  ///   - momentum: The lowest and the highest momentum.
  public init(
    peak: Double, total: Int, rise: Double = 0.3, initial: Double? = nil, floor: Double? = nil,
    shape: DecayShape = .cosine, symmetric: Bool = false,
    momentum: ClosedRange<Double> = 0.85...0.95
  ) {
    let initial = initial ?? peak / 25
    let floor = floor ?? initial / 1e4
    requireValue(peak, "OneCycle: the peak")
    requireValue(initial, "OneCycle: the initial rate")
    requireValue(floor, "OneCycle: the floor")
    requireMomentum(momentum, "OneCycle")
    require(total > 0, "OneCycle: total must be at least 1, got \(total)")
    require(rise > 0 && rise < 1, "OneCycle: rise must be between 0 and 1, got \(rise)")
    let top = rise * Double(total) - 1
    require(
      top > 0,
      "OneCycle: the rise must take more than 1 step, got \(rise * Double(total)) of \(total)")
    let last = Double(total - 1)
    let (low, high) = (momentum.lowerBound, momentum.upperBound)
    if symmetric {
      require(
        2 * top < last, "OneCycle: a rise of \(rise) and a fall as long leave no steps of \(total)")
      let ends = [top, 2 * top, last]
      phases = Phases(ends: ends, values: [initial, peak, initial, floor], shape: shape)
      self.momentum = Phases(ends: ends, values: [high, low, high, high], shape: shape)
    } else {
      phases = Phases(ends: [top, last], values: [initial, peak, floor], shape: shape)
      self.momentum = Phases(ends: [top, last], values: [high, low, high], shape: shape)
    }
  }

  /// Returns the rate of a step.
  public func callAsFunction(_ step: Int) -> Double { phases(step) }
}

/// A curve through values, each reached at a time that need not be a whole step.
private struct Phases: Schedule {
  let ends: [Double]
  let values: [Double]
  let shape: DecayShape

  func callAsFunction(_ step: Int) -> Double {
    let time = Double(step)
    guard let phase = ends.firstIndex(where: { time <= $0 }) else { return values[ends.count] }
    let start = phase == 0 ? 0 : ends[phase - 1]
    return shape.value(
      from: values[phase], to: values[phase + 1],
      progress: (time - start) / (ends[phase] - start))
  }
}

/// The heights of the triangles of ``CyclicRate``.
public enum CycleShape: Sendable, Equatable {
  /// All are equal.
  case triangular
  /// Each is half as high as the one before: 2^−i in cycle i.
  case triangular2
  /// They shrink with each step: gamma^t.
  case exponentialRange(gamma: Double)

  /// The height at a step of a cycle, both counted from 0.
  fileprivate func height(step: Int, cycle: Int) -> Double {
    switch self {
    case .triangular: 1
    case .triangular2: pow(2, -Double(cycle))
    case .exponentialRange(let gamma): pow(gamma, Double(step))
    }
  }
}

/// Endless triangles between two rates, with a momentum that moves inversely.
///
/// low + (high − low) · h · u/rise in the first `rise` steps of a cycle and low + (high − low) · h
/// · (rise + fall − u)/fall in the others, where u is the step in the cycle and h the height of
/// ``CycleShape``. (Smith, 2015, 1506.01186; PyTorch's `CyclicLR`)
public struct CyclicRate: Schedule {
  private let triangles: Triangles
  /// The momentum of each step: high where the rate is low.
  public let momentum: any Schedule

  /// Creates triangles from `low` to `high` and back.
  ///
  /// - Parameters:
  ///   - low: The rate at the start of each cycle.
  ///   - high: The rate at the top of the first cycle.
  ///   - rise: The number of steps from low to high.
  ///   - fall: The number of steps back; `nil` for as many.
  ///   - shape: The heights of the triangles.
  ///   - momentum: The lowest and the highest momentum.
  public init(
    low: Double, high: Double, rise: Int = 2000, fall: Int? = nil, shape: CycleShape = .triangular,
    momentum: ClosedRange<Double> = 0.8...0.9
  ) {
    let fall = fall ?? rise
    requireValue(low, "CyclicRate: the low rate")
    requireValue(high, "CyclicRate: the high rate")
    require(low <= high, "CyclicRate: low must be at most high, got \(low) and \(high)")
    require(
      rise > 0 && fall > 0, "CyclicRate: rise and fall must be at least 1, got \(rise) and \(fall)")
    if case .exponentialRange(let gamma) = shape { requireValue(gamma, "CyclicRate: gamma") }
    requireMomentum(momentum, "CyclicRate")
    triangles = Triangles(base: low, top: high, rise: rise, fall: fall, shape: shape)
    self.momentum = Triangles(
      base: momentum.upperBound, top: momentum.lowerBound, rise: rise, fall: fall, shape: shape)
  }

  /// Returns the rate of a step.
  public func callAsFunction(_ step: Int) -> Double { triangles(step) }
}

private struct Triangles: Schedule {
  let base: Double
  let top: Double
  let rise: Int
  let fall: Int
  let shape: CycleShape

  func callAsFunction(_ step: Int) -> Double {
    let step = max(step, 0)
    let (cycle, position) = step.quotientAndRemainder(dividingBy: rise + fall)
    let part =
      position <= rise
      ? Double(position) / Double(rise) : Double(rise + fall - position) / Double(fall)
    return base + (top - base) * part * shape.height(step: step, cycle: cycle)
  }
}

private func requireMomentum(_ momentum: ClosedRange<Double>, _ name: String) {
  require(
    momentum.lowerBound >= 0 && momentum.upperBound < 1,
    "\(name): the momentum must be in 0..<1, got \(momentum)")
}
