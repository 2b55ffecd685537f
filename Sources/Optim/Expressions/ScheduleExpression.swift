import Tensor

/// A learning-rate schedule as text, such as `wsd(decay-steps=200, shape=1-sqrt)`.
///
/// ``ScheduleCatalog`` lists the schedules and their settings. The peak, the number of steps and
/// the warm-up are those of the run, so the same expression serves runs of any length.
/// ```swift
/// let (rates, _) = try ScheduleExpression("cosine(final=0.1)").resolved(peak: 1e-3, steps: 2000)
/// ```
public typealias ScheduleExpression = CatalogExpression<ScheduleCatalog>

extension CatalogExpression<ScheduleCatalog> {
  /// Whether the schedule can begin with a warm-up, in which the learning rate rises.
  public var takesWarmup: Bool {
    if case .none = entry.traits.warmup { false } else { true }
  }

  /// Whether the momentum changes with the learning rate.
  public var cyclesMomentum: Bool { has("cycle-momentum") && flag("cycle-momentum") }

  /// Returns the warm-up of a run where none is given: 5% of the steps, 30% with `one-cycle`, or
  /// 0 if the schedule takes none.
  public func standardWarmup(steps: Int) -> Int {
    switch entry.traits.warmup {
    case .none: 0
    case .before: steps / 20
    case .within(let standard, _): standard(steps)
    }
  }

  /// Returns what sets the learning rate and the momentum of each step of a run.
  ///
  /// - Parameters:
  ///   - peak: The highest learning rate.
  ///   - steps: The number of steps of the run, at least 1.
  ///   - warmup: The number of steps in which the learning rate rises; `nil` for the standard one.
  /// - Returns: The control of the learning rate, and the momentum of each step if that changes
  ///   too.
  /// - Throws: ``ExpressionError`` for settings that do not fit the run.
  public func resolved(
    peak: Double, steps: Int, warmup: Int? = nil
  ) throws(ExpressionError) -> (learningRate: LearningRateControl, momentum: (any Schedule)?) {
    require(steps >= 1, "schedule: a run must have at least 1 step, got \(steps)")
    if let conflict { throw ExpressionError(conflict) }
    if steps < entry.traits.minimumSteps {
      throw ExpressionError(
        "\(name) needs at least \(counted(entry.traits.minimumSteps)), not \(steps)")
    }
    let warmup = warmup ?? standardWarmup(steps: steps)
    try check(warmup: warmup, steps: steps)
    return try make(ScheduleContext(peak: peak, steps: steps, warmup: warmup))
  }

  private func check(warmup: Int, steps: Int) throws(ExpressionError) {
    switch entry.traits.warmup {
    case .none:
      if warmup != 0 { throw ExpressionError("\(name) takes no warm-up") }
    case .before:
      if !(0..<steps).contains(warmup) {
        throw ExpressionError(
          "\(name): a warm-up of \(counted(warmup)) is not below the \(counted(steps)) of the run")
      }
    case .within(_, let range):
      let range = range(steps)
      if !range.contains(warmup) {
        throw ExpressionError(
          """
          \(name) needs a warm-up of \(range.lowerBound) to \(counted(range.upperBound)), not \
          \(warmup)
          """
        )
      }
    }
  }
}
