import Autograd
import Synchronization
import Tensor

/// How far Lookahead's slow weights follow the fast ones: α in φ ← (1 − α)φ + αθ.
public enum SlowStepSize: Sendable {
  /// The same α at every synchronisation, above 0 and at most 1.
  case fixed(Double)
  /// The α that is best on a quadratic, for all parameters together (Zhang et al., 2019, proposition 1):
  ///
  /// α = min(max(1 + (d·g) / (d·Ad), minimum), 1) with d = φ − θ, the gradient g at the fast weights θ and
  /// a diagonal estimate A of the curvature there.  It takes a gradient that no step of the inner optimizer
  /// follows: the (k + 1)-th of each period.
  case adaptive(minimum: Double, curvature: Curvature)
}

/// Where the adaptive slow step size has its diagonal curvature from.
public enum Curvature: Sendable {
  /// The mean of squared gradients that the inner optimizer keeps as `exp_avg_sq`, corrected for its start:
  /// the diagonal of the empirical Fisher matrix.  Adam and its kin have it.
  case secondMoment
  /// What a function says, of the shape of the parameter.
  case given(@Sendable (Parameters.Element) -> Tensor)
}

/// What becomes of the inner optimizer's memory when Lookahead synchronises.
public enum InnerMemory: String, Sendable, CaseIterable {
  /// It stays.
  case keep
  /// It is forgotten, with the count of steps: the inner optimizer starts anew.
  case reset
  /// Every running mean follows as the weights do, m ← (1 − α)·slow m + α·m, slow m ← m.
  case pullBack = "pull-back"
}

/// Looks ahead with another optimizer and follows with a part of its way.  (Zhang et al., 2019, 1907.08610)
///
/// After every k = `syncPeriod` steps of the inner optimizer the slow weights φ move toward the fast ones θ,
/// φ ← (1 − α)φ + αθ, and θ ← φ.  The slow weights start as the parameters are when the wrapper is made.
/// α = 1 is the inner optimizer itself.  A schedule drives the inner rate only.  The wrapper costs a copy of
/// the weights, and one pass over both every k steps.
public final class Lookahead: Optimizer {
  private struct Contents: Sendable {
    var slow: [Tensor]
    /// The slow running means of each parameter, by name, if they are pulled back.
    var slowMoments: [[String: Tensor]]
    /// Since the last synchronisation, for each parameter, as some may be frozen for a while.
    var stepsSinceSync: [Int]
  }

  /// The optimizer that takes the steps.
  public let inner: any Optimizer
  /// k, the number of steps between synchronisations.
  public let syncPeriod: Int
  /// α, the part of the way that the slow weights follow.
  public let slowStepSize: SlowStepSize
  /// What becomes of the inner optimizer's memory at a synchronisation.
  public let innerMemory: InnerMemory
  private let contents: Mutex<Contents>

  /// A wrapper around an optimizer.
  ///
  /// - Parameters:
  ///   - inner: The optimizer that takes the steps.
  ///   - syncPeriod: k, at least 1.
  ///   - slowStepSize: α, fixed or adaptive.
  ///   - innerMemory: What becomes of the inner optimizer's memory at a synchronisation.
  public init(
    _ inner: any Optimizer, syncPeriod: Int = 5, slowStepSize: SlowStepSize,
    innerMemory: InnerMemory = .keep
  ) {
    require(syncPeriod >= 1, "lookahead: a sync period of \(syncPeriod) steps")
    switch slowStepSize {
    case .fixed(let size), .adaptive(let size, _):
      require(
        size > 0 && size <= 1,
        "lookahead: the slow step size \(size) is not above 0 and at most 1")
    }
    self.inner = inner
    self.syncPeriod = syncPeriod
    self.slowStepSize = slowStepSize
    self.innerMemory = innerMemory
    let moments = inner.parameters.indices.map { position -> [String: Tensor] in
      var moments = [String: Tensor]()
      if innerMemory == .pullBack {
        inner.updateMoments(ofParameterAt: position) { moments[$0] = $1 }
      }
      return moments
    }
    if case .adaptive(_, .secondMoment) = slowStepSize {
      for position in inner.parameters.indices {
        require(
          inner.secondMoment(ofParameterAt: position) != nil,
          "lookahead: \(inner.kind) keeps no exp_avg_sq to take the curvature from")
      }
    }
    contents = Mutex(
      Contents(
        slow: inner.parameters.map { $0.parameter.value.detached }, slowMoments: moments,
        stepsSinceSync: inner.parameters.map { _ in 0 }))
  }

  /// A wrapper around an optimizer with the same α at every synchronisation.
  public convenience init(
    _ inner: any Optimizer, syncPeriod: Int = 5, slowStepSize: Double = 0.5,
    innerMemory: InnerMemory = .keep
  ) {
    self.init(
      inner, syncPeriod: syncPeriod, slowStepSize: .fixed(slowStepSize), innerMemory: innerMemory)
  }

  /// The parameters of the inner optimizer.
  public var parameters: Parameters { inner.parameters }

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

  /// `lookahead` and the inner optimizer's kind.
  public var kind: String { "lookahead(\(inner.kind))" }

