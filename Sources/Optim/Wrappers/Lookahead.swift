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

/// The loop around another optimizer: slow weights that take a step every few steps of the inner
/// one. (Zhang et al., 2019, 1907.08610)
///
/// After every k = `syncPeriod` steps of the inner optimizer the way from the fast weights θ back
/// to the slow ones φ is the gradient Δ = φ − θ of a step of the outer optimizer, φ ← outer(φ, Δ),
/// and θ ← φ. Gradient descent of rate α outside is the paper's Lookahead, φ ← (1 − α)φ + αθ:
/// ```swift
/// Lookahead(AdamW(parameters), syncPeriod: 5, slowStepSize: 0.5)
/// ```
/// Any other optimizer of the slow weights can take its place:
/// ```swift
/// Lookahead(AdamW(parameters), syncPeriod: 30) {
///   SGD($0, learningRate: 0.7, momentum: 0.9, nesterov: true)
/// }
/// ```
/// Those of papers have names: `diLoCo`, `snoo`, `fedAvg`, `fedAdam`. Several workers that go k
/// steps by themselves share one outer step, ``workers``. The slow weights start at the parameters
/// when the wrapper is created, and are what to evaluate: ``evaluationWeights``. They have not
/// moved before the first k steps are done. α = 1 is the inner optimizer itself. A schedule changes
/// the inner learning rate only. The wrapper costs a copy of the weights and the state of the outer
/// optimizer, and a pass over them every k steps.
public final class Lookahead: OptimizerWrapper {
  private struct Contents: Sendable {
    /// The slow running means of each parameter, by name, if they are pulled back.
    var slowMoments: [[String: Tensor]]
    /// The steps since the last synchronization; each parameter has its own, as some may be frozen
    /// for a while.
    var stepsSinceSync: [Int]
  }

  /// The optimizer that takes the steps.
  public let inner: any Optimizer
  /// The optimizer of the slow weights, or `nil` where they follow by a ``slowStepSize``.
  public let outer: (any Optimizer)?
  /// k, the number of steps between synchronizations.
  public let syncPeriod: Int
  /// α, the step size of the slow weights, or `nil` where an ``outer`` optimizer moves them.
  public let slowStepSize: SlowStepSize?
  /// What happens to the state of the inner optimizer at a synchronization.
  public let innerState: InnerStatePolicy
  /// The workers whose fast weights move the slow ones together.
  public let workers: any Communicator
  /// w, the part of this worker in Δ.
  private let share: Double
  /// φ, under the names of the parameters.
  private let slow: Parameters
  private let contents: Mutex<Contents>

  /// Creates a wrapper whose slow weights follow the fast ones.
  ///
  /// - Parameters:
  ///   - inner: The optimizer that takes the steps.
  ///   - syncPeriod: k, at least 1.
  ///   - slowStepSize: α, fixed or adaptive.
  ///   - innerState: What happens to the state of the inner optimizer at a synchronization.
  public convenience init(
    _ inner: any Optimizer, syncPeriod: Int = 5, slowStepSize: SlowStepSize,
    innerState: InnerStatePolicy = .keep
  ) {
    switch slowStepSize {
    case .fixed(let size), .adaptive(let size, _):
      require(
        size > 0 && size <= 1,
        "lookahead: slowStepSize must be above 0 and at most 1, got \(size)")
    }
    if case .adaptive(_, .secondMoment) = slowStepSize {
      for position in inner.parameters.indices {
        require(
          inner.secondMoment(ofParameterAt: position) != nil,
          "lookahead: \(inner.name) keeps no mean of squared gradients to take the curvature from")
      }
    }
    self.init(
      inner, syncPeriod, slowStepSize, nil, Self.slowWeights(of: inner), OneWorker(), 1, innerState)
  }

  /// Creates a wrapper around an optimizer with the same α at every synchronization.
  public convenience init(
    _ inner: any Optimizer, syncPeriod: Int = 5, slowStepSize: Double = 0.5,
    innerState: InnerStatePolicy = .keep
  ) {
    self.init(
      inner, syncPeriod: syncPeriod, slowStepSize: .fixed(slowStepSize), innerState: innerState)
  }

