import Autograd
import CKernels
import Tensor

/// RMSProp, as PyTorch computes it.  (Tieleman and Hinton, 2012, lecture 6.5; centered: Graves, 2013,
/// 1308.0850)
///
/// s ← αs + (1 − α)g²; a = √s + ε, or centered a = √(s − ḡ²) + ε with ḡ ← ḡ + (1 − α)(g − ḡ); then
/// p ← p − ηg/a, or with momentum b ← μb + g/a and p ← p − ηb.  ε stands outside of the root.
public struct RMSPropRule: UpdateRule {
  /// `rmsprop`.
  public var name: String { "rmsprop" }

  /// α, how much of the mean of squares is kept.
  public var smoothing: Double
  /// ε, added to the root.
  public var epsilon: Double
  /// μ, how much of the buffer is kept; 0 for none.
  public var momentum: Double
  /// Whether the square of the mean gradient is taken off the mean of squares.
  public var centered: Bool
  /// How the parameter decays.
  public var weightDecay: WeightDecay

  /// The kernel multiplies the gradient as it reads it.
  public var scalesGradient: Bool { true }

  /// The mean of squares, the mean if centered, the buffer if there is momentum.
  public func initialMemory(of parameter: Tensor) -> [Remembered] {
    var memory = [Remembered.zeros("square_avg", like: parameter)]
    if centered { memory.append(.zeros("grad_avg", like: parameter)) }
    if momentum != 0 { memory.append(.zeros("momentum_buffer", like: parameter)) }
    return memory
  }

  /// Changes a parameter by one step.
  public func apply(
    to parameter: inout Tensor, gradient: Tensor, memory: inout [Tensor], _ update: Update
  ) {
    var settings = ck_step_settings(update, weightDecay)
    settings.keepSquares(smoothing)
    settings.beta1 = momentum
    settings.epsilon = epsilon
    let rule =
      switch (centered, momentum != 0) {
      case (false, false): CK_STEP_RMSPROP
      case (true, false): CK_STEP_RMSPROP_CENTERED
      case (false, true): CK_STEP_RMSPROP_MOMENTUM
      case (true, true): CK_STEP_RMSPROP_CENTERED_MOMENTUM
      }
    OptimizerSteps.step(rule, &parameter, gradient, state: memory, settings)
  }
}

/// RMSProp; see ``RMSPropRule`` for what the settings do.
public final class RMSProp: RuleOptimizer<RMSPropRule>, @unchecked Sendable {
  /// RMSProp.
  public init(
    _ parameters: Parameters, learningRate: Double = 1e-2, smoothing: Double = 0.99,
    epsilon: Double = 1e-8, momentum: Double = 0, centered: Bool = false,
    weightDecay: WeightDecay = .none, maximize: Bool = false, groups: [ParameterGroup] = []
  ) {
    require(
      (0..<1).contains(smoothing) && (0..<1).contains(momentum) && epsilon >= 0,
      "rmsprop: smoothing \(smoothing) and momentum \(momentum) are not both in 0..<1, or epsilon \(epsilon) is negative"
    )
    super.init(
      RMSPropRule(
        smoothing: smoothing, epsilon: epsilon, momentum: momentum, centered: centered,
        weightDecay: weightDecay),
      parameters, learningRate: learningRate, maximize: maximize, groups: groups)
  }
}
