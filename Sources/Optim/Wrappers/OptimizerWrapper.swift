import Autograd
import Tensor

/// An optimizer that adds something to the steps of another one.
///
/// Whatever a wrapper does not define is forwarded to ``inner``: its parameters, hyper-parameters,
/// moments and evaluation weights.
public protocol OptimizerWrapper: Optimizer {
  /// The optimizer that takes the steps.
  var inner: any Optimizer { get }
}

extension OptimizerWrapper {
  /// The parameters of the inner optimizer.
  public var parameters: Parameters { inner.parameters }

  /// The learning rate of the inner optimizer.
  public var learningRate: Double {
    get { inner.learningRate }
    set { inner.learningRate = newValue }
  }

  /// The weight decay of the inner optimizer.
  public var weightDecay: Double {
    get { inner.weightDecay }
    set { inner.weightDecay = newValue }
  }

  /// The momentum of the inner optimizer.
  public var momentum: Double {
    get { inner.momentum }
    set { inner.momentum = newValue }
  }

  /// Forwards the loss to the inner optimizer.
  public func observe(validationLoss: Double) { inner.observe(validationLoss: validationLoss) }

  /// The evaluation weights of the inner optimizer.
  public var evaluationWeights: [Tensor] { inner.evaluationWeights }

  /// Resets the state of the inner optimizer.
  public func resetState(ofParameterAt position: Int) {
    inner.resetState(ofParameterAt: position)
  }

  /// Calls `body` with the moments of the inner optimizer.
  public func updateMoments(
    ofParameterAt position: Int, _ body: (_ name: String, _ moment: inout Tensor) -> Void
  ) {
    inner.updateMoments(ofParameterAt: position, body)
  }

  /// Returns the second moment of the inner optimizer.
  public func secondMoment(ofParameterAt position: Int) -> Tensor? {
    inner.secondMoment(ofParameterAt: position)
  }
}
