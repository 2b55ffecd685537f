import Autograd
import CKernels
import Tensor

/// RMSProp, as PyTorch computes it. (Tieleman and Hinton, 2012, lecture 6.5; centered: Graves,
/// 2013, 1308.0850)
///
/// s ← αs + (1 − α)g²; a = √s + ε, or centered a = √(s − ḡ²) + ε with ḡ ← ḡ + (1 − α)(g − ḡ); then
/// p ← p − ηg/a, or with momentum b ← μb + g/a and p ← p − ηb. ε is outside the root.
public struct RMSPropRule: KernelRule {
  /// α, the decay rate of the mean of squares.
  public var smoothing: Double
  /// ε, added to the root.
  public var epsilon: Double
  /// μ, the decay rate of the momentum buffer; 0 for none.
  public var momentum: Double
  /// Whether the square of the mean gradient is subtracted from the mean of squares.
  public var centered: Bool
  /// The weight decay.
  public var weightDecay: WeightDecay

  /// Returns the mean of squares, the mean if centered, the buffer if there is momentum.
  public func initialState(of parameter: Tensor) -> [StateSlot] {
    var state = [StateSlot.zeros("square_avg", like: parameter)]
    if centered { state.append(.zeros("grad_avg", like: parameter)) }
    if momentum != 0 { state.append(.zeros("momentum_buffer", like: parameter)) }
    return state
  }

  var kernel: ck_step_rule {
    switch (centered, momentum != 0) {
    case (false, false): CK_STEP_RMSPROP
    case (true, false): CK_STEP_RMSPROP_CENTERED
    case (false, true): CK_STEP_RMSPROP_MOMENTUM
    case (true, true): CK_STEP_RMSPROP_CENTERED_MOMENTUM
    }
  }

  func configure(
    _ settings: inout ck_step_settings, state: inout [Tensor], context: UpdateContext
  ) {
    settings.keepSquares(smoothing)
    settings.beta1 = momentum
    settings.epsilon = epsilon
  }
}

/// RMSProp; ``RMSPropRule`` describes the settings.
public final class RMSProp: RuleOptimizer<RMSPropRule>, @unchecked Sendable {
  /// Creates RMSProp.
  public init(
    _ parameters: Parameters, learningRate: Double = 1e-2, smoothing: Double = 0.99,
    epsilon: Double = 1e-8, momentum: Double = 0, centered: Bool = false,
    weightDecay: WeightDecay = .none, maximize: Bool = false, groups: [ParameterGroup] = []
  ) {
    require(
      (0..<1).contains(smoothing) && (0..<1).contains(momentum) && epsilon >= 0,
      """
      rmsprop: smoothing and momentum must be in 0..<1 and epsilon at least 0, got \(smoothing), \
      \(momentum) and \(epsilon)
      """
    )
    super.init(
      RMSPropRule(
        smoothing: smoothing, epsilon: epsilon, momentum: momentum, centered: centered,
        weightDecay: weightDecay),
      parameters, learningRate: learningRate, maximize: maximize, groups: groups)
  }
}
