import Foundation
import TestSupport
import Testing

/// PyTorch's log-probabilities, moments, entropies, divergences and gradients; see
/// `make_distributions.py`.
struct GoldenDistributionTests {
  typealias Make = @Sendable ([Tensor]) -> any Distribution

  static let distributions: [String: Make] = [
    "normal": { Normal(mean: $0[0], standardDeviation: $0[1]) },
    "log-normal": { LogNormal(logMean: $0[0], logStandardDeviation: $0[1]) },
    "uniform": { Uniform(low: $0[0], high: $0[1]) },
    "exponential": { Exponential(rate: $0[0]) },
    "laplace": { Laplace(mean: $0[0], scale: $0[1]) },
    "gamma": { Gamma(concentration: $0[0], rate: $0[1]) },
    "beta": { Beta(alpha: $0[0], beta: $0[1]) },
    "dirichlet": { Dirichlet(concentration: $0[0]) },
    "student-t": { StudentT(degreesOfFreedom: $0[0], location: $0[1], scale: $0[2]) },
    "poisson": { Poisson(rate: $0[0]) },
    "bernoulli-logits": { Bernoulli(logits: $0[0]) },
    "bernoulli-probabilities": { Bernoulli(probabilities: $0[0]) },
    "geometric": { Geometric(probabilities: $0[0]) },
    "categorical-logits": { Categorical(logits: $0[0]) },
    "categorical-probabilities": { Categorical(probabilities: $0[0]) },
    "multivariate-normal": { MultivariateNormal(mean: $0[0], scale: $0[1]) },
    "independent": {
      Independent(Normal(mean: $0[0], standardDeviation: $0[1]), axes: 1)
    },
  ]

  private static func divergence<D: Distribution>(_ p: D, _ q: any Distribution) throws -> Tensor {
    try klDivergence(p, #require(q as? D))
  }

  private static func cumulative(_ p: any Distribution, _ x: Tensor) -> Tensor? {
    switch p {
    case let p as Normal: p.cumulativeProbability(of: x)
    case let p as LogNormal: p.cumulativeProbability(of: x)
    case let p as Uniform: p.cumulativeProbability(of: x)
    case let p as Exponential: p.cumulativeProbability(of: x)
    case let p as Laplace: p.cumulativeProbability(of: x)
    default: nil
    }
  }

  @Test(arguments: distributions.keys.sorted())
  func agreesWithPyTorch(_ name: String) throws {
    let make = try #require(Self.distributions[name])
    let rows = try JSON.fixture("distributions.json")["cases"].list
    let row = try #require(try rows.first { try $0["name"].text == name })
    let parameters = try row["parameters"].list.map { try $0.tensor }
    let value = try row["value"].tensor
    let p = make(parameters)
    func expect(_ key: String, _ actual: Tensor, _ line: SourceLocation = #_sourceLocation) throws {
      if row[key] == .null { return }
      let expected = try row[key].tensor
      expectClose(
        actual.broadcast(to: expected.shape).contiguous, expected, relative: 1e-10,
        absolute: 1e-12, nanEqual: true, key, sourceLocation: line)
    }
    let logarithms = p.logProbability(of: value)
    try expect("logProbability", logarithms)
    try expect("mean", p.mean)
    try expect("variance", p.variance)
    try expect("entropy", p.entropy)
    if let cumulative = Self.cumulative(p, value) { try expect("cumulative", cumulative) }
    let slopes = valueWithGradients(at: parameters) { parameters in
      let y = make(parameters).logProbability(of: value)
      return select(y.detached .== -.infinity, Tensor(0, dtype: .float64), y).sum()
    }.gradients
    for (slope, expected) in zip(slopes, try row["slopes"].list) {
      expectClose(slope, try expected.tensor, relative: 1e-9, absolute: 1e-11, "slopes")
    }
    if row["divergence"] == .null { return }
    let others = try row["others"].list.map { try $0.tensor }
    try expect("divergence", try Self.divergence(p, make(others)))
    let divergenceSlopes = try valueWithGradients(at: parameters) { parameters in
      try Self.divergence(make(parameters), make(others)).sum()
    }.gradients
    for (slope, expected) in zip(divergenceSlopes, try row["divergenceSlopes"].list) {
      expectClose(slope, try expected.tensor, relative: 1e-8, absolute: 1e-9, "divergence")
    }
  }

  @Test func everyCaseIsUsed() throws {
    let rows = try JSON.fixture("distributions.json")["cases"].list
    #expect(try Set(rows.map { try $0["name"].text }) == Set(Self.distributions.keys))
  }
}
