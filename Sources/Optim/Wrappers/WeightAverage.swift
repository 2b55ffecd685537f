import Autograd
import Synchronization
import Tensor

/// A wrapper that evaluates and keeps an average of the weights that another optimizer passes
/// through.
///
/// The steps are those of the inner optimizer; ``Optimizer/evaluationWeights`` are the averages, as
/// soon as there are any. Batch normalization must process data with the averages once before they
/// are used, because its running statistics are those of the weights in training. The wrapper costs
/// a copy of the weights.
public final class WeightAverage: OptimizerWrapper {
  /// The kind of an average.
  public enum Method: Sendable {
    /// The exponential moving average a ← δa + (1 − δ)p after every step; the first one copies.
    /// (Polyak and Juditsky, 1992)
    case exponential(decay: Double)
    /// The mean of the weights after step `start` and every `period`-th one after it, a ← a + (p −
    /// a)/(n + 1). (Stochastic weight averaging; Izmailov et al., 2018, 1803.05407)
    case uniform(start: Int, period: Int)
  }

  private struct Contents: Sendable {
    var averages: [Tensor]
    /// The steps of each parameter, and the number of weights in its average.
    var steps: [Int]
    var counts: [Int]
  }

  /// The optimizer that takes the steps.
  public let inner: any Optimizer
  /// The average that is kept.
  public let method: Method
  private let contents: Mutex<Contents>

  /// Creates an average around an optimizer.
  public init(_ inner: any Optimizer, _ method: Method) {
    switch method {
    case .exponential(let decay):
      require((0..<1).contains(decay), "WeightAverage: the decay must be in 0..<1, got \(decay)")
    case .uniform(let start, let period):
      require(
        start >= 0 && period >= 1,
        "WeightAverage: start must be at least 0 and period at least 1, got \(start) and \(period)")
    }
    self.inner = inner
    self.method = method
    let none = inner.parameters.map { _ in 0 }
    contents = Mutex(
      Contents(
        averages: inner.parameters.map(\.parameter.storedValue), steps: none, counts: none))
  }

  /// `ema` or `swa` around the name of the inner optimizer.
  public var name: String {
    switch method {
    case .exponential: "ema(\(inner.name))"
    case .uniform: "swa(\(inner.name))"
    }
  }

  /// Takes a step of the inner optimizer and updates the averages.
  public func step(_ gradients: Gradients) {
    let positions = positions(of: gradients)
    inner.step(gradients)
    contents.withLock { contents in
      for position in positions {
        contents.steps[position] += 1
        guard let share = share(contents.steps[position], contents.counts[position]) else {
          continue
        }
        contents.counts[position] += 1
        let value = parameters[position].parameter.storedValue
        if share == 1 {
          contents.averages[position] = value
        } else {
          contents.averages[position].makeUnique()
          OptimizerSteps.average(&contents.averages[position], toward: value, share: share)
        }
      }
    }
  }

  /// Returns the share of the weights after a step in the new average, or `nil` if they are not
  /// part of it.
  private func share(_ step: Int, _ count: Int) -> Double? {
    switch method {
    case .exponential(let decay): count == 0 ? 1 : 1 - decay
    case .uniform(let start, let period):
      step >= start && (step - start) % period == 0 ? 1 / Double(count + 1) : nil
    }
  }

  /// The averages, or the inner optimizer's weights of parameters without an average yet.
  public var evaluationWeights: [Tensor] {
    let inner = inner.evaluationWeights
    return contents.withLock { contents in
      parameters.indices.map { contents.counts[$0] > 0 ? contents.averages[$0] : inner[$0] }
    }
  }

  /// Resets the state of the inner optimizer and the average.
  public func resetState(ofParameterAt position: Int) {
    inner.resetState(ofParameterAt: position)
    contents.withLock {
      $0.steps[position] = 0
      $0.counts[position] = 0
    }
  }

  /// The inner state, the averages and the numbers of weights in them.
  public var state: OptimizerState {
    var state = OptimizerState(optimizer: name)
    state.embed(inner.state, as: "inner")
    contents.withLock { contents in
      for (i, element) in parameters.enumerated() {
        state.tensors["\(element.name).average"] = contents.averages[i]
        state.counters["\(element.name).steps"] = contents.steps[i]
        state.counters["\(element.name).averaged"] = contents.counts[i]
      }
    }
    return state
  }

  /// Restores a snapshot.
  public func load(_ state: OptimizerState) throws(OptimizerStateError) {
    try state.require(name)
    var loaded = contents.withLock { $0 }
    for (i, element) in parameters.enumerated() {
      loaded.averages[i] = try state.tensor("\(element.name).average", like: loaded.averages[i])
      loaded.steps[i] = try state.counter("\(element.name).steps")
      loaded.counts[i] = try state.counter("\(element.name).averaged")
    }
    try inner.load(state.part("inner", of: inner))
    let result = loaded
    contents.withLock { $0 = result }
  }
}
