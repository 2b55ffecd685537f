import Autograd
import CKernels
import Tensor

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Rectified Adam, as PyTorch computes it.  (Liu et al., 2019, 1908.03265)
///
/// m and v as Adam's; ρ∞ = 2/(1 − β₂) − 1, ρ = ρ∞ − 2tβ₂ᵗ/(1 − β₂ᵗ).  While ρ ≤ 5 the variance of v is not
/// known and p ← p − ηm/(1 − β₁ᵗ); later
/// p ← p − ηm/(1 − β₁ᵗ) · √((ρ − 4)(ρ − 2)ρ∞ / ((ρ∞ − 4)(ρ∞ − 2)ρ)) · √(1 − β₂ᵗ)/(√v + ε).
public struct RAdamRule: UpdateRule {
  /// `radam`.
  public var name: String { "radam" }

  /// β₁, how slowly the mean of the gradients m forgets.
  public var beta1: Double
  /// β₂, how slowly the mean of their squares v forgets.
  public var beta2: Double
  /// ε, added to the root.
  public var epsilon: Double
  /// How the parameter decays.
  public var weightDecay: WeightDecay

  /// β₁.
  public var momentum: Double {
    get { beta1 }
    set { beta1 = newValue }
  }

  /// The kernel multiplies the gradient as it reads it.
  public var scalesGradient: Bool { true }

  /// The two means.
  public func initialMemory(of parameter: Tensor) -> [Remembered] {
    [.zeros("exp_avg", like: parameter), .zeros("exp_avg_sq", like: parameter)]
  }

  /// Changes a parameter by one step.
  public func apply(
    to parameter: inout Tensor, gradient: Tensor, memory: inout [Tensor], _ update: Update
  ) {
    let t = Double(update.step)
    var settings = ck_step_settings(update, weightDecay)
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
    OptimizerSteps.step(CK_STEP_RADAM, &parameter, gradient, state: memory, settings)
  }

  /// v/(1 − β₂ᵗ).
  public func secondMoment(in memory: [Tensor], step: Int) -> Tensor? {
    correctedSecondMoment(memory[1], beta2, step)
  }
}

/// Rectified Adam; see ``RAdamRule`` for what the settings do.
public final class RAdam: RuleOptimizer<RAdamRule>, @unchecked Sendable {
  /// Rectified Adam.
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
