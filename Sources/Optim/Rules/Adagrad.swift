import Autograd
import CKernels
import Tensor

/// Adagrad, as PyTorch computes it.  (Duchi, Hazan and Singer, 2011)
///
/// s ← s + g²; p ← p − η/(1 + (t − 1)δ) · g/(√s + ε) with t from 1.
public struct AdagradRule: UpdateRule {
  /// `adagrad`.
  public var name: String { "adagrad" }

  /// δ, how the rate falls beside the sums.
  public var learningRateDecay: Double
  /// What s starts from.
  public var initialAccumulator: Double
  /// ε, added to the root.
  public var epsilon: Double
  /// How the parameter decays.
  public var weightDecay: WeightDecay

  /// The kernel multiplies the gradient as it reads it.
  public var scalesGradient: Bool { true }

  /// The sum of squares, which is no running mean.
  public func initialMemory(of parameter: Tensor) -> [Remembered] {
    [Remembered("sum", .full(like: parameter, initialAccumulator))]
  }

  /// Changes a parameter by one step.
  public func apply(
    to parameter: inout Tensor, gradient: Tensor, memory: inout [Tensor], _ update: Update
  ) {
    var settings = ck_step_settings(update, weightDecay)
    settings.rate /= 1 + Double(update.step - 1) * learningRateDecay
    settings.epsilon = epsilon
    OptimizerSteps.step(CK_STEP_ADAGRAD, &parameter, gradient, state: memory, settings)
  }
}

/// Adagrad; see ``AdagradRule`` for what the settings do.
public final class Adagrad: RuleOptimizer<AdagradRule>, @unchecked Sendable {
  /// Adagrad.
  public init(
    _ parameters: Parameters, learningRate: Double = 1e-2, learningRateDecay: Double = 0,
    initialAccumulator: Double = 0, epsilon: Double = 1e-10, weightDecay: WeightDecay = .none,
    maximize: Bool = false, groups: [ParameterGroup] = []
  ) {
    require(
      learningRateDecay >= 0 && initialAccumulator >= 0 && epsilon >= 0,
      "adagrad: the learning rate's decay \(learningRateDecay), the initial accumulator \(initialAccumulator) or epsilon \(epsilon) is negative"
    )
    super.init(
      AdagradRule(
        learningRateDecay: learningRateDecay, initialAccumulator: initialAccumulator,
        epsilon: epsilon, weightDecay: weightDecay),
      parameters, learningRate: learningRate, maximize: maximize, groups: groups)
  }
}
