import Autograd
import Synchronization
import Tensor

/// Two optimizers, the second of which takes over from the first: Adam's quick start and then SGD,
/// for example. (Keskar and Socher, 2017, 1712.07628, choose the time of the switch from the
/// gradients; here it is given.)
///
/// The second optimizer starts with a fresh state, at the weights of the switch. ``learningRate``
/// is that of the first; that of the second follows in the proportion that the two had when the
/// switch was created, so that one schedule serves both.
public final class Switched: Optimizer {
  /// When the second optimizer takes over.
  public enum Trigger: Sendable {
    /// After a number of steps.
    case step(Int)
    /// When more than `patience` validation losses in a row were not lower than the best one
    /// before.
    case plateau(patience: Int)
  }

  private struct Contents: Sendable {
    var steps = 0
    var isSecond = false
    var bestLoss = Double.infinity
    var staleLosses = 0
  }

  /// The optimizer that starts.
  public let first: any Optimizer
  /// The optimizer that follows.
  public let second: any Optimizer
  /// When it takes over.
  public let trigger: Trigger
  private let proportion: Double
  private let contents = Mutex(Contents())

  /// Creates a switch between two optimizers of the same parameters.
  ///
  /// The first must have a learning rate above 0.
  public init(_ first: any Optimizer, to second: any Optimizer, at trigger: Trigger) {
    require(
      first.parameters.isSame(as: second.parameters),
      "Switched: \(first.name) and \(second.name) must have the same parameters")
    require(first.learningRate > 0, "Switched: the learning rate of \(first.name) must be above 0")
    switch trigger {
    case .step(let count):
      require(count >= 0, "Switched: the number of steps must be at least 0, got \(count)")
    case .plateau(let patience):
      require(patience >= 0, "Switched: patience must be at least 0, got \(patience)")
    }
    self.first = first
    self.second = second
    self.trigger = trigger
    proportion = min(second.learningRate / first.learningRate, .greatestFiniteMagnitude)
  }

  /// The parameters of both.
  public var parameters: Parameters { first.parameters }

  /// `switch` around both names.
  public var name: String { "switch(\(first.name), \(second.name))" }

  /// Whether the second optimizer has taken over.
  public var isSecond: Bool { contents.withLock { $0.isSecond } }

  private var active: any Optimizer { isSecond ? second : first }

  /// The learning rate of the first optimizer; that of the second is in proportion, as far as a
  /// number can be.
  public var learningRate: Double {
    get { first.learningRate }
    set {
      first.learningRate = newValue
      second.learningRate = min(newValue * proportion, .greatestFiniteMagnitude)
    }
  }

  /// The weight decay of the active optimizer; setting it changes both.
  public var weightDecay: Double {
    get { active.weightDecay }
    set {
      first.weightDecay = newValue
      second.weightDecay = newValue
    }
  }

  /// The momentum of the active optimizer.
  public var momentum: Double {
    get { active.momentum }
    set { active.momentum = newValue }
  }

  /// Takes a step of the active optimizer.
  public func step(_ gradients: Gradients) {
    contents.withLock { contents in
      if !contents.isSecond, case .step(let count) = trigger, contents.steps >= count {
        hand(over: &contents)
      }
      contents.steps += 1
      (contents.isSecond ? second : first).step(gradients)
    }
  }

  /// Observes a validation loss, which may trigger ``Trigger/plateau(patience:)``, and forwards it
  /// to both optimizers.
  public func observe(validationLoss loss: Double) {
    first.observe(validationLoss: loss)
    second.observe(validationLoss: loss)
    contents.withLock { contents in
      guard case .plateau(let patience) = trigger, !contents.isSecond else { return }
      if loss < contents.bestLoss {
        contents.bestLoss = loss
        contents.staleLosses = 0
      } else {
        contents.staleLosses += 1
        if contents.staleLosses > patience { hand(over: &contents) }
      }
    }
  }

  private func hand(over contents: inout Contents) {
    contents.isSecond = true
    for position in parameters.indices { second.resetState(ofParameterAt: position) }
  }

  /// The evaluation weights of the active optimizer.
  public var evaluationWeights: [Tensor] { active.evaluationWeights }

  /// Resets the states of both.
  public func resetState(ofParameterAt position: Int) {
    first.resetState(ofParameterAt: position)
    second.resetState(ofParameterAt: position)
  }

  /// Calls `body` with the running means of both; their names begin with `first.` and `second.`.
  public func updateMoments(
    ofParameterAt position: Int, _ body: (_ name: String, _ moment: inout Tensor) -> Void
  ) {
    first.updateMoments(ofParameterAt: position) { body("first.\($0)", &$1) }
    second.updateMoments(ofParameterAt: position) { body("second.\($0)", &$1) }
  }

  /// Returns the mean of squared gradients of the active optimizer.
  public func secondMoment(ofParameterAt position: Int) -> Tensor? {
    active.secondMoment(ofParameterAt: position)
  }

  /// The states of both, and which one is active.
  public var state: OptimizerState {
    var state = OptimizerState(optimizer: name)
    state.embed(first.state, as: "first")
    state.embed(second.state, as: "second")
    contents.withLock { contents in
      state.counters["steps"] = contents.steps
      state.counters["is_second"] = contents.isSecond ? 1 : 0
      state.counters["stale_losses"] = contents.staleLosses
      state.tensors["best_loss"] = Tensor(repeating: contents.bestLoss, shape: [], dtype: .float64)
    }
    return state
  }

  /// Restores a snapshot.
  public func load(_ state: OptimizerState) throws(OptimizerStateError) {
    try state.require(name)
    let best = try state.tensor("best_loss", like: Tensor.zeros([], dtype: .float64))
    let loaded = Contents(
      steps: try state.counter("steps"), isSecond: try state.counter("is_second") != 0,
      bestLoss: best.scalar(), staleLosses: try state.counter("stale_losses"))
    let before = first.state
    try first.load(state.part("first", of: first))
    do {
      try second.load(state.part("second", of: second))
    } catch {
      try first.load(before)
      throw error
    }
    contents.withLock { $0 = loaded }
  }
}
