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

/// Adam with Nesterov's momentum, as PyTorch computes it.  (Dozat, 2016)
///
/// m and v as Adam's; μₜ = β₁(1 − ½·0.96^(tψ)), P ← Pμₜ, d = √(v/(1 − β₂ᵗ)) + ε;
/// p ← p − η(1 − μₜ)/(1 − P) · g/d − ημₜ₊₁/(1 − Pμₜ₊₁) · m/d with t from 1 and P from 1.
public struct NAdamRule: UpdateRule {
  /// `nadam`.
  public var name: String { "nadam" }

  /// β₁, how slowly the mean of the gradients m forgets.
  public var beta1: Double
  /// β₂, how slowly the mean of their squares v forgets.
  public var beta2: Double
  /// ε, added to the root.
  public var epsilon: Double
  /// ψ, how fast the momentum rises to β₁.
  public var momentumDecay: Double
  /// How the parameter decays.
  public var weightDecay: WeightDecay

  /// β₁.
  public var momentum: Double {
    get { beta1 }
    set { beta1 = newValue }
  }

  /// The kernel multiplies the gradient as it reads it.
  public var scalesGradient: Bool { true }

  /// The two means, and the product P of the momenta.
  public func initialMemory(of parameter: Tensor) -> [Remembered] {
    [
      .zeros("exp_avg", like: parameter), .zeros("exp_avg_sq", like: parameter),
      .scalar("mu_product", 1),
    ]
  }

  /// Changes a parameter by one step.
  public func apply(
    to parameter: inout Tensor, gradient: Tensor, memory: inout [Tensor], _ update: Update
  ) {
    var settings = ck_step_settings(update, weightDecay)
    settings.correct(beta1, beta2, step: update.step)
    settings.epsilon = epsilon
    let (now, next) = (momentum(at: update.step), momentum(at: update.step + 1))
    let product = memory[2].scalar() * now
    memory[2] = Tensor(repeating: product, shape: [], dtype: .float64)
    settings.rate = update.learningRate * next / (1 - product * next)
    settings.extra = update.learningRate * (1 - now) / (1 - product)
    OptimizerSteps.step(CK_STEP_NADAM, &parameter, gradient, state: memory, settings)
  }

  private func momentum(at step: Int) -> Double {
    beta1 * (1 - 0.5 * pow(0.96, Double(step) * momentumDecay))
  }

  /// v/(1 − β₂ᵗ).
  public func secondMoment(in memory: [Tensor], step: Int) -> Tensor? {
    correctedSecondMoment(memory[1], beta2, step)
  }
}

/// Adam with Nesterov's momentum; see ``NAdamRule`` for what the settings do.
public final class NAdam: RuleOptimizer<NAdamRule>, @unchecked Sendable {
  /// Adam with Nesterov's momentum.
  public init(
    _ parameters: Parameters, learningRate: Double = 2e-3, beta1: Double = 0.9,
    beta2: Double = 0.999, epsilon: Double = 1e-8, momentumDecay: Double = 4e-3,
    weightDecay: WeightDecay = .none, maximize: Bool = false, groups: [ParameterGroup] = []
  ) {
    requireBetas(beta1, beta2, epsilon, "nadam")
    require(momentumDecay >= 0, "nadam: the momentum decay \(momentumDecay) is negative")
    super.init(
      NAdamRule(
        beta1: beta1, beta2: beta2, epsilon: epsilon, momentumDecay: momentumDecay,
        weightDecay: weightDecay),
      parameters, learningRate: learningRate, maximize: maximize, groups: groups)
  }
}
