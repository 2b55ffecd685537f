import Autograd
import Tensor

/// Parameters that are treated differently from the rest.
///
/// The first group of a list that includes a parameter decides; the others keep the optimizer's settings.
/// Hyper-parameters that only one rule has are changed by ``RuleOptimizer/adjust(where:_:)``.
public struct ParameterGroup: Sendable {
  let includes: @Sendable (Parameters.Element) -> Bool
  /// The patterns of names that make the group, of which each must match something.
  let patterns: [String]
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
    self.init(
      patterns: [], learningRateScale: learningRateScale, weightDecay: weightDecay,
      momentum: momentum, includes: includes)
  }

  /// A group by patterns of names, in which `*` stands for any characters: `"head.*"`, `"*.bias"`.
  ///
  /// A pattern that no parameter of an optimizer matches stops the program, as it would have no effect.
  public init(
    names patterns: String..., learningRateScale: Double = 1, weightDecay: Double? = nil,
    momentum: Double? = nil
  ) {
    self.init(
      patterns: patterns, learningRateScale: learningRateScale, weightDecay: weightDecay,
      momentum: momentum
    ) { element in
      patterns.contains { element.matches($0) }
    }
  }

  private init(
    patterns: [String], learningRateScale: Double, weightDecay: Double?, momentum: Double?,
    includes: @escaping @Sendable (Parameters.Element) -> Bool
  ) {
    require(
      learningRateScale >= 0 && learningRateScale.isFinite && weightDecay ?? 0 >= 0,
      "parameter group: the learning rate's scale \(learningRateScale) or the weight decay \(weightDecay ?? 0) is not a number from 0 up"
    )
    self.learningRateScale = learningRateScale
    self.weightDecay = weightDecay
    self.momentum = momentum
    self.includes = includes
    self.patterns = patterns
  }

  /// The usual exception: no weight decay for biases, norms and whatever else has less than two axes.
  public static let noDecayOnVectors = ParameterGroup(weightDecay: 0) {
    $0.parameter.shape.rank < 2
  }
}
