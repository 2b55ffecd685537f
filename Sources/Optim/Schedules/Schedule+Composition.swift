import Tensor

extension Schedule {
  /// Returns the schedule after a linear warm-up: s(0) · (t + 1)/(W + 1) for t < W, then s(t − W).
  ///
  /// No step has the value 0, and the first step after the warm-up has the full one. The usual
  /// recipe of Hugging Face's `transformers` has t/W instead, and so begins with a step that
  /// changes nothing.
  ///
  /// - Parameter steps: W, the steps of the warm-up; 0 is none.
  /// - Returns: A schedule that ends W steps later than this one.
  public func warmedUp(over steps: Int) -> some Schedule {
    LinearWarmup(peak: self(0), warmup: steps).then(self, at: steps)
  }

  /// Returns the schedule up to a milestone, and another from there on: s(t) for t < m, then next(t
  /// − m).
  ///
  /// The other schedule begins at its own step 0, as in PyTorch's `SequentialLR`.
  ///
  /// - Parameters:
  ///   - next: The schedule that follows.
  ///   - milestone: The first step of the next schedule; 0 for the next schedule alone.
  /// - Returns: A schedule that ends where the other one does.
  public func then(_ next: some Schedule, at milestone: Int) -> some Schedule {
    require(milestone >= 0, "then: the milestone must be at least 0, got \(milestone)")
    return Chain(first: self, second: next, milestone: milestone)
  }

  /// Returns the schedule times a constant: c · s(t).
  public func scaled(by factor: Double) -> some Schedule {
    requireValue(factor, "scaled: the factor")
    return Scaled(schedule: self, factor: factor)
  }

  /// Returns the first steps of the schedule again and again: s(t mod period).
  public func restarting(every period: Int) -> some Schedule {
    require(period > 0, "restarting: period must be at least 1, got \(period)")
    return Restarting(schedule: self, period: period)
  }

  /// Returns the schedule for larger batches, with k = batch/reference: s(t) · (1 + (k − 1) ·
  /// min(t/W, 1)).
  ///
  /// k times the batch takes k times the rate, which is reached gradually from the rate of the
  /// reference. The warm-up replaces the first steps of the schedule and does not delay it. (Goyal
  /// et al., 2017, 1706.02677)
  ///
  /// - Parameters:
  ///   - batchSize: The examples in a step.
  ///   - reference: The examples in a step that this schedule suits.
  ///   - warmup: W, the steps until the full rate; 0 is none.
  /// - Returns: A schedule that ends where this one does.
  public func linearlyScaled(
    toBatchSize batchSize: Int, from reference: Int = 256, warmup: Int
  ) -> some Schedule {
    require(
      batchSize > 0 && reference > 0,
      "linearlyScaled: the batch sizes must be at least 1, got \(batchSize) and \(reference)")
    require(warmup >= 0, "linearlyScaled: warmup must be at least 0, got \(warmup)")
    return LinearlyScaled(
      schedule: self, factor: Double(batchSize) / Double(reference), warmup: warmup)
  }
}

private struct Chain<First: Schedule, Second: Schedule>: Schedule {
  let first: First
  let second: Second
  let milestone: Int

  func callAsFunction(_ step: Int) -> Double {
    let step = max(step, 0)
    return step < milestone ? first(step) : second(step - milestone)
  }
}

private struct Scaled<Base: Schedule>: Schedule {
  let schedule: Base
  let factor: Double

  func callAsFunction(_ step: Int) -> Double { factor * schedule(step) }
}

private struct Restarting<Base: Schedule>: Schedule {
  let schedule: Base
  let period: Int

  func callAsFunction(_ step: Int) -> Double { schedule(max(step, 0) % period) }
}

private struct LinearlyScaled<Base: Schedule>: Schedule {
  let schedule: Base
  let factor: Double
  let warmup: Int

  func callAsFunction(_ step: Int) -> Double {
    let gain = step >= warmup ? factor : 1 + (factor - 1) * Double(max(step, 0)) / Double(warmup)
    return gain * schedule(step)
  }
}
