import Autograd
import Tensor

/// The uniform distribution on [a, b).
///
/// Samples are reparameterized: a + (b − a) u.
public struct Uniform: ReparameterizedDistribution {
  /// The lower bounds a.
  public let low: Tensor
  /// The upper bounds b > a.
  public let high: Tensor

  /// Creates distributions from bounds that are broadcast; by default those of [0, 1).
  public init(low: Tensor = Tensor(0), high: Tensor = Tensor(1)) {
    (self.low, self.high) = broadcastParameters(low, "low", high, "high", of: "Uniform")
  }

  /// The shape of the batch of distributions.
  public var batchShape: Shape { low.shape }
  /// The means.
  public var mean: Tensor { (low + high) * 0.5 }
  /// (b − a)² / 12.
  public var variance: Tensor { square(high - low) / 12 }
  /// The entropies in nats.
  public var entropy: Tensor { log(high - low) }

  /// Returns the logarithms of the density or probability of values.
  public func logProbability(of value: Tensor) -> Tensor {
    let x = value.detached
    let isInside = (x .>= low.detached) .& (x .< high.detached)
    return supported(isInside, value * 0 - entropy)
  }

  /// Returns the probabilities of values up to the given ones.
  public func cumulativeProbability(of value: Tensor) -> Tensor {
    clamp((value - low) / (high - low), from: 0, to: 1)
  }

  /// Returns independent samples through which gradients flow to the parameters.
  public func reparameterizedSample(
    _ shape: Shape, using generator: inout RandomGenerator
  ) -> Tensor {
    low + (high - low) * generator.uniform(sampleShape(shape), dtype: low.dtype)
  }

  /// Returns the Kullback–Leibler divergence from another distribution,
  /// ln((b₂ − a₂) / (b₁ − a₁)), and ∞ if q excludes part of this range.
  public func klDivergence(to q: Uniform) -> Tensor {
    let isWithin =
      (q.low.detached .<= low.detached) .& (q.high.detached .>= high.detached)
    return select(isWithin, q.entropy - entropy, Tensor(.infinity, dtype: low.dtype))
  }
}

/// The exponential distribution, with density λ e^(−λx), x ≥ 0.
///
/// Samples are reparameterized: ε / λ.
public struct Exponential: ReparameterizedDistribution {
  /// The rates λ > 0.
  public let rate: Tensor

  /// Creates distributions from rates, by default 1.
  public init(rate: Tensor = Tensor(1)) {
    requireParameter(rate, "rate", of: "Exponential")
    self.rate = rate
  }

  /// The shape of the batch of distributions.
  public var batchShape: Shape { rate.shape }
  /// 1 / λ.
  public var mean: Tensor { 1 / rate }
  /// 1 / λ².
  public var variance: Tensor { 1 / square(rate) }
  /// The entropies in nats.
  public var entropy: Tensor { 1 - log(rate) }

  /// Returns the logarithms of the density or probability of values.
  public func logProbability(of value: Tensor) -> Tensor {
    supported(value.detached .>= 0, log(rate) - rate * value)
  }

  /// Returns the probabilities of values up to the given ones, 1 − e^(−λx).
  public func cumulativeProbability(of value: Tensor) -> Tensor {
    -expm1(-rate * maximum(value, Tensor(0, dtype: value.dtype)))
  }

  /// Returns independent samples through which gradients flow to the parameters.
  public func reparameterizedSample(
    _ shape: Shape, using generator: inout RandomGenerator
  ) -> Tensor {
    generator.exponential(sampleShape(shape), dtype: rate.dtype) / rate
  }

  /// Returns the Kullback–Leibler divergence from another distribution,
  /// ln(λ₁ / λ₂) + λ₂ / λ₁ − 1.
  public func klDivergence(to q: Exponential) -> Tensor {
    let ratio = q.rate / rate
    return ratio - 1 - log(ratio)
  }
}

