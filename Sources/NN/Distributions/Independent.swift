import Autograd
import Tensor

/// A distribution whose last batch axes are taken as axes of one event, over which
/// log-probabilities, entropies and divergences are summed.
///
/// ```swift
/// let latent = Independent(Normal(mean: mean, standardDeviation: deviation), axes: 1)
/// let loss = klDivergence(latent, prior).mean()          // one number for each example
/// ```
public struct Independent<Base: Distribution>: Distribution {
  /// The distribution of the parts.
  public let base: Base
  /// The number of batch axes that become axes of the event.
  public let axes: Int

  /// Creates a distribution from one of its parts.
  ///
  /// - Parameters:
  ///   - base: The distribution of the parts.
  ///   - axes: The number of batch axes that become axes of the event, at most that of the batch.
  public init(_ base: Base, axes: Int) {
    require(
      axes >= 0 && axes <= base.batchShape.rank,
      "Independent: \(axes) axes of the batch shape \(base.batchShape)")
    (self.base, self.axes) = (base, axes)
  }

  /// The shape of the batch of distributions.
  public var batchShape: Shape { Shape(base.batchShape.dropLast(axes)) }
  /// The shape of one sample.
  public var eventShape: Shape {
    Shape(Array(base.batchShape.suffix(axes)) + Array(base.eventShape))
  }
  /// The means.
  public var mean: Tensor { base.mean }
  /// The variances.
  public var variance: Tensor { base.variance }
  /// The entropies in nats.
  public var entropy: Tensor { summed(base.entropy) }

  private func summed(_ x: Tensor) -> Tensor {
    axes == 0 ? x : x.sum(along: (1...axes).map { -$0 })
  }

  /// Returns the logarithms of the density or probability of values.
  public func logProbability(of value: Tensor) -> Tensor {
    summed(base.logProbability(of: value))
  }

  /// Returns independent samples through which no gradient flows.
  public func sample(_ shape: Shape, using generator: inout RandomGenerator) -> Tensor {
    base.sample(shape, using: &generator)
  }

  /// Returns the Kullback–Leibler divergence from another distribution.
  public func klDivergence(to q: Independent<Base>) -> Tensor {
    require(axes == q.axes, "Independent: \(axes) and \(q.axes) axes of the event differ")
    return summed(base.klDivergence(to: q.base))
  }
}

extension Independent: ReparameterizedDistribution where Base: ReparameterizedDistribution {
  /// Returns independent samples through which gradients flow to the parameters.
  public func reparameterizedSample(
    _ shape: Shape, using generator: inout RandomGenerator
  ) -> Tensor {
    base.reparameterizedSample(shape, using: &generator)
  }
}
