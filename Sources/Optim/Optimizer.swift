import Autograd
import Tensor

/// An object that updates parameters by their gradients.
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
/// State, including the step count, is kept for each parameter. A parameter that is frozen for a
/// while, because its gradient is left out, does not change and later continues where it left off.
///
/// A type that conforms must define ``parameters``, ``learningRate``, ``step(_:)``, ``state`` and
/// ``load(_:)``; the rest has defaults.
public protocol Optimizer: AnyObject, Sendable {
  /// The parameters that ``step(_:)`` changes.
  var parameters: Parameters { get }

  /// The base learning rate. With a schedule, set it before each step.
  var learningRate: Double { get set }

  /// The weight decay of the parameters whose group does not set it.
  ///
  /// Whether it is coupled or decoupled is fixed when the optimizer is created.
  var weightDecay: Double { get set }

  /// The decay rate of the mean of past gradients: μ of SGD, β₁ of Adam, 0 for a rule without
  /// momentum.
  ///
  /// A momentum of 0 cannot be set to another value.
  var momentum: Double { get set }

  /// Changes the parameters by one step.
  ///
  /// The gradients may be those of some of the ``parameters``; the others are frozen, and neither
  /// they nor their state change.
  func step(_ gradients: Gradients)

  /// Observes a validation loss, for optimizers that depend on it. Does nothing by default.
  func observe(validationLoss: Double)

  /// The name of the rule and its wrappers, such as `lookahead(adamw)`.
  var name: String { get }

  /// A snapshot of everything that the next step depends on, besides the parameters and the
  /// hyper-parameters.
  var state: OptimizerState { get }

  /// Restores a snapshot of an optimizer of the same name, for parameters of the same names and
  /// shapes.
  ///
  /// - Throws: ``OptimizerStateError`` that says what differs; then nothing has changed.
  func load(_ state: OptimizerState) throws(OptimizerStateError)

  /// The weights to evaluate and to keep, one for each parameter: the parameters themselves, or an
  /// average.
  var evaluationWeights: [Tensor] { get }

  /// Resets the state of the parameter at a position, whose next step is a first one.
  func resetState(ofParameterAt position: Int)

  /// Calls `body` with each running mean of the gradients of a parameter, or of their squares, and
  /// its name.
  ///
  /// What `body` leaves in the tensor takes its place. Does nothing by default.
  func updateMoments(
    ofParameterAt position: Int, _ body: (_ name: String, _ moment: inout Tensor) -> Void)

  /// Returns the mean of squared gradients of the parameter at a position, corrected for its start
  /// at 0, or `nil` for an optimizer that keeps none.
  func secondMoment(ofParameterAt position: Int) -> Tensor?
}

extension Optimizer {
  /// The name of the type, in lower case with hyphens.
  public var name: String { kebabCase(Self.self) }

  /// Zero; setting another value stops the program.
  public var weightDecay: Double {
    get { 0 }
    set { require(newValue == 0, "\(name): has no weight decay") }
  }

  /// Zero; setting another value stops the program.
  public var momentum: Double {
    get { 0 }
    set { require(newValue == 0, "\(name): has no momentum") }
  }

  /// Does nothing.
  public func observe(validationLoss: Double) {}

  /// The current values of the parameters.
  public var evaluationWeights: [Tensor] { parameters.map(\.parameter.storedValue) }

  /// Does nothing for an optimizer without state; stops the program for one that has state and does
  /// not define how it is reset.
  public func resetState(ofParameterAt position: Int) {
    let state = state
    require(
      state.tensors.isEmpty && state.counters.isEmpty, "\(name): the state cannot be reset")
  }

  /// Does nothing: the optimizer keeps no moments.
  public func updateMoments(
    ofParameterAt position: Int, _ body: (_ name: String, _ moment: inout Tensor) -> Void
  ) {}

  /// Returns `nil`: the optimizer keeps no second moment.
  public func secondMoment(ofParameterAt position: Int) -> Tensor? { nil }

  /// Takes a step unless a gradient is NaN or infinite.
  ///
  /// The check costs a pass over the gradients.
  ///
  /// - Returns: Whether the step was taken; if not, nothing has changed.
  @discardableResult
  public func stepIfFinite(_ gradients: Gradients) -> Bool {
    guard gradients.isFinite else { return false }
    step(gradients)
    return true
  }

  /// Runs `body` with the ``evaluationWeights`` in place of the parameters' values.
  ///
  /// Only the current task sees them, so other threads may train or use the model meanwhile. Inside
  /// of a gradient scope they are constants: the outputs of a teacher, for example. The buffers of
  /// a model, such as running means, are those of training; see `ModuleBuffers.withLocalValues(_:)`
  /// to recompute them for the scope.
  public func withEvaluationWeights<Result, Failure: Error>(
    _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try withValues(evaluationWeights, of: parameters, body)
  }

  /// Returns the positions in ``parameters`` of the parameters that have gradients, in the order of
  /// the gradients.
  func positions(of gradients: Gradients) -> [Int] {
    if gradients.parameters.isSame(as: parameters) { return Array(parameters.indices) }
    return gradients.parameters.map { element in
      guard let position = parameters.index(of: element.parameter) else {
        fail("\(name): '\(element.name)' has a gradient but is not a parameter of the optimizer")
      }
      return position
    }
  }
}
