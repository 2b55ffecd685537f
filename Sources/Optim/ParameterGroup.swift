import Autograd
import Tensor

/// Parameters that are treated differently from the rest.
///
/// The first group of a list that includes a parameter decides; the others keep the optimizer's
/// settings. Hyper-parameters that only one rule has are changed by
/// ``RuleOptimizer/adjust(where:_:)``.
public struct ParameterGroup: Sendable {
  /// What decides whether a parameter belongs to the group.
  private enum Membership: Sendable {
    case condition(@Sendable (Parameters.Element) -> Bool)
    /// Patterns of names, each of which must match a parameter.
    case patterns([String])
    case parameters(Parameters)
  }

  private let membership: Membership
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
      .condition(includes), learningRateScale: learningRateScale, weightDecay: weightDecay,
      momentum: momentum)
  }

  /// Creates a group of given parameters, such as those of a part of a model.
  ///
  /// ```swift
  /// let optimizer = AdamW(
  ///   model.parameters, groups: [ParameterGroup(model.head.parameters, learningRateScale: 10)])
  /// ```
  /// A group without a parameter of the optimizer stops the program, as it would have no effect.
  public init(
    _ parameters: Parameters, learningRateScale: Double = 1, weightDecay: Double? = nil,
    momentum: Double? = nil
  ) {
    self.init(
      .parameters(parameters), learningRateScale: learningRateScale, weightDecay: weightDecay,
      momentum: momentum)
  }

  /// Creates a group by patterns of names, in which `*` stands for any characters: `"head.*"`,
  /// `"*.bias"`; see `Parameters.matching(_:)`.
  ///
  /// A pattern that no parameter of an optimizer matches stops the program, as it would have no
  /// effect.
  public init(
    names patterns: String..., learningRateScale: Double = 1, weightDecay: Double? = nil,
    momentum: Double? = nil
  ) {
    self.init(
      .patterns(patterns), learningRateScale: learningRateScale, weightDecay: weightDecay,
      momentum: momentum)
  }

  private init(
    _ membership: Membership, learningRateScale: Double, weightDecay: Double?, momentum: Double?
  ) {
    require(
      learningRateScale >= 0 && learningRateScale.isFinite,
      """
      ParameterGroup: learningRateScale must be a finite number of at least 0, got \
      \(learningRateScale)
      """
    )
    let decay = weightDecay ?? 0
    require(
      decay >= 0 && decay.isFinite,
      "ParameterGroup: weightDecay must be a finite number of at least 0, got \(decay)")
    self.membership = membership
    self.learningRateScale = learningRateScale
    self.weightDecay = weightDecay
    self.momentum = momentum
  }

  /// Returns, for each parameter of an optimizer, whether it belongs to the group.
  func members(of parameters: Parameters) -> [Bool] {
    switch membership {
    case .condition(let includes): return parameters.map(includes)
    case .patterns(let patterns): return parameters.matches(patterns, in: "ParameterGroup")
    case .parameters(let part):
      let members = parameters.map { part.index(of: $0.parameter) != nil }
      require(
        members.contains(true), "ParameterGroup: none of its parameters is one of the optimizer")
      return members
    }
  }

  /// No weight decay for biases, norms and all other parameters with fewer than two axes, as usual.
  public static let noDecayOnVectors = ParameterGroup(weightDecay: 0) {
    $0.parameter.shape.rank < 2
  }
}
