import Autograd
import CKernels
import Tensor

/// Stochastic gradient descent with momentum.
///
/// Without momentum p ← p − ηg.  With it b is kept, ``MomentumForm`` says how, and p ← p − ηb, or with
/// Nesterov's momentum p ← p − η(g + μb).  The rate η stands outside of the buffer b, so changing it acts at
/// once.  (Polyak, 1964; Nesterov, 1983; Sutskever et al., 2013)
public struct SGDRule: UpdateRule {
  /// `sgd`.
  public var name: String { "sgd" }

  /// μ, how much of the buffer is kept; 0 for none.
  public var momentum: Double
  /// d, how much less of the gradient enters the buffer, from the second step on.
  public var dampening: Double
  /// How the buffer takes up gradients.
  public var form: MomentumForm
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
    var settings = ck_step_settings(update, weightDecay)
    guard momentum != 0 else {
      OptimizerSteps.step(CK_STEP_SGD, &parameter, gradient, state: [], settings)
      return
    }
    settings.beta1 = momentum
    settings.option = nesterov ? 1 : 0
    switch form {
    case .sum: settings.weight1 = 1 - dampening
    case .average:
      settings.weight1 = 1 - momentum
      settings.first = 0
    }
    OptimizerSteps.step(CK_STEP_MOMENTUM, &parameter, gradient, state: memory, settings)
  }
}

/// How a momentum buffer b takes up the gradients.
public enum MomentumForm: String, Sendable, CaseIterable {
  /// b ← μb + (1 − d)g, and b ← g at the first step, as PyTorch does.
  case sum
  /// b ← μb + (1 − μ)g from b = 0 on: a running mean of the gradients, of their size.
  case average
}

/// Stochastic gradient descent; see ``SGDRule`` for what the settings do.
public final class SGD: RuleOptimizer<SGDRule>, @unchecked Sendable {
  /// Stochastic gradient descent with PyTorch's momentum, or with another form of it.
  public init(
    _ parameters: Parameters, learningRate: Double = 1e-3, momentum: Double = 0,
    dampening: Double = 0, form: MomentumForm = .sum, nesterov: Bool = false,
    weightDecay: WeightDecay = .none, maximize: Bool = false, groups: [ParameterGroup] = []
  ) {
    require(
      momentum >= 0 && momentum.isFinite, "sgd: the momentum \(momentum) is not a number from 0 up")
    require(
      !nesterov || momentum > 0 && dampening == 0 && form == .sum,
      "sgd: Nesterov's momentum takes a momentum and no dampening")
    require(form == .sum || dampening == 0, "sgd: an averaged momentum takes no dampening")
    super.init(
      SGDRule(
        momentum: momentum, dampening: dampening, form: form, nesterov: nesterov,
        weightDecay: weightDecay),
      parameters, learningRate: learningRate, maximize: maximize, groups: groups)
  }
}
