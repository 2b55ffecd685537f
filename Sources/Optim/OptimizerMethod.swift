import Autograd
import Tensor

/// A setting of an optimizer in an ``OptimizerExpression``.
public struct OptimizerSetting: Sendable {
  /// Its name, such as `sync-period`.
  public let name: String
  /// The value that holds where none is given.
  public let standard: String
  /// What it takes.
  public let kind: OptimizerSettingKind

  init(_ name: String, _ standard: String, _ kind: OptimizerSettingKind) {
    (self.name, self.standard, self.kind) = (name, standard, kind)
  }
}

/// What a setting takes.
public enum OptimizerSettingKind: Sendable {
  /// A finite number from 0 up.
  case amount
  /// A number above 0 and at most 1.
  case part
  /// A number from 0 and below 1.
  case rate
  /// A finite number above 0.
  case positive
  /// A whole number of at least a bound.
  case count(from: Int)
  /// `true` or `false`.
  case flag
  /// One of some words.
  case choice([String])

  /// What a value must be.
  public var description: String {
    switch self {
    case .amount: "a number not below 0"
    case .part: "a number above 0, at most 1"
    case .rate: "a number from 0 and below 1"
    case .positive: "a number above 0"
    case .count(let least): "a whole number of at least \(least)"
    case .flag: "true or false"
    case .choice(let words): "one of \(words.joined(separator: ", "))"
    }
  }

  /// The words that are allowed, where there is a list of them.
  public var choices: [String] {
    switch self {
    case .choice(let words): words
    case .flag: ["true", "false"]
    default: []
    }
  }

  /// Whether a text is a value.
  public func allows(_ text: String) -> Bool {
    switch self {
    case .amount: number(text) { $0 >= 0 }
    case .part: number(text) { $0 > 0 && $0 <= 1 }
    case .rate: number(text) { $0 >= 0 && $0 < 1 }
    case .positive: number(text) { $0 > 0 }
    case .count(let least): Int(text).map { $0 >= least } ?? false
    case .flag, .choice: choices.contains(text)
    }
  }

  private func number(_ text: String, _ isAllowed: (Double) -> Bool) -> Bool {
    Double(text).map { $0.isFinite && isAllowed($0) } ?? false
  }
}

/// A method of optimization by its name: what an ``OptimizerExpression`` is made of.
public struct OptimizerMethod: Sendable {
  /// Its name in expressions.
  public let name: String
  /// What it is, in a line.
  public let summary: String
  /// The number of optimizers that it goes around.
  public let innerCount: Int
  /// What it keeps with some settings for a parameter of n numbers, beside what it goes around: `2n`.
  let memory: @Sendable (OptimizerExpression) -> String
  /// What can be set.
  public let settings: [OptimizerSetting]
  /// Whether the optimizer keeps means of squared gradients, from which a curvature can be had.
  let keepsSecondMoment: Bool
  /// Says which settings do not go together, if some do not.
  let conflict: @Sendable (OptimizerExpression) -> String?
  let make: @Sendable (Request) -> any Optimizer

  /// What an optimizer is made from.
  struct Request {
    let expression: OptimizerExpression
    let parameters: Parameters
    let groups: [ParameterGroup]
    let inner: [any Optimizer]

    private func value(_ setting: String) -> String {
      guard let value = expression.value(of: setting) else {
        fail("\(expression.method.name): has no setting '\(setting)'")
      }
      return value
    }

    /// The value of a numeric setting.
    subscript(_ setting: String) -> Double {
      let text = value(setting)
      guard let number = Double(text) else { fail("\(setting): '\(text)' is not a number") }
      return number
    }

    func count(_ setting: String) -> Int { Int(self[setting]) }
    func flag(_ setting: String) -> Bool { value(setting) == "true" }
    func word(_ setting: String) -> String { value(setting) }

    /// The decay in the form that the expression asks for.
    var weightDecay: WeightDecay {
      word("decay") == "decoupled"
        ? .decoupled(self["weight-decay"]) : .coupled(self["weight-decay"])
    }
  }

  init(
    _ name: String, _ summary: String, around innerCount: Int = 0,
    memory: @escaping @Sendable (OptimizerExpression) -> String,
    _ settings: [OptimizerSetting], keepsSecondMoment: Bool = false,
    conflict: @escaping @Sendable (OptimizerExpression) -> String? = { _ in nil },
    make: @escaping @Sendable (Request) -> any Optimizer
  ) {
    self.name = name
    self.summary = summary
    self.innerCount = innerCount
    self.memory = memory
    self.settings = settings
    self.keepsSecondMoment = keepsSecondMoment
    self.conflict = conflict
    self.make = make
  }

  /// An expression of the method with the least in it.
  var example: String {
    let inner = ["adamw", "sgd"].prefix(innerCount)
    return innerCount == 0 ? name : "\(name)(\(inner.joined(separator: ", ")))"
  }

  /// The method of a name, or nil.
  public static func named(_ name: String) -> OptimizerMethod? { all.first { $0.name == name } }

  /// All there are: first those that take steps, then those that go around others.
  public static let all: [OptimizerMethod] = rules + wrappers
}
