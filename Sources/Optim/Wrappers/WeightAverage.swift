import Autograd
import Synchronization
import Tensor

/// Averages the weights that another optimizer passes through, to evaluate and to keep them.
///
/// The steps are those of the inner optimizer; ``Optimizer/evaluationWeights`` are the averages, as soon as
/// there are any.  Batch normalisation must see data with the averages once before they are used, because
/// its running statistics are those of the weights in training.  It costs a copy of the weights.
public final class WeightAverage: Optimizer {
  /// Which average.
  public enum Method: Sendable {
    /// a ← δa + (1 − δ)p after every step; the first one copies.  (Polyak and Juditsky, 1992)
    case exponential(decay: Double)
    /// a ← a + (p − a)/(n + 1) after step `start` and every `period`-th one after it: the mean of the
    /// weights at those steps.  (Stochastic weight averaging; Izmailov et al., 2018, 1803.05407)
    case uniform(start: Int, period: Int)
  }

  private struct Contents: Sendable {
    var averages: [Tensor]
    /// For each parameter the steps taken, and the weights in its average.
    var steps: [Int]
    var counts: [Int]
  }

  /// The optimizer that takes the steps.
  public let inner: any Optimizer
  /// Which average is kept.
  public let method: Method
  private let contents: Mutex<Contents>

  /// An average around an optimizer.
  public init(_ inner: any Optimizer, _ method: Method) {
    switch method {
    case .exponential(let decay):
      require((0..<1).contains(decay), "average: the decay \(decay) is not in 0..<1")
    case .uniform(let start, let period):
      require(
        start >= 0 && period >= 1, "average: from step \(start) on, every \(period) steps")
    }
    self.inner = inner
    self.method = method
    let none = inner.parameters.map { _ in 0 }
    contents = Mutex(
      Contents(
        averages: inner.parameters.map { $0.parameter.value.detached }, steps: none, counts: none))
  }

  /// The parameters of the inner optimizer.
  public var parameters: Parameters { inner.parameters }

  /// `ema` or `swa`, and the inner optimizer's kind.
  public var kind: String {
    switch method {
    case .exponential: "ema(\(inner.kind))"
    case .uniform: "swa(\(inner.kind))"
    }
  }

  /// The inner optimizer's rate.
  public var learningRate: Double {
    get { inner.learningRate }
    set { inner.learningRate = newValue }
  }

  /// The inner optimizer's decay.
  public var weightDecay: Double {
    get { inner.weightDecay }
    set { inner.weightDecay = newValue }
  }

  /// The inner optimizer's momentum.
  public var momentum: Double {
    get { inner.momentum }
    set { inner.momentum = newValue }
  }

  /// Tells the inner optimizer.
  public func report(_ loss: Double) { inner.report(loss) }

  /// Takes a step of the inner optimizer and lets the averages follow.
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
        let value = parameters[position].parameter.value
        if share == 1 {
          contents.averages[position] = value
        } else {
          contents.averages[position].makeUnique()
          OptimizerSteps.average(&contents.averages[position], toward: value, share: share)
        }
      }
    }
  }

  /// What part of the new average the weights after a step are, or nil if they are not of it.
  private func share(_ step: Int, _ count: Int) -> Double? {
    switch method {
    case .exponential(let decay): count == 0 ? 1 : 1 - decay
    case .uniform(let start, let period):
      step >= start && (step - start) % period == 0 ? 1 / Double(count + 1) : nil
    }
  }

  /// The averages, or the inner optimizer's weights of what has not been averaged yet.
  public var evaluationWeights: [Tensor] {
    let inner = inner.evaluationWeights
    return contents.withLock { contents in
      parameters.indices.map { contents.counts[$0] > 0 ? contents.averages[$0] : inner[$0] }
    }
  }

  /// Runs `body` with the parameters at the averages, and puts back what they were.
  public func withAverages<Result, Failure: Error>(
    _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try withEvaluationWeights(body)
  }

  /// Forgets what the inner optimizer remembers, and the average.
  public func resetMemory(ofParameterAt position: Int) {
    inner.resetMemory(ofParameterAt: position)
    contents.withLock {
      $0.steps[position] = 0
      $0.counts[position] = 0
    }
  }

  /// The running means of the inner optimizer.
  public func updateMoments(
    ofParameterAt position: Int, _ body: (_ name: String, _ moment: inout Tensor) -> Void
  ) {
    inner.updateMoments(ofParameterAt: position, body)
  }

  /// The inner optimizer's mean of squared gradients.
  public func secondMoment(ofParameterAt position: Int) -> Tensor? {
    inner.secondMoment(ofParameterAt: position)
  }

  /// The inner state, the averages and how many weights are in them.
  public var state: OptimizerState {
    var state = OptimizerState(kind: kind)
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

  /// Goes on from a snapshot.
  public func load(_ state: OptimizerState) throws(OptimizerStateError) {
    try state.require(kind: kind)
    var loaded = contents.withLock { $0 }
    for (i, element) in parameters.enumerated() {
      loaded.averages[i] = try state.tensor("\(element.name).average", like: loaded.averages[i])
      loaded.steps[i] = try state.counter("\(element.name).steps")
      loaded.counts[i] = try state.counter("\(element.name).averaged")
    }
    try inner.load(state.part("inner", kind: inner.kind))
    let result = loaded
    contents.withLock { $0 = result }
  }
}
