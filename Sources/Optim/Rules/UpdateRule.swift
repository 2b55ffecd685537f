import Tensor

/// The update of a single parameter: the mathematics of an optimizer.
///
/// A rule is a value that holds the hyper-parameters. ``RuleOptimizer`` applies it to every
/// parameter and keeps its state. A rule only needs to define
/// ``apply(to:gradient:state:context:)``:
/// ```swift
/// struct SignRule: UpdateRule {
///   func apply(
///     to parameter: inout Tensor, gradient: Tensor, state: inout [Tensor], context: UpdateContext
///   ) {
///     parameter -= sign(gradient) * context.learningRate
///   }
/// }
/// ```
public protocol UpdateRule: Sendable {
  /// The name in messages and saved states, such as `adamw`.
  ///
  /// Unless a rule defines it, it is the name of the type without `Rule`: `schedule-free` of
  /// `ScheduleFreeRule`.
  var name: String { get }

  /// The weight decay; none unless a rule defines it.
  var weightDecay: WeightDecay { get set }

  /// The decay rate of the mean of past gradients; 0 for a rule that keeps none.
  var momentum: Double { get set }

  /// Whether ``apply(to:gradient:state:context:)`` multiplies the gradient by
  /// `context.gradientScale` itself.
  ///
  /// If not, which is the default, the gradient is scaled before, and clipping costs a pass.
  var scalesGradient: Bool { get }

  /// Returns the state of a parameter before its first step, always in the same order; empty by
  /// default.
  func initialState(of parameter: Tensor) -> [StateSlot]

  /// Changes a parameter by one step, in place.
  ///
  /// - Parameters:
  ///   - parameter: The values, contiguous and uniquely held. Shape and dtype must stay.
  ///   - gradient: The gradient; see ``scalesGradient``.
  ///   - state: The state, in the order of ``initialState(of:)``, contiguous and uniquely held.
  ///   - context: The number and the learning rate of the step.
  func apply(
    to parameter: inout Tensor, gradient: Tensor, state: inout [Tensor], context: UpdateContext)

  /// Returns the weights to evaluate in place of a parameter that has taken steps, or `nil` for the
  /// parameter itself.
  func evaluationWeights(of parameter: Tensor, state: [Tensor]) -> Tensor?

  /// Returns the mean of squared gradients after `step` steps, corrected for its start at 0, or
  /// `nil` for a rule that keeps none.
  func secondMoment(in state: [Tensor], step: Int) -> Tensor?
}

extension UpdateRule {
  /// The name of the type without `Rule`, in lower case with hyphens.
  public var name: String { kebabCase(Self.self, without: "Rule") }

  /// No decay; setting another one stops the program.
  public var weightDecay: WeightDecay {
    get { .none }
    set { require(newValue.rate == 0, "\(name): has no weight decay") }
  }

  /// Zero; setting another value stops the program.
  public var momentum: Double {
    get { 0 }
    set { require(newValue == 0, "\(name): has no momentum") }
  }

  /// Returns `false`: the gradient is scaled before the rule gets it.
  public var scalesGradient: Bool { false }

  /// Returns an empty state.
  public func initialState(of parameter: Tensor) -> [StateSlot] { [] }

  /// Returns `nil`: the parameter itself is evaluated.
  public func evaluationWeights(of parameter: Tensor, state: [Tensor]) -> Tensor? { nil }

  /// Returns `nil`: the rule keeps no second moment.
  public func secondMoment(in state: [Tensor], step: Int) -> Tensor? { nil }
}

/// How weights shrink, by a rate λ.
public enum WeightDecay: Sendable, Equatable {
  /// g ← g + λp before the rule: the gradient of ½λ‖p‖² (L2 regularization), which the rule scales
  /// like any gradient.
  case coupled(Double)
  /// p ← p − ηλp with the scheduled rate η, independent of what the rule does with the gradient.
  /// (Loshchilov and Hutter, 2017, 1711.05101)
  case decoupled(Double)

  /// No decay.
  public static let none = Self.coupled(0)

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

  /// λ if it is added to the gradient, otherwise 0.
  package var coupledRate: Double { if case .coupled(let rate) = self { rate } else { 0 } }

  /// λ if the decay is decoupled, otherwise 0.
  package var decoupledRate: Double { if case .decoupled(let rate) = self { rate } else { 0 } }
}

/// A tensor that a rule keeps for a parameter between steps.
public struct StateSlot: Sendable {
  /// The name under which it is saved, after that of the parameter.
  public let name: String
  /// Its value before the first step.
  public let initial: Tensor
  /// Whether it is a running mean of the gradients or of their squares, which Lookahead may pull
  /// back.
  public let isMoment: Bool

  /// Creates a slot from the value before the first step.
  public init(_ name: String, _ initial: Tensor, isMoment: Bool = true) {
    self.name = name
    self.initial = initial
    self.isMoment = isMoment
  }

  /// Returns a slot of a single float64 number.
  static func scalar(_ name: String, _ initial: Double) -> Self {
    Self(name, Tensor(repeating: initial, shape: [], dtype: .float64), isMoment: false)
  }

  /// Returns a running mean of the shape and dtype of a parameter that starts at 0.
  public static func zeros(_ name: String, like parameter: Tensor) -> Self {
    Self(name, .zeros(like: parameter))
  }
}

/// The step that an ``UpdateRule`` takes.
public struct UpdateContext: Sendable {
  /// The number of this step of the parameter, from 1.
  public var step: Int
  /// The learning rate of the parameter.
  public var learningRate: Double
  /// The factor of the gradient; 1 for rules that do not scale it themselves.
  public var gradientScale: Double

  /// Creates the context of one step of one parameter.
  public init(step: Int, learningRate: Double, gradientScale: Double = 1) {
    self.step = step
    self.learningRate = learningRate
    self.gradientScale = gradientScale
  }
}

/// The name of a type in lower case, with hyphens between words: `schedule-free` of
/// `ScheduleFreeRule`.
func kebabCase(_ type: Any.Type, without suffix: String = "") -> String {
  var name = String(describing: type)
  if name.hasSuffix(suffix) { name.removeLast(suffix.count) }
  var result = ""
  var previous: Character = "-"
  for character in name {
    if character.isUppercase, previous.isLowercase { result += "-" }
    result += character.lowercased()
    previous = character
  }
  return result
}
