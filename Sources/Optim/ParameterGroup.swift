import Autograd
import Tensor

/// Parameters that are treated differently from the rest.
///
/// The first group of a list that includes a parameter decides; the others keep the optimizer's
/// settings. Hyper-parameters that only one rule has are changed by
/// ``RuleOptimizer/adjust(where:_:)``.
public struct ParameterGroup: Sendable {
  let includes: @Sendable (Parameters.Element) -> Bool
  /// The patterns of names that make the group, each of which must match a parameter.
  let patterns: [String]
  let learningRateScale: Double
  let weightDecay: Double?
  let momentum: Double?

  /// Creates a group of the parameters for which a closure returns `true`.
  ///
  /// - Parameters:
  ///   - learningRateScale: The factor of the base learning rate, at least 0.
  ///   - weightDecay: The weight decay of the group, or `nil` for that of the optimizer.
  ///   - momentum: The momentum of the group, or `nil` for that of the optimizer; see
  ///     ``Optimizer/momentum``.
  ///   - includes: Returns whether a parameter belongs to the group.
  public init(
    learningRateScale: Double = 1, weightDecay: Double? = nil, momentum: Double? = nil,
    where includes: @escaping @Sendable (Parameters.Element) -> Bool
  ) {
    self.init(
      patterns: [], learningRateScale: learningRateScale, weightDecay: weightDecay,
      momentum: momentum, includes: includes)
  }

  /// Creates a group by patterns of names, in which `*` stands for any characters: `"head.*"`,
  /// `"*.bias"`.
  ///
  /// A pattern that no parameter of an optimizer matches stops the program, as it would have no
  /// effect.
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
      "parameter group: learningRateScale and weightDecay must be at least 0, got \(learningRateScale) and \(weightDecay ?? 0)"
    )
    self.learningRateScale = learningRateScale
    self.weightDecay = weightDecay
    self.momentum = momentum
    self.includes = includes
    self.patterns = patterns
  }

  /// No weight decay for biases, norms and all other parameters with fewer than two axes, as usual.
  public static let noDecayOnVectors = ParameterGroup(weightDecay: 0) {
    $0.parameter.shape.rank < 2
  }
}