/// The Laplace distribution, with density e^(−|x − μ| / b) / 2b.
///
/// Samples are reparameterized.
public struct Laplace: ReparameterizedDistribution {
  /// The means μ.
  public let mean: Tensor
  /// The scales b > 0.
  public let scale: Tensor

  /// Creates distributions from parameters that are broadcast.
  public init(mean: Tensor = Tensor(0), scale: Tensor = Tensor(1)) {
    (self.mean, self.scale) = broadcastParameters(mean, "mean", scale, "scale", of: "Laplace")
  }

  /// The shape of the batch of distributions.
  public var batchShape: Shape { mean.shape }
  /// 2b².
  public var variance: Tensor { square(scale) * 2 }
  /// 1 + ln 2b.
  public var entropy: Tensor { log(scale * 2) + 1 }

  /// Returns the logarithms of the density or probability of values.
  public func logProbability(of value: Tensor) -> Tensor {
    -abs(value - mean) / scale - log(scale * 2)
  }

  /// Returns the probabilities of values up to the given ones, accurate in both tails.
  public func cumulativeProbability(of value: Tensor) -> Tensor {
    let z = (value - mean) / scale
    let tail = exp(-abs(z)) * 0.5
    return select(z.detached .< 0, tail, 1 - tail)
  }

  /// Returns independent samples through which gradients flow to the parameters.
  public func reparameterizedSample(
    _ shape: Shape, using generator: inout RandomGenerator
  ) -> Tensor {
    let shape = sampleShape(shape)
    let size = generator.exponential(shape, dtype: mean.dtype)
    let isNegative = generator.bernoulli(shape)
    return mean + scale * select(isNegative, -size, size)
  }

  /// Returns the Kullback–Leibler divergence from another distribution,
  /// ln(b₂ / b₁) + |μ₁ − μ₂| / b₂ + b₁ / b₂ · e^(−|μ₁ − μ₂| / b₁) − 1.
  public func klDivergence(to q: Laplace) -> Tensor {
    let distance = abs(mean - q.mean)
    let ratio = scale / q.scale
    return distance / q.scale + ratio * exp(-distance / scale) - log(ratio) - 1
  }
}

/// The gamma distribution, with density βᵅ xᵅ⁻¹ e^(−βx) / Γ(α), x ≥ 0.
///
/// Samples are not reparameterized.
public struct Gamma: Distribution {
  /// The concentrations α > 0.
  public let concentration: Tensor
  /// The rates β > 0.
  public let rate: Tensor

  /// Creates distributions from parameters that are broadcast.
  public init(concentration: Tensor, rate: Tensor) {
    (self.concentration, self.rate) = broadcastParameters(
      concentration, "concentration", rate, "rate", of: "Gamma")
  }

  /// The shape of the batch of distributions.
  public var batchShape: Shape { rate.shape }
  /// α / β.
  public var mean: Tensor { concentration / rate }
  /// α / β².
  public var variance: Tensor { concentration / square(rate) }
  /// α − ln β + ln Γ(α) + (1 − α) ψ(α).
  public var entropy: Tensor {
    concentration - log(rate) + logGamma(concentration)
      + (1 - concentration) * digamma(concentration)
  }

  /// Returns the logarithms of the density or probability of values.
  public func logProbability(of value: Tensor) -> Tensor {
    let isInside = value.detached .>= 0
    let x = select(isInside, value, Tensor(1, dtype: value.dtype))
    let power = logPower(x, concentration - 1) - rate * x
    return supported(
      isInside, power + concentration * log(rate) - logGamma(concentration))
  }

  /// Returns independent samples through which no gradient flows.
  public func sample(_ shape: Shape, using generator: inout RandomGenerator) -> Tensor {
    let shape = sampleShape(shape)
    return generator.gamma(concentration: concentration.detached.broadcast(to: shape))
      / rate.detached
  }

