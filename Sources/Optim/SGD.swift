import Autograd
import CKernels
import Tensor

/// Stochastic gradient descent with momentum, as PyTorch computes it.
///
/// At the first step b ← g, later b ← μb + (1 − d)g; then p ← p − η·b, or with Nesterov's momentum
/// p ← p − η(g + μb).  Without momentum p ← p − ηg.  The rate η stands outside of the momentum buffer b, so
/// changing it acts at once.  (Polyak, 1964; Nesterov, 1983; Sutskever et al., 2013)
public struct SGDRule: UpdateRule {
  /// `sgd`.
  public var name: String { "sgd" }

  /// μ, how much of the buffer is kept; 0 for none.
  public var momentum: Double
  /// d, how much less of the gradient enters the buffer, from the second step on.
  public var dampening: Double
  /// Whether to look ahead along the buffer.
  ///
  /// It takes a momentum and no dampening.
  public var nesterov: Bool
  /// How the parameter decays.
  public var weightDecay: WeightDecay

  /// The kernel multiplies the gradient as it reads it.
  public var scalesGradient: Bool { true }

  /// The buffer, if there is momentum.
  public func initialMemory(of parameter: Tensor) -> [Remembered] {
    momentum == 0 ? [] : [.zeros("momentum_buffer", like: parameter)]
  }

  /// Changes a parameter by one step.
  public func apply(
    to parameter: inout Tensor, gradient: Tensor, memory: inout [Tensor], _ update: Update
  ) {
    let settings = ck_sgd_params(
      learning_rate: update.learningRate, momentum: momentum, dampening: dampening,
      weight_decay: weightDecay.coupledRate, grad_scale: update.gradientScale,
      nesterov: nesterov ? 1 : 0, first: update.step == 1 ? 1 : 0)
    OptimizerSteps.sgd(&parameter, gradient, buffer: memory.first, settings)
  }
}

/// Stochastic gradient descent; see ``SGDRule`` for what the settings do.
public final class SGD: RuleOptimizer<SGDRule>, @unchecked Sendable {
  /// Stochastic gradient descent.
  public init(
    _ parameters: Parameters, learningRate: Double = 1e-3, momentum: Double = 0,
    dampening: Double = 0, nesterov: Bool = false, weightDecay: WeightDecay = .none,
    maximize: Bool = false, groups: [ParameterGroup] = []
  ) {
    require(momentum >= 0, "sgd: the momentum \(momentum) is not a number from 0 up")
    require(
      !nesterov || momentum > 0 && dampening == 0,
      "sgd: Nesterov's momentum takes a momentum and no dampening")
    super.init(
      SGDRule(
        momentum: momentum, dampening: dampening, nesterov: nesterov, weightDecay: weightDecay),
      parameters, learningRate: learningRate, maximize: maximize, groups: groups)
  }
}
