import Autograd
import Tensor

/// The normal distribution of vectors, with density
/// exp(−½ (x − μ)ᵀ Σ⁻¹ (x − μ)) / √((2π)ⁿ det Σ).
///
/// Samples are reparameterized: μ + L ε, with Σ = L Lᵀ.
public struct MultivariateNormal: ReparameterizedDistribution {
  /// The means μ, [.., n].
  public let mean: Tensor
  /// The lower Cholesky factors L of the covariances, [.., n, n].
  public let scale: Tensor

  /// Creates distributions from means, [.., n], and Cholesky factors of covariances, [.., n, n], of
  /// which the lower triangle is read.
  ///
  /// - Parameters:
  ///   - mean: The means μ.
  ///   - scale: The factors L, with a positive diagonal.
  public init(mean: Tensor, scale: Tensor) {
    requireParameter(mean, "mean", of: "MultivariateNormal")
    require(
      mean.dtype == scale.dtype,
      "MultivariateNormal: the mean is \(mean.dtype), the matrix \(scale.dtype)")
    let size = mean.shape.last ?? 0
    let batch = Shape(mean.shape.dropLast()).broadcast(with: Shape(scale.shape.dropLast(2)))
    guard mean.rank > 0, scale.rank > 1, Array(scale.shape.suffix(2)) == [size, size],
      let batch
    else {
      fail(
        """
        MultivariateNormal: a matrix of shape \(scale.shape) does not fit a mean of shape \
        \(mean.shape)
        """
      )
    }
    self.mean = mean.broadcast(to: Shape(Array(batch) + [size]))
    self.scale = scale.lowerTriangle().broadcast(to: Shape(Array(batch) + [size, size]))
  }

  /// Creates distributions from means, [.., n], and positive definite covariances, [.., n, n].
  ///
  /// A covariance that is not positive definite gives NaN.
  public init(mean: Tensor, covariance: Tensor) {
    self.init(mean: mean, scale: LinearAlgebra.cholesky(covariance))
  }

  /// The shape of the batch of distributions.
  public var batchShape: Shape { Shape(mean.shape.dropLast()) }
  /// The shape of one sample.
  public var eventShape: Shape { Shape(mean.shape.suffix(1)) }
  /// The covariances L Lᵀ, [.., n, n].
  public var covariance: Tensor { matmul(scale, scale.transposed()) }
  /// The diagonals of the covariances.
  public var variance: Tensor { square(scale).sum(along: -1) }
  /// The entropies in nats.
  public var entropy: Tensor { halfLogDeterminant + Double(eventShape[0]) * (0.5 + halfLogTwoPi) }

  private var halfLogDeterminant: Tensor { log(scale.diagonal()).sum(along: -1) }

  /// ‖L⁻¹ x‖² of vectors.
  private func squaredDistance(_ x: Tensor) -> Tensor {
    let whitened = LinearAlgebra.triangularSolve(scale, x.expanded(along: -1))
    return square(whitened).sum(along: -2, -1)
  }

  /// Returns the logarithms of the density or probability of values.
  public func logProbability(of value: Tensor) -> Tensor {
    squaredDistance(value - mean) * -0.5 - halfLogDeterminant
      - Double(eventShape[0]) * halfLogTwoPi
  }

  /// Returns independent samples through which gradients flow to the parameters.
  public func reparameterizedSample(
    _ shape: Shape, using generator: inout RandomGenerator
  ) -> Tensor {
    let noise = generator.normal(sampleShape(shape), dtype: mean.dtype)
    return mean + matmul(scale, noise.expanded(along: -1)).squeezed(along: -1)
  }

  /// Returns the Kullback–Leibler divergence from another distribution,
  /// ½ (tr(Σ₂⁻¹ Σ₁) + (μ₁ − μ₂)ᵀ Σ₂⁻¹ (μ₁ − μ₂) − n + ln det Σ₂ − ln det Σ₁).
  public func klDivergence(to q: MultivariateNormal) -> Tensor {
    let ratio = square(LinearAlgebra.triangularSolve(q.scale, scale)).sum(along: -2, -1)
    let distance = q.squaredDistance(mean - q.mean)
    return (ratio + distance - Double(eventShape[0])) * 0.5 + q.halfLogDeterminant
      - halfLogDeterminant
  }
}
