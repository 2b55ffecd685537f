import Autograd
import CKernels
import Tensor

/// Lion: the sign of an interpolated momentum. (Chen et al., 2023, 2302.06675)
///
/// p ← p − ηλp − η sign(β₁m + (1 − β₁)g); then m ← β₂m + (1 − β₂)g. sign(0) = 0. Every step has the
/// same length, so a good rate is 3 to 10 times smaller than Adam's, and a good decay larger by the
/// same factor.
public struct LionRule: KernelRule, BetaRule {
  /// β₁, the weight of m in the direction of the step.
  public var beta1: Double
  /// β₂, the decay rate of m.
  public var beta2: Double
  /// The weight decay.
  public var weightDecay: WeightDecay

  /// Returns the mean of the gradients.
  public func initialState(of parameter: Tensor) -> [StateSlot] {
    [.zeros("exp_avg", like: parameter)]
  }

  var kernel: ck_step_rule { CK_STEP_LION }

  func configure(
    _ settings: inout ck_step_settings, state: inout [Tensor], context: UpdateContext
  ) {
    settings.keep(beta1)
    settings.keepSquares(beta2)
  }
}

/// Lion; ``LionRule`` describes the settings.
public final class Lion: RuleOptimizer<LionRule>, @unchecked Sendable {
  /// Creates Lion with decoupled weight decay of the rate `weightDecay`.
  public init(
    _ parameters: Parameters, learningRate: Double = 1e-4, beta1: Double = 0.9,
    beta2: Double = 0.99, weightDecay: Double = 0, maximize: Bool = false,
    groups: [ParameterGroup] = []
  ) {
    requireBetas(beta1, beta2, 0, "lion")
    super.init(
      LionRule(beta1: beta1, beta2: beta2, weightDecay: .decoupled(weightDecay)),
      parameters, learningRate: learningRate, maximize: maximize, groups: groups)
  }
}
