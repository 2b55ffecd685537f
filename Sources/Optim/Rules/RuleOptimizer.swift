import Autograd
import Synchronization
import Tensor

/// An optimizer that applies one rule to each of its parameters, in place.
///
/// `@unchecked Sendable`, as the named optimizers are subclasses: what they share between threads is behind
/// one lock here, and they add nothing but an initializer.
public class RuleOptimizer<Rule: UpdateRule>: Optimizer, @unchecked Sendable {
  private struct Contents: Sendable {
    var learningRate: Double
    var weightDecay: Double
    var momentum: Double
    var entries: [Entry]
  }

  /// A parameter's part.
  private struct Entry: Sendable {
    var rule: Rule
    let learningRateScale: Double
    let ownsWeightDecay: Bool
    let ownsMomentum: Bool
    let slots: [Slot]
    var stepCount = 0
    /// A tensor for each slot.
    var memory: [Tensor]
  }

  /// What is known of a remembered tensor besides its numbers.
  private struct Slot: Sendable {
    let name: String
    let isMoment: Bool
  }

  /// The parameters that ``step(_:)`` changes.
  public let parameters: Parameters
  /// The name of the rule.
  public let kind: String
  private let direction: Double
  private let contents: Mutex<Contents>

  /// An optimizer of `parameters` by a rule.
  ///
  /// - Parameters:
  ///   - rule: The update of a parameter.
  ///   - parameters: What to change.
  ///   - learningRate: The base rate.
  ///   - maximize: Whether to climb instead of to descend.
  ///   - groups: Parameters that are treated differently; the first group that includes one decides.
  ///   - change: Gives a parameter a rule of its own, before its memory is made; groups come after it.
  public init(
    _ rule: Rule, _ parameters: Parameters, learningRate: Double, maximize: Bool = false,
    groups: [ParameterGroup] = [],
    adjusting change: ((inout Rule, Parameters.Element) -> Void)? = nil
  ) {
    requireRate(learningRate, rule.name)
    require(
      rule.weightDecay.rate >= 0 && rule.weightDecay.rate.isFinite,
      "\(rule.name): the weight decay \(rule.weightDecay.rate) is not a number from 0 up")
    for pattern in groups.flatMap(\.patterns) { _ = parameters.matching(pattern) }
    self.parameters = parameters
    kind = rule.name
    direction = maximize ? -1 : 1
    let entries = parameters.map { element in
      let group = groups.first { $0.includes(element) }
      var own = rule
      change?(&own, element)
      if let decay = group?.weightDecay { own.weightDecay.rate = decay }
      if let momentum = group?.momentum { own.momentum = momentum }
      let remembered = own.initialMemory(of: element.parameter.value)
      return Entry(
        rule: own, learningRateScale: group?.learningRateScale ?? 1,
        ownsWeightDecay: group?.weightDecay != nil, ownsMomentum: group?.momentum != nil,
        slots: remembered.map { Slot(name: $0.name, isMoment: $0.isMoment) },
        memory: remembered.map(\.initial))
    }
    contents = Mutex(
      Contents(
        learningRate: learningRate, weightDecay: rule.weightDecay.rate, momentum: rule.momentum,
        entries: entries))
  }

  /// The base rate, from 0 up; a group multiplies it by its scale.
  public var learningRate: Double {
    get { contents.withLock { $0.learningRate } }
    set {
      requireRate(newValue, kind)
      contents.withLock { $0.learningRate = newValue }
    }
  }

  /// The decay of the parameters that no group gives another.
  public var weightDecay: Double {
    get { contents.withLock { $0.weightDecay } }
    set {
      require(newValue >= 0, "\(kind): the weight decay \(newValue) is not a number from 0 up")
      contents.withLock { contents in
        contents.weightDecay = newValue
        for i in contents.entries.indices where !contents.entries[i].ownsWeightDecay {
          contents.entries[i].rule.weightDecay.rate = newValue
        }
      }
    }
  }

  /// The momentum of the parameters that no group gives another.
  ///
  /// One that was made without cannot get it later.
  public var momentum: Double {
    get { contents.withLock { $0.momentum } }
    set {
      contents.withLock { contents in
        require(
          (contents.momentum == 0) == (newValue == 0),
          "\(kind): a momentum of \(contents.momentum) cannot become \(newValue)")
        contents.momentum = newValue
        for i in contents.entries.indices where !contents.entries[i].ownsMomentum {
          contents.entries[i].rule.momentum = newValue
        }
      }
    }
  }