  /// Tells the inner optimizer.
  public func report(_ loss: Double) { inner.report(loss) }

  /// Takes a step of the inner optimizer, and synchronises after every k-th.
  ///
  /// With an adaptive α the synchronisation waits for the gradient after the k-th step, and takes it.
  public func step(_ gradients: Gradients) {
    let positions = positions(of: gradients)
    contents.withLock { contents in
      switch slowStepSize {
      case .fixed(let size):
        inner.step(gradients)
        var due = [Int]()
        for position in positions {
          contents.stepsSinceSync[position] += 1
          if contents.stepsSinceSync[position] >= syncPeriod { due.append(position) }
        }
        synchronize(due, size, &contents)
      case .adaptive(let minimum, let curvature):
        // Frozen parameters may be out of step with the others, which then wait for them.
        if positions.contains(where: { contents.stepsSinceSync[$0] >= syncPeriod }) {
          let size = bestStepSize(gradients, positions, minimum, curvature, contents)
          synchronize(positions, size, &contents)
        } else {
          inner.step(gradients)
          for position in positions { contents.stepsSinceSync[position] += 1 }
        }
      }
    }
  }

  private func synchronize(_ positions: [Int], _ size: Double, _ contents: inout Contents) {
    for position in positions {
      contents.stepsSinceSync[position] = 0
      contents.slow[position].makeUnique()
      parameters[position].parameter.update { fast in
        OptimizerSteps.lookahead(
          slow: contents.slow[position], fast: &fast, slowStepSize: size)
      }
      switch innerMemory {
      case .keep: break
      case .reset: inner.resetMemory(ofParameterAt: position)
      case .pullBack:
        inner.updateMoments(ofParameterAt: position) { name, moment in
          contents.slowMoments[position][name]?.makeUnique()
          guard let slow = contents.slowMoments[position][name] else { return }
          moment.makeUnique()
          OptimizerSteps.lookahead(slow: slow, fast: &moment, slowStepSize: size)
        }
      }
    }
  }

  /// α of proposition 1, over all the parameters that have gradients.
  private func bestStepSize(
    _ gradients: Gradients, _ positions: [Int], _ minimum: Double, _ curvature: Curvature,
    _ contents: Contents
  ) -> Double {
    var (along, across) = (0.0, 0.0)
    for (i, position) in positions.enumerated() {
      let element = parameters[position]
      let d = contents.slow[position] - element.parameter.value
      let diagonal =
        switch curvature {
        case .secondMoment: inner.secondMoment(ofParameterAt: position)
        case .given(let function): Optional(function(element))
        }
      guard let diagonal else { continue }
      along += (d * gradients[i]).sum().scalar()
      across += (d * d * diagonal).sum().scalar()
    }
    // Without curvature along the way the quadratic is a line, which is best at its end.
    let size = across > 0 ? 1 + along / across : 1
    return size.isNaN ? minimum : min(max(size, minimum), 1)
  }

  /// Runs `body` with the parameters at the slow weights, which most often generalise better, and
  /// restores the fast ones.
  public func withSlowWeights<Result, Failure: Error>(
    _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try withWeights(contents.withLock { $0.slow }, body)
  }

  /// The slow weights.
  public var evaluationWeights: [Tensor] { contents.withLock { $0.slow } }

  /// Forgets what the inner optimizer remembers, and starts the slow weights at the parameter.
  public func resetMemory(ofParameterAt position: Int) {
    contents.withLock { contents in
      inner.resetMemory(ofParameterAt: position)
      contents.slow[position] = parameters[position].parameter.value.detached
      contents.stepsSinceSync[position] = 0
      guard innerMemory == .pullBack else { return }
      inner.updateMoments(ofParameterAt: position) { contents.slowMoments[position][$0] = $1 }
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

  /// The inner state, the slow weights and the steps since they last moved.
  public var state: OptimizerState {
    contents.withLock { contents in
      var state = OptimizerState(kind: kind)
      state.embed(inner.state, as: "inner")
      for (i, element) in parameters.enumerated() {
        state.counters["\(element.name).steps_since_sync"] = contents.stepsSinceSync[i]
        state.tensors["\(element.name).slow"] = contents.slow[i]
        for (name, moment) in contents.slowMoments[i] {
          state.tensors["\(element.name).slow.\(name)"] = moment.contiguous
        }
      }
      return state
    }
  }

  /// Goes on from a snapshot.
  public func load(_ state: OptimizerState) throws(OptimizerStateError) {
    try state.require(kind: kind)
    var loaded = contents.withLock { $0 }
    for (i, element) in parameters.enumerated() {
      loaded.stepsSinceSync[i] = try state.counter("\(element.name).steps_since_sync")
      loaded.slow[i] = try state.tensor("\(element.name).slow", like: loaded.slow[i])
      for (name, moment) in loaded.slowMoments[i] {
        loaded.slowMoments[i][name] = try state.tensor(
          "\(element.name).slow.\(name)", like: moment)
      }
    }
    try inner.load(state.part("inner", kind: inner.kind))
    let result = loaded
    contents.withLock { $0 = result }
  }
}
