import Autograd
import CKernels
import Tensor

/// Adagrad, as PyTorch computes it. (Duchi, Hazan and Singer, 2011)
///
/// s ← s + g²; p ← p − η/(1 + (t − 1)δ) · g/(√s + ε) with t from 1.
public struct AdagradRule: KernelRule {
  /// δ, the decay of the learning rate itself.
  public var learningRateDecay: Double
  /// The initial value of s.
  public var initialAccumulator: Double
  /// ε, added to the root.
  public var epsilon: Double
  /// The weight decay.
  public var weightDecay: WeightDecay

  /// Returns the sum of squares.
  public func initialState(of parameter: Tensor) -> [StateSlot] {
    [StateSlot("sum", .full(like: parameter, initialAccumulator))]
  }

  var kernel: ck_step_rule { CK_STEP_ADAGRAD }

  func configure(
    _ settings: inout ck_step_settings, state: inout [Tensor], context: UpdateContext
  ) {
    settings.rate /= 1 + Double(context.step - 1) * learningRateDecay
    settings.epsilon = epsilon
  }
}

/// Adagrad; ``AdagradRule`` describes the settings.
public final class Adagrad: RuleOptimizer<AdagradRule>, @unchecked Sendable {
  /// Creates Adagrad.
  public init(
    _ parameters: Parameters, learningRate: Double = 1e-2, learningRateDecay: Double = 0,
    initialAccumulator: Double = 0, epsilon: Double = 1e-10, weightDecay: WeightDecay = .none,
    maximize: Bool = false, groups: [ParameterGroup] = []
  ) {
    require(
      learningRateDecay >= 0 && initialAccumulator >= 0 && epsilon >= 0,
      """
      adagrad: learningRateDecay, initialAccumulator and epsilon must be at least 0, got \
      \(learningRateDecay), \(initialAccumulator) and \(epsilon)
      """
    )
    super.init(
      AdagradRule(
        learningRateDecay: learningRateDecay, initialAccumulator: initialAccumulator,
        epsilon: epsilon, weightDecay: weightDecay),
      parameters, learningRate: learningRate, maximize: maximize, groups: groups)
  }
}
