import Autograd
import CKernels
import Tensor

/// Stochastic gradient descent with momentum.
///
/// Without momentum p ← p − ηg. With it a ``MomentumBuffer`` b is kept, and p ← p − ηb, or with
/// Nesterov's momentum p ← p − η(g + μb). The rate η is not part of the buffer b, so changing it
/// acts at once. (Polyak, 1964; Nesterov, 1983; Sutskever et al., 2013)
public struct SGDRule: KernelRule {
  /// μ, the decay rate of the buffer; 0 for none.
  public var momentum: Double
  /// d, the part of the gradient that does not enter the buffer, from the second step on.
  public var dampening: Double
  /// Whether the buffer is a sum or an average.
  public var buffer: MomentumBuffer
  /// Whether to use Nesterov's momentum, which needs a momentum and no dampening.
  public var nesterov: Bool
  /// The weight decay.
  public var weightDecay: WeightDecay

  /// Returns the buffer, if there is momentum.
  public func initialState(of parameter: Tensor) -> [StateSlot] {
    momentum == 0 ? [] : [.zeros("momentum_buffer", like: parameter)]
  }

  var kernel: ck_step_rule { momentum == 0 ? CK_STEP_SGD : CK_STEP_MOMENTUM }

  func configure(
    _ settings: inout ck_step_settings, state: inout [Tensor], context: UpdateContext
  ) {
    guard momentum != 0 else { return }
    settings.beta1 = momentum
    settings.option = nesterov ? 1 : 0
    switch buffer {
    case .sum: settings.weight1 = 1 - dampening
    case .average:
      settings.weight1 = 1 - momentum
      settings.first = 0
    }
  }
}

/// What a momentum buffer b holds.
public enum MomentumBuffer: String, Sendable, CaseIterable {
  /// A decaying sum of the gradients, as in PyTorch: b ← μb + (1 − d)g, and b ← g at the first
  /// step.
  case sum
  /// A running mean of the gradients, of their magnitude: b ← μb + (1 − μ)g from b = 0 on.
  case average
}

/// Stochastic gradient descent; ``SGDRule`` describes the settings.
public final class SGD: RuleOptimizer<SGDRule>, @unchecked Sendable {
  /// Creates stochastic gradient descent, with momentum or without.
  public init(
    _ parameters: Parameters, learningRate: Double = 1e-3, momentum: Double = 0,
    dampening: Double = 0, buffer: MomentumBuffer = .sum, nesterov: Bool = false,
    weightDecay: WeightDecay = .none, maximize: Bool = false, groups: [ParameterGroup] = []
  ) {
    require(
      momentum >= 0 && momentum.isFinite,
      "sgd: momentum must be a finite number of at least 0, got \(momentum)")
    require(
      !nesterov || momentum > 0 && dampening == 0 && buffer == .sum,
      "sgd: nesterov needs a momentum above 0, no dampening and buffer .sum")
    require(
      buffer == .sum || dampening == 0, "sgd: buffer .average takes no dampening, got \(dampening)")
    super.init(
      SGDRule(
        momentum: momentum, dampening: dampening, buffer: buffer, nesterov: nesterov,
        weightDecay: weightDecay),
      parameters, learningRate: learningRate, maximize: maximize, groups: groups)
  }
}
