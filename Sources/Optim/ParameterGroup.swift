import Autograd
import Tensor

/// Parameters that are treated differently from the rest.
///
/// The first group of a list that includes a parameter decides; the others keep the optimizer's settings.
/// Hyper-parameters that only one rule has are changed by ``RuleOptimizer/adjust(where:_:)``.
public struct ParameterGroup: Sendable {
  let includes: @Sendable (Parameters.Element) -> Bool
  let learningRateScale: Double
  let weightDecay: Double?
  let momentum: Double?

  /// A group by a rule.
  ///
  /// - Parameters:
  ///   - learningRateScale: What the base rate is multiplied by, from 0 up.
  ///   - weightDecay: The group's own decay, or nil for the optimizer's.
  ///   - momentum: The group's own momentum, or nil for the optimizer's; see ``Optimizer/momentum``.
  ///   - includes: Whether a parameter belongs to the group.
  public init(
    learningRateScale: Double = 1, weightDecay: Double? = nil, momentum: Double? = nil,
    where includes: @escaping @Sendable (Parameters.Element) -> Bool
  ) {
    require(
      learningRateScale >= 0 && learningRateScale.isFinite && weightDecay ?? 0 >= 0,
      "parameter group: the learning rate's scale \(learningRateScale) or the weight decay \(weightDecay ?? 0) is not a number from 0 up"
    )
    self.learningRateScale = learningRateScale
    self.weightDecay = weightDecay
    self.momentum = momentum
    self.includes = includes
  }

  /// The usual exception: no weight decay for biases, norms and whatever else has less than two axes.
  public static let noDecayOnVectors = ParameterGroup(weightDecay: 0) {
    $0.parameter.shape.rank < 2
  }
}