  /// Creates a wrapper whose slow weights are moved by an optimizer of their own, on one worker or
  /// on several.
  ///
  /// The outer learning rate is that of the optimizer that `outer` makes, whatever the schedule of
  /// the inner one. Several workers start from the weights of worker 0, take `syncPeriod` steps
  /// without the others, each on its own examples, and then the same outer step with Δ = Σ wᵢ(φ −
  /// θᵢ). All of them create the wrapper, with the same settings but the weight, and take the same
  /// number of steps.
  ///
  /// - Parameters:
  ///   - inner: The optimizer that takes the steps.
  ///   - syncPeriod: k, at least 1.
  ///   - outer: Makes the outer optimizer of the slow weights, which it is given.
  ///   - workers: The workers; the weights of each are those of its own model.
  ///   - weight: The weight of this worker, such as the number of its examples; wᵢ is its part of
  ///     the sum of all.
  ///   - innerState: What happens to the state of the inner optimizer at a synchronization, keep or
  ///     reset; there is no α to pull it back by.
  public convenience init(
    _ inner: any Optimizer, syncPeriod: Int = 5, outer: (Parameters) -> any Optimizer,
    across workers: any Communicator = OneWorker(), weight: Double = 1,
    innerState: InnerStatePolicy = .keep
  ) {
    require(
      innerState != .pullBack,
      "lookahead: innerState .pullBack needs a slowStepSize, which an outer optimizer replaces")
    if workers.size > 1 {
      workers.broadcast(inner.parameters)
      // The state of some rules begins with the weights.
      for position in inner.parameters.indices { inner.resetState(ofParameterAt: position) }
    }
    let slow = Self.slowWeights(of: inner)
    let optimizer = outer(slow)
    require(
      optimizer.parameters.isSame(as: slow),
      "lookahead: the parameters of the outer optimizer must be the slow weights that it is given")
    self.init(
      inner, syncPeriod, nil, optimizer, slow, workers, workers.share(weight), innerState)
  }

  private init(
    _ inner: any Optimizer, _ syncPeriod: Int, _ slowStepSize: SlowStepSize?,
    _ outer: (any Optimizer)?, _ slow: Parameters, _ workers: any Communicator, _ share: Double,
    _ innerState: InnerStatePolicy
  ) {
    require(syncPeriod >= 1, "lookahead: syncPeriod must be at least 1, got \(syncPeriod)")
    self.inner = inner
    self.outer = outer
    self.syncPeriod = syncPeriod
    self.slowStepSize = slowStepSize
    self.innerState = innerState
    self.slow = slow
    self.workers = workers
    self.share = share
    let moments = inner.parameters.indices.map { position -> [String: Tensor] in
      var moments = [String: Tensor]()
      if innerState == .pullBack {
        inner.updateMoments(ofParameterAt: position) { moments[$0] = $1 }
      }
      return moments
    }
    contents = Mutex(
      Contents(slowMoments: moments, stepsSinceSync: inner.parameters.map { _ in 0 }))
  }

  /// Returns copies of the parameters of an optimizer.
  private static func slowWeights(of inner: any Optimizer) -> Parameters {
    Parameters(inner.parameters.map { ($0.name, Parameter($0.parameter.storedValue)) })
  }

  /// `lookahead` around the name of the inner optimizer, and of the outer one if there is one.
  public var name: String {
    "lookahead(\(inner.name)\(outer.map { ", outer=\($0.name)" } ?? ""))"
  }

  /// Takes a step of the inner optimizer, and synchronizes after every k-th.
  ///
  /// With an adaptive α the synchronization waits for the gradient after the k-th step, and uses it
  /// in place of a step.
  public func step(_ gradients: Gradients) {
    let positions = positions(of: gradients)
    contents.withLock { contents in
      guard case .adaptive(let minimum, let curvature) = slowStepSize else {
        inner.step(gradients)
        var due = [Int]()
        for position in positions {
          contents.stepsSinceSync[position] += 1
          if contents.stepsSinceSync[position] >= syncPeriod { due.append(position) }
        }
        if let outer {
          if !due.isEmpty { takeStep(of: outer, due, &contents) }
        } else if case .fixed(let size) = slowStepSize {
          follow(due, size, &contents)
        }
        return
      }
      // Frozen parameters may be out of step with the others, which then wait for them.
      if positions.contains(where: { contents.stepsSinceSync[$0] >= syncPeriod }) {
        let size = bestStepSize(gradients, positions, minimum, curvature)
        follow(positions, size, &contents)
      } else {
        inner.step(gradients)
        for position in positions { contents.stepsSinceSync[position] += 1 }
      }
    }
  }

