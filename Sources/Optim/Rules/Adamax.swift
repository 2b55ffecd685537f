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

/// AdaMax, as PyTorch computes it: Adam with the infinity norm.  (Kingma and Ba, 2014, 1412.6980)
///
/// m ← β₁m + (1 − β₁)g; u ← max(β₂u, |g| + ε); p ← p − η/(1 − β₁ᵗ) · m/u with t from 1.
public struct AdamaxRule: UpdateRule {
  /// `adamax`.
  public var name: String { "adamax" }

  /// β₁, how slowly the mean of the gradients m forgets.
  public var beta1: Double
  /// β₂, how slowly the largest gradient u is forgotten.
  public var beta2: Double
  /// ε, added to the gradient's size.
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

  /// The mean and the infinity norm.
  public func initialMemory(of parameter: Tensor) -> [Remembered] {
    [.zeros("exp_avg", like: parameter), .zeros("exp_inf", like: parameter)]
  }

  /// Changes a parameter by one step.
  public func apply(
    to parameter: inout Tensor, gradient: Tensor, memory: inout [Tensor], _ update: Update
  ) {
    var settings = ck_step_settings(update, weightDecay)
    settings.keep(beta1)
    settings.beta2 = beta2
    settings.rate /= 1 - pow(beta1, Double(update.step))
    settings.epsilon = epsilon
    OptimizerSteps.step(CK_STEP_ADAMAX, &parameter, gradient, state: memory, settings)
  }
}

/// AdaMax; see ``AdamaxRule`` for what the settings do.
public final class Adamax: RuleOptimizer<AdamaxRule>, @unchecked Sendable {
  /// AdaMax.
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
