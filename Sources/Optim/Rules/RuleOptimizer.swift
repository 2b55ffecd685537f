import Autograd
import Synchronization
import Tensor

/// An optimizer that applies one ``UpdateRule`` to each of its parameters, in place.
///
/// It is `@unchecked Sendable` because the named optimizers are subclasses: all mutable state is
/// behind one lock here, and they add nothing but an initializer.
public class RuleOptimizer<Rule: UpdateRule>: Optimizer, @unchecked Sendable {
  private struct Contents: Sendable {
    var learningRate: Double
    var weightDecay: Double
    var momentum: Double
    /// The rule of each parameter.
    var rules: [Rule]
    /// What else belongs to each parameter.
    var entries: [Entry]
  }

  /// The parameters that ``step(_:)`` changes.
  public let parameters: Parameters
  /// The name of the rule.
  public let name: String
  private let direction: Double
  private let contents: Mutex<Contents>

  /// Creates an optimizer of `parameters` by a rule.
  ///
  /// - Parameters:
  ///   - rule: The update of a parameter.
  ///   - parameters: The parameters to optimize.
  ///   - learningRate: The base learning rate.
  ///   - maximize: Whether to maximize the objective instead of minimizing it.
  ///   - groups: Parameters that are treated differently; the first group that includes one
  ///     decides.
  ///   - change: Changes the rule of a parameter before its state is created; groups apply after
  ///     it.
  public init(
    _ rule: Rule, _ parameters: Parameters, learningRate: Double, maximize: Bool = false,
    groups: [ParameterGroup] = [],
    adjusting change: ((inout Rule, Parameters.Element) -> Void)? = nil
  ) {
    requireRate(learningRate, rule.name)
    require(
      rule.weightDecay.rate >= 0 && rule.weightDecay.rate.isFinite,
      """
      \(rule.name): the weight decay must be a finite number of at least 0, got \
      \(rule.weightDecay.rate)
      """
    )
    let members = groups.map { $0.members(of: parameters) }
    self.parameters = parameters
    name = rule.name
    direction = maximize ? -1 : 1
    var rules: [Rule] = []
    let entries = parameters.enumerated().map { i, element in
      let group = zip(groups, members).first { $0.1[i] }?.0
      var own = rule
      change?(&own, element)
      if let decay = group?.weightDecay { own.weightDecay.rate = decay }
      if let momentum = group?.momentum { own.momentum = momentum }
      let state = own.initialState(of: element.parameter.storedValue)
      rules.append(own)
      return Entry(
        learningRateScale: group?.learningRateScale ?? 1,
        ownsWeightDecay: group?.weightDecay != nil, ownsMomentum: group?.momentum != nil,
        slots: state.map { Entry.Slot(name: $0.name, isMoment: $0.isMoment) },
        state: state.map(\.initial))
    }
    contents = Mutex(
      Contents(
        learningRate: learningRate, weightDecay: rule.weightDecay.rate, momentum: rule.momentum,
        rules: rules, entries: entries))
  }

  /// The base learning rate, at least 0; a group multiplies it by its scale.
  public var learningRate: Double {
    get { contents.withLock { $0.learningRate } }
    set {
      requireRate(newValue, name)
      contents.withLock { $0.learningRate = newValue }
    }
  }

  /// The weight decay of the parameters whose group does not set it.
  public var weightDecay: Double {
    get { contents.withLock { $0.weightDecay } }
    set {
      require(newValue >= 0, "\(name): the weight decay must be at least 0, got \(newValue)")
      contents.withLock { contents in
        contents.weightDecay = newValue
        for i in contents.entries.indices where !contents.entries[i].ownsWeightDecay {
          contents.rules[i].weightDecay.rate = newValue
        }
      }
    }
  }

  /// The momentum of the parameters whose group does not set it.
  ///
  /// It cannot change from 0 to another value, nor to 0.
  public var momentum: Double {
    get { contents.withLock { $0.momentum } }
    set {
      contents.withLock { contents in
        require(
          (contents.momentum == 0) == (newValue == 0),
          "\(name): a momentum of \(contents.momentum) cannot become \(newValue)")
        contents.momentum = newValue
        for i in contents.entries.indices where !contents.entries[i].ownsMomentum {
          contents.rules[i].momentum = newValue
        }
      }
    }
  }

  /// Changes the rule of the parameters that `includes` chooses, from the next step on: any
  /// hyper-parameter, such as `beta2`, for some parameters alone.
  ///
  /// A change that needs state of other names stops the program.
  public func adjust(
    where includes: (Parameters.Element) -> Bool = { _ in true }, _ change: (inout Rule) -> Void
  ) {
    contents.withLock { contents in
      for (i, element) in parameters.enumerated() where includes(element) {
        change(&contents.rules[i])
        let value = element.parameter.storedValue
        let names = contents.rules[i].initialState(of: value).map(\.name)
        require(
          names == contents.entries[i].slots.map(\.name),
          "\(name): the change of '\(element.name)' needs other state: \(names)")
      }
    }
  }

  /// Returns the rule of the parameter at a position.
  public func rule(ofParameterAt position: Int) -> Rule {
    contents.withLock { $0.rules[position] }
  }

