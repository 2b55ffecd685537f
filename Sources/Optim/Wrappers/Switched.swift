import Autograd
import Synchronization
import Tensor

/// One optimizer first, another one later: Adam's quick start and SGD's end, for example.
/// (Keskar and Socher, 2017, 1712.07628, choose the moment from the gradients; here it is given.)
///
/// The second optimizer starts clean, at the weights of the moment.  ``learningRate`` is the first one's;
/// the second's follows in the proportion that the two had when this one was made, so that one schedule
/// drives both.
public final class Switched: Optimizer {
  /// When the second optimizer takes over.
  public enum Moment: Sendable {
    /// After a number of steps.
    case step(Int)
    /// When more than `patience` reports in a row were not lower than the best one before.
    case plateau(patience: Int)
  }

  private struct Contents: Sendable {
    var steps = 0
    var isSecond = false
    var bestLoss = Double.infinity
    var staleReports = 0
  }

  /// The optimizer that starts.
  public let first: any Optimizer
  /// The optimizer that follows.
  public let second: any Optimizer
  /// When it takes over.
  public let moment: Moment
  private let proportion: Double
  private let contents = Mutex(Contents())

  /// Two optimizers of the same parameters, one after the other.
  ///
  /// The first must have a learning rate above 0.
  public init(_ first: any Optimizer, to second: any Optimizer, at moment: Moment) {
    require(
      first.parameters.isSame(as: second.parameters),
      "switch: \(first.kind) and \(second.kind) are not of the same parameters")
    require(first.learningRate > 0, "switch: the learning rate of \(first.kind) is 0")
    switch moment {
    case .step(let count): require(count >= 0, "switch: after \(count) steps")
    case .plateau(let patience): require(patience >= 0, "switch: a patience of \(patience)")
    }
    self.first = first
    self.second = second
    self.moment = moment
    proportion = second.learningRate / first.learningRate
  }

  /// The parameters of both.
  public var parameters: Parameters { first.parameters }

  /// `switch` and both kinds.
  public var kind: String { "switch(\(first.kind), \(second.kind))" }

  /// Whether the second optimizer has taken over.
  public var isSecond: Bool { contents.withLock { $0.isSecond } }

  private var active: any Optimizer { isSecond ? second : first }

  /// The rate of the first optimizer; the second's is in proportion.
  public var learningRate: Double {
    get { first.learningRate }
    set {
      first.learningRate = newValue
      second.learningRate = newValue * proportion
    }
  }

  /// The decay of the one that is at work; both are set.
  public var weightDecay: Double {
    get { active.weightDecay }
    set {
      first.weightDecay = newValue
      second.weightDecay = newValue
    }
  }

  /// The momentum of the one that is at work.
  public var momentum: Double {
    get { active.momentum }
    set { active.momentum = newValue }
  }

  /// Takes a step of the one whose turn it is.
  public func step(_ gradients: Gradients) {
    contents.withLock { contents in
      if !contents.isSecond, case .step(let count) = moment, contents.steps >= count {
        hand(over: &contents)
      }
      contents.steps += 1
      (contents.isSecond ? second : first).step(gradients)
    }
  }

  /// Tells a loss, lower is better, after which ``Moment/plateau(patience:)`` may have come.
  ///
  /// Both optimizers hear of it too.
  public func report(_ loss: Double) {
    first.report(loss)
    second.report(loss)
    contents.withLock { contents in
      guard case .plateau(let patience) = moment, !contents.isSecond else { return }
      if loss < contents.bestLoss {
        contents.bestLoss = loss
        contents.staleReports = 0
      } else {
        contents.staleReports += 1
        if contents.staleReports > patience { hand(over: &contents) }
      }
    }
  }

  private func hand(over contents: inout Contents) {
    contents.isSecond = true
    for position in parameters.indices { second.resetMemory(ofParameterAt: position) }
  }

  /// The weights of the one that is at work.
  public var evaluationWeights: [Tensor] { active.evaluationWeights }

  /// Forgets what both remember.
  public func resetMemory(ofParameterAt position: Int) {
    first.resetMemory(ofParameterAt: position)
    second.resetMemory(ofParameterAt: position)
  }

  /// The running means of both, with names that tell them apart.
  public func updateMoments(
    ofParameterAt position: Int, _ body: (_ name: String, _ moment: inout Tensor) -> Void
  ) {
    first.updateMoments(ofParameterAt: position) { body("first.\($0)", &$1) }
    second.updateMoments(ofParameterAt: position) { body("second.\($0)", &$1) }
  }

  /// The mean of squared gradients of the one that is at work.
  public func secondMoment(ofParameterAt position: Int) -> Tensor? {
    active.secondMoment(ofParameterAt: position)
  }

  /// The states of both, and whose turn it is.
  public var state: OptimizerState {
    var state = OptimizerState(kind: kind)
    state.embed(first.state, as: "first")
    state.embed(second.state, as: "second")
    contents.withLock { contents in
      state.counters["steps"] = contents.steps
      state.counters["is_second"] = contents.isSecond ? 1 : 0
      state.counters["stale_reports"] = contents.staleReports
      state.tensors["best_loss"] = Tensor(repeating: contents.bestLoss, shape: [], dtype: .float64)
    }
    return state
  }

  /// Goes on from a snapshot.
  public func load(_ state: OptimizerState) throws(OptimizerStateError) {
    try state.require(kind: kind)
    let best = try state.tensor("best_loss", like: Tensor.zeros([], dtype: .float64))
    let loaded = Contents(
      steps: try state.counter("steps"), isSecond: try state.counter("is_second") != 0,
      bestLoss: best.scalar(), staleReports: try state.counter("stale_reports"))
    let before = first.state
    try first.load(state.part("first", kind: first.kind))
    do {
      try second.load(state.part("second", kind: second.kind))
    } catch {
      try first.load(before)
      throw error
    }
    contents.withLock { $0 = loaded }
  }
}
