import Autograd
import CKernels
import CLibrary
import Tensor

/// Rectified Adam, as PyTorch computes it. (Liu et al., 2019, 1908.03265)
///
/// m and v as Adam's; ρ∞ = 2/(1 − β₂) − 1, ρ = ρ∞ − 2tβ₂ᵗ/(1 − β₂ᵗ). While ρ ≤ 5 the variance of v
/// is not known and p ← p − ηm/(1 − β₁ᵗ); later p ← p − ηm/(1 − β₁ᵗ) · √((ρ − 4)(ρ − 2)ρ∞ / ((ρ∞ −
/// 4)(ρ∞ − 2)ρ)) · √(1 − β₂ᵗ)/(√v + ε).
public struct RAdamRule: KernelRule, BetaRule, SecondMomentRule {
  /// β₁, the decay rate of the mean of the gradients m.
  public var beta1: Double
  /// β₂, the decay rate of the mean of their squares v.
  public var beta2: Double
  /// ε, added to the root.
  public var epsilon: Double
  /// The weight decay.
  public var weightDecay: WeightDecay

  /// Returns the two means.
  public func initialState(of parameter: Tensor) -> [StateSlot] {
    [.zeros("exp_avg", like: parameter), .zeros("exp_avg_sq", like: parameter)]
  }

  var kernel: ck_step_rule { CK_STEP_RADAM }

  func configure(
    _ settings: inout ck_step_settings, state: inout [Tensor], context: UpdateContext
  ) {
    let t = Double(context.step)
    settings.keep(beta1)
    settings.keepSquares(beta2)
    settings.rate /= 1 - pow(beta1, t)
    settings.epsilon = epsilon
    let correction = 1 - pow(beta2, t)
    let limit = 2 / (1 - beta2) - 1
    let length = limit - 2 * t * pow(beta2, t) / correction
    if length > 5 {
      let rectification =
        (length - 4) * (length - 2) * limit / ((limit - 4) * (limit - 2) * length)
      settings.rate *= (rectification * correction).squareRoot()
      settings.option = 1
    }
  }
}

/// Rectified Adam; ``RAdamRule`` describes the settings.
public final class RAdam: RuleOptimizer<RAdamRule>, @unchecked Sendable {
  /// Creates rectified Adam.
  public init(
    _ parameters: Parameters, learningRate: Double = 1e-3, beta1: Double = 0.9,
    beta2: Double = 0.999, epsilon: Double = 1e-8, weightDecay: WeightDecay = .none,
    maximize: Bool = false, groups: [ParameterGroup] = []
  ) {
    requireBetas(beta1, beta2, epsilon, "radam")
    super.init(
      RAdamRule(beta1: beta1, beta2: beta2, epsilon: epsilon, weightDecay: weightDecay),
      parameters, learningRate: learningRate, maximize: maximize, groups: groups)
  }
}