  /// The number of steps taken: the most that any parameter took.
  public var stepCount: Int {
    contents.withLock { $0.entries.map(\.stepCount).max() ?? 0 }
  }

  /// Changes each parameter that has a gradient by one step of the rule.
  public func step(_ gradients: Gradients) {
    DebugBuild.noteOnce()
    let positions = positions(of: gradients)
    let gradients = direction == 1 ? gradients : gradients.scaled(by: direction)
    contents.withLock { contents in
      for (i, position) in positions.enumerated() {
        step(parameters[position], position, &contents, i, gradients)
      }
    }
  }

  private func step(
    _ element: Parameters.Element, _ position: Int, _ contents: inout Contents, _ i: Int,
    _ gradients: Gradients
  ) {
    let rule = contents.rules[position]
    let scales = rule.scalesGradient
    let rate = contents.learningRate * contents.entries[position].learningRateScale
    let context = contents.entries[position].nextStep(
      learningRate: rate, gradientScale: scales ? gradients.scale : 1)
    element.parameter.update { value in
      rule.apply(
        to: &value, gradient: scales ? gradients.unscaled[i] : gradients[i],
        state: &contents.entries[position].state, context: context)
      require(
        value.shape == element.parameter.shape && value.dtype == element.parameter.dtype,
        """
        \(name): the update changed the parameter '\(element.name)' from \
        \(element.parameter.dtype) \(element.parameter.shape) to \(value.dtype) \(value.shape)
        """
      )
    }
  }

  /// The parameters, or what the rule evaluates in their place.
  public var evaluationWeights: [Tensor] {
    contents.withLock { contents in
      parameters.indices.map { i in
        let (value, entry) = (parameters[i].parameter.storedValue, contents.entries[i])
        if entry.stepCount == 0 { return value }
        return contents.rules[i].evaluationWeights(of: value, state: entry.state) ?? value
      }
    }
  }

  /// Resets the state of the parameter at a position, whose next step is a first one.
  public func resetState(ofParameterAt position: Int) {
    let value = parameters[position].parameter.storedValue
    contents.withLock { contents in
      let initial = contents.rules[position].initialState(of: value)
      contents.entries[position].state = initial.map(\.initial)
      contents.entries[position].stepCount = 0
    }
  }

  /// Calls `body` with each running mean of the parameter at a position, and its name.
  public func updateMoments(
    ofParameterAt position: Int, _ body: (_ name: String, _ moment: inout Tensor) -> Void
  ) {
    contents.withLock { contents in
      for (j, slot) in contents.entries[position].slots.enumerated() where slot.isMoment {
        body(slot.name, &contents.entries[position].state[j])
      }
    }
  }

  /// Returns the mean of squared gradients of the parameter at a position, or `nil`.
  public func secondMoment(ofParameterAt position: Int) -> Tensor? {
    contents.withLock { contents in
      let entry = contents.entries[position]
      return contents.rules[position].secondMoment(in: entry.state, step: entry.stepCount)
    }
  }

  /// The step count and the state of each parameter.
  public var state: OptimizerState {
    contents.withLock { contents in
      var state = OptimizerState(optimizer: name)
      for (element, entry) in zip(parameters, contents.entries) {
        state.counters["\(element.name).step"] = entry.stepCount
        for (slot, tensor) in zip(entry.slots, entry.state) {
          state.tensors["\(element.name).\(slot.name)"] = tensor.contiguous
        }
      }
      return state
    }
  }

  /// Restores a snapshot.
  public func load(_ state: OptimizerState) throws(OptimizerStateError) {
    try state.require(name)
    var loaded = contents.withLock { $0.entries }
    for (i, element) in parameters.enumerated() {
      loaded[i].stepCount = try state.counter("\(element.name).step")
      for (j, slot) in loaded[i].slots.enumerated() {
        loaded[i].state[j] = try state.tensor(
          "\(element.name).\(slot.name)", like: loaded[i].state[j])
      }
    }
    let entries = loaded
    contents.withLock { $0.entries = entries }
  }
}

/// What an optimizer keeps of a parameter besides its rule.
///
/// It does not depend on the type of the rule, whose layout would have to be looked up at every
/// use.
private struct Entry: Sendable {
  let learningRateScale: Double
  let ownsWeightDecay: Bool
  let ownsMomentum: Bool
  let slots: [Slot]
  var stepCount = 0
  /// A tensor for each slot.
  var state: [Tensor]

  /// A tensor of the state without its values.
  struct Slot: Sendable {
    let name: String
    let isMoment: Bool
  }

  /// Counts a step, before which no other tensor shares the state.
  mutating func nextStep(learningRate: Double, gradientScale: Double) -> UpdateContext {
    stepCount += 1
    for j in state.indices { state[j].makeUnique() }
    return UpdateContext(
      step: stepCount, learningRate: learningRate, gradientScale: gradientScale)
  }
}

/// Stops the program at a learning rate that is negative or not finite.
private func requireRate(_ rate: Double, _ name: String) {
  require(
    rate >= 0 && rate.isFinite,
    "\(name): the learning rate must be a finite number of at least 0, got \(rate)")
}
