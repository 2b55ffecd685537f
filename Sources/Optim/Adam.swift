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

/// Adam, as PyTorch computes it.  (Kingma and Ba, 2014, 1412.6980)
///
/// m ← β₁m + (1 − β₁)g; v ← β₂v + (1 − β₂)g²; p ← p − η/(1 − β₁ᵗ) · m / (√v/√(1 − β₂ᵗ) + ε) with t from 1.
/// With decoupled decay it is AdamW (Loshchilov and Hutter, 2017, 1711.05101): decay and update are rounded
/// once together, so a decay too small for 1 − ηλ to differ from 1 in float32 still acts.
public struct AdamRule: UpdateRule {
  /// `adamw` with decoupled decay, else `adam`.
  public let name: String

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
    let settings = ck_adam_params(
      learning_rate: update.learningRate, beta1: beta1, beta2: beta2, epsilon: epsilon,
      weight_decay: weightDecay.decoupledRate,
      bias_correction1: 1 - pow(beta1, Double(update.step)),
      bias_correction2: 1 - pow(beta2, Double(update.step)), grad_scale: update.gradientScale)
    OptimizerSteps.adamW(&parameter, gradient, memory[0], memory[1], settings)
  }
}

extension AdamRule {
  /// v/(1 − β₂ᵗ).
  public func secondMoment(in memory: [Tensor], step: Int) -> Tensor? {
    step == 0 ? memory[1] : memory[1] / (1 - pow(beta2, Double(step)))
  }
}

/// Adam with decoupled weight decay; see ``AdamRule`` for what the settings do.
public final class AdamW: RuleOptimizer<AdamRule>, @unchecked Sendable {
  /// Adam with decoupled weight decay of the rate `weightDecay`.
  public init(
    _ parameters: Parameters, learningRate: Double = 1e-3, beta1: Double = 0.9,
    beta2: Double = 0.999, epsilon: Double = 1e-8, weightDecay: Double = 0.01,
    maximize: Bool = false, groups: [ParameterGroup] = []
  ) {
    require(
      (0..<1).contains(beta1) && (0..<1).contains(beta2) && epsilon >= 0,
      "adamw: beta1 \(beta1) and beta2 \(beta2) are not both in 0..<1, or epsilon \(epsilon) is negative"
    )
    super.init(
      AdamRule(
        name: "adamw", beta1: beta1, beta2: beta2, epsilon: epsilon,
        weightDecay: .decoupled(weightDecay)),
      parameters, learningRate: learningRate, maximize: maximize, groups: groups)
  }
}
