import Autograd
import Tensor

/// The Dirichlet distribution of n probabilities, with density Π xᵢ^(αᵢ − 1) / B(α).
///
/// Samples are not reparameterized.
public struct Dirichlet: Distribution {
  /// The concentrations α > 0, [.., n].
  public let concentration: Tensor

  /// Creates distributions from concentrations, [.., n].
  public init(concentration: Tensor) {
    requireParameter(concentration, "concentration", of: "Dirichlet")
    require(concentration.rank > 0, "Dirichlet: a concentration of shape [] has no classes")
    self.concentration = concentration
  }

  /// The shape of the batch of distributions.
  public var batchShape: Shape { Shape(concentration.shape.dropLast()) }
  /// The shape of one sample.
  public var eventShape: Shape { Shape(concentration.shape.suffix(1)) }
  /// αᵢ / Σ α.
  public var mean: Tensor { concentration / total(keepingAxes: true) }
  /// mᵢ (1 − mᵢ) / (1 + Σ α), with the means m.
  public var variance: Tensor {
    let mean = mean
    return mean * (1 - mean) / (total(keepingAxes: true) + 1)
  }
  /// The entropies in nats.
  public var entropy: Tensor {
    let (total, count) = (total(), Double(eventShape[0]))
    let inner = ((concentration - 1) * digamma(concentration)).sum(along: -1)
    return logNormalizer + (total - count) * digamma(total) - inner
  }

  private func total(keepingAxes: Bool = false) -> Tensor {
    concentration.sum(along: -1, keepingAxes: keepingAxes)
  }

  /// ln B(α).
  private var logNormalizer: Tensor {
    logGamma(concentration).sum(along: -1) - logGamma(total())
  }

  /// Returns the logarithms of the density; that the value sums to 1 is not checked.
  public func logProbability(of value: Tensor) -> Tensor {
    let isInside = value.detached .>= 0
    let power = logPower(select(isInside, value, Tensor(1, dtype: value.dtype)), concentration - 1)
    return supported(isInside.all(along: -1), power.sum(along: -1) - logNormalizer)
  }

  /// Returns independent samples through which no gradient flows.
  public func sample(_ shape: Shape, using generator: inout RandomGenerator) -> Tensor {
    // By logarithms: with small concentrations all numbers may be too small for the dtype.
    softmax(
      generator.logGamma(
        concentration: concentration.detached.broadcast(to: sampleShape(shape))))
  }

  /// Returns the Kullback–Leibler divergence from another distribution.
  public func klDivergence(to q: Dirichlet) -> Tensor {
    let rates = digamma(concentration) - digamma(total(keepingAxes: true))
    let inner = ((concentration - q.concentration) * rates).sum(along: -1)
    return q.logNormalizer - logNormalizer + inner
  }
}

/// The beta distribution, with density xᵅ⁻¹ (1 − x)ᵝ⁻¹ / B(α, β), 0 ≤ x ≤ 1.
///
/// Samples are not reparameterized.
public struct Beta: Distribution {
  /// The concentrations α > 0 toward 1.
  public let alpha: Tensor
  /// The concentrations β > 0 toward 0.
  public let beta: Tensor

  /// Creates distributions from parameters that are broadcast.
  public init(alpha: Tensor, beta: Tensor) {
    (self.alpha, self.beta) = broadcastParameters(alpha, "alpha", beta, "beta", of: "Beta")
  }

  /// The shape of the batch of distributions.
  public var batchShape: Shape { alpha.shape }
  /// α / (α + β).
  public var mean: Tensor { alpha / (alpha + beta) }
  /// α β / ((α + β)² (α + β + 1)).
  public var variance: Tensor {
    let total = alpha + beta
    return (alpha / total) * (beta / total) / (total + 1)
  }
  /// The entropies in nats.
  public var entropy: Tensor {
    let total = alpha + beta
    let inner = (alpha - 1) * digamma(alpha) + (beta - 1) * digamma(beta)
    return logNormalizer - inner + (total - 2) * digamma(total)
  }

  /// ln B(α, β).
  private var logNormalizer: Tensor { logGamma(alpha) + logGamma(beta) - logGamma(alpha + beta) }

  /// Returns the logarithms of the density or probability of values.
  public func logProbability(of value: Tensor) -> Tensor {
    let isInside = (value.detached .>= 0) .& (value.detached .<= 1)
    let x = select(isInside, value, Tensor(0.5, dtype: value.dtype))
    // As in `logPower`, but 1 − x would lose the digits of a small x.
    let isOne = (x.detached .== 1) .& (beta.detached .== 1)
    let rest = (beta - 1) * log1p(-select(isOne, Tensor(0, dtype: x.dtype), x))
    return supported(isInside, logPower(x, alpha - 1) + rest - logNormalizer)
  }

  /// Returns independent samples through which no gradient flows.
  public func sample(_ shape: Shape, using generator: inout RandomGenerator) -> Tensor {
    let shape = sampleShape(shape)
    let first = generator.logGamma(concentration: alpha.detached.broadcast(to: shape))
    let second = generator.logGamma(concentration: beta.detached.broadcast(to: shape))
    return sigmoid(first - second)
  }

  /// Returns the Kullback–Leibler divergence from another distribution.
  public func klDivergence(to q: Beta) -> Tensor {
    let inner = (alpha - q.alpha) * digamma(alpha) + (beta - q.beta) * digamma(beta)
    let total = (q.alpha + q.beta - alpha - beta) * digamma(alpha + beta)
    return q.logNormalizer - logNormalizer + inner + total
  }
}
