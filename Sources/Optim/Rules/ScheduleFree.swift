import Autograd
import CKernels
import CLibrary
import Tensor

/// AdamW without a schedule: an average of the weights takes its place. (Defazio et al., 2024,
/// 2405.15682; the authors' `AdamWScheduleFree`)
///
/// The parameter is y, where gradients are taken; z takes the steps, and x = y + (1 − 1/β₁)(z − y),
/// the average of the z, is what to evaluate and to keep: ``Optimizer/withEvaluationWeights(_:)``.
/// With t from 1: v ← β₂v + (1 − β₂)g², u = g/(√v/√(1 − β₂ᵗ) + ε) + λy, ηₜ = η·min(1, t/warmup), c
/// = w/Σw with w = tʳ·(max ηₜ)^power; y ← y + c(z − y) − ηₜ(1 − β₁(1 − c))u; z ← z − ηₜu. A
/// schedule of the rate is not needed, and batch normalization must see data at x before x is used.
public struct ScheduleFreeRule: KernelRule, BetaRule, SecondMomentRule {
  /// β₁, the position of y between z and x.
  public var beta1: Double
  /// β₂, the decay rate of the mean of squares v.
  public var beta2: Double
  /// ε, added to the root.
  public var epsilon: Double
  /// λ, the decay at y; a coupled one is added to the gradient instead.
  public var weightDecay: WeightDecay
  /// The number of steps in which the rate rises.
  public var warmup: Int
  /// r, the exponent of the step in its weight in the average.
  public var r: Double
  /// The exponent of the largest rate so far in the weight of a step in the average.
  public var weightPower: Double

  /// Returns the mean of squares, z, the sum of the weights of the average, and the largest rate.
  public func initialState(of parameter: Tensor) -> [StateSlot] {
    [
      .zeros("exp_avg_sq", like: parameter), StateSlot("z", parameter, isMoment: false),
      .scalar("weight_sum", 0), .scalar("lr_max", 0),
    ]
  }

  var kernel: ck_step_rule { CK_STEP_SCHEDULE_FREE }

  var secondMomentPosition: Int { 0 }

  func configure(
    _ settings: inout ck_step_settings, state: inout [Tensor], context: UpdateContext
  ) {
    let t = Double(context.step)
    let rate = context.learningRate * (context.step < warmup ? t / Double(warmup) : 1)
    let largest = max(rate, state[3].scalar())
    let weight = pow(t, r) * pow(largest, weightPower)
    let sum = state[2].scalar() + weight
    let share = sum > 0 ? weight / sum : 0
    state[2] = Tensor(repeating: sum, shape: [], dtype: .float64)
    state[3] = Tensor(repeating: largest, shape: [], dtype: .float64)

    settings.keepSquares(beta2)
    settings.shrink = 0
    settings.extra = weightDecay.decoupledRate
    settings.rate = rate
    settings.beta1 = share
    settings.weight1 = rate * (1 - beta1 * (1 - share))
    settings.epsilon = epsilon
    settings.correction = 1 / (1 - pow(beta2, t)).squareRoot()
  }

  /// Returns x, the average.
  public func evaluationWeights(of parameter: Tensor, state: [Tensor]) -> Tensor? {
    lerp(parameter, state[1], 1 - 1 / beta1)
  }
}

/// AdamW without a schedule; ``ScheduleFreeRule`` describes the settings.
public final class ScheduleFreeAdamW: RuleOptimizer<ScheduleFreeRule>, @unchecked Sendable {
  /// Creates AdamW without a schedule, with weight decay of the rate `weightDecay` at y.
  public init(
    _ parameters: Parameters, learningRate: Double = 2.5e-3, beta1: Double = 0.9,
    beta2: Double = 0.999, epsilon: Double = 1e-8, weightDecay: Double = 0, warmup: Int = 0,
    r: Double = 0, weightPower: Double = 2, maximize: Bool = false, groups: [ParameterGroup] = []
  ) {
    requireBetas(beta1, beta2, epsilon, "schedule-free")
    require(
      beta1 > 0 && warmup >= 0,
      "schedule-free: beta1 must be above 0 and warmup at least 0, got \(beta1) and \(warmup)")
    super.init(
      ScheduleFreeRule(
        beta1: beta1, beta2: beta2, epsilon: epsilon, weightDecay: .decoupled(weightDecay),
        warmup: warmup, r: r, weightPower: weightPower),
      parameters, learningRate: learningRate, maximize: maximize, groups: groups)
  }
}
