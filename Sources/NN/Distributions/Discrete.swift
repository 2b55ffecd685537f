import Autograd
import Tensor

/// The distribution of a class from 0 to n − 1, given by n logits or probabilities.
///
/// Values are int32 classes, [..].
public struct Categorical: Distribution {
  /// The logarithms of the probabilities, normalized, [.., n].
  public let logits: Tensor

  /// Creates distributions from logits, [.., n], which need not be normalized; −∞ excludes a class.
  public init(logits: Tensor) {
    requireParameter(logits, "logits", of: "Categorical")
    require(logits.rank > 0, "Categorical: logits of shape [] have no classes")
    self.logits = logSoftmax(logits)
  }

  /// Creates distributions from probabilities, [.., n], which are divided by their sum.
  public init(probabilities: Tensor) {
    requireParameter(probabilities, "probabilities", of: "Categorical")
    require(probabilities.rank > 0, "Categorical: probabilities of shape [] have no classes")
    logits = log(probabilities / probabilities.sum(along: -1, keepingAxes: true))
  }

  /// The probabilities, [.., n].
  public var probabilities: Tensor { exp(logits) }

  /// The shape of the batch of distributions.
  public var batchShape: Shape { Shape(logits.shape.dropLast()) }
  /// The mean of the number of the class.
  public var mean: Tensor { (probabilities * classNumbers).sum(along: -1) }
  /// The variance of the number of the class.
  public var variance: Tensor {
    let gaps = classNumbers - mean.expanded(along: -1)
    return (probabilities * square(gaps)).sum(along: -1)
  }
  /// The entropies in nats.
  public var entropy: Tensor { -(probabilities * finiteLogits).sum(along: -1) }

  private var classNumbers: Tensor {
    Tensor.arange(to: Double(logits.shape[logits.rank - 1]), dtype: logits.dtype)
  }

  /// The logits with 0 for a class of probability 0, whose products would be NaN.
  private var finiteLogits: Tensor {
    select(logits.detached .== -.infinity, Tensor(0, dtype: logits.dtype), logits)
  }

  /// Returns the logarithms of the probabilities of int32 classes, broadcast with the batch.
  public func logProbability(of value: Tensor) -> Tensor {
    let classes = value.converted(to: .int32)
    guard let shape = classes.shape.broadcast(with: batchShape) else {
      fail(
        """
        Categorical: a value of shape \(value.shape) does not broadcast with the batch \
        \(batchShape)
        """
      )
    }
    let count = logits.shape[logits.rank - 1]
    let rows = logits.broadcast(to: Shape(Array(shape) + [count]))
    return rows.gathered(at: classes.broadcast(to: shape).expanded(along: -1), along: -1)
      .squeezed(along: -1)
  }

  /// Returns independent samples through which no gradient flows.
  public func sample(_ shape: Shape, using generator: inout RandomGenerator) -> Tensor {
    let count = logits.shape[logits.rank - 1]
    return generator.categorical(
      logits: logits.detached.broadcast(to: Shape(Array(sampleShape(shape)) + [count])))
  }

  /// Returns differentiable samples near one-hot vectors, softmax((logits + Gumbel noise) /
  /// temperature), of shape `shape` + batch + [n] (Jang, Gu and Poole, 2016, 1611.01144; Maddison,
  /// Mnih and Teh, 2016, 1611.00712).
  ///
  /// - Parameters:
  ///   - shape: The shape of the independent samples of each distribution.
  ///   - temperature: A positive number; the samples approach one-hot vectors toward 0.
  ///   - generator: The source of the noise.
  /// - Returns: The samples.
  public func relaxedSample(
    _ shape: Shape = [], temperature: Double, using generator: inout RandomGenerator
  ) -> Tensor {
    require(
      temperature > 0, "Categorical: the temperature must be positive, got \(temperature)")
    let count = logits.shape[logits.rank - 1]
    let noise = generator.exponential(
      Shape(Array(sampleShape(shape)) + [count]), dtype: logits.dtype)
    return softmax((logits - log(noise)) / temperature)
  }

  /// Returns the Kullback–Leibler divergence from another distribution.
  public func klDivergence(to q: Categorical) -> Tensor {
    let isPossible = logits.detached .!= -.infinity
    let ratio = select(isPossible, finiteLogits - q.logits, Tensor(0, dtype: logits.dtype))
    return (probabilities * ratio).sum(along: -1)
  }
}

/// The distribution of 1 with probability p, else 0.
///
/// Values have the dtype of the parameters, or are int32.
public struct Bernoulli: Distribution {
  /// The logarithms of p / (1 − p).
  public let logits: Tensor

  /// Creates distributions from logits ln(p / (1 − p)).
  public init(logits: Tensor) {
    requireParameter(logits, "logits", of: "Bernoulli")
    self.logits = logits
  }

  /// Creates distributions from the probabilities of 1.
  public init(probabilities: Tensor) {
    requireParameter(probabilities, "probabilities", of: "Bernoulli")
    logits = log(probabilities) - log1p(-probabilities)
  }

  /// The probabilities of 1.
  public var probabilities: Tensor { sigmoid(logits) }

  /// The shape of the batch of distributions.
  public var batchShape: Shape { logits.shape }
  /// The means.
  public var mean: Tensor { probabilities }
  /// The variances.
  public var variance: Tensor { sigmoid(logits) * sigmoid(-logits) }
  /// The entropies in nats.
  public var entropy: Tensor {
    -(weighted(sigmoid(logits), logSigmoid(logits))
      + weighted(sigmoid(-logits), logSigmoid(-logits)))
  }

