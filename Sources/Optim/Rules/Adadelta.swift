import Autograd
import CKernels
import Tensor

/// Adadelta, as PyTorch computes it. (Zeiler, 2012, 1212.5701)
///
/// s ← ρs + (1 − ρ)g²; d = √(a + ε)/√(s + ε) · g; a ← ρa + (1 − ρ)d²; p ← p − ηd. ε is inside both
/// roots; a does not depend on η.
public struct AdadeltaRule: KernelRule {
  /// ρ, the decay rate of both means.
  public var rho: Double
  /// ε, added inside the roots.
  public var epsilon: Double
  /// The weight decay.
  public var weightDecay: WeightDecay

  /// Returns the means of the squares of gradients and of steps.
  public func initialState(of parameter: Tensor) -> [StateSlot] {
    [.zeros("square_avg", like: parameter), .zeros("acc_delta", like: parameter)]
  }

  var kernel: ck_step_rule { CK_STEP_ADADELTA }

  func configure(
    _ settings: inout ck_step_settings, state: inout [Tensor], context: UpdateContext
  ) {
    settings.keepSquares(rho)
    settings.epsilon = epsilon
  }
}

/// Adadelta; ``AdadeltaRule`` describes the settings.
public final class Adadelta: RuleOptimizer<AdadeltaRule>, @unchecked Sendable {
  /// Creates Adadelta, whose learning rate of 1 scales its own step size.
  public init(
    _ parameters: Parameters, learningRate: Double = 1, rho: Double = 0.9, epsilon: Double = 1e-6,
    weightDecay: WeightDecay = .none, maximize: Bool = false, groups: [ParameterGroup] = []
  ) {
    require(
      (0..<1).contains(rho) && epsilon >= 0,
      "adadelta: rho must be in 0..<1 and epsilon at least 0, got \(rho) and \(epsilon)")
    super.init(
      AdadeltaRule(rho: rho, epsilon: epsilon, weightDecay: weightDecay),
      parameters, learningRate: learningRate, maximize: maximize, groups: groups)
  }
}
