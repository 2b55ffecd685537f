import Foundation
import TestSupport
import Testing

/// Samples against moments and probabilities, reparameterized gradients, tails and misuse.
struct DistributionTests {
  /// A distribution and, where it has one, its cumulative probability.
  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let distribution: any Distribution

    init(_ name: String, _ distribution: any Distribution) {
      (testDescription, self.distribution) = (name, distribution)
    }
  }

  private static func number(_ x: Double) -> Tensor { Tensor(x, dtype: .float64) }

  static let numbers: [Case] = [
    Case("Normal", Normal(mean: number(-1), standardDeviation: number(2))),
    Case("LogNormal", LogNormal(logMean: number(0.2), logStandardDeviation: number(0.4))),
    Case("Uniform", Uniform(low: number(-1), high: number(3))),
    Case("Exponential", Exponential(rate: number(0.7))),
    Case("Laplace", Laplace(mean: number(1), scale: number(0.5))),
    Case("Gamma 0.3", Gamma(concentration: number(0.3), rate: number(2))),
    Case("Gamma 1", Gamma(concentration: number(1), rate: number(1))),
    Case("Gamma 5", Gamma(concentration: number(5), rate: number(0.5))),
    Case("Beta", Beta(alpha: number(0.6), beta: number(2))),
    Case(
      "StudentT",
      StudentT(degreesOfFreedom: number(12), location: number(1), scale: number(2))),
  ]

  static let counts: [Case] = [
    Case("Bernoulli", Bernoulli(probabilities: number(0.3))),
    Case("Poisson 0.5", Poisson(rate: number(0.5))),
    Case("Poisson 7", Poisson(rate: number(7))),
    Case("Poisson 40", Poisson(rate: number(40))),
    Case("Geometric", Geometric(probabilities: number(0.35))),
    Case(
      "Categorical",
      Categorical(probabilities: Tensor([0.1, 0, 0.5, 0.4], dtype: .float64))),
  ]

  /// Expects the mean and variance of a sample within 4.5 standard errors.
  private func expectMoments(_ sample: Tensor, _ distribution: any Distribution) {
    let x = sample.converted(to: .float64)
    let count = Double(x.elementCount)
    let (mean, variance) = (distribution.mean.scalar(), distribution.variance.scalar())
    #expect(abs(x.mean().scalar() - mean) < 4.5 * (variance / count).squareRoot())
    let fourth = pow(x - mean, 4).mean().scalar()
    let error = ((fourth - variance * variance) / count).squareRoot()
    #expect(abs(pow(x - mean, 2).mean().scalar() - variance) < 4.5 * error)
  }

  /// The density integrates to the shares of the sample in 20 bins (chi-square with 19 degrees of
  /// freedom, below 43.8 for 999 of 1000 seeds), and the entropy is that of the sample.
  @Test(arguments: numbers)
  func samplesFollowTheDensity(_ example: Case) {
    let p = example.distribution
    var generator = RandomGenerator(seed: 11)
    let sample = p.sample([20_000], using: &generator)
    #expect(sample.shape == [20_000] && sample.dtype == .float64)
    expectMoments(sample, p)
    let sorted = sample.scalars(as: Double.self).sorted()
    var statistic = 0.0
    for bin in 1..<19 {
      let (low, high) = (sorted[bin * 1000], sorted[bin * 1000 + 1000 - 1])
      let steps = 400
      let points = Tensor.linspace(from: low, to: high, count: steps + 1, dtype: .float64)
      let heights = exp(p.logProbability(of: points)).scalars(as: Double.self)
      let width = (high - low) / Double(steps)
      let inner = heights.dropFirst().dropLast().reduce(0, +)
      let area = width * (inner + (heights[0] + heights[steps]) / 2)
      statistic += (area * 20 - 1) * (area * 20 - 1) * 1000
    }
    #expect(statistic < 45, "chi-square \(statistic)")
    let surprise = -p.logProbability(of: sample)
    let error = (surprise.variance().scalar() / 20_000).squareRoot()
    #expect(abs(surprise.mean().scalar() - p.entropy.scalar()) < 4.5 * error + 1e-12)
  }

  @Test(arguments: counts)
  func countsFollowTheProbabilities(_ example: Case) {
    let p = example.distribution
    var generator = RandomGenerator(seed: 12)
    let sample = p.sample([20_000], using: &generator)
    expectMoments(sample, p)
    let values = sample.scalars(as: Int32.self)
    let last = example.testDescription == "Categorical" ? 3 : Swift.max(1, values.max() ?? 0)
    let classes = Tensor.arange(to: Double(last + 1), dtype: .float64)
    let probabilities = exp(p.logProbability(of: classes)).scalars(as: Double.self)
    var (statistic, bins, restCount, restShare) = (0.0, 0, 0, 0.0)
    for (value, share) in probabilities.enumerated() {
      restCount += values.count(where: { Int($0) == value })
      restShare += share
      if restShare * 20_000 < 10 { continue }
      let gap = Double(restCount) - restShare * 20_000
      statistic += gap * gap / (restShare * 20_000)
      (bins, restCount, restShare) = (bins + 1, 0, 0)
    }
    // The quantile of 0.999 by the approximation of Wilson and Hilferty.
    let freedom = Double(Swift.max(bins - 1, 1))
    let root = 1 - 2 / (9 * freedom) + 3.1 * (2 / (9 * freedom)).squareRoot()
    #expect(statistic < freedom * root * root * root, "chi-square \(statistic), \(bins) bins")
    let total = probabilities.reduce(0, +)
    #expect(total > 0.999 && total < 1 + 1e-9)
  }

  @Test(arguments: numbers + counts)
  func samplesAreTheSameForASeedAndAnyNumberOfThreads(_ example: Case) {
    let p = example.distribution
    func draw(_ threads: Int) -> Tensor {
      withThreads(threads) { withRandomSeed(5) { p.sample([3000]) } }
    }
    let expected = draw(1)
    expectIdentical(draw(3), expected)
    #expect(p.sample([2, 3]).shape == [2, 3])
    #expect(p.sample([0]).elementCount == 0)
  }

  // MARK: Vectors

  @Test func dirichletSamplesHaveTheirMoments() {
    let p = Dirichlet(concentration: Tensor([0.5, 2, 4], dtype: .float64))
    let sample = withRandomSeed(3) { p.sample([20_000]) }
    #expect(sample.shape == [20_000, 3])
    expectClose(
      sample.sum(along: -1), Tensor.ones([20_000], dtype: .float64), relative: 1e-14)
    expectClose(sample.mean(along: 0), p.mean, relative: 0, absolute: 0.01)
    expectClose(sample.variance(along: 0), p.variance, relative: 0.05)
    let tiny = Dirichlet(concentration: Tensor([1e-4, 1e-4]))
    let corners = withRandomSeed(3) { tiny.sample([100]) }
    #expect(corners.isFinite)
  }

  @Test func normalVectorsHaveTheirCovariance() {
    let covariance = Tensor([[2, 0.5], [0.5, 1]], dtype: .float64)
    let p = MultivariateNormal(mean: Tensor([1, -1], dtype: .float64), covariance: covariance)
    let sample = withRandomSeed(3) { p.sample([40_000]) }
    let centered = sample - p.mean
    let found = matmul(centered.transposed(), centered) / 40_000
    expectClose(found, covariance, relative: 0, absolute: 0.05)
    expectClose(p.covariance, covariance, relative: 1e-14)
    #expect(withRandomSeed(1) { p.sample([2, 3]) }.shape == [2, 3, 2])
  }

  // MARK: Gradients

  @Test func reparameterizedSamplesCarryGradients() {
    func check(
      _ function: @escaping ([Tensor]) -> any ReparameterizedDistribution, _ line: Int = #line
    ) {
      let inputs = [Tensor([0.3, 0.8], dtype: .float64), Tensor([1.2, 1.5], dtype: .float64)]
      let report = checkGradients(
        of: { inputs in withRandomSeed(9) { function(inputs).reparameterizedSample([4]) } },
        at: inputs)
      #expect(report.passed, "line \(line): \(report)")
    }
    check { Normal(mean: $0[0], standardDeviation: $0[1]) }
    check { LogNormal(logMean: $0[0], logStandardDeviation: $0[1]) }
    check { Uniform(low: $0[0], high: $0[1]) }
    check { Exponential(rate: $0[0] * $0[1]) }
    check { Laplace(mean: $0[0], scale: $0[1]) }
    check { Independent(Normal(mean: $0[0], standardDeviation: $0[1]), axes: 1) }
    check { MultivariateNormal(mean: $0[0], scale: $0[1].diagonalMatrix()) }
  }

  @Test func samplesAreConstants() {
    let mean = Tensor([0.3], dtype: .float64)
    let slope = gradient(at: mean) { mean in
      let p = Normal(mean: mean, standardDeviation: Tensor(1, dtype: .float64))
      return (withRandomSeed(2) { p.sample() } * mean).sum()
    }
    let sample = withRandomSeed(2) {
      Normal(mean: mean, standardDeviation: Tensor(1, dtype: .float64)).sample()
    }
    expectClose(slope, sample, relative: 1e-15)
  }

  @Test func relaxedSamplesApproachClasses() {
    var generator = RandomGenerator(seed: 4)
    let p = Categorical(logits: Tensor([0, 1, 2]))
    let sample = p.relaxedSample([3000], temperature: 0.01, using: &generator)
    #expect(sample.shape == [3000, 3])
    expectClose(
      sample.mean(along: 0).converted(to: .float64),
      p.probabilities.converted(to: .float64), relative: 0, absolute: 0.03)
    let slope = gradient(at: Tensor([0, 1, 2])) { logits in
      let weights = Tensor([1, 2, 3])
      return
        (Categorical(logits: logits).relaxedSample(temperature: 1, using: &generator) * weights)
        .sum()
    }
    #expect(slope.isFinite && abs(slope).sum().scalar() > 0)
  }

  // MARK: Edges

  @Test func valuesOutsideOfTheSupportAreImpossible() {
    let impossible: [(any Distribution, Tensor)] = [
      (Uniform(), Tensor([-0.1, 1])), (Exponential(), Tensor(-1)), (LogNormal(), Tensor([0, -1])),
      (Gamma(concentration: Tensor(2), rate: Tensor(1)), Tensor([-1])),
      (Beta(alpha: Tensor(2), beta: Tensor(2)), Tensor([-0.5, 1.5])),
      (Poisson(rate: Tensor(2)), Tensor([-1, 1.5])),
      (Geometric(probabilities: Tensor(0.5)), Tensor([-1, 0.5])),
      (Categorical(probabilities: Tensor([0, 1])), Tensor([0], dtype: .int32)),
      (Bernoulli(probabilities: Tensor(0)), Tensor(1)),
    ]
    for (p, value) in impossible {
      let logarithms = p.logProbability(of: value).scalars(as: Double.self)
      #expect(logarithms.allSatisfy { $0 == -.infinity }, "\(type(of: p)): \(logarithms)")
    }
  }

  @Test func integersAreValuesOfDiscreteDistributions() {
    let counts = Tensor([0, 1], dtype: .int32)
    let half = log(0.5)
    for p in [
      Bernoulli(logits: Tensor(0)), Geometric(logits: Tensor(0)), Poisson(rate: Tensor(1)),
    ] as [any Distribution] {
      let found = p.logProbability(of: counts).scalars(as: Double.self)
      expectClose([found[0]], [p is Poisson ? -1 : half], relative: 1e-6)
    }
  }

  @Test func certaintyHasNoEntropyAndNoNaN() {
    let sure = Categorical(probabilities: Tensor([0, 1, 0], dtype: .float64))
    #expect(sure.entropy.scalar() == 0)
    #expect(klDivergence(sure, sure).scalar() == 0)
    let even = Categorical(logits: Tensor([0, 0, 0], dtype: .float64))
    expectClose([klDivergence(sure, even).scalar()], [log(3)], relative: 1e-14)
    #expect(klDivergence(even, sure).scalar() == .infinity)
    let bernoulli = Bernoulli(probabilities: Tensor([0, 1], dtype: .float64))
    #expect(bernoulli.entropy.scalars(as: Double.self) == [0, 0])
    #expect(
      bernoulli.logProbability(of: Tensor([0, 1], dtype: .float64)).scalars(as: Double.self)
        == [0, 0])
  }

  @Test func aFirstTrialThatAlwaysSucceeds() {
    let sure = Geometric(probabilities: Tensor([1], dtype: .float64))
    #expect(sure.entropy.scalar() == 0)
    let logarithms = sure.logProbability(of: Tensor([0, 1], dtype: .float64))
    #expect(logarithms.scalars(as: Double.self) == [0, -.infinity])
    let even = Geometric(probabilities: Tensor([0.5], dtype: .float64))
    expectClose([klDivergence(sure, even).scalar()], [log(2)], relative: 1e-14)
  }

  /// A power x⁰ is 1 at the ends of the support too, where its logarithm would be 0 · ∞.
  @Test func densitiesAtTheEndsOfTheSupport() {
    let (one, two, half) = (Tensor(1), Tensor(2), Tensor(0.5))
    let ends: [(any Distribution, Tensor, [Double])] = [
      (Gamma(concentration: one, rate: two), Tensor(0), [log(2)]),
      (Gamma(concentration: two, rate: two), Tensor(0), [-.infinity]),
      (Gamma(concentration: half, rate: two), Tensor(0), [.infinity]),
      (Beta(alpha: one, beta: one), Tensor([0, 1]), [0, 0]),
      (Beta(alpha: one, beta: two), Tensor([0, 1]), [log(2), -.infinity]),
      (Beta(alpha: two, beta: half), Tensor([0, 1]), [-.infinity, .infinity]),
      (Dirichlet(concentration: Tensor([1, 1])), Tensor([0, 1]), [0]),
    ]
    for (p, value, expected) in ends {
      let found = p.logProbability(of: value).scalars(as: Double.self)
      for (a, b) in zip(found, expected) {
        #expect(a == b || abs(a - b) < 1e-6, "\(type(of: p)) at \(value): \(found)")
      }
      #expect(found.count == expected.count)
    }
  }

  /// A concentration of 1 has a slope, ln x and the like, although the power x⁰ does not depend on x.
  @Test func aConcentrationOfOneHasASlope() {
    let one = Tensor([1, 1], dtype: .float64)
    let x = Tensor([0.25, 0.25], dtype: .float64)
    let densities: [(Tensor) -> Tensor] = [
      { Gamma(concentration: $0, rate: one).logProbability(of: x) },
      { Beta(alpha: $0, beta: one).logProbability(of: x) },
      { Beta(alpha: one, beta: $0).logProbability(of: x) },
    ]
    for density in densities {
      let step = 1e-5
      let slope = gradient(at: one) { density($0).sum() }
      let difference = (density(one + step) - density(one - step)) / (2 * step)
      expectClose(slope, difference, relative: 1e-8)
    }
  }

  @Test func shapesOfBatchesAndEvents() {
    let p = Normal(mean: Tensor.zeros([4, 1]), standardDeviation: Tensor.ones([3]))
    #expect(p.batchShape == [4, 3] && p.eventShape == [])
    #expect(p.logProbability(of: Tensor(0)).shape == [4, 3])
    let q = Independent(p, axes: 1)
    #expect(q.batchShape == [4] && q.eventShape == [3])
    #expect(q.logProbability(of: Tensor.zeros([5, 4, 3])).shape == [5, 4])
    #expect(q.entropy.shape == [4] && klDivergence(q, q).shape == [4])
    #expect(q.sample([2]).shape == [2, 4, 3])
    let classes = Categorical(logits: Tensor.zeros([4, 5]))
    #expect(classes.sample([2]).shape == [2, 4] && classes.sample().dtype == .int32)
  }

  @Test func quantilesInvertProbabilities() {
    let p = Normal(mean: Tensor(2, dtype: .float64), standardDeviation: Tensor(3, dtype: .float64))
    let shares = Tensor([0.001, 0.3, 0.5, 0.99], dtype: .float64)
    expectClose(p.cumulativeProbability(of: p.quantile(shares)), shares, relative: 1e-12)
  }

  @Test func misuseStopsWithAMessage() async {
    let first = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Normal(mean: Tensor.zeros([2]), standardDeviation: Tensor.ones([3]))
    }
    expectMessage(
      "Normal: mean of shape [2] and standardDeviation of shape [3] do not broadcast", of: first)
    let second = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = MultivariateNormal(mean: Tensor.zeros([2]), scale: Tensor.eye(3))
    }
    expectMessage(
      "MultivariateNormal: a matrix of shape [3, 3] does not fit a mean of shape [2]", of: second)
    let third = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Poisson(rate: Tensor([1], dtype: .int32))
    }
    expectMessage("Poisson: rate cannot be int32", of: third)
  }
}
