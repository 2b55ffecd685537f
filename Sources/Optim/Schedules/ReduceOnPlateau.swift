import Tensor

/// A rate that is reduced when a metric stops improving.
///
/// ```swift
/// var plateau = ReduceOnPlateau(rate: 0.1)
/// optimizer.learningRate = plateau.rate
/// …
/// optimizer.learningRate = plateau.observe(validationLoss)  // after each evaluation
/// ```
/// A metric that is better than the best one so far, by more than the threshold, is good; any
/// other, including NaN, is bad. After `patience` + 1 bad metrics in a row the rate becomes
/// max(factor · rate, floor), unless that would change it by no more than `epsilon`. The `cooldown`
/// metrics after a reduction do not count as bad. This is PyTorch's `ReduceLROnPlateau`, except for
/// relative thresholds of negative metrics: see ``Threshold/relative(_:)``.
///
/// The rate depends on the metrics and not on the step alone, so this is not a ``Schedule``, has no
/// warm-up and cannot be combined with one. Saving and restoring it by `Codable` restores its state
/// exactly.
public struct ReduceOnPlateau: Codable, Sendable, Equatable {
  /// The least improvement that counts as good.
  public enum Threshold: Codable, Sendable, Equatable {
    /// A fraction of the best metric's magnitude: metric < best − fraction · |best|.
    ///
    /// PyTorch has best · (1 − fraction), which for negative metrics is above the best one, so that
    /// a worse metric counts as good.
    case relative(Double)
    /// An amount: metric < best − amount.
    case absolute(Double)
  }

  /// The direction in which a metric improves.
  public enum Goal: String, Codable, Sendable, CaseIterable {
    /// Lower is better, as for a loss.
    case minimum
    /// Higher is better, as for an accuracy.
    case maximum
  }

  /// The current rate.
  public private(set) var rate: Double
  /// The best metric so far.
  public private(set) var best: Double?
  /// The number of bad metrics since the last good one, or the last reduction.
  public private(set) var badMetrics = 0
  /// The number of metrics to come that do not count as bad.
  public private(set) var cooldownLeft = 0

  /// The factor of a reduction.
  public let factor: Double
  /// The number of bad metrics in a row without a reduction.
  public let patience: Int
  /// The least improvement that counts as good.
  public let threshold: Threshold
  /// The number of metrics after a reduction that do not count as bad.
  public let cooldown: Int
  /// The lowest rate.
  public let floor: Double
  /// The largest change of the rate that is not made.
  public let epsilon: Double
  /// The direction in which a metric improves.
  public let goal: Goal

  /// Creates a rate before the first metric.
  public init(
    rate: Double, factor: Double = 0.1, patience: Int = 10,
    threshold: Threshold = .relative(1e-4), cooldown: Int = 0, floor: Double = 0,
    epsilon: Double = 1e-8, goal: Goal = .minimum
  ) {
    requireValue(rate, "ReduceOnPlateau: the rate")
    requireValue(floor, "ReduceOnPlateau: the floor")
    requireValue(epsilon, "ReduceOnPlateau: epsilon")
    require(
      factor >= 0 && factor < 1, "ReduceOnPlateau: factor must be in 0..<1, got \(factor)")
    require(floor <= rate, "ReduceOnPlateau: the floor \(floor) must be at most the rate \(rate)")
    require(patience >= 0, "ReduceOnPlateau: patience must be at least 0, got \(patience)")
    require(cooldown >= 0, "ReduceOnPlateau: cooldown must be at least 0, got \(cooldown)")
    switch threshold {
    case .relative(let amount), .absolute(let amount):
      requireValue(amount, "ReduceOnPlateau: the threshold")
    }
    self.rate = rate
    self.factor = factor
    self.patience = patience
    self.threshold = threshold
    self.cooldown = cooldown
    self.floor = floor
    self.epsilon = epsilon
    self.goal = goal
  }

  /// Observes a metric, and returns the new rate.
  @discardableResult
  public mutating func observe(_ metric: Double) -> Double {
    if isGood(metric) {
      best = metric
      badMetrics = 0
    } else {
      badMetrics += 1
    }
    if cooldownLeft > 0 {
      cooldownLeft -= 1
      badMetrics = 0
    }
    if badMetrics > patience {
      let lowered = max(rate * factor, floor)
      if rate - lowered > epsilon { rate = lowered }
      cooldownLeft = cooldown
      badMetrics = 0
    }
    return rate
  }

  private func isGood(_ metric: Double) -> Bool {
    // Without a best metric, any metric better than the worst possible one is good.
    guard let best else { return goal == .minimum ? metric < .infinity : metric > -.infinity }
    let sign = goal == .minimum ? -1.0 : 1.0
    let bound =
      switch threshold {
      // Written as a product, as PyTorch rounds it.
      case .relative(let part): best * (1 + (best < 0 ? -sign : sign) * part)
      case .absolute(let amount): best + sign * amount
      }
    return goal == .minimum ? metric < bound : metric > bound
  }
}
