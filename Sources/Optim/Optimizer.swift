import Autograd
import Tensor

/// What moves parameters along their gradients.
///
/// ```swift
/// let optimizer = AdamW(model.parameters, learningRate: 1e-3)
/// for step in 0..<steps {
///   let (loss, gradients) = valueWithGradients(for: optimizer.parameters) { … }
///   optimizer.learningRate = schedule(step)
///   optimizer.step(gradients)
/// }
/// ```
public protocol Optimizer: AnyObject, Sendable {
  /// The parameters that ``step(_:)`` changes.
  var parameters: Parameters { get }

  /// The base rate, to be set before each step by who drives a schedule.
  var learningRate: Double { get set }

  /// Changes the parameters by one step; the gradients are of the same parameters.
  func step(_ gradients: Gradients)

  /// The name and the settings that do not change, such as `lookahead(adamw)`.
  var kind: String { get }

  /// All that the next step depends on besides the parameters and the learning rate: a snapshot.
  var state: OptimizerState { get }

  /// Goes on from a snapshot of an optimizer of the same kind for parameters of the same names and shapes.
  ///
  /// - Throws: ``OptimizerStateError`` that says what differs; then nothing has changed.
  func load(_ state: OptimizerState) throws(OptimizerStateError)
}

/// What an optimizer remembers between steps: named tensors and counters.
public struct OptimizerState: Sendable {
  /// ``Optimizer/kind`` of the optimizer it is of.
  public var kind: String
  /// The tensors by the name of the parameter and of the quantity, such as `layers.0.weight.exp_avg`.
  public var tensors = Safetensors()
  /// The counters by name, such as `step`.
  public var counters: [String: Int] = [:]

  /// A state without content.
  public init(kind: String) { self.kind = kind }
}

/// Why the state of an optimizer does not fit another.
public struct OptimizerStateError: Error, Sendable, Equatable, CustomStringConvertible {
  /// One line that says what differs.
  public let description: String

  init(_ description: String) { self.description = description }
}

extension OptimizerState {
  /// Checks that the state is of an optimizer of `kind`.
  func require(kind: String) throws(OptimizerStateError) {
    if self.kind != kind {
      throw OptimizerStateError("the optimizer state is of \(self.kind), not of \(kind)")
    }
  }

  /// The counter of a name.
  func counter(_ name: String) throws(OptimizerStateError) -> Int {
    guard let value = counters[name] else {
      throw OptimizerStateError("the optimizer state of \(kind) has no counter '\(name)'")
    }
    return value
  }

  /// The tensor of a quantity of a parameter, which must have the parameter's shape and dtype.
  func tensor(
    _ quantity: String, of element: Parameters.Element
  ) throws(OptimizerStateError) -> Tensor {
    let name = "\(element.name).\(quantity)"
    guard let tensor = tensors[name] else {
      throw OptimizerStateError("the optimizer state of \(kind) has no tensor '\(name)'")
    }
    let (shape, dtype) = (element.parameter.shape, element.parameter.dtype)
    if tensor.shape != shape || tensor.dtype != dtype {
      throw OptimizerStateError(
        "'\(name)' of the optimizer state is \(tensor.dtype) \(tensor.shape), the parameter \(dtype) \(shape)"
      )
    }
    return tensor
  }
}

/// Parameters that are treated differently from the rest.
///
/// The first group of a list that includes a parameter decides; the others keep the optimizer's settings.
public struct ParameterGroup: Sendable {
  let includes: @Sendable (Parameters.Element) -> Bool
  let learningRateScale: Double
  let weightDecay: Double?

  /// A group by a rule.
  ///
  /// - Parameters:
  ///   - learningRateScale: What the base rate is multiplied by.
  ///   - weightDecay: The group's own decay, or nil for the optimizer's.
  ///   - includes: Whether a parameter belongs to the group.
  public init(
    learningRateScale: Double = 1, weightDecay: Double? = nil,
    where includes: @escaping @Sendable (Parameters.Element) -> Bool
  ) {
    self.learningRateScale = learningRateScale
    self.weightDecay = weightDecay
    self.includes = includes
  }

  /// The usual exception: no weight decay for biases, norms and whatever else has less than two axes.
  public static let noDecayOnVectors = ParameterGroup(weightDecay: 0) {
    $0.parameter.shape.rank < 2
  }
}