  /// Returns the logarithms of the density or probability of values.
  public func logProbability(of value: Tensor) -> Tensor {
    let x = numbers(value, logits.dtype, for: "Bernoulli")
    return weighted(x, logSigmoid(logits)) + weighted(1 - x, logSigmoid(-logits))
  }

  /// Returns independent samples through which no gradient flows.
  public func sample(_ shape: Shape, using generator: inout RandomGenerator) -> Tensor {
    let noise = generator.uniform(sampleShape(shape), dtype: logits.dtype)
    return (noise .< probabilities.detached).converted(to: logits.dtype)
  }

  /// Returns the Kullback–Leibler divergence from another distribution.
  public func klDivergence(to q: Bernoulli) -> Tensor {
    let positive = logSigmoid(logits) - logSigmoid(q.logits)
    let negative = logSigmoid(-logits) - logSigmoid(-q.logits)
    return weighted(sigmoid(logits), positive) + weighted(sigmoid(-logits), negative)
  }
}

/// The distribution of a count with probabilities λᵏ e^(−λ) / k!.
///
/// Values have the dtype of the rate, or are int32.
public struct Poisson: Distribution {
  /// The rates λ > 0, which are the means.
  public let rate: Tensor

  /// Creates distributions from rates.
  public init(rate: Tensor) {
    requireParameter(rate, "rate", of: "Poisson")
    self.rate = rate
  }

  /// The shape of the batch of distributions.
  public var batchShape: Shape { rate.shape }
  /// The means.
  public var mean: Tensor { rate }
  /// The variances.
  public var variance: Tensor { rate }

  /// The entropies −Σ p ln p, summed over counts up to 30 standard deviations beyond the mean of
  /// the largest rate; no closed form exists.
  public var entropy: Tensor {
    if rate.elementCount == 0 { return rate }
    let largest = rate.detached.max().scalar()
    let count = largest.isFinite ? largest + 30 * largest.squareRoot() + 60 : 1
    require(count < 1e6, "Poisson: the entropy of a rate of \(largest) is not computed")
    let counts = Tensor.arange(to: count.rounded(.up), dtype: rate.dtype)
    let logarithms = Poisson(rate: rate.expanded(along: -1)).logProbability(of: counts)
    return -(exp(logarithms) * logarithms).sum(along: -1)
  }

  /// Returns the logarithms of the density or probability of values.
  public func logProbability(of value: Tensor) -> Tensor {
    let x = numbers(value, rate.dtype, for: "Poisson")
    let isInside = (x.detached .>= 0) .& (floor(x.detached) .== x.detached)
    let count = select(isInside, x, Tensor(0, dtype: x.dtype))
    return supported(isInside, xLogY(count, rate) - rate - logGamma(count + 1))
  }

  /// Returns independent samples through which no gradient flows.
  public func sample(_ shape: Shape, using generator: inout RandomGenerator) -> Tensor {
    generator.poisson(rate: rate.detached.broadcast(to: sampleShape(shape)))
  }

  /// Returns the Kullback–Leibler divergence from another distribution,
  /// λ₁ ln(λ₁ / λ₂) − λ₁ + λ₂.
  public func klDivergence(to q: Poisson) -> Tensor {
    xLogY(rate, rate) - xLogY(rate, q.rate) - rate + q.rate
  }
}

/// The distribution of the number of failures before the first success, p (1 − p)ᵏ, k ≥ 0.
///
/// Values have the dtype of the parameters, or are int32.
public struct Geometric: Distribution {
  /// The logarithms of p / (1 − p).
  public let logits: Tensor

  /// Creates distributions from the logits of a success.
  public init(logits: Tensor) {
    requireParameter(logits, "logits", of: "Geometric")
    self.logits = logits
  }

  /// Creates distributions from the probabilities of a success.
  public init(probabilities: Tensor) {
    requireParameter(probabilities, "probabilities", of: "Geometric")
    logits = log(probabilities) - log1p(-probabilities)
  }

  /// The probabilities of a success.
  public var probabilities: Tensor { sigmoid(logits) }

  /// The shape of the batch of distributions.
  public var batchShape: Shape { logits.shape }
  /// (1 − p) / p.
  public var mean: Tensor { exp(-logits) }
  /// (1 − p) / p².
  public var variance: Tensor { mean * (mean + 1) }
  /// The entropies in nats.
  public var entropy: Tensor { -(weighted(mean, logSigmoid(-logits)) + logSigmoid(logits)) }

  /// Returns the logarithms of the density or probability of values.
  public func logProbability(of value: Tensor) -> Tensor {
    let x = numbers(value, logits.dtype, for: "Geometric")
    let isInside = (x.detached .>= 0) .& (floor(x.detached) .== x.detached)
    let count = select(isInside, x, Tensor(0, dtype: x.dtype))
    return supported(isInside, weighted(count, logSigmoid(-logits)) + logSigmoid(logits))
  }

  /// Returns independent samples through which no gradient flows.
  public func sample(_ shape: Shape, using generator: inout RandomGenerator) -> Tensor {
    let noise = generator.exponential(sampleShape(shape), dtype: logits.dtype)
    return floor(noise / -logSigmoid(-logits.detached))
  }

  /// Returns the Kullback–Leibler divergence from another distribution.
  public func klDivergence(to q: Geometric) -> Tensor {
    let failures = weighted(mean, logSigmoid(-logits) - logSigmoid(-q.logits))
    return logSigmoid(logits) - logSigmoid(q.logits) + failures
  }
}
