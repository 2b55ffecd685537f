import Autograd
import CKernels
import CLibrary
import Tensor

/// Adam with Nesterov's momentum, as PyTorch computes it. (Dozat, 2016)
///
/// m and v as Adam's; μₜ = β₁(1 − ½·0.96^(tψ)), P ← Pμₜ, d = √(v/(1 − β₂ᵗ)) + ε;
/// p ← p − η(1 − μₜ)/(1 − P) · g/d − ημₜ₊₁/(1 − Pμₜ₊₁) · m/d with t from 1 and P from 1.
public struct NAdamRule: KernelRule, BetaRule, SecondMomentRule {
  /// β₁, the decay rate of the mean of the gradients m.
  public var beta1: Double
  /// β₂, the decay rate of the mean of their squares v.
  public var beta2: Double
  /// ε, added to the root.
  public var epsilon: Double
  /// ψ, the speed at which the momentum rises to β₁.
  public var momentumDecay: Double
  /// The weight decay.
  public var weightDecay: WeightDecay

  /// Returns the two means, and the product P of the momentum values.
  public func initialState(of parameter: Tensor) -> [StateSlot] {
    [
      .zeros("exp_avg", like: parameter), .zeros("exp_avg_sq", like: parameter),
      .scalar("mu_product", 1),
    ]
  }

  var kernel: ck_step_rule { CK_STEP_NADAM }

  func configure(
    _ settings: inout ck_step_settings, state: inout [Tensor], context: UpdateContext
  ) {
    settings.correct(beta1, beta2, step: context.step)
    settings.epsilon = epsilon
    let (now, next) = (momentum(at: context.step), momentum(at: context.step + 1))
    let product = state[2].scalar() * now
    state[2] = Tensor(repeating: product, shape: [], dtype: .float64)
    settings.rate = context.learningRate * next / (1 - product * next)
    settings.extra = context.learningRate * (1 - now) / (1 - product)
  }

  private func momentum(at step: Int) -> Double {
    beta1 * (1 - 0.5 * pow(0.96, Double(step) * momentumDecay))
  }
}

/// Adam with Nesterov's momentum; ``NAdamRule`` describes the settings.
public final class NAdam: RuleOptimizer<NAdamRule>, @unchecked Sendable {
  /// Creates Adam with Nesterov's momentum.
  public init(
    _ parameters: Parameters, learningRate: Double = 2e-3, beta1: Double = 0.9,
    beta2: Double = 0.999, epsilon: Double = 1e-8, momentumDecay: Double = 4e-3,
    weightDecay: WeightDecay = .none, maximize: Bool = false, groups: [ParameterGroup] = []
  ) {
    requireBetas(beta1, beta2, epsilon, "nadam")
    require(momentumDecay >= 0, "nadam: momentumDecay must be at least 0, got \(momentumDecay)")
    super.init(
      NAdamRule(
        beta1: beta1, beta2: beta2, epsilon: epsilon, momentumDecay: momentumDecay,
        weightDecay: weightDecay),
      parameters, learningRate: learningRate, maximize: maximize, groups: groups)
  }
}
