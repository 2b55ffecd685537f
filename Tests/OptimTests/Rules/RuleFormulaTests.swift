import Foundation
import TestSupport
import Testing

/// Rules under changing rates, compared with their formulas in plain `Double`.
struct RuleFormulaTests {
  private static let start = [1.5, -0.75, 0.25]

  private static func parameters(_ values: [Double]) -> Parameters {
    Parameters([("p", Parameter(Tensor(values, shape: [values.count])))])
  }

  private static func values(_ parameters: Parameters) -> [Double] {
    parameters[0].parameter.value.scalars(as: Double.self)
  }

  /// A step that is taken at a rate below an earlier one keeps the weight of the largest rate in
  /// the average.
  @Test func scheduleFreeWeighsByTheLargestRateSoFar() {
    let parameters = Self.parameters(Self.start)
    let optimizer = ScheduleFreeAdamW(parameters, learningRate: 0.1, beta2: 0.99)
    var (y, z, v) = (Self.start, Self.start, [0.0, 0.0, 0.0])
    var (sum, largest) = (0.0, 0.0)
    for (step, rate) in [0.1, 0.02, 0.3, 0.05, 0.001, 0.2].enumerated() {
      let g = y.map { 2 * $0 + 0.3 }
      optimizer.learningRate = rate
      optimizer.step(Gradients([Tensor(g, shape: [3])], for: parameters))
      let t = Double(step + 1)
      largest = max(largest, rate)
      sum += largest * largest
      let share = largest * largest / sum
      for i in 0..<3 {
        v[i] = 0.99 * v[i] + 0.01 * g[i] * g[i]
        let u = g[i] / ((v[i] / (1 - pow(0.99, t))).squareRoot() + 1e-8)
        y[i] += share * (z[i] - y[i]) - rate * (1 - 0.9 * (1 - share)) * u
        z[i] -= rate * u
      }
      expectClose(Self.values(parameters), y, relative: 1e-12, "step \(step)")
      _ = optimizer.withEvaluationWeights {
        expectClose(
          Self.values(parameters), y.indices.map { y[$0] + (1 - 1 / 0.9) * (z[$0] - y[$0]) },
          relative: 1e-12, "the average after step \(step)")
      }
    }
  }

  /// With a constant gradient each element of U is 1, so a step is max(ε₂, RMS(p)) · min(η, 1/√t).
  @Test(arguments: [AdafactorRule.Variant.torch, .relativeStep], [0.6, 0.3, 10])
  func adafactorsRateIsAtMostOneOverTheRootOfTheStep(
    _ variant: AdafactorRule.Variant, _ rate: Double
  ) {
    let parameters = Self.parameters([8, 8])
    let optimizer = Adafactor(parameters, learningRate: rate, variant: variant)
    var p = 8.0
    for step in 1...14 {
      optimizer.step(Gradients([Tensor([-0.5, -0.5], dtype: .float64)], for: parameters))
      p += max(1e-3, abs(p)) * min(rate, 1 / Double(step).squareRoot())
      expectClose(Self.values(parameters), [p, p], relative: 1e-12, "step \(step)")
    }
  }
}
