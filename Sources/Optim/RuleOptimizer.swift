import Autograd
import Synchronization
import Tensor

/// The update of a single parameter: what one optimizer has that another has not.
///
/// A rule is a value that holds the hyper-parameters.  ``RuleOptimizer`` applies it to every parameter and
/// keeps what it remembers.
public protocol UpdateRule: Sendable {
  /// The name by which states and commands know the rule, such as `adamw`.
  static var name: String { get }

  /// The quantities remembered for each parameter, each of its shape and zero at the start, by the names
  /// under which they are saved.
  var quantities: [String] { get }

  /// The decay of parameters that no group gives another.
  var weightDecay: Double { get }

  /// Whether ``apply(to:gradient:memory:_:)`` multiplies the gradient by `update.gradientScale` itself.
  ///
  /// False unless a rule says otherwise: then it is handed the gradient as it is to be used, and clipping
  /// costs a pass.
  var scalesGradient: Bool { get }

  /// Changes a parameter in place.
  ///
  /// - Parameters:
  ///   - parameter: The numbers, contiguous and held by nobody else.  Shape and dtype stay.
  ///   - gradient: Their gradient; see ``scalesGradient``.
  ///   - memory: The quantities, in the order of ``quantities``, contiguous and held by nobody else.
  ///   - update: Which step this is, and the rates that hold for the parameter.
  func apply(
    to parameter: inout Tensor, gradient: Tensor, memory: inout [Tensor], _ update: Update)
}

extension UpdateRule {
  /// The gradient is scaled before the rule sees it.
  public var scalesGradient: Bool { false }
}

/// What an ``UpdateRule`` is told besides the numbers.
public struct Update: Sendable {
  /// The number of this step, from 1.
  public var step: Int
  /// The learning rate of the parameter.
  public var learningRate: Double
  /// The weight decay of the parameter.
  public var weightDecay: Double
  /// What the gradient is to be multiplied by; 1 for rules that do not scale it themselves.
  public var gradientScale: Double

  /// The settings of one step for one parameter.
  public init(
    step: Int, learningRate: Double, weightDecay: Double = 0, gradientScale: Double = 1
  ) {
    self.step = step
    self.learningRate = learningRate
    self.weightDecay = weightDecay
    self.gradientScale = gradientScale
  }
}

/// An optimizer that applies one rule to each of its parameters, in place.
public final class RuleOptimizer<Rule: UpdateRule>: Optimizer {
  private struct Contents {
    var learningRate: Double
    var step = 0
    /// For each parameter the quantities of the rule.
    var memory: [[Tensor]]
  }

  private struct Settings: Sendable {
    let learningRateScale: Double
    let weightDecay: Double
  }

  /// The hyper-parameters.
  public let rule: Rule
  /// The parameters that ``step(_:)`` changes.
  public let parameters: Parameters
  private let settings: [Settings]
  private let contents: Mutex<Contents>

  /// An optimizer of `parameters` by a rule.
  ///
  /// - Parameters:
  ///   - rule: The update of a parameter.
  ///   - parameters: What to change.
  ///   - learningRate: The base rate.
  ///   - groups: Parameters that are treated differently; the first group that includes one decides.
  public init(
    _ rule: Rule, _ parameters: Parameters, learningRate: Double, groups: [ParameterGroup] = []
  ) {
    require(
      learningRate >= 0 && learningRate.isFinite,
      "\(Rule.name): the learning rate \(learningRate) is not a number from 0 up")
    self.rule = rule
    self.parameters = parameters
    settings = parameters.map { element in
      let group = groups.first { $0.includes(element) }
      return Settings(
        learningRateScale: group?.learningRateScale ?? 1,
        weightDecay: group?.weightDecay ?? rule.weightDecay)
    }
    let memory = parameters.map { element in
      rule.quantities.map { _ in
        Tensor.zeros(element.parameter.shape, dtype: element.parameter.dtype)
      }
    }
    contents = Mutex(Contents(learningRate: learningRate, memory: memory))
  }

  /// The name of the rule.
  public var kind: String { Rule.name }

  /// The base rate; a group multiplies it by its scale.
  public var learningRate: Double {
    get { contents.withLock { $0.learningRate } }
    set { contents.withLock { $0.learningRate = newValue } }
  }

  /// The number of steps taken.
  public var stepCount: Int { contents.withLock { $0.step } }

  /// Changes each parameter by one step of the rule.
  public func step(_ gradients: Gradients) {
    require(
      gradients.parameters.isSame(as: parameters),
      "\(Rule.name): the gradients are not of the optimizer's parameters, in their order")
    contents.withLock { contents in
      contents.step += 1
      var update = Update(
        step: contents.step, learningRate: 0, weightDecay: 0,
        gradientScale: rule.scalesGradient ? gradients.scale : 1)
      for (i, element) in parameters.enumerated() {
        update.learningRate = contents.learningRate * settings[i].learningRateScale
        update.weightDecay = settings[i].weightDecay
        for j in contents.memory[i].indices { contents.memory[i][j].makeUnique() }
        element.parameter.update { value in
          rule.apply(
            to: &value, gradient: rule.scalesGradient ? gradients.unscaled[i] : gradients[i],
            memory: &contents.memory[i], update)
          require(
            value.shape == element.parameter.shape && value.dtype == element.parameter.dtype,
            "\(Rule.name): the update made \(value.dtype) \(value.shape) of the parameter '\(element.name)' of \(element.parameter.dtype) \(element.parameter.shape)"
          )
        }
      }
    }
  }

  /// The step count and the quantities of each parameter.
  public var state: OptimizerState {
    contents.withLock { contents in
      var state = OptimizerState(kind: kind)
      state.counters["step"] = contents.step
      for (element, memory) in zip(parameters, contents.memory) {
        for (quantity, tensor) in zip(rule.quantities, memory) {
          state.tensors["\(element.name).\(quantity)"] = tensor.contiguous
        }
      }
      return state
    }
  }

  /// Goes on from a snapshot.
  public func load(_ state: OptimizerState) throws(OptimizerStateError) {
    try state.require(kind: kind)
    let step = try state.counter("step")
    var memory = [[Tensor]]()
    for element in parameters {
      var tensors = [Tensor]()
      for quantity in rule.quantities {
        tensors.append(try state.tensor(quantity, of: element))
      }
      memory.append(tensors)
    }
    let loaded = memory
    contents.withLock {
      $0.step = step
      $0.memory = loaded
    }
  }
}
