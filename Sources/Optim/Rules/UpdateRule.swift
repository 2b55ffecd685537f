import Tensor

/// The update of a single parameter: what one optimizer has that another has not.
///
/// A rule is a value that holds the hyper-parameters.  ``RuleOptimizer`` applies it to every parameter and
/// keeps what it remembers.
public protocol UpdateRule: Sendable {
  /// The name by which states and commands know the rule, such as `adamw`.
  var name: String { get }

  /// How the parameter decays.
  var weightDecay: WeightDecay { get set }

  /// How much of the mean of past gradients is kept; 0 of a rule that keeps none.
  var momentum: Double { get set }

  /// Whether ``apply(to:gradient:memory:_:)`` multiplies the gradient by `update.gradientScale` itself.
  ///
  /// False unless a rule says otherwise: then it is handed the gradient as it is to be used, and clipping
  /// costs a pass.
  var scalesGradient: Bool { get }

  /// What is remembered of a parameter, as it is before the first step, always in the same order.
  func initialMemory(of parameter: Tensor) -> [Remembered]

  /// Changes a parameter in place.
  ///
  /// - Parameters:
  ///   - parameter: The numbers, contiguous and held by nobody else.  Shape and dtype stay.
  ///   - gradient: Their gradient; see ``scalesGradient``.
  ///   - memory: What is remembered, in the order of ``initialMemory(of:)``, contiguous and held by nobody
  ///     else.
  ///   - update: Which step this is, and its rate.
  func apply(
    to parameter: inout Tensor, gradient: Tensor, memory: inout [Tensor], _ update: Update)

  /// The weights to evaluate in place of a parameter that has taken steps, or nil for the parameter itself.
  func evaluationWeights(of parameter: Tensor, memory: [Tensor]) -> Tensor?

  /// The mean of squared gradients after `step` steps, corrected for its start at 0, or nil.
  func secondMoment(in memory: [Tensor], step: Int) -> Tensor?
}

extension UpdateRule {
  /// No decay, which cannot be changed.
  public var weightDecay: WeightDecay {
    get { .none }
    set { require(newValue.rate == 0, "\(name): there is no weight decay") }
  }

  /// No momentum, which cannot be changed.
  public var momentum: Double {
    get { 0 }
    set { require(newValue == 0, "\(name): there is no momentum") }
  }

  /// The gradient is scaled before the rule sees it.
  public var scalesGradient: Bool { false }

  /// Nothing is remembered.
  public func initialMemory(of parameter: Tensor) -> [Remembered] { [] }

  /// The parameter itself.
  public func evaluationWeights(of parameter: Tensor, memory: [Tensor]) -> Tensor? { nil }

  /// None.
  public func secondMoment(in memory: [Tensor], step: Int) -> Tensor? { nil }
}

/// How weights shrink, by a rate λ.
public enum WeightDecay: Sendable, Equatable {
  /// g ← g + λp before the rule: the gradient of ½λ‖p‖² (L2 regularisation), scaled by the rule as any
  /// gradient is.
  case coupled(Double)
  /// p ← p − ηλp beside the rule, with the scheduled rate η, whatever the rule makes of the gradient.
  /// (Loshchilov and Hutter, 2017, 1711.05101)
  case decoupled(Double)

  /// No decay.
  public static let none = WeightDecay.coupled(0)

  /// λ.
  public var rate: Double {
    get {
      switch self {
      case .coupled(let rate), .decoupled(let rate): rate
      }
    }
    set {
      switch self {
      case .coupled: self = .coupled(newValue)
      case .decoupled: self = .decoupled(newValue)
      }
    }
  }

  /// λ where it is added to the gradient, else 0.
  package var coupledRate: Double { if case .coupled(let rate) = self { rate } else { 0 } }

  /// λ where the weights shrink by themselves, else 0.
  package var decoupledRate: Double { if case .decoupled(let rate) = self { rate } else { 0 } }
}

/// A tensor that a rule keeps for a parameter between steps.
public struct Remembered: Sendable {
  /// The name under which it is saved, after that of the parameter.
  public let name: String
  /// What it is before the first step.
  public let initial: Tensor
  /// Whether it is a running mean of the gradients or of their squares, which Lookahead may pull back.
  public let isMoment: Bool

  /// A tensor to keep.
  public init(_ name: String, _ initial: Tensor, isMoment: Bool = true) {
    self.name = name
    self.initial = initial
    self.isMoment = isMoment
  }

  /// A single number in float64.
  static func scalar(_ name: String, _ initial: Double) -> Remembered {
    Remembered(name, Tensor(repeating: initial, shape: [], dtype: .float64), isMoment: false)
  }

  /// A running mean of the shape and dtype of a parameter that starts at 0.
  public static func zeros(_ name: String, like parameter: Tensor) -> Remembered {
    Remembered(name, .zeros(like: parameter))
  }
}

/// What an ``UpdateRule`` is told besides the numbers.
public struct Update: Sendable {
  /// The number of this step of the parameter, from 1.
  public var step: Int
  /// The learning rate of the parameter.
  public var learningRate: Double
  /// What the gradient is to be multiplied by; 1 for rules that do not scale it themselves.
  public var gradientScale: Double

  /// The settings of one step for one parameter.
  public init(step: Int, learningRate: Double, gradientScale: Double = 1) {
    self.step = step
    self.learningRate = learningRate
    self.gradientScale = gradientScale
  }
}