  /// Changes the rule of the parameters that `includes` chooses, from the next step on: any
  /// hyper-parameter, such as `beta2`, for some parameters alone.
  ///
  /// What is remembered must stay of the same kind: a change that asks for other tensors stops the program.
  public func adjust(
    where includes: (Parameters.Element) -> Bool = { _ in true }, _ change: (inout Rule) -> Void
  ) {
    contents.withLock { contents in
      for (i, element) in parameters.enumerated() where includes(element) {
        change(&contents.entries[i].rule)
        let value = element.parameter.value
        let names = contents.entries[i].rule.initialMemory(of: value).map(\.name)
        require(
          names == contents.entries[i].slots.map(\.name),
          "\(kind): the change of '\(element.name)' asks for other memory: \(names)")
      }
    }
  }

  /// The rule of the parameter at a position.
  public func rule(ofParameterAt position: Int) -> Rule {
    contents.withLock { $0.entries[position].rule }
  }

  /// The number of steps taken: the most that any parameter took.
  public var stepCount: Int {
    contents.withLock { $0.entries.map(\.stepCount).max() ?? 0 }
  }

  /// Changes each parameter that has a gradient by one step of the rule.
  public func step(_ gradients: Gradients) {
    let positions = positions(of: gradients)
    let gradients = direction == 1 ? gradients : gradients.scaled(by: direction)
    contents.withLock { contents in
      for (i, position) in positions.enumerated() {
        step(parameters[position], &contents.entries[position], contents.learningRate, i, gradients)
      }
    }
  }

  private func step(
    _ element: Parameters.Element, _ entry: inout Entry, _ learningRate: Double, _ i: Int,
    _ gradients: Gradients
  ) {
    entry.stepCount += 1
    let scales = entry.rule.scalesGradient
    let update = Update(
      step: entry.stepCount, learningRate: learningRate * entry.learningRateScale,
      gradientScale: scales ? gradients.scale : 1)
    for j in entry.memory.indices { entry.memory[j].makeUnique() }
    element.parameter.update { value in
      entry.rule.apply(
        to: &value, gradient: scales ? gradients.unscaled[i] : gradients[i],
        memory: &entry.memory, update)
      require(
        value.shape == element.parameter.shape && value.dtype == element.parameter.dtype,
        "\(kind): the update made \(value.dtype) \(value.shape) of the parameter '\(element.name)' of \(element.parameter.dtype) \(element.parameter.shape)"
      )
    }
  }

  /// The parameters, or what the rule has in their place.
  public var evaluationWeights: [Tensor] {
    contents.withLock { contents in
      zip(parameters, contents.entries).map { element, entry in
        let value = element.parameter.value
        if entry.stepCount == 0 { return value }
        return entry.rule.evaluationWeights(of: value, memory: entry.memory) ?? value
      }
    }
  }

  /// Makes the next step of a parameter a first one.
  public func resetMemory(ofParameterAt position: Int) {
    let value = parameters[position].parameter.value
    contents.withLock { contents in
      let initial = contents.entries[position].rule.initialMemory(of: value)
      contents.entries[position].memory = initial.map(\.initial)
      contents.entries[position].stepCount = 0
    }
  }

  /// Changes the running means of a parameter.
  public func updateMoments(
    ofParameterAt position: Int, _ body: (_ name: String, _ moment: inout Tensor) -> Void
  ) {
    contents.withLock { contents in
      for (j, slot) in contents.entries[position].slots.enumerated() where slot.isMoment {
        body(slot.name, &contents.entries[position].memory[j])
      }
    }
  }

  /// The mean of squared gradients of a parameter.
  public func secondMoment(ofParameterAt position: Int) -> Tensor? {
    contents.withLock { contents in
      let entry = contents.entries[position]
      return entry.rule.secondMoment(in: entry.memory, step: entry.stepCount)
    }
  }

  /// The step count of each parameter and what the rule remembers of it.
  public var state: OptimizerState {
    contents.withLock { contents in
      var state = OptimizerState(kind: kind)
      for (element, entry) in zip(parameters, contents.entries) {
        state.counters["\(element.name).step"] = entry.stepCount
        for (slot, tensor) in zip(entry.slots, entry.memory) {
          state.tensors["\(element.name).\(slot.name)"] = tensor.contiguous
        }
      }
      return state
    }
  }

  /// Goes on from a snapshot.
  public func load(_ state: OptimizerState) throws(OptimizerStateError) {
    try state.require(kind: kind)
    var loaded = contents.withLock { $0.entries }
    for (i, element) in parameters.enumerated() {
      loaded[i].stepCount = try state.counter("\(element.name).step")
      for (j, slot) in loaded[i].slots.enumerated() {
        loaded[i].memory[j] = try state.tensor(
          "\(element.name).\(slot.name)", like: loaded[i].memory[j])
      }
    }
    let entries = loaded
    contents.withLock { $0.entries = entries }
  }
}

/// Stops at a learning rate that is not a number from 0 up.
private func requireRate(_ rate: Double, _ name: String) {
  require(
    rate >= 0 && rate.isFinite, "\(name): the learning rate \(rate) is not a number from 0 up")
}
