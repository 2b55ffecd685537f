import Tensor

/// A value for each step, such as a learning rate, a momentum or a weight decay.
///
/// A schedule is a pure value, so that going on after an interruption takes the step's number and nothing
/// else.  Who drives the training assigns it before each step:
/// ```swift
/// optimizer.learningRate = schedule(step)
/// ```
/// All settings that make no sense stop the program with a message: a number of steps that is not positive,
/// a value that is negative or not finite.
public protocol Schedule: Sendable {
  /// The value of a step, counted from 0.
  ///
  /// Past its end a schedule stays at its last value, and a step before the first counts as the first.
  func callAsFunction(_ step: Int) -> Double
}

/// The same rate at every step, or all but the first: factor · rate for t < n, then the rate.
public struct ConstantRate: Schedule {
  /// The rate.
  public let rate: Double
  private let factor: Double
  private let steps: Int

  /// A schedule that stays at a rate.
  public init(_ rate: Double) { self.init(rate, factor: 1, over: 0) }

  /// A schedule that stays at a rate after `steps` steps at `factor` times that rate.
  ///
  /// PyTorch's `ConstantLR`, where the factor is 1/3 and the steps are 5 unless told.
  public init(_ rate: Double, factor: Double, over steps: Int) {
    requireValue(rate, "ConstantRate: the rate")
    requireValue(factor, "ConstantRate: the factor")
    require(steps >= 0, "ConstantRate: a factor over \(steps) steps")
    self.rate = rate
    self.factor = factor
    self.steps = steps
  }

  /// The rate of a step.
  public func callAsFunction(_ step: Int) -> Double {
    max(step, 0) < steps ? factor * rate : rate
  }
}

/// Whatever a function says.
public struct CustomSchedule: Schedule {
  private let function: @Sendable (Int) -> Double

  /// A schedule from a function of the step, which is never below 0; it is not clamped at any end.
  public init(_ function: @escaping @Sendable (Int) -> Double) { self.function = function }

  /// The value of a step.
  public func callAsFunction(_ step: Int) -> Double { function(max(step, 0)) }
}

/// Stops the program unless a setting is a finite number that is not negative.
func requireValue(_ value: Double, _ name: @autoclosure () -> String) {
  require(value.isFinite && value >= 0, "\(name()) is \(value)")
}
