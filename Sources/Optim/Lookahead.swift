import Autograd
import Synchronization
import Tensor

/// Looks ahead with another optimizer and follows with a part of its way.  (Zhang et al., 2019, 1907.08610)
///
/// After every k = `syncPeriod` steps of the inner optimizer the slow weights φ move toward the fast ones θ,
/// φ ← (1 − α)φ + αθ with α = `slowStepSize`, and θ ← φ.  The slow weights start as the parameters are when
/// the wrapper is made; the inner optimizer's memory is kept.  α = 1 is the inner optimizer itself.
public final class Lookahead<Inner: Optimizer>: Optimizer {
  private struct Contents {
    var slow: [Tensor]
    var stepsSinceSync = 0
  }

  /// The optimizer that takes the steps.
  public let inner: Inner
  /// k, the number of steps between synchronisations.
  public let syncPeriod: Int
  /// α, the part of the way that the slow weights follow.
  public let slowStepSize: Double
  private let contents: Mutex<Contents>

  /// A wrapper around an optimizer.
  ///
  /// - Parameters:
  ///   - inner: The optimizer that takes the steps.
  ///   - syncPeriod: k, at least 1.
  ///   - slowStepSize: α, above 0 and at most 1.
  public init(_ inner: Inner, syncPeriod: Int = 5, slowStepSize: Double = 0.5) {
    require(syncPeriod >= 1, "lookahead: a sync period of \(syncPeriod) steps")
    require(
      slowStepSize > 0 && slowStepSize <= 1,
      "lookahead: the slow step size \(slowStepSize) is not above 0 and at most 1")
    self.inner = inner
    self.syncPeriod = syncPeriod
    self.slowStepSize = slowStepSize
    contents = Mutex(Contents(slow: inner.parameters.map { $0.parameter.value.detached }))
  }

  /// The parameters of the inner optimizer.
  public var parameters: Parameters { inner.parameters }

  /// The inner optimizer's rate.
  public var learningRate: Double {
    get { inner.learningRate }
    set { inner.learningRate = newValue }
  }

  /// `lookahead` and the inner optimizer's kind.
  public var kind: String { "lookahead(\(inner.kind))" }

  /// Takes a step of the inner optimizer, and synchronises after every k-th.
  public func step(_ gradients: Gradients) {
    inner.step(gradients)
    contents.withLock { contents in
      contents.stepsSinceSync += 1
      if contents.stepsSinceSync < syncPeriod { return }
      contents.stepsSinceSync = 0
      for (i, element) in parameters.enumerated() {
        contents.slow[i].makeUnique()
        element.parameter.update { fast in
          OptimizerSteps.lookahead(
            slow: contents.slow[i], fast: &fast, slowStepSize: slowStepSize)
        }
      }
    }
  }

  /// Runs `body` with the parameters at the slow weights, which most often generalise better, and
  /// restores the fast ones.
  public func withSlowWeights<Result, Failure: Error>(
    _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let slow = contents.withLock { $0.slow }
    let fast = parameters.map { $0.parameter.value }
    for (element, value) in zip(parameters, slow) { element.parameter.value = value }
    defer { for (element, value) in zip(parameters, fast) { element.parameter.value = value } }
    return try body()
  }

  // A wrapper inside this one has its own slow weights, so the kind of what is inside is in the names.
  private var prefix: String { inner.kind.hasPrefix("lookahead") ? inner.kind + "." : "" }
  private var slowName: String { prefix + "slow" }
  private var counterName: String { prefix + "lookahead.stepsSinceSync" }

  /// The inner state, the slow weights and the steps since they last moved.
  public var state: OptimizerState {
    var state = inner.state
    state.kind = kind
    contents.withLock { contents in
      state.counters[counterName] = contents.stepsSinceSync
      for (element, slow) in zip(parameters, contents.slow) {
        state.tensors["\(element.name).\(slowName)"] = slow
      }
    }
    return state
  }

  /// Goes on from a snapshot.
  public func load(_ state: OptimizerState) throws(OptimizerStateError) {
    try state.require(kind: kind)
    let stepsSinceSync = try state.counter(counterName)
    var slow = [Tensor]()
    for element in parameters { slow.append(try state.tensor(slowName, of: element)) }
    var innerState = state
    innerState.kind = inner.kind
    try inner.load(innerState)
    let loaded = slow
    contents.withLock { $0 = Contents(slow: loaded, stepsSinceSync: stepsSinceSync) }
  }
}
