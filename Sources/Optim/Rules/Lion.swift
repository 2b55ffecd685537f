import Autograd
import CKernels
import Tensor

/// Lion: the sign of an interpolated momentum.  (Chen et al., 2023, 2302.06675)
///
/// p ← p − ηλp − η sign(β₁m + (1 − β₁)g); then m ← β₂m + (1 − β₂)g.  sign(0) = 0.  Every step has the same
/// length, so a good rate is 3 to 10 times smaller than Adam's, and the decay as much larger.
public struct LionRule: UpdateRule {
  /// `lion`.
  public var name: String { "lion" }

  /// β₁, how much of m decides the step.
  public var beta1: Double
  /// β₂, how slowly m forgets.
  public var beta2: Double
  /// How the parameter decays.
  public var weightDecay: WeightDecay

  /// β₁.
  public var momentum: Double {
    get { beta1 }
    set { beta1 = newValue }
  }

  /// The kernel multiplies the gradient as it reads it.
  public var scalesGradient: Bool { true }

  /// The mean.
  public func initialMemory(of parameter: Tensor) -> [Remembered] {
    [.zeros("exp_avg", like: parameter)]
  }

  /// Changes a parameter by one step.
  public func apply(
    to parameter: inout Tensor, gradient: Tensor, memory: inout [Tensor], _ update: Update
  ) {
    var settings = ck_step_settings(update, weightDecay)
    settings.keep(beta1)
    settings.keepSquares(beta2)
    OptimizerSteps.step(CK_STEP_LION, &parameter, gradient, state: memory, settings)
  }
}

/// Lion; see ``LionRule`` for what the settings do.
public final class Lion: RuleOptimizer<LionRule>, @unchecked Sendable {
  /// Lion with decoupled weight decay of the rate `weightDecay`.
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
