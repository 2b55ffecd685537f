import Tensor

/// A value for each step, such as a learning rate, a momentum or a weight decay.
///
/// A schedule is a pure value, so a run can be resumed from the number of its step alone. Assign
/// the value before each step:
/// ```swift
/// optimizer.learningRate = schedule(step)
/// ```
/// Invalid settings stop the program with a message: a number of steps that is not positive, a
/// value that is negative or not finite.
public protocol Schedule: Sendable {
  /// Returns the value of a step, counted from 0.
  ///
  /// Past its end a schedule stays at its last value, and a step before the first counts as the
  /// first.
  func callAsFunction(_ step: Int) -> Double
}

/// The same rate at every step, or all but the first: factor · rate for t < n, then the rate.
public struct ConstantRate: Schedule {
  /// The rate.
  public let rate: Double
  private let factor: Double
  private let steps: Int

  /// Creates a constant schedule.
  public init(_ rate: Double) { self.init(rate, factor: 1, over: 0) }

  /// Creates a schedule that is constant after `steps` steps at `factor` times that rate.
  ///
  /// It is PyTorch's `ConstantLR`, which has a factor of 1/3 over 5 steps by default.
  public init(_ rate: Double, factor: Double, over steps: Int) {
    requireValue(rate, "ConstantRate: the rate")
    requireValue(factor, "ConstantRate: the factor")
    require(steps >= 0, "ConstantRate: steps must be at least 0, got \(steps)")
    self.rate = rate
    self.factor = factor
    self.steps = steps
  }

  /// Returns the rate of a step.
  public func callAsFunction(_ step: Int) -> Double {
    max(step, 0) < steps ? factor * rate : rate
  }
}

extension Schedule where Self == ConstantRate {
  /// The same rate at every step: `schedule: .constant(1e-3)`.
  public static func constant(_ rate: Double) -> ConstantRate { ConstantRate(rate) }
}

/// A schedule defined by a function.
public struct CustomSchedule: Schedule {
  private let function: @Sendable (Int) -> Double

  /// Creates a schedule from a function of the step, which is at least 0; the end is not clamped.
  public init(_ function: @escaping @Sendable (Int) -> Double) { self.function = function }

  /// Returns the value of a step.
  public func callAsFunction(_ step: Int) -> Double { function(max(step, 0)) }
}

/// Stops the program unless a setting is a finite number of at least 0.
func requireValue(_ value: Double, _ name: @autoclosure () -> String) {
  require(
    value.isFinite && value >= 0, "\(name()) must be a finite number of at least 0, got \(value)")
}
