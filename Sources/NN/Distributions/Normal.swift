import Autograd
import Tensor

/// The normal distribution, with density exp(−(x − μ)² / 2σ²) / (σ √2π).
///
/// Samples are reparameterized: μ + σ ε.
public struct Normal: ReparameterizedDistribution {
  /// The means μ.
  public let mean: Tensor
  /// The standard deviations σ > 0.
  public let standardDeviation: Tensor

  /// Creates distributions from parameters that are broadcast; by default the standard one.
  public init(
    mean: Tensor = Tensor(0), standardDeviation: Tensor = Tensor(1)
  ) {
    (self.mean, self.standardDeviation) = broadcastParameters(
      mean, "mean", standardDeviation, "standardDeviation", of: "Normal")
  }

  /// The shape of the batch of distributions.
  public var batchShape: Shape { mean.shape }
  /// σ².
  public var variance: Tensor { square(standardDeviation) }
  /// ½ ln(2π e σ²).
  public var entropy: Tensor { log(standardDeviation) + (0.5 + halfLogTwoPi) }

  /// Returns the logarithms of the density or probability of values.
  public func logProbability(of value: Tensor) -> Tensor {
    let z = (value - mean) / standardDeviation
    return square(z) * -0.5 - log(standardDeviation) - halfLogTwoPi
  }

  /// Returns the probabilities of values up to the given ones, Φ((x − μ) / σ).
  ///
  /// The lower tail is accurate to the rounding of 1.
  public func cumulativeProbability(of value: Tensor) -> Tensor {
    let z = (value - mean) / standardDeviation
    return (erf(z * 0.5.squareRoot()) + 1) * 0.5
  }

  /// Returns the values with the given cumulative probabilities, μ + σ √2 erf⁻¹(2p − 1).
  public func quantile(_ probability: Tensor) -> Tensor {
    mean + standardDeviation * inverseErf(probability * 2 - 1) * 2.0.squareRoot()
  }

  /// Returns independent samples through which gradients flow to the parameters.
  public func reparameterizedSample(
    _ shape: Shape, using generator: inout RandomGenerator
  ) -> Tensor {
    mean + standardDeviation * generator.normal(sampleShape(shape), dtype: mean.dtype)
  }

  /// Returns the Kullback–Leibler divergence from another distribution,
  /// ln(σ₂ / σ₁) + (σ₁² + (μ₁ − μ₂)²) / 2σ₂² − ½.
  public func klDivergence(to q: Normal) -> Tensor {
    let ratio = standardDeviation / q.standardDeviation
    let shift = (mean - q.mean) / q.standardDeviation
    return (square(ratio) + square(shift) - 1) * 0.5 - log(ratio)
  }
}

/// ½ ln 2π.
let halfLogTwoPi = 0.918938533204672741780

/// The distribution of eˣ for normal x.
///
/// Samples are reparameterized.
public struct LogNormal: ReparameterizedDistribution {
  /// The distribution of the logarithm.
  public let logarithm: Normal

  /// Creates distributions from the mean μ and the standard deviation σ of the logarithm.
  public init(
    logMean: Tensor = Tensor(0), logStandardDeviation: Tensor = Tensor(1)
  ) {
    logarithm = Normal(mean: logMean, standardDeviation: logStandardDeviation)
  }

  /// The shape of the batch of distributions.
  public var batchShape: Shape { logarithm.batchShape }
  /// exp(μ + σ² / 2).
  public var mean: Tensor { exp(logarithm.mean + logarithm.variance * 0.5) }
  /// (exp σ² − 1) exp(2μ + σ²).
  public var variance: Tensor {
    expm1(logarithm.variance) * exp(logarithm.mean * 2 + logarithm.variance)
  }
  /// The entropies in nats.
  public var entropy: Tensor { logarithm.entropy + logarithm.mean }

  /// Returns the logarithms of the density or probability of values.
  public func logProbability(of value: Tensor) -> Tensor {
    let isInside = value.detached .> 0
    let x = log(select(isInside, value, Tensor(1, dtype: value.dtype)))
    return supported(isInside, logarithm.logProbability(of: x) - x)
  }

  /// Returns the probabilities of values up to the given ones.
  public func cumulativeProbability(of value: Tensor) -> Tensor {
    let isInside = value.detached .> 0
    let x = log(select(isInside, value, Tensor(1, dtype: value.dtype)))
    return select(isInside, logarithm.cumulativeProbability(of: x), Tensor(0, dtype: value.dtype))
  }

  /// Returns independent samples through which gradients flow to the parameters.
  public func reparameterizedSample(
    _ shape: Shape, using generator: inout RandomGenerator
  ) -> Tensor {
    exp(logarithm.reparameterizedSample(shape, using: &generator))
  }

  /// Returns the Kullback–Leibler divergence from another distribution.
  public func klDivergence(to q: LogNormal) -> Tensor {
    logarithm.klDivergence(to: q.logarithm)
  }
}
