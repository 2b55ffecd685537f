import Autograd
import CKernels
import CLibrary
import Tensor

/// AdaMax, as PyTorch computes it: Adam with the infinity norm. (Kingma and Ba, 2014, 1412.6980)
///
/// m ← β₁m + (1 − β₁)g; u ← max(β₂u, |g| + ε); p ← p − η/(1 − β₁ᵗ) · m/u with t from 1.
public struct AdamaxRule: KernelRule, BetaRule {
  /// β₁, the decay rate of the mean of the gradients m.
  public var beta1: Double
  /// β₂, the decay rate of the largest gradient u.
  public var beta2: Double
  /// ε, added to the gradient's magnitude.
  public var epsilon: Double
  /// The weight decay.
  public var weightDecay: WeightDecay

  /// Returns the mean and the infinity norm.
  public func initialState(of parameter: Tensor) -> [StateSlot] {
    [.zeros("exp_avg", like: parameter), .zeros("exp_inf", like: parameter)]
  }

  var kernel: ck_step_rule { CK_STEP_ADAMAX }

  func configure(
    _ settings: inout ck_step_settings, state: inout [Tensor], context: UpdateContext
  ) {
    settings.keep(beta1)
    settings.beta2 = beta2
    settings.rate /= 1 - pow(beta1, Double(context.step))
    settings.epsilon = epsilon
  }
}

/// AdaMax; ``AdamaxRule`` describes the settings.
public final class Adamax: RuleOptimizer<AdamaxRule>, @unchecked Sendable {
  /// Creates AdaMax.
  public init(
    _ parameters: Parameters, learningRate: Double = 2e-3, beta1: Double = 0.9,
    beta2: Double = 0.999, epsilon: Double = 1e-8, weightDecay: WeightDecay = .none,
    maximize: Bool = false, groups: [ParameterGroup] = []
  ) {
    requireBetas(beta1, beta2, epsilon, "adamax")
    super.init(
      AdamaxRule(beta1: beta1, beta2: beta2, epsilon: epsilon, weightDecay: weightDecay),
      parameters, learningRate: learningRate, maximize: maximize, groups: groups)
  }
}
