import Autograd
import CKernels
import Tensor

/// Stochastic gradient descent with momentum, as PyTorch computes it.
///
/// g ← g + λp; at the first step b ← g, later b ← μb + (1 − d)g; then p ← p − η·b, or with Nesterov's
/// momentum p ← p − η(g + μb).  Without momentum p ← p − ηg.  The rate η stands outside of the momentum
/// buffer b, so changing it acts at once.  (Polyak, 1964; Nesterov, 1983; Sutskever et al., 2013)
public struct SGDRule: UpdateRule {
  /// `sgd`.
  public static let name = "sgd"

  /// μ, how much of the buffer is kept; 0 for none.
  public var momentum: Double
  /// d, how much less of the gradient enters the buffer, from the second step on.
  public var dampening: Double
  /// λ, added to the gradient times the parameter (L2).
  public var weightDecay: Double
  /// Whether to look ahead along the buffer.
  ///
  /// It takes a momentum and no dampening.
  public var nesterov: Bool

  /// The kernel multiplies the gradient as it reads it.
  public var scalesGradient: Bool { true }

  /// The buffer, if there is momentum.
  public var quantities: [String] { momentum == 0 ? [] : ["momentum_buffer"] }

  /// Changes a parameter by one step.
  public func apply(
    to parameter: inout Tensor, gradient: Tensor, memory: inout [Tensor], _ update: Update
  ) {
    let settings = ck_sgd_params(
      learning_rate: update.learningRate, momentum: momentum, dampening: dampening,
      weight_decay: update.weightDecay, grad_scale: update.gradientScale,
      nesterov: nesterov ? 1 : 0, first: update.step == 1 ? 1 : 0)
    OptimizerSteps.sgd(&parameter, gradient, buffer: memory.first, settings)
  }
}

/// Stochastic gradient descent; see ``SGDRule``.
public typealias SGD = RuleOptimizer<SGDRule>

extension RuleOptimizer where Rule == SGDRule {
  /// Stochastic gradient descent; see ``SGDRule`` for what the settings do.
  public convenience init(
    _ parameters: Parameters, learningRate: Double = 1e-3, momentum: Double = 0,
    dampening: Double = 0, weightDecay: Double = 0, nesterov: Bool = false,
    groups: [ParameterGroup] = []
  ) {
    require(
      momentum >= 0 && weightDecay >= 0,
      "sgd: momentum \(momentum) and weight decay \(weightDecay) are not both from 0 up")
    require(
      !nesterov || momentum > 0 && dampening == 0,
      "sgd: Nesterov's momentum takes a momentum and no dampening")
    let rule = SGDRule(
      momentum: momentum, dampening: dampening, weightDecay: weightDecay, nesterov: nesterov)
    self.init(rule, parameters, learningRate: learningRate, groups: groups)
  }
}