  /// Returns the Kullback–Leibler divergence from another distribution,
  /// (α₁ − α₂) ψ(α₁) − ln Γ(α₁) + ln Γ(α₂) + α₂ ln(β₁ / β₂) + α₁ (β₂ − β₁) / β₁.
  public func klDivergence(to q: Gamma) -> Tensor {
    let shapes =
      (concentration - q.concentration) * digamma(concentration) - logGamma(concentration)
      + logGamma(q.concentration)
    return shapes + q.concentration * log(rate / q.rate) + concentration * (q.rate / rate - 1)
  }
}

/// Student's t distribution with ν degrees of freedom, moved by μ and scaled by σ.
///
/// Samples are not reparameterized; the divergence has no closed form and stops the program.
public struct StudentT: Distribution {
  /// The degrees of freedom ν > 0.
  public let degreesOfFreedom: Tensor
  /// The centers μ.
  public let location: Tensor
  /// The scales σ > 0.
  public let scale: Tensor

  /// Creates distributions from parameters that are broadcast.
  public init(
    degreesOfFreedom: Tensor, location: Tensor = Tensor(0), scale: Tensor = Tensor(1)
  ) {
    let (freedom, first) = broadcastParameters(
      degreesOfFreedom, "degreesOfFreedom", location, "location", of: "StudentT")
    let (center, width) = broadcastParameters(first, "location", scale, "scale", of: "StudentT")
    self.degreesOfFreedom = freedom.broadcast(to: center.shape)
    (self.location, self.scale) = (center, width)
  }

  /// The shape of the batch of distributions.
  public var batchShape: Shape { location.shape }
  /// μ for ν > 1, else NaN.
  public var mean: Tensor {
    let none = Tensor(.nan, dtype: location.dtype)
    return select(degreesOfFreedom.detached .> 1, location, none)
  }
  /// σ² ν / (ν − 2) for ν > 2, ∞ for ν > 1, else NaN.
  public var variance: Tensor {
    let (freedom, dtype) = (degreesOfFreedom.detached, location.dtype)
    let isFinite = freedom .> 2
    let safe = select(isFinite, degreesOfFreedom, Tensor(3, dtype: dtype))
    let rest = select(freedom .> 1, Tensor(.infinity, dtype: dtype), Tensor(.nan, dtype: dtype))
    return select(isFinite, square(scale) * safe / (safe - 2), rest)
  }
  /// The entropies in nats.
  public var entropy: Tensor {
    let half = (degreesOfFreedom + 1) * 0.5
    let difference = digamma(half) - digamma(degreesOfFreedom * 0.5)
    return half * difference + logNormalizer
  }

  /// ln(σ √ν B(½, ν / 2)).
  private var logNormalizer: Tensor {
    let gammas = logGamma(degreesOfFreedom * 0.5) - logGamma((degreesOfFreedom + 1) * 0.5)
    return log(scale) + log(degreesOfFreedom) * 0.5 + gammas + halfLogPi
  }

  private var halfLogPi: Double { 0.572364942924700087072 }

  /// Returns the logarithms of the density or probability of values.
  public func logProbability(of value: Tensor) -> Tensor {
    let z = (value - location) / scale
    let tail = log1p(square(z) / degreesOfFreedom)
    return (degreesOfFreedom + 1) * tail * -0.5 - logNormalizer
  }

  /// Returns independent samples through which no gradient flows.
  public func sample(_ shape: Shape, using generator: inout RandomGenerator) -> Tensor {
    let shape = sampleShape(shape)
    let freedom = degreesOfFreedom.detached.broadcast(to: shape)
    let noise = generator.normal(shape, dtype: location.dtype)
    let spread = generator.gamma(concentration: freedom * 0.5) * 2
    return location.detached + scale.detached * noise * sqrt(freedom / spread)
  }

  /// Returns the Kullback–Leibler divergence from another distribution.
  public func klDivergence(to q: StudentT) -> Tensor {
    fail("StudentT: the divergence of two t distributions has no closed form")
  }
}
