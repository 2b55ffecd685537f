import Autograd
import CKernels
import Tensor

/// Adam, as PyTorch computes it. (Kingma and Ba, 2014, 1412.6980)
///
/// m ← β₁m + (1 − β₁)g; v ← β₂v + (1 − β₂)g²; p ← p − η/(1 − β₁ᵗ) · m / (√v/√(1 − β₂ᵗ) + ε) with t
/// from 1. AMSGrad (Reddi, Kale and Kumar, 2018) has the largest v so far under the root, corrected
/// after the maximum is taken. Without bias correction p ← p − ηm/(√v + ε), as in MLX and FedAdam
/// (Reddi et al., 2020, 2003.00295). With decoupled decay it is AdamW (Loshchilov and Hutter, 2017,
/// 1711.05101). Decay and update are rounded once together, so a decay too small for 1 − ηλ to
/// differ from 1 in float32 still acts; alone it acts down to the 2⁻²⁴ of the parameter that a
/// float32 can lose.
public struct AdamRule: KernelRule, BetaRule, SecondMomentRule {
  /// `adamw` or `adam`.
  public let name: String

  /// β₁, the decay rate of the mean of the gradients m.
  public var beta1: Double
  /// β₂, the decay rate of the mean of their squares v.
  public var beta2: Double
  /// ε, added to the root.
  public var epsilon: Double
  /// The weight decay.
  public var weightDecay: WeightDecay
  /// Whether the largest v so far is under the root, as in AMSGrad.
  public let amsgrad: Bool
  /// Whether m and v are corrected for their start at 0.
  public var biasCorrection = true
  /// v before the first step; above 0 without bias correction only.
  public var initialAccumulator = 0.0

  /// Returns the two means, and the largest second one with AMSGrad.
  public func initialState(of parameter: Tensor) -> [StateSlot] {
    let squares = ["exp_avg_sq"] + (amsgrad ? ["max_exp_avg_sq"] : [])
    return [.zeros("exp_avg", like: parameter)]
      + squares.map { StateSlot($0, .full(like: parameter, initialAccumulator)) }
  }

  var kernel: ck_step_rule { amsgrad ? CK_STEP_AMSGRAD : CK_STEP_ADAM }

  func configure(
    _ settings: inout ck_step_settings, state: inout [Tensor], context: UpdateContext
  ) {
    if biasCorrection {
      settings.correct(beta1, beta2, step: context.step)
    } else {
      settings.keep(beta1)
      settings.keepSquares(beta2)
    }
    settings.epsilon = epsilon
  }

  /// Returns v, corrected for its start at 0 if that is asked for.
  public func secondMoment(in state: [Tensor], step: Int) -> Tensor? {
    biasCorrection ? correctedSecondMoment(in: state, step: step) : state[secondMomentPosition]
  }
}

/// Adam; ``AdamRule`` describes the settings.
public final class Adam: RuleOptimizer<AdamRule>, @unchecked Sendable {
  /// Creates Adam, or AMSGrad.
  public init(
    _ parameters: Parameters, learningRate: Double = 1e-3, beta1: Double = 0.9,
    beta2: Double = 0.999, epsilon: Double = 1e-8, weightDecay: WeightDecay = .none,
    amsgrad: Bool = false, biasCorrection: Bool = true, initialAccumulator: Double = 0,
    maximize: Bool = false, groups: [ParameterGroup] = []
  ) {
    requireBetas(beta1, beta2, epsilon, "adam")
    require(
      initialAccumulator >= 0 && (initialAccumulator == 0 || !biasCorrection),
      """
      adam: initialAccumulator must be at least 0, and 0 with bias correction, which is for a \
      start at 0, got \(initialAccumulator)
      """
    )
    super.init(
      AdamRule(
        name: "adam", beta1: beta1, beta2: beta2, epsilon: epsilon, weightDecay: weightDecay,
        amsgrad: amsgrad, biasCorrection: biasCorrection, initialAccumulator: initialAccumulator),
      parameters, learningRate: learningRate, maximize: maximize, groups: groups)
  }
}

/// Adam with decoupled weight decay; ``AdamRule`` describes the settings.
public final class AdamW: RuleOptimizer<AdamRule>, @unchecked Sendable {
  /// Creates Adam with decoupled weight decay of the rate `weightDecay`.
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
