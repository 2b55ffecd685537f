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
///
/// Everything is kept for each parameter alone, the number of its steps too, so a parameter whose gradient
/// is left out for a while (a frozen one) stays as it is and goes on later from where it was.
public protocol Optimizer: AnyObject, Sendable {
  /// The parameters that ``step(_:)`` changes.
  var parameters: Parameters { get }

  /// The base rate, to be set before each step by who drives a schedule.
  var learningRate: Double { get set }

  /// The decay of the parameters that no group gives one of their own; what it means, coupled or
  /// decoupled, is settled when the optimizer is made.
  var weightDecay: Double { get set }

  /// How much of the mean of past gradients is kept: μ of SGD, β₁ of Adam, 0 of a rule that keeps none,
  /// which cannot be set to another value.
  var momentum: Double { get set }

  /// Changes the parameters by one step.
  ///
  /// The gradients may be of a part of ``parameters``: the others are frozen, and nothing of them changes.
  func step(_ gradients: Gradients)

  /// Tells a loss on data that is not trained on, lower is better, to an optimizer that changes with it.
  func report(_ loss: Double)

  /// The name of the rule, and of what it is wrapped in, such as `lookahead(adamw)`.
  var kind: String { get }

  /// All that the next step depends on besides the parameters and the hyper-parameters: a snapshot.
  var state: OptimizerState { get }

  /// Goes on from a snapshot of an optimizer of the same kind for parameters of the same names and shapes.
  ///
  /// - Throws: ``OptimizerStateError`` that says what differs; then nothing has changed.
  func load(_ state: OptimizerState) throws(OptimizerStateError)

  /// The weights to evaluate and to keep, one for each parameter: the parameters themselves, or what the
  /// method has in their place, such as an average.
  var evaluationWeights: [Tensor] { get }

  /// Forgets what is remembered of the parameter at a position: its next step is a first one.
  func resetMemory(ofParameterAt position: Int)

  /// Calls `body` with each running mean that is kept of the gradients of the parameter at a position, or
  /// of their squares, and with its name; what it leaves there takes its place.
  func updateMoments(
    ofParameterAt position: Int, _ body: (_ name: String, _ moment: inout Tensor) -> Void)

  /// The mean of squared gradients of the parameter at a position, corrected for its start at 0, or nil of a
  /// method that keeps none.
  func secondMoment(ofParameterAt position: Int) -> Tensor?
}

extension Optimizer {
  /// Nothing comes of it.
  public func report(_ loss: Double) {}

  /// The parameters as they are.
  public var evaluationWeights: [Tensor] { parameters.map(\.parameter.value) }

  /// None.
  public func secondMoment(ofParameterAt position: Int) -> Tensor? { nil }

  /// Takes a step, unless a gradient is NaN or infinite: then nothing changes, and the result is false.
  ///
  /// It costs a pass over the gradients.
  @discardableResult
  public func stepIfFinite(_ gradients: Gradients) -> Bool {
    guard gradients.isFinite else { return false }
    step(gradients)
    return true
  }

  /// Runs `body` with the parameters at ``evaluationWeights``, and puts back what they were.
  public func withEvaluationWeights<Result, Failure: Error>(
    _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try withWeights(evaluationWeights, body)
  }

  /// Runs `body` with other weights in the parameters, and puts back what they were.
  func withWeights<Result, Failure: Error>(
    _ weights: [Tensor], _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let trained = parameters.map(\.parameter.value)
    for (element, value) in zip(parameters, weights) { element.parameter.value = value }
    defer { for (element, value) in zip(parameters, trained) { element.parameter.value = value } }
    return try body()
  }

  /// The positions in ``parameters`` of the parameters that gradients are of, in the order of the
  /// gradients.
  func positions(of gradients: Gradients) -> [Int] {
    if gradients.parameters.isSame(as: parameters) { return Array(parameters.indices) }
    return gradients.parameters.map { element in
      guard let position = parameters.index(of: element.parameter) else {
        fail("\(kind): '\(element.name)' has a gradient and is not a parameter of the optimizer")
      }
      return position
    }
  }
}
