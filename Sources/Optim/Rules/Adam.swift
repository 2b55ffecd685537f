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
/// AMSGrad (Reddi, Kale and Kumar, 2018) has the largest v so far under the root; the correction follows
/// after the maximum.  With decoupled decay it is AdamW (Loshchilov and Hutter, 2017, 1711.05101).  Decay and
/// update are rounded once together, so a decay too small for 1 − ηλ to differ from 1 in float32 still acts;
/// alone it acts down to the 2⁻²⁴ of the parameter that a float32 can lose.
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
  /// Whether the largest v so far is under the root.
  public let amsgrad: Bool

  /// β₁.
  public var momentum: Double {
    get { beta1 }
    set { beta1 = newValue }
  }

  /// The kernel multiplies the gradient as it reads it.
  public var scalesGradient: Bool { true }

  /// The two means, and the largest second one with AMSGrad.
  public func initialMemory(of parameter: Tensor) -> [Remembered] {
    let names = ["exp_avg", "exp_avg_sq"] + (amsgrad ? ["max_exp_avg_sq"] : [])
    return names.map { .zeros($0, like: parameter) }
  }

  /// Changes a parameter by one step.
  public func apply(
    to parameter: inout Tensor, gradient: Tensor, memory: inout [Tensor], _ update: Update
  ) {
    var settings = ck_step_settings(update, weightDecay)
    settings.correct(beta1, beta2, step: update.step)
    settings.epsilon = epsilon
    OptimizerSteps.step(
      amsgrad ? CK_STEP_AMSGRAD : CK_STEP_ADAM, &parameter, gradient, state: memory, settings)
  }

  /// v/(1 − β₂ᵗ).
  public func secondMoment(in memory: [Tensor], step: Int) -> Tensor? {
    correctedSecondMoment(memory[1], beta2, step)
  }
}

extension ck_step_settings {
  /// Sets Adam's means, and its corrections for their start at 0.
  mutating func correct(_ beta1: Double, _ beta2: Double, step: Int) {
    keep(beta1)
    keepSquares(beta2)
    rate /= 1 - pow(beta1, Double(step))
    correction = 1 / (1 - pow(beta2, Double(step))).squareRoot()
  }
}

/// v/(1 − β₂ᵗ), or v itself before the first step.
func correctedSecondMoment(_ v: Tensor, _ beta2: Double, _ step: Int) -> Tensor {
  step == 0 ? v : v / (1 - pow(beta2, Double(step)))
}

/// Stops at settings of Adam and its kin that make no sense.
func requireBetas(_ beta1: Double, _ beta2: Double, _ epsilon: Double, _ name: String) {
  require(
    (0..<1).contains(beta1) && (0..<1).contains(beta2) && epsilon >= 0,
    "\(name): beta1 \(beta1) and beta2 \(beta2) are not both in 0..<1, or epsilon \(epsilon) is negative"
  )
}

/// Adam; see ``AdamRule`` for what the settings do.
public final class Adam: RuleOptimizer<AdamRule>, @unchecked Sendable {
  /// Adam, or AMSGrad.
  public init(
    _ parameters: Parameters, learningRate: Double = 1e-3, beta1: Double = 0.9,
    beta2: Double = 0.999, epsilon: Double = 1e-8, weightDecay: WeightDecay = .none,
    amsgrad: Bool = false, maximize: Bool = false, groups: [ParameterGroup] = []
  ) {
    requireBetas(beta1, beta2, epsilon, "adam")
    super.init(
      AdamRule(
        name: "adam", beta1: beta1, beta2: beta2, epsilon: epsilon, weightDecay: weightDecay,
        amsgrad: amsgrad),
      parameters, learningRate: learningRate, maximize: maximize, groups: groups)
  }
}

/// Adam with decoupled weight decay; see ``AdamRule`` for what the settings do.
public final class AdamW: RuleOptimizer<AdamRule>, @unchecked Sendable {
  /// Adam with decoupled weight decay of the rate `weightDecay`.
  public init(
    _ parameters: Parameters, learningRate: Double = 1e-3, beta1: Double = 0.9,
    beta2: Double = 0.999, epsilon: Double = 1e-8, weightDecay: Double = 0.01,
    amsgrad: Bool = false, maximize: Bool = false, groups: [ParameterGroup] = []
  ) {
    requireBetas(beta1, beta2, epsilon, "adamw")
    super.init(
      AdamRule(
        name: "adamw", beta1: beta1, beta2: beta2, epsilon: epsilon,
        weightDecay: .decoupled(weightDecay), amsgrad: amsgrad),
      parameters, learningRate: learningRate, maximize: maximize, groups: groups)
  }
}
