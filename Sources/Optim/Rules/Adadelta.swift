import Autograd
import CKernels
import Tensor

/// Adadelta, as PyTorch computes it.  (Zeiler, 2012, 1212.5701)
///
/// s ← ρs + (1 − ρ)g²; d = √(a + ε)/√(s + ε) · g; a ← ρa + (1 − ρ)d²; p ← p − ηd.  ε stands inside both roots;
/// a does not know η.
public struct AdadeltaRule: UpdateRule {
  /// `adadelta`.
  public var name: String { "adadelta" }

  /// ρ, how much of both means is kept.
  public var rho: Double
  /// ε, added inside the roots.
  public var epsilon: Double
  /// How the parameter decays.
  public var weightDecay: WeightDecay

  /// The kernel multiplies the gradient as it reads it.
  public var scalesGradient: Bool { true }

  /// The means of the squares of gradients and of steps.
  public func initialMemory(of parameter: Tensor) -> [Remembered] {
    [.zeros("square_avg", like: parameter), .zeros("acc_delta", like: parameter)]
  }

  /// Changes a parameter by one step.
  public func apply(
    to parameter: inout Tensor, gradient: Tensor, memory: inout [Tensor], _ update: Update
  ) {
    var settings = ck_step_settings(update, weightDecay)
    settings.keepSquares(rho)
    settings.epsilon = epsilon
    OptimizerSteps.step(CK_STEP_ADADELTA, &parameter, gradient, state: memory, settings)
  }
}

/// Adadelta; see ``AdadeltaRule`` for what the settings do.
public final class Adadelta: RuleOptimizer<AdadeltaRule>, @unchecked Sendable {
  /// Adadelta, whose learning rate is 1 unless steps are to be longer or shorter.
  public init(
    _ parameters: Parameters, learningRate: Double = 1, rho: Double = 0.9, epsilon: Double = 1e-6,
    weightDecay: WeightDecay = .none, maximize: Bool = false, groups: [ParameterGroup] = []
  ) {
    require(
      (0..<1).contains(rho) && epsilon >= 0,
      "adadelta: rho \(rho) is not in 0..<1, or epsilon \(epsilon) is negative")
    super.init(
      AdadeltaRule(rho: rho, epsilon: epsilon, weightDecay: weightDecay),
      parameters, learningRate: learningRate, maximize: maximize, groups: groups)
  }
}
