import Tensor

/// A rate that is lowered when a metric stops getting better.
///
/// ```swift
/// var plateau = ReduceOnPlateau(rate: 0.1)
/// optimizer.learningRate = plateau.rate
/// …
/// optimizer.learningRate = plateau.report(validationLoss)  // after each evaluation
/// ```
/// A report that is better than the best one so far, by more than the threshold, is good; any other is bad, NaN
/// too.  After more than `patience` bad ones in a row, so with the one numbered patience + 1, the rate becomes
/// max(factor · rate, floor), unless that would change it by no more than `epsilon`.  During the `cooldown`
/// reports after that, none counts as bad.  As PyTorch's `ReduceLROnPlateau`, but for relative thresholds of
/// negative metrics: see ``Threshold/relative(_:)``.
///
/// Its rate depends on what was reported and not on the step alone, so it is not a ``Schedule``, has no warm-up
/// and cannot be combined with one.  Saving and restoring it by `Codable` takes up its state exactly.
public struct ReduceOnPlateau: Codable, Sendable, Equatable {
  /// How much better a report must be to be good.
  public enum Threshold: Codable, Sendable, Equatable {
    /// By a part of the best metric's magnitude: metric < best − part · |best|.
    ///
    /// PyTorch has best · (1 − part), which for negative metrics is above the best one, so that a report that is
    /// worse counts as good.
    case relative(Double)
    /// By an amount: metric < best − amount.
    case absolute(Double)
  }

  /// Which metrics are good.
  public enum Goal: String, Codable, Sendable, CaseIterable {
    /// Low ones, as of a loss.
    case minimum
    /// High ones, as of an accuracy.
    case maximum
  }

  /// The rate now.
  public private(set) var rate: Double
  /// The best metric so far.
  public private(set) var best: Double?
  /// The bad reports since the last good one, or the last reduction.
  public private(set) var badReports = 0
  /// The reports for which none counts as bad.
  public private(set) var cooldownLeft = 0

  /// What the rate is multiplied by.
  public let factor: Double
  /// The bad reports in a row that are put up with.
  public let patience: Int
  /// How much better a report must be to be good.
  public let threshold: Threshold
  /// The reports after a reduction that do not count as bad.
  public let cooldown: Int
  /// The lowest rate.
  public let floor: Double
  /// The largest change that is not worth making.
  public let epsilon: Double
  /// Which metrics are good.
  public let goal: Goal

  /// A rate that nothing was reported for.
  public init(
    rate: Double, factor: Double = 0.1, patience: Int = 10,
    threshold: Threshold = .relative(1e-4), cooldown: Int = 0, floor: Double = 0,
    epsilon: Double = 1e-8, goal: Goal = .minimum
  ) {
    requireValue(rate, "ReduceOnPlateau: the rate")
    requireValue(floor, "ReduceOnPlateau: the floor")
    requireValue(epsilon, "ReduceOnPlateau: epsilon")
    require(
      factor >= 0 && factor < 1, "ReduceOnPlateau: a factor of \(factor), not from 0 to below 1")
    require(floor <= rate, "ReduceOnPlateau: a floor of \(floor) above the rate of \(rate)")
    require(patience >= 0, "ReduceOnPlateau: a patience of \(patience)")
    require(cooldown >= 0, "ReduceOnPlateau: a cooldown of \(cooldown)")
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

  /// Takes note of a metric, and gives the rate from here on.
  @discardableResult
  public mutating func report(_ metric: Double) -> Double {
    if isGood(metric) {
      best = metric
      badReports = 0
    } else {
      badReports += 1
    }
    if cooldownLeft > 0 {
      cooldownLeft -= 1
      badReports = 0
    }
    if badReports > patience {
      let lowered = max(rate * factor, floor)
      if rate - lowered > epsilon { rate = lowered }
      cooldownLeft = cooldown
      badReports = 0
    }
    return rate
  }

  private func isGood(_ metric: Double) -> Bool {
    // Whatever is better than the worst of all numbers.
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