  /// Synchronizes by φ ← (1 − α)φ + αθ.
  private func follow(_ positions: [Int], _ size: Double, _ contents: inout Contents) {
    for position in positions {
      contents.stepsSinceSync[position] = 0
      slow[position].parameter.update { slow in
        parameters[position].parameter.update { fast in
          OptimizerSteps.lookahead(slow: slow, fast: &fast, slowStepSize: size)
        }
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

  /// Synchronizes by a step of the outer optimizer with the gradients Δ = Σ wᵢ(φ − θᵢ).
  private func takeStep(
    of outer: any Optimizer, _ positions: [Int], _ contents: inout Contents
  ) {
    let moving =
      positions.count == slow.count ? slow : Parameters(positions.map { slow[$0] })
    let deltas = zip(positions, moving).map { position, element in
      let delta = element.parameter.storedValue - parameters[position].parameter.storedValue
      return share == 1 ? delta : delta * share
    }
    outer.step(Gradients(workers.sums(of: deltas), for: moving))
    for (position, element) in zip(positions, moving) {
      contents.stepsSinceSync[position] = 0
      parameters[position].parameter.value = element.parameter.storedValue
      if innerState == .reset { inner.resetState(ofParameterAt: position) }
    }
  }

  /// Returns the α of proposition 1, over all parameters that have gradients.
  private func bestStepSize(
    _ gradients: Gradients, _ positions: [Int], _ minimum: Double, _ curvature: Curvature
  ) -> Double {
    var (along, across) = (0.0, 0.0)
    for (i, position) in positions.enumerated() {
      let element = parameters[position]
      let d = slow[position].parameter.storedValue - element.parameter.storedValue
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

  /// Forwards the loss to both optimizers.
  public func observe(validationLoss: Double) {
    inner.observe(validationLoss: validationLoss)
    outer?.observe(validationLoss: validationLoss)
  }

  /// The slow weights, which usually generalize better than the fast ones, or what an outer
  /// optimizer evaluates in their place.
  public var evaluationWeights: [Tensor] {
    // Between the parts of a synchronization they would not belong together.
    contents.withLock { _ in outer?.evaluationWeights ?? slow.map(\.parameter.storedValue) }
  }

  /// Resets the states of both optimizers, and the slow weights to the parameter.
  public func resetState(ofParameterAt position: Int) {
    contents.withLock { contents in
      inner.resetState(ofParameterAt: position)
      slow[position].parameter.value = parameters[position].parameter.storedValue
      outer?.resetState(ofParameterAt: position)
      contents.stepsSinceSync[position] = 0
      guard innerState == .pullBack else { return }
      inner.updateMoments(ofParameterAt: position) { contents.slowMoments[position][$0] = $1 }
    }
  }

  /// Calls `body` with the moments of both optimizers; the names of the outer ones begin with
  /// `outer.`.
  public func updateMoments(
    ofParameterAt position: Int, _ body: (_ name: String, _ moment: inout Tensor) -> Void
  ) {
    inner.updateMoments(ofParameterAt: position, body)
    outer?.updateMoments(ofParameterAt: position) { body("outer.\($0)", &$1) }
  }

  /// The states of both optimizers, the slow weights and the steps since they last moved.
  public var state: OptimizerState {
    contents.withLock { contents in
      var state = OptimizerState(optimizer: name)
      state.embed(inner.state, as: "inner")
      if let outer { state.embed(outer.state, as: "outer") }
      for (i, element) in slow.enumerated() {
        state.counters["\(element.name).steps_since_sync"] = contents.stepsSinceSync[i]
        state.tensors["\(element.name).slow"] = element.parameter.storedValue
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
    var weights = [Tensor]()
    for (i, element) in slow.enumerated() {
      loaded.stepsSinceSync[i] = try state.counter("\(element.name).steps_since_sync")
      weights.append(
        try state.tensor("\(element.name).slow", like: element.parameter.storedValue))
      for (name, moment) in loaded.slowMoments[i] {
        loaded.slowMoments[i][name] = try state.tensor(
          "\(element.name).slow.\(name)", like: moment)
      }
    }
    let before = inner.state
    try inner.load(state.part("inner", of: inner))
    do {
      if let outer { try outer.load(state.part("outer", of: outer)) }
    } catch {
      try inner.load(before)
      throw error
    }
    let result = loaded
    contents.withLock {
      $0 = result
      for (element, weight) in zip(slow, weights) { element.parameter.value = weight }
    }
  }
}
