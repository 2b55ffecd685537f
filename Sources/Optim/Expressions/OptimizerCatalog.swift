import Autograd
import Tensor

/// The optimizers by name, which an ``OptimizerExpression`` is made of.
public enum OptimizerCatalog: Catalog {
  /// Facts about an optimizer besides its settings.
  public typealias Traits = OptimizerTraits
  /// What an optimizer needs besides its settings.
  public typealias Context = OptimizerContext
  /// An optimizer before its first step.
  public typealias Product = any Optimizer

  /// What an entry is.
  public static let noun = "an optimizer"

  /// The rules, which take steps, and then the wrappers around other optimizers.
  public static let entries: [Entry] = rules + wrappers

  /// Returns the context without the workers inside of a loop over them: between its rounds each
  /// worker goes alone, with a loop of its own if there is one.
  public static func innerContext(
    _ context: OptimizerContext, of expression: OptimizerExpression
  ) -> OptimizerContext {
    expression.isOuterLoop
      ? OptimizerContext(parameters: context.parameters, groups: context.groups) : context
  }
}

/// What an optimizer is made for.
public struct OptimizerContext {
  /// The parameters to optimize.
  public let parameters: Parameters
  /// The parameters that are treated differently.
  public let groups: [ParameterGroup]
  /// The workers that share the steps of an outer optimizer.
  public let workers: any Communicator
  /// The weight of this worker in them.
  public let weight: Double

  /// Creates a context.
  public init(
    parameters: Parameters, groups: [ParameterGroup] = [],
    workers: any Communicator = OneWorker(), weight: Double = 1
  ) {
    self.parameters = parameters
    self.groups = groups
    self.workers = workers
    self.weight = weight
  }
}

/// Facts about an optimizer of the catalog besides its settings.
public struct OptimizerTraits: Sendable {
  /// A learning rate to start from, given a good one of Adam on the same task.
  public let learningRate: LearningRate
  /// The weight decay to start from.
  public let weightDecay: WeightDecay
  /// Whether a β₂ that suits the task suits the optimizer.
  public let takesTaskBeta2: Bool
  /// Whether a mean of squared gradients is kept, from which a curvature can be estimated.
  public let keepsSecondMoment: Bool
  /// Returns the size of the state of a parameter with n elements, without that of wrapped
  /// optimizers: `2n`.
  let stateSize: @Sendable (OptimizerExpression) -> String

  init(
    learningRate: LearningRate = .timesAdam(1), weightDecay: WeightDecay = .standard,
    takesTaskBeta2: Bool = true, keepsSecondMoment: Bool = false,
    stateSize: @escaping @Sendable (OptimizerExpression) -> String
  ) {
    self.learningRate = learningRate
    self.weightDecay = weightDecay
    self.takesTaskBeta2 = takesTaskBeta2
    self.keepsSecondMoment = keepsSecondMoment
    self.stateSize = stateSize
  }

  /// Returns sizes with a sign between them, without those that are `0`.
  static func sum(_ sizes: [String]) -> String {
    let parts = sizes.filter { $0 != "0" }
    return parts.isEmpty ? "0" : parts.joined(separator: " + ")
  }

  /// A learning rate to start from.
  public enum LearningRate: Sendable {
    /// A multiple of a rate that is good for Adam.
    case timesAdam(Double)
    /// A fraction of a rate that is good for Adam.
    case adamDivided(by: Double)
    /// The same rate for every task.
    case fixed(Double)

    /// Returns the rate, given a good one of Adam.
    func rate(adam: Double) -> Double {
      switch self {
      case .timesAdam(let factor): adam * factor
      case .adamDivided(let divisor): adam / divisor
      case .fixed(let rate): rate
      }
    }
  }

  /// A weight decay to start from.
  public enum WeightDecay: Sendable {
    /// The standard value of the setting.
    case standard
    /// The same for every task.
    case fixed(Double)
    /// A multiple of the decoupled decay that suits the task.
    case timesTask(Double)
  }
}

extension CatalogRequest<OptimizerCatalog> {
  /// The parameters to optimize.
  var parameters: Parameters { context.parameters }

  /// The parameters that are treated differently.
  var groups: [ParameterGroup] { context.groups }

  /// The weight decay, coupled or decoupled as the setting `decay` says.
  var weightDecay: WeightDecay {
    let rate = number("weight-decay")
    return word("decay") == "decoupled" ? .decoupled(rate) : .coupled(rate)
  }
}
