import Autograd
import Synchronization
import Tensor

/// The step size α of Lookahead's slow weights, φ ← (1 − α)φ + αθ.
public enum SlowStepSize: Sendable {
  /// The same α at every synchronization, above 0 and at most 1.
  case fixed(Double)
  /// The α that is best on a quadratic, for all parameters together (Zhang et al., 2019,
  /// proposition 1):
  ///
  /// α = min(max(1 + (d·g) / (d·Ad), minimum), 1) with d = φ − θ, the gradient g at the fast
  /// weights θ and a diagonal estimate A of the curvature there. The (k + 1)-th gradient of each
  /// period is used for it, and not for a step of the inner optimizer.
  case adaptive(minimum: Double, curvature: Curvature)
}

/// The source of the diagonal curvature of an adaptive slow step size.
public enum Curvature: Sendable {
  /// The mean of squared gradients that the inner optimizer keeps as `exp_avg_sq`, corrected for
  /// its start: the diagonal of the empirical Fisher matrix. Adam and its variants have it.
  case secondMoment
  /// A function that returns a tensor of the shape of the parameter.
  case given(@Sendable (Parameters.Element) -> Tensor)
}

/// What happens to the state of the inner optimizer when Lookahead synchronizes.
public enum InnerStatePolicy: String, Sendable, CaseIterable {
  /// The state stays.
  case keep
  /// The state is reset, with the count of steps: the inner optimizer starts anew.
  case reset
  /// Every running mean is treated like the weights, m ← (1 − α)·slow m + α·m, slow m ← m.
  case pullBack = "pull-back"
}

/// A wrapper whose slow weights follow those of another optimizer every few steps. (Zhang et al.,
/// 2019, 1907.08610)
///
/// After every k = `syncPeriod` steps of the inner optimizer the slow weights φ move toward the
/// fast ones θ, φ ← (1 − α)φ + αθ, and θ ← φ. The slow weights start at the parameters when the
/// wrapper is created, and are what to evaluate: ``evaluationWeights``. α = 1 is the inner
/// optimizer itself. A schedule changes the inner learning rate only. The wrapper costs a copy of
/// the weights, and one pass over both every k steps.
public final class Lookahead: OptimizerWrapper {
  private struct Contents: Sendable {
    var slow: [Tensor]
    /// The slow running means of each parameter, by name, if they are pulled back.
    var slowMoments: [[String: Tensor]]
    /// The steps since the last synchronization; each parameter has its own, as some may be frozen
    /// for a while.
    var stepsSinceSync: [Int]
  }

  /// The optimizer that takes the steps.
  public let inner: any Optimizer
  /// k, the number of steps between synchronizations.
  public let syncPeriod: Int
  /// α, the step size of the slow weights.
  public let slowStepSize: SlowStepSize
  /// What happens to the state of the inner optimizer at a synchronization.
  public let innerState: InnerStatePolicy
  private let contents: Mutex<Contents>

  /// Creates a wrapper around an optimizer.
  ///
  /// - Parameters:
  ///   - inner: The optimizer that takes the steps.
  ///   - syncPeriod: k, at least 1.
  ///   - slowStepSize: α, fixed or adaptive.
  ///   - innerState: What happens to the state of the inner optimizer at a synchronization.
  public init(
    _ inner: any Optimizer, syncPeriod: Int = 5, slowStepSize: SlowStepSize,
    innerState: InnerStatePolicy = .keep
  ) {
    require(syncPeriod >= 1, "lookahead: syncPeriod must be at least 1, got \(syncPeriod)")
    switch slowStepSize {
    case .fixed(let size), .adaptive(let size, _):
      require(
        size > 0 && size <= 1,
        "lookahead: slowStepSize must be above 0 and at most 1, got \(size)")
    }
    self.inner = inner
    self.syncPeriod = syncPeriod
    self.slowStepSize = slowStepSize
    self.innerState = innerState
    let moments = inner.parameters.indices.map { position -> [String: Tensor] in
      var moments = [String: Tensor]()
      if innerState == .pullBack {
        inner.updateMoments(ofParameterAt: position) { moments[$0] = $1 }
      }
      return moments
    }
    if case .adaptive(_, .secondMoment) = slowStepSize {
      for position in inner.parameters.indices {
        require(
          inner.secondMoment(ofParameterAt: position) != nil,
          "lookahead: \(inner.name) keeps no mean of squared gradients to take the curvature from")
      }
    }
    contents = Mutex(
      Contents(
        slow: inner.parameters.map(\.parameter.storedValue), slowMoments: moments,
        stepsSinceSync: inner.parameters.map { _ in 0 }))
  }

  /// Creates a wrapper around an optimizer with the same α at every synchronization.
  public convenience init(
    _ inner: any Optimizer, syncPeriod: Int = 5, slowStepSize: Double = 0.5,
    innerState: InnerStatePolicy = .keep
  ) {
    self.init(
      inner, syncPeriod: syncPeriod, slowStepSize: .fixed(slowStepSize), innerState: innerState)
  }

  /// `lookahead` around the name of the inner optimizer.
  public var name: String { "lookahead(\(inner.name))" }

  /// Takes a step of the inner optimizer, and synchronizes after every k-th.
  ///
  /// With an adaptive α the synchronization waits for the gradient after the k-th step, and uses it
  /// in place of a step.
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
      switch innerState {
      case .keep: break
      case .reset: inner.resetState(ofParameterAt: position)
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

  /// Returns the α of proposition 1, over all parameters that have gradients.
  private func bestStepSize(
    _ gradients: Gradients, _ positions: [Int], _ minimum: Double, _ curvature: Curvature,
    _ contents: Contents
  ) -> Double {
    var (along, across) = (0.0, 0.0)
    for (i, position) in positions.enumerated() {
      let element = parameters[position]
      let d = contents.slow[position] - element.parameter.storedValue
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

  /// The slow weights, which usually generalize better than the fast ones.
  public var evaluationWeights: [Tensor] { contents.withLock { $0.slow } }

  /// Resets the state of the inner optimizer, and the slow weights to the parameter.
  public func resetState(ofParameterAt position: Int) {
    contents.withLock { contents in
      inner.resetState(ofParameterAt: position)
      contents.slow[position] = parameters[position].parameter.storedValue
      contents.stepsSinceSync[position] = 0
      guard innerState == .pullBack else { return }
      inner.updateMoments(ofParameterAt: position) { contents.slowMoments[position][$0] = $1 }
    }
  }

  /// The inner state, the slow weights and the steps since they last moved.
  public var state: OptimizerState {
    contents.withLock { contents in
      var state = OptimizerState(optimizer: name)
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

  /// Restores a snapshot.
  public func load(_ state: OptimizerState) throws(OptimizerStateError) {
    try state.require(name)
    var loaded = contents.withLock { $0 }
    for (i, element) in parameters.enumerated() {
      loaded.stepsSinceSync[i] = try state.counter("\(element.name).steps_since_sync")
      loaded.slow[i] = try state.tensor("\(element.name).slow", like: loaded.slow[i])
      for (name, moment) in loaded.slowMoments[i] {
        loaded.slowMoments[i][name] = try state.tensor(
          "\(element.name).slow.\(name)", like: moment)
      }
    }
    try inner.load(state.part("inner", of: inner))
    let result = loaded
    contents.withLock { $0 = result }
  }
}
