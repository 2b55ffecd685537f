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

/// Adam with decoupled weight decay.  (Loshchilov and Hutter, 2017, 1711.05101; Kingma and Ba, 2014, 1412.6980)
///
/// m ← β₁m + (1 − β₁)g; v ← β₂v + (1 − β₂)g²;
/// p ← p − ηλp − η/(1 − β₁ᵗ) · m / (√v/√(1 − β₂ᵗ) + ε) with t from 1, as PyTorch.  The decay uses the
/// scheduled rate η.  Decay and update are rounded once together, so a decay too small for 1 − ηλ to
/// differ from 1 in float32 still acts.
public struct AdamWRule: UpdateRule {
  /// `adamw`.
  public static let name = "adamw"

  /// β₁, how slowly the mean of the gradients m forgets.
  public var beta1: Double
  /// β₂, how slowly the mean of their squares v forgets.
  public var beta2: Double
  /// ε, added to the root.
  public var epsilon: Double
  /// λ, the decoupled decay.
  public var weightDecay: Double

  /// The kernel multiplies the gradient as it reads it.
  public var scalesGradient: Bool { true }

  /// The two means.
  public var quantities: [String] { ["exp_avg", "exp_avg_sq"] }

  /// Changes a parameter by one step.
  public func apply(
    to parameter: inout Tensor, gradient: Tensor, memory: inout [Tensor], _ update: Update
  ) {
    let settings = ck_adam_params(
      learning_rate: update.learningRate, beta1: beta1, beta2: beta2, epsilon: epsilon,
      weight_decay: update.weightDecay,
      bias_correction1: 1 - pow(beta1, Double(update.step)),
      bias_correction2: 1 - pow(beta2, Double(update.step)), grad_scale: update.gradientScale)
    OptimizerSteps.adamW(&parameter, gradient, memory[0], memory[1], settings)
  }
}

/// Adam with decoupled weight decay; see ``AdamWRule``.
public typealias AdamW = RuleOptimizer<AdamWRule>

extension RuleOptimizer where Rule == AdamWRule {
  /// Adam with decoupled weight decay; see ``AdamWRule`` for what the settings do.
  public convenience init(
    _ parameters: Parameters, learningRate: Double = 1e-3, beta1: Double = 0.9,
    beta2: Double = 0.999, epsilon: Double = 1e-8, weightDecay: Double = 0.01,
    groups: [ParameterGroup] = []
  ) {
    require(
      (0..<1).contains(beta1) && (0..<1).contains(beta2) && epsilon >= 0 && weightDecay >= 0,
      "adamw: beta1 \(beta1) and beta2 \(beta2) are not both in 0..<1, or epsilon \(epsilon) or weight decay \(weightDecay) is negative"
    )
    let rule = AdamWRule(
      beta1: beta1, beta2: beta2, epsilon: epsilon, weightDecay: weightDecay)
    self.init(rule, parameters, learningRate: learningRate, groups: groups)
  }
}
